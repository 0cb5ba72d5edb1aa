"""The downtime list on screen and paper."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act
from notifications import audit, clock
from stepup import downtime


@require_GET
@never_cache
@act("print the downtime list")
def show_downtime(request: SignedIn) -> HttpResponse:
    """Everybody being watched, ready to print."""
    now = clock.now()
    made = downtime.make(request.user.site, now=now)
    for line in made.lines:
        audit.record("read the downtime list", str(line.patient), site=made.site, by=request.user, now=now)
    return render(request, "stepup/downtime.html", {"list": made, "now": now})
