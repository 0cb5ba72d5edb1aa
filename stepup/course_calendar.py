"""A course on a calendar, as frozen rows: doses given and planned with their windows, watches, holds, closed days."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from notifications import daynames
from protocols import delays
from protocols.errors import Refusal
from protocols.planning import PlannedDose
from protocols.regimens import Regimen
from stepup import approvals, arranged, charts, closures, ended, plans
from stepup.models import Course, Dose, DoseReport, Hold

Say = Callable[[date, str, str], None]
DAY = timedelta(days=1)
MONTHS_SHOWN = 3
NB = "\N{NO-BREAK SPACE}"  # a date stays on one line


@dataclass(frozen=True)
class Mark:
    """One thing on one day: its kind, and the words that say it without any colour."""

    kind: str
    words: str


@dataclass(frozen=True)
class Day:
    """One square of a month. `closed` names a weekend or a closed day."""

    on: date
    in_month: bool
    is_today: bool
    closed: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Month:
    """A month in weeks that begin on Monday."""

    first: date
    weeks: tuple[tuple[Day, ...], ...]


@dataclass(frozen=True)
class Row:
    """One dose of the list beside the months: given, struck, overdue or planned."""

    kind: str
    name: str
    on: date | None
    at: datetime | None
    place: str
    window: str
    is_next: bool


@dataclass(frozen=True)
class Calendar:
    """The months shown, the whole course as a list, and where earlier and later months are."""

    months: tuple[Month, ...]
    rows: tuple[Row, ...]
    unplanned: str
    may_skip: bool
    earlier: date | None
    later: date | None


def of(course: Course, *, now: datetime, first: date | None = None, whole: bool = False) -> Calendar:
    """The calendar from the month of `first` on (of today if None), or of the whole course."""
    zone = ZoneInfo(course.site.time_zone)
    today = now.astimezone(zone).date()
    planned, unplanned = _planned(course, now)
    given = charts.recorded(course)
    marks = _marks(course, given, planned, now)
    days = [*marks, today]
    start = min(days).replace(day=1) if whole else (first or today).replace(day=1)
    months = (
        _months_between(start, max(days)) if whole else [_month_after(start, n) for n in range(MONTHS_SHOWN)]
    )
    end = _month_after(months[-1], 1)
    closed = closures.among(course.site, [start - 7 * DAY + n * DAY for n in range((end - start).days + 14)])
    return Calendar(
        months=tuple(_month(month, marks, closed, today) for month in months),
        rows=tuple(_rows(course, given, planned, now)),
        unplanned=unplanned,
        may_skip=bool(planned) and _regimen(course).phase(planned[0].step) is not None,
        earlier=_month_after(start, -MONTHS_SHOWN) if min(days) < start else None,
        later=end if max(days) >= end else None,
    )


def _planned(course: Course, now: datetime) -> tuple[tuple[PlannedDose, ...], str]:
    if course.state != Course.State.ACTIVE:
        return (), f"{ended.how(course)}: nothing is planned here."
    try:
        return plans.of(course, now=now), ""
    except Refusal as refusal:
        return (), refusal.sentence


def _marks(
    course: Course, given: list[Dose], planned: tuple[PlannedDose, ...], now: datetime
) -> dict[date, list[Mark]]:
    """Everything there is to say of each day, the doses first."""
    zone, found = ZoneInfo(course.site.time_zone), dict[date, list[Mark]]()
    names = _names(course)

    def say(on: date, kind: str, words: str) -> None:
        found.setdefault(on, []).append(Mark(kind, words))

    for dose in given:
        local = f"{dose.given_at.astimezone(zone):%H:%M %Z}"
        if getattr(dose, "correction", None) is None:
            say(dose.given_on, "given", f"{names.get(dose.step, dose.step)} given {local}, {_place(dose)}")
        else:
            say(dose.given_on, "was", f"struck: {names.get(dose.step, dose.step)} {local}")
    late = plans.overdue(course, now=now) if planned else None
    if late is not None and late.on is not None:
        say(late.on, "overdue", f"overdue: {late.name}")
    put = arranged.appointment(course)
    for place, coming in enumerate(planned):
        if coming.on is not None:
            at = f" {put.planned_at.astimezone(zone):%H:%M %Z}" if put and place == 0 and late is None else ""
            say(coming.on, "planned", f"{coming.name} planned{at}")
    if planned:
        _window_marks(planned[0], say)
    for coming in planned[1:]:
        if _regimen(course).phase(coming.step) is None:
            _ends_of_window(coming, say)
    _spans(course, given, now, say)
    return found


def _window_marks(dose: PlannedDose, say: Say) -> None:
    """The window of the next dose, day by day: its first and last day by name."""
    first, last = dose.earliest_on, dose.latest_on
    if first is None:
        return
    say(first, "window", f"earliest day for {dose.name}")
    if last is None or last == first:
        return
    for number in range(1, (last - first).days):
        on = first + number * DAY
        if on != dose.on:
            say(on, "window", f"{dose.name} possible")
    say(last, "window", f"latest day for {dose.name}")


def _ends_of_window(dose: PlannedDose, say: Say) -> None:
    """The first and last day of a later step's window, which moves with the doses before it."""
    if dose.earliest_on is not None and dose.latest_on is not None:
        say(dose.earliest_on, "window", f"earliest day for {dose.name}, if what comes before it is kept")
        if dose.latest_on != dose.earliest_on:
            say(dose.latest_on, "window", f"latest day for {dose.name}, if what comes before it is kept")


