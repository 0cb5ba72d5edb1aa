"""What being on call asks of each person."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act
from notifications import clock
from stepup import duty


@require_GET
@act("see who is on call")
def show_duty(request: SignedIn) -> HttpResponse:
    """Hours, nights, weekends and pages of each person, behind and ahead, and who has more than an equal share."""
    now = clock.now()
    lines = duty.lines(request.user.site, now=now)
    context = {"now": now, "lines": lines, "weeks": duty.SPAN.days // 7}
    return render(request, "stepup/on_call_duty.html", context)
