"""A case on paper: every line of its history in order, with its times, its calls, and whether its chain holds."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring import casefile, chains, response
from monitoring.access import SignedIn, act, find
from monitoring.models import Escalation
from notifications import audit, clock


@require_GET
@act("see a patient")
def show_timeline(request: SignedIn, pk: int) -> HttpResponse:
    """The whole timeline of one case, to read or to print."""
    case = find(Escalation.objects.select_related("site", "patient", "watch", "owner"), request, pk)
    now = clock.now()
    about = str(case.patient) if case.patient else str(case)
    audit.record("read a timeline", about, site=case.site, by=request.user, now=now, case=case.pk)
    file, [answered], broken = casefile.of(case, now=now), response.answered([case]), chains.walk(case).broken
    context = {
        "file": file,
        "events": file.events[::-1],
        "called": file.called[::-1],
        "waits": answered.waits,
        "resolve": answered.resolve,
        "broken": broken,
        "end": None
        if broken
        else chains.end_of(case),  # a case that lost every line has no end to vouch for it
        "now": now,
    }
    return render(request, "monitoring/case_timeline.html", context)
