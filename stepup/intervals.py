"""Going on to a longer interval: offered when it is reached, taken only on a prescriber's recorded confirmation.

Labels print *may*, *consider* and *should* beside conditions nobody can read from a plan, such as a response held
for months. So no plan ever switches by itself, and a confirmation names the response it rests on.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, daynames, roles
from notifications.models import Clinician
from protocols import delays
from protocols.errors import Refusal
from protocols.regimens import Phase, Step
from stepup import approvals, arranged, courses, ended, plans, versions
from stepup.models import Course, IntervalChange


@dataclass(frozen=True)
class Offer:
    """The longer interval a course may go on to: what it is now, what the label wants first, and from which day."""

    now_on: Phase
    phase: Phase
    from_on: date | None
    is_reached: bool
    source: str


def offered(course: Course) -> Offer | None:
    """The next interval of the label, or None before a dose of the first one was given, and on the last one."""
    label, last = approvals.content(course.protocol).label, arranged.last_dose(course)
    regimen = delays.regimen_of(label, course.regimen)
    if last is None or course.state != Course.State.ACTIVE or regimen.phase(last.step) is None:
        return None
    now_on = regimen.phase(arranged.phase(course) or last.step)
    assert now_on is not None  # noqa: S101 - either was taken from this regimen
    later = regimen.phases[regimen.phases.index(now_on) + 1 :]
    if not later:
        return None
    planned_on = plans.as_arranged(course)[0].on
    from_on = _earliest(course, now_on, later[0], planned_on)
    is_reached = from_on is None or (planned_on is not None and planned_on >= from_on)
    return Offer(now_on, later[0], from_on, is_reached, label.cite(later[0].sources))


@transaction.atomic
def confirm(course_id: int, *, phase: str, response: str, by: Clinician, now: datetime) -> IntervalChange:
    """From the next dose on the longer interval counts, on a prescriber's word and the response it rests on."""
    course = versions.hold(course_id)
    if not roles.may(by, "confirm an interval"):
        raise Refusal("role", _("A prescriber confirms a change of interval."))
    if not response.strip():
        raise Refusal("response", _("Say which response was found, and since when."))
    ended.refuse(course, "its interval is not changed any more.")
    offer = offered(course)
    if offer is None or offer.phase.id != phase:
        raise Refusal(
            "not-offered", _("That interval is not the next one for this patient any more. Look again.")
        )
    if not offer.is_reached:
        raise Refusal(
            "too-early",
            _(
                "%(now_on)s is printed for %(weeks)s: a dose from %(from_on)s on may be the first of "
                "the longer interval."
            )
            % {
                "now_on": offer.now_on.name,
                "weeks": offer.now_on.weeks,
                "from_on": daynames.written(offer.from_on),
            },
        )
    change = IntervalChange.objects.create(
        course=course, phase=phase, response=response.strip(), by=by, at=now
    )
    courses.note(course, "interval confirmed", f"{offer.phase.name}: {change.response}", by=by, now=now)
    audit.record(
        "confirmed an interval", str(course.patient), site=course.site, by=by, now=now, change=change.pk
    )
    return change


def _earliest(course: Course, now_on: Phase, longer: Phase, planned_on: date | None) -> date | None:
    """The first day the label's printed weeks leave for the longer interval; None where it prints none."""
    days = []
    if now_on.through_week is not None:
        days.append(_day_one(course) + timedelta(weeks=now_on.through_week))
    if longer.after_weeks is not None:
        first = course.doses.filter(step=now_on.id).order_by("given_at").first()
        begun = first.given_on if first else planned_on
        days += [begun + timedelta(weeks=longer.after_weeks)] if begun else []
    return max(days, default=None)


def _day_one(course: Course) -> date:
    """Day 1 counted back from the first dose given, as the plan counts it."""
    first = course.doses.order_by("given_at")[0]
    label = approvals.content(course.protocol).label
    dose = delays.dose_of(label, delays.regimen_of(label, course.regimen), first.step)
    return first.given_on - timedelta(days=dose.offset_days) if isinstance(dose, Step) else first.given_on
