"""What people have arranged for a course's next dose: read from rows that are only added to, the newest counts."""

from protocols import delays
from stepup import approvals
from stepup.models import Appointment, Course, Dose, Hold, IntervalChange, Review


def last_dose(course: Course) -> Dose | None:
    """The last dose given."""
    return course.doses.order_by("-given_at").first()


def appointment(course: Course) -> Appointment | None:
    """When the next dose was put, or None while it stands on the plan's own day.

    An appointment speaks of the dose after one certain dose, so giving the next one ends it and no flag is kept.
    """
    rows = course.appointments.filter(after=last_dose(course)).select_related("by")
    return rows.order_by("-number").first()


def holds(course: Course) -> list[Hold]:
    """The holds nobody has lifted, oldest first."""
    return list(course.holds.filter(lifted_at=None).select_related("placed_by"))


def interval(course: Course) -> IntervalChange | None:
    """The longer interval a prescriber confirmed, if it still counts: a step-up dose given since begins anew."""
    change = course.interval_changes.select_related("by").last()
    if change is None:
        return None
    regimen = delays.regimen_of(approvals.content(course.protocol).label, course.regimen)
    steps = [step.id for step in regimen.steps]
    return None if course.doses.filter(step__in=steps, given_at__gt=change.at).exists() else change


def phase(course: Course) -> str | None:
    """The phase of the interval that counts, or None while the last dose decides."""
    change = interval(course)
    return change.phase if change else None


def reviews(course: Course) -> list[Review]:
    """Benefit-risk reviews written for the dose that comes next, oldest first."""
    return list(course.reviews.filter(after=last_dose(course)).select_related("by"))