def _spans(course: Course, given: list[Dose], now: datetime, say: Say) -> None:
    """Watches and holds, on each day they touch."""
    zone = ZoneInfo(course.site.time_zone)
    for watch in {dose.watch for dose in given if dose.watch is not None}:
        _each(watch.given_at, watch.closed_at or watch.ends_at, zone, lambda on: say(on, "watch", "watched"))
    for hold in Hold.objects.filter(course=course):
        _each(hold.placed_at, hold.lifted_at or now, zone, lambda on: say(on, "hold", "held"))


def _each(since: datetime, until: datetime, zone: ZoneInfo, act: Callable[[date], None]) -> None:
    on, last = since.astimezone(zone).date(), until.astimezone(zone).date()
    while on <= last:
        act(on)
        on += DAY


def _rows(course: Course, given: list[Dose], planned: tuple[PlannedDose, ...], now: datetime) -> list[Row]:
    names = _names(course)
    rows = [
        Row(
            "struck" if getattr(dose, "correction", None) else "given",
            names.get(dose.step, dose.step), dose.given_on, dose.given_at, _place(dose), "", is_next=False,
        )
        for dose in given
    ]  # fmt: skip
    late = plans.overdue(course, now=now) if planned else None
    if late is not None:
        rows.append(Row("overdue", late.name, late.on, None, "", _window(late), is_next=False))
    put = arranged.appointment(course)
    for place, coming in enumerate(planned):
        at = put.planned_at if put and place == 0 and late is None else None
        rows.append(Row("planned", coming.name, coming.on, at, "", _window(coming), is_next=place == 0))
    return rows


def _window(dose: PlannedDose) -> str:
    if dose.earliest_on is None and dose.latest_on is None:
        return _("on its day") if dose.on and not dose.asks else _("ask")
    whole = (daynames.written(on).replace(" ", NB) for on in (dose.earliest_on, dose.latest_on))
    first, last = (on or _("ask") for on in whole)
    if dose.earliest_on == dose.latest_on:
        return _("on its day")
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


def _place(dose: Dose) -> str:
    report = getattr(dose, "report", None)
    return f"at {report.hospital}" if report and report.place == DoseReport.Place.ELSEWHERE else "here"


def _names(course: Course) -> dict[str, str]:
    return {dose.id: dose.name for dose in _regimen(course).doses}


def _regimen(course: Course) -> Regimen:
    return delays.regimen_of(approvals.content(course.protocol).label, course.regimen)


def _month(first: date, marks: dict[date, list[Mark]], closed: dict[date, str], today: date) -> Month:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return Month(
        first,
        tuple(
            tuple(
                Day(on, on.month == first.month, on == today, closed.get(on, ""), tuple(marks.get(on, ())))
                for on in week
            )
            for week in weeks
        ),
    )


def _month_after(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _months_between(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month
    return [_month_after(first, months) for months in range(count + 1)]
