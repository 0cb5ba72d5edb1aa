"""What people have arranged for a course's next dose: read from rows that are only added to, the newest counts."""

from copy import copy

from django.db.models import Prefetch, Q, QuerySet

from notifications import written
from protocols import delays
from stepup import approvals
from stepup.models import Appointment, Course, Dose, Hold, IntervalChange, Review, Weight


def read_once() -> "tuple[str | Prefetch[str], ...]":
    """What is fetched along with many courses, so that nothing their doses are decided from is read twice."""
    whole = Dose.objects.select_related("replaces__dose", "report")
    return Prefetch("doses", queryset=whole), "appointments__by", "interval_changes__by", "weights"


def seen(course: Course) -> Course:
    """The course as one decision sees it, for reading only: its doses and what was arranged, read now and once.

    A copy: whoever holds the course itself goes on reading anew, also after the dose that was decided about.
    """
    once = copy(course)
    if not written.is_along(course, "doses"):
        written.put_along(
            once,
            doses=doses.rows(course=course.pk),
            appointments=_appointments.rows(course=course.pk),
            interval_changes=_interval_changes.rows(course=course.pk),
            weights=_weights.rows(course=course.pk),
        )
    return once


@written.Query
def doses(*, course: int) -> QuerySet[Dose]:
    """The doses of a course that count, each with the row it replaces and the report it is known from."""
    return Dose.objects.filter(course=course).select_related("replaces__dose", "report")


@written.Query
def _appointments(*, course: int) -> QuerySet[Appointment]:
    """The appointments of a course, with who made them."""
    return Appointment.objects.filter(course=course).select_related("by")


@written.Query
def _interval_changes(*, course: int) -> QuerySet[IntervalChange]:
    """The longer intervals of a course, with who confirmed them."""
    return IntervalChange.objects.filter(course=course).select_related("by")


@written.Query
def _weights(*, course: int) -> QuerySet[Weight]:
    """The weighings of a course, with their answers."""
    return Weight.objects.filter(course=course)


def last_dose(course: Course) -> Dose | None:
    """The last dose given. Read from `doses.all()`, so that whoever looks at many courses fetches them at once."""
    return max(course.doses.all(), key=lambda dose: dose.given_at, default=None)


def appointment(course: Course) -> Appointment | None:
    """When the next dose was put, or None while it stands on the plan's own day.

    An appointment speaks of the dose after one certain dose, so giving the next one ends it and no flag is kept.
    A correction of that dose ends nothing: it is still the same dose.
    """
    last = last_dose(course)
    same = [None] if last is None else lineage(last)
    rows = [row for row in course.appointments.all() if row.after_id in same]
    return max(rows, key=lambda row: row.number, default=None)


def lineage(dose: Dose) -> list[int]:
    """The row of a dose and every row it replaced, newest first: one dose, however often it was corrected."""
    rows = [dose.pk]
    while dose.replaces is not None:
        dose = dose.replaces.dose
        rows.append(dose.pk)
    return rows


def _after(dose: Dose | None) -> Q:
    return Q(after=None) if dose is None else Q(after__in=lineage(dose))


def holds(course: Course) -> list[Hold]:
    """The holds nobody has lifted, oldest first."""
    return not_lifted.rows(course=course.pk)


@written.Query
def not_lifted(*, course: int) -> QuerySet[Hold]:
    """The holds of a course that nobody has lifted, with who placed them."""
    return Hold.objects.filter(course=course, lifted_at=None).select_related("placed_by")


def interval(course: Course) -> IntervalChange | None:
    """The longer interval a prescriber confirmed, if it still counts: a step-up dose given since begins anew."""
    changes = list(course.interval_changes.all())
    if not changes:
        return None
    change = changes[-1]
    regimen = delays.regimen_of(approvals.content(course.protocol).label, course.regimen)
    steps = [step.id for step in regimen.steps]
    return None if any(d.step in steps and d.given_at > change.at for d in course.doses.all()) else change


def phase(course: Course) -> str | None:
    """The phase of the interval that counts, or None while the last dose decides."""
    change = interval(course)
    return change.phase if change else None


def reviews(course: Course) -> list[Review]:
    """Benefit-risk reviews written for the dose that comes next, oldest first."""
    return list(course.reviews.filter(_after(last_dose(course))).select_related("by"))
