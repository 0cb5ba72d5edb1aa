"""The dated plan of a course: on the label's own days, or with the next dose where it was put."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from protocols import delays, planning
from protocols.planning import PlannedDose
from stepup import approvals, arranged, next_dose
from stepup.models import Course

WEEKS = 8
LONGEST = 104


def of(course: Course, *, now: datetime) -> tuple[PlannedDose, ...]:
    """What is still to come. Once the day of the next dose has passed, what the label would give today, and then."""
    course, today = arranged.seen(course), now.astimezone(ZoneInfo(course.site.time_zone)).date()
    return as_arranged(course) if overdue(course, now=now) is None else on(course, today)


def overdue(course: Course, *, now: datetime) -> PlannedDose | None:
    """The dose whose day has passed without its being given, as it was planned; None while nothing is late."""
    planned = as_arranged(course)
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    return planned[0] if planned and planned[0].on is not None and planned[0].on < today else None


def as_arranged(course: Course) -> tuple[PlannedDose, ...]:
    """What is still to come, with the next dose on the date it was put on, be that date past or not."""
    course = arranged.seen(course)
    put = arranged.appointment(course)
    return own(course) if put is None else on(course, put.planned_on)


def own(course: Course) -> tuple[PlannedDose, ...]:
    """What is still to come on the label's own days: from the start, or from the doses given so far."""
    label, given = approvals.content(course.protocol).label, next_dose.given(course)
    if not given:
        return planning.plan(label, course.start_on, regimen=course.regimen, weight_kg=course.weight_kg)
    phase = arranged.phase(course)
    return planning.plan_after(label, given, regimen=course.regimen, phase=phase, weight_kg=course.weight_kg)


def on(course: Course, day: date) -> tuple[PlannedDose, ...]:
    """What is still to come with the next dose on `day`. Raises Refusal coded `too-soon` below the label's minimum."""
    label, given = approvals.content(course.protocol).label, next_dose.given(course)
    if not given:
        first = delays.regimen_of(label, course.regimen).steps[0]
        start_on = day - timedelta(days=first.offset_days)
        return planning.plan(label, start_on, regimen=course.regimen, weight_kg=course.weight_kg)
    # Long enough for every dose of the plan as it stood, also where the step-up is repeated or begins again.
    weeks = WEEKS + 2 + max(0, (day - given[-1].on).days) // 7
    return planning.plan_after(
        label,
        given,
        on=day,
        regimen=course.regimen,
        phase=arranged.phase(course),
        weight_kg=course.weight_kg,
        weeks=min(weeks, LONGEST),
    )
