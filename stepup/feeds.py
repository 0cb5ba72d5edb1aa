"""What stands in the calendar feed of a unit: visits, closed days and uncovered hours. Of a clinician: see `own_feed`.

A feed leaves the service and lies on telephones. No event names a patient, a birthday, a drug, an amount or a free
word: a visit is a number and a reference that only somebody signed in can open.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import groupby
from zoneinfo import ZoneInfo

from django.urls import reverse

from notifications import oncall
from notifications.models import Site
from protocols import chairs, delays
from stepup import approvals, cover, unit
from stepup.models import Appointment, ClosedDay, Course, CourseEvent, Dose

DAY = timedelta(days=1)
BACK, AHEAD = 14 * DAY, 90 * DAY
GAPS_AHEAD = 14  # days; on-call lists are seldom written further


@dataclass(frozen=True)
class Event:
    """One event. `end` is None where nobody knows; a date instead of a moment is the whole day.

    `is_tentative` while a clinician's hold stands: the visit has its time, and no dose may be given at it.

    `uid` stays what it is for as long as the thing it stands for; `sequence` counts its changes, `stamp` is the last.
    """

    uid: str
    stamp: datetime
    start: datetime | date
    end: datetime | None
    title: str
    path: str
    sequence: int = 0
    is_cancelled: bool = False
    is_tentative: bool = False


def of_unit(site: Site, *, now: datetime) -> list[Event]:
    """Visits with a time, closed days, and hours nobody covers, around `now`."""
    return [*_visits(site, now), *_closed(site, now), *_gaps(site, now)]


@dataclass
class _Doses:
    """Every dose of the courses read, struck ones among them: which stand, in order, and what each was first."""

    rows: Sequence[Dose]
    by_pk: dict[int, Dose] = field(init=False)

    def __post_init__(self) -> None:
        self.by_pk = {dose.pk: dose for dose in self.rows}

    def first(self, pk: int | None) -> int:
        """The first entry of a dose, 0 for none: what a visit after it is known by for good."""
        while pk is not None and (replaced := self.by_pk[pk].replaces) is not None:
            pk = replaced.dose_id
        return pk or 0

    def struck(self, course: Course, *, since: datetime) -> list[datetime]:
        """When doses of the course were struck since then."""
        mine = [one for one in self.rows if one.course_id == course.pk and hasattr(one, "correction")]
        return [one.correction.at for one in mine if one.correction.at >= since]

    def standing(self, course: Course) -> list[Dose]:
        """The doses of a course that count, in order of time."""
        mine = [one for one in self.rows if one.course_id == course.pk and not hasattr(one, "correction")]
        return sorted(mine, key=lambda one: one.given_at)


@dataclass(frozen=True)
class _Facts:
    """What was read for all visits at once."""

    doses: _Doses
    hours: unit.Unit
    ended: dict[int, datetime]


def _visits(site: Site, now: datetime) -> Iterator[Event]:
    """One event for every dose that was ever put on a date here, wherever it was moved to since."""
    since, until = now - BACK, now + AHEAD
    around = Appointment.objects.filter(course__site=site, planned_at__gte=since, planned_at__lte=until)
    courses = list(
        Course.objects.filter(pk__in=around.values("course"))
        .select_related("site")
        .prefetch_related("protocol__draft", "appointments", "holds")
    )
    rows = Dose.with_struck.filter(course__in=courses).select_related("replaces", "correction")
    facts = _Facts(_Doses(list(rows)), unit.of(site), _ended(courses))
    first = facts.doses.first
    for course in courses:
        put = sorted(course.appointments.all(), key=lambda row: (first(row.after_id), row.number))
        for after, group in groupby(put, key=lambda row: first(row.after_id)):
            event = _visit(course, after, list(group), facts)
            if since <= _moment(event) <= until:
                yield event


def _moment(event: Event) -> datetime:
    assert isinstance(event.start, datetime)  # noqa: S101 - a visit has a time
    return event.start


def _ended(courses: Sequence[Course]) -> dict[int, datetime]:
    """When each course that is over was stopped or transferred."""
    over = [one for one in courses if one.state != Course.State.ACTIVE]
    lines = CourseEvent.objects.filter(course__in=over, what__in=["stopped", "transferred"]).order_by("at")
    return {line.course_id: line.at for line in lines}


def _visit(course: Course, after: int, put: list[Appointment], facts: _Facts) -> Event:
    """The dose after one certain dose: where it was put last, or given; cancelled once it will not be given at all."""
    doses, newest, standing = facts.doses, put[-1], facts.doses.standing(course)
    # How many doses that count came before it; -1 where the dose it was to follow was struck for good.
    place = next((n for n, one in enumerate(standing, 1) if doses.first(one.pk) == after), -1 if after else 0)
    given = standing[place] if 0 <= place < len(standing) else None
    stopped = facts.ended.get(course.pk) if given is None else None
    struck, holds = doses.struck(course, since=put[0].at), _holds(course, put[0].at, given)
    changes = [
        newest.at,
        *([given.recorded_at] if given else []),
        *([stopped] if stopped else []),
        *struck,
        *holds,
    ]
    is_cancelled = stopped is not None or place < 0
    is_held = given is None and not is_cancelled and any(one.lifted_at is None for one in course.holds.all())
    at, step = (given.given_at, given.step) if given else (newest.planned_at, newest.step)
    day = facts.hours.on(at.astimezone(ZoneInfo(course.site.time_zone)).date())
    return Event(
        uid=f"visit-{course.pk}-{after}",
        stamp=max(changes),
        start=at,
        end=_end(day, course, step, at),
        title=_title(course, place + 1 if place >= 0 else 0, is_held=is_held),
        path=reverse("patient", args=[course.patient_id]),
        # Each change weighs more than what it can undo, so that the number only grows.
        sequence=len(put) - 1 + 3 * len(struck) + len(holds) + (2 if given else int(stopped is not None)),
        is_cancelled=is_cancelled,
        is_tentative=is_held,
    )


def _holds(course: Course, since: datetime, given: Dose | None) -> list[datetime]:
    """When holds of the course were placed and lifted since then, up to the dose of this visit if it was given."""
    moments = [at for one in course.holds.all() for at in (one.placed_at, one.lifted_at) if at is not None]
    return [at for at in moments if at >= since and (given is None or at <= given.recorded_at)]


def _end(day: chairs.Day, course: Course, step: str, at: datetime) -> datetime | None:
    minutes = day.minutes_of(approvals.library_label(course.protocol), step)
    return None if minutes is None else at + timedelta(minutes=minutes)


def _title(course: Course, number: int, *, is_held: bool) -> str:
    """`Dose visit 2 of 4, ref 12`: counted within the step-up, and beyond it only counted; or `Held: ...`."""
    steps = len(delays.regimen_of(approvals.content(course.protocol).label, course.regimen).steps)
    which = f" {number} of {steps}" if 0 < number <= steps else f" {number}" if number else ""
    return f"{'Held: dose' if is_held else 'Dose'} visit{which}, ref {course.patient_id}"


def _closed(site: Site, now: datetime) -> Iterator[Event]:
    """Closed days, without their names: those are somebody's own words."""
    days = ClosedDay.objects.filter(site=site, on__gte=(now - BACK).date(), on__lte=(now + AHEAD).date())
    for day in days:
        yield Event(
            f"closed-{site.pk}-{day.on}", day.added_at, day.on, None, "Closed day", reverse("closed-days")
        )


def _gaps(site: Site, now: datetime) -> Iterator[Event]:
    """Hours nobody covers, from the start of today on, so that an event stays the same all day."""
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    since = chairs.moment(today, time(0), site.time_zone, last=False)
    until = chairs.moment(today + GAPS_AHEAD * DAY, time(0), site.time_zone, last=False)
    for gap in oncall.gaps(site, since=since, until=until, now=now, ladders=cover.ladders_of(site)):
        uid = f"gap-{site.pk}-{gap.named.replace(' ', '-').removeprefix('rung-')}-{gap.starts_at:%Y%m%dT%H%M%SZ}"
        title = f"Nobody on call, {gap.named}"
        yield Event(uid, since, gap.starts_at, gap.ends_at, title, reverse("on-call"))
