"""Every dose of every course under way, given and planned, for looking at a whole unit at once.

The same functions as for one course, over rows fetched together: a number of queries that does not grow with courses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import QuerySet

from notifications.models import Site
from protocols.errors import Refusal
from protocols.planning import PlannedDose
from stepup import arranged, plans
from stepup.models import Course, DoseReport


@dataclass(frozen=True)
class Entry:
    """One dose: the how-manieth of its course, on which day, and at which time where one is known.

    One to come has its row of the plan in `planned`. One given at another hospital is not `is_here`: it had no chair.
    """

    course: Course
    number: int
    step: str
    on: date
    at: datetime | None
    is_given: bool
    planned: PlannedDose | None = None
    is_here: bool = True

    @property
    def key(self) -> tuple[int, int]:
        """The course and the number of the dose in it."""
        return self.course.pk, self.number


@dataclass(frozen=True)
class Diary:
    """The doses with a date, and the courses whose next dose has none, each with what is missing."""

    entries: tuple[Entry, ...]
    undated: tuple[tuple[Course, str], ...]


def courses(site: Site) -> list[Course]:
    """The courses under way, the oldest first, with everything their plans are read from fetched along."""
    return list(with_plans(Course.objects.filter(site=site, state=Course.State.ACTIVE).order_by("pk")))


def with_plans(rows: QuerySet[Course]) -> QuerySet[Course]:
    """The courses with everything their plans are read from: however often one is planned, nothing is read again."""
    return rows.select_related("patient__site", "site").prefetch_related(
        "protocol__draft", *arranged.read_once()
    )


def of(site: Site, *, until: date) -> Diary:
    """Every dose of the site's courses under way, up to and including the day `until`."""
    entries: list[Entry] = []
    undated: list[tuple[Course, str]] = []
    for course in courses(site):
        entries.extend(_given(course))
        try:
            planned = plans.as_arranged(course)
        except Refusal as refusal:
            undated.append((course, refusal.sentence))
            continue
        if planned and planned[0].on is None:
            undated.append((course, planned[0].sum))
        entries.extend(_planned(course, planned))
    return Diary(tuple(one for one in entries if one.on <= until), tuple(undated))


def _given(course: Course) -> Iterator[Entry]:
    doses = sorted(course.doses.all(), key=lambda dose: dose.given_at)
    for number, dose in enumerate(doses, start=1):
        report: DoseReport | None = getattr(dose, "report", None)
        at = dose.given_at if report is None or report.time_known else None
        is_here = report is None or report.place == DoseReport.Place.HERE
        yield Entry(course, number, dose.step, dose.given_on, at, is_given=True, is_here=is_here)


def _planned(course: Course, planned: Sequence[PlannedDose]) -> Iterator[Entry]:
    put, given = arranged.appointment(course), len(course.doses.all())
    for place, dose in enumerate(planned, start=1):
        if dose.on is not None:
            at = put.planned_at if put is not None and place == 1 else None
            yield Entry(course, given + place, dose.step, dose.on, at, is_given=False, planned=dose)
