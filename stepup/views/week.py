"""The week of a unit across its patients."""

from datetime import date
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act
from notifications import audit, clock
from stepup import week


@require_GET
@never_cache
@act("see the week")
def show_week(request: SignedIn, day: str = "") -> HttpResponse:
    """The week around a day written like 2026-11-23; without one, the week of today."""
    site, now = request.user.site, clock.now()
    on = _day(day) if day else now.astimezone(ZoneInfo(site.time_zone)).date()
    shown = week.of(site, on=on, now=now)
    audit.record_each("read the week", _read(shown), site=site, by=request.user, now=now)
    return render(request, "stepup/week.html", {"week": shown, "now": now})


def _day(written: str) -> date:
    try:
        on = date.fromisoformat(written)
    except ValueError as problem:
        raise Http404 from problem
    if not 2000 <= on.year <= 2100:
        raise Http404
    return on


def _read(shown: week.Week) -> list[str]:
    """Every patient whose dose or watch stands on the page."""
    seen = [visit.course.patient for day in shown.days for visit in day.visits]
    seen += [line.patient for line in shown.first] + [visit.course.patient for visit in shown.to_arrange]
    seen += [course.patient for course, _ in shown.undated]
    return sorted({str(patient) for patient in seen})
