"""Courses whose next dose is beyond what their site gives at home so far: found when somebody looks, read at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from notifications.models import Site
from protocols import delays
from protocols.errors import Refusal
from stepup import approvals, diary, plans, stages
from stepup.models import Course, StageOverride
from stepup.stages import Standing


@dataclass(frozen=True)
class Beyond:
    """One course, its next dose and the day it is planned for; and who let that one dose go home, if somebody did."""

    course: Course
    dose: str
    on: date | None
    override: StageOverride | None


def of(site: Site, *, now: datetime) -> tuple[Beyond, ...]:
    """Those of the courses under way, the soonest dose first; nothing where no stage was set."""
    stands = stages.standing(site, now=now)
    if stands is None:
        return ()
    return tuple(
        sorted(_found(site, stands, now), key=lambda one: (one.on or date.max, one.course.patient.name))
    )


def _found(site: Site, stands: Standing, now: datetime) -> Iterator[Beyond]:
    rows = Course.objects.filter(site=site, state=Course.State.ACTIVE)
    for course in diary.with_plans(rows).prefetch_related("stage_overrides__by", "stage_overrides__stage"):
        try:
            planned = plans.as_arranged(course)
        except Refusal:  # without a plan nobody knows which dose is next: its own page says why
            continue
        if not planned or not stages.is_beyond(course, planned[0].step, stands.stage):
            continue
        counting = [row for row in stages.counting(course, stands, now=now) if row.step == planned[0].step]
        label = approvals.content(course.protocol).label
        dose = delays.dose_of(label, delays.regimen_of(label, course.regimen), planned[0].step)
        yield Beyond(course, dose.name, planned[0].on, counting[-1] if counting else None)
