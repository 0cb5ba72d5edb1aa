"""A course on a calendar, for the screen and for paper."""

from datetime import date, datetime

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from monitoring.access import SignedIn, act, find
from notifications import audit, clock
from stepup import approvals, course_calendar
from stepup.models import Course
from stepup.views import outside


@require_GET
@act("see a patient")
@outside.asks(Course)
def show_calendar(request: SignedIn, pk: int) -> HttpResponse:
    """Three months from `?from=2026-03`, or the whole course with `?whole=1`, which is what is printed."""
    course = find(Course.objects.select_related("patient__site", "site", "protocol"), request, pk)
    now, whole = clock.now(), "whole" in request.GET
    audit.record("read the record", str(course.patient), site=course.site, by=request.user, now=now)
    shown = course_calendar.of(course, now=now, first=_month(request.GET.get("from", "")), whole=whole)
    context = {
        "course": course,
        "patient": course.patient,
        "calendar": shown,
        "label": approvals.content(course.protocol).label,
        "may_skip": shown.may_skip,
        "is_active": course.state == Course.State.ACTIVE,
        "whole": whole,
        "now": now,
    }
    return render(request, "stepup/course_calendar.html", context)


def _month(typed: str) -> date | None:
    """The first of a month as `2026-03`; None for anything else, which shows today's."""
    try:
        month = datetime.strptime(typed, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        return None
    return month if 2000 <= month.year <= 2100 else None
