"""One week of a unit across its patients: who is due, who sits where, what collides, and nights nobody covers.

Frozen rows for one screen, from a number of queries that does not grow with patients. What stands against a dose is
judged by the same functions as a move of it (`appointments.preview`); only its own label's answer is left to that.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitoring.models import Patient, Watch
from notifications import daynames, oncall
from notifications.models import Site
from protocols import chairs, watching
from stepup import approvals, closures, cover, diary, held, unit
from stepup.models import Course

DAY = timedelta(days=1)
AHEAD = 28 * DAY  # a dose planned later may have a window that begins in this week
Kind = Literal["danger", "warn"]
# What a person has to look at, the most dangerous first.
TITLES = {
    "watch-now": _("Nobody on call"),
    "overdue": _("Overdue"),
    "held": _("Not to be given"),
    "last-days": _("Last days"),
    "watch": _("Nobody on call"),
    "chairs-full": _("Chairs"),
    "outside-hours": _("Hours"),
    "closed-day": _("Closed"),
}
ORDER = tuple(TITLES)


@dataclass(frozen=True)
class Against:
    """Something to look at: its code, how bad, and the words that say it."""

    code: str
    kind: Kind
    words: str

    @property
    def title(self) -> str:
        """In two or three words."""
        return str(TITLES[self.code])


@dataclass(frozen=True)
class Visit:
    """One dose on a day: given, with a time, or only planned; and what stands against it there.

    A first dose has no window: every later date counts from it. Then `earliest_on` and `latest_on` are None.
    """

    course: Course
    number: int
    name: str
    on: date
    at: datetime | None
    is_given: bool
    is_here: bool
    is_next: bool
    earliest_on: date | None
    latest_on: date | None
    against: tuple[Against, ...] = ()
    gaps: tuple[oncall.Gap, ...] = ()


@dataclass(frozen=True)
class Day:
    """One day: its name where closed, its hours and chairs, and the doses on it."""

    on: date
    is_today: bool
    closed: str
    unit: chairs.Day
    free: int
    visits: tuple[Visit, ...]

    @property
    def timed(self) -> int:
        """How many of its doses have a time."""
        return sum(visit.at is not None for visit in self.visits)

    @property
    def used(self) -> int:
        """The most chairs in use at once by doses with a time."""
        return self.unit.chairs - self.free


@dataclass(frozen=True)
class First:
    """One line of what to look at first. Without a course it is a watch under way."""

    against: Against
    patient: Patient
    visit: Visit | None = None
    gaps: tuple[oncall.Gap, ...] = ()


@dataclass(frozen=True)
class Week:
    """Monday to Sunday; what to look at first; doses still without a time; and courses without any date."""

    days: tuple[Day, ...]
    first: tuple[First, ...]
    to_arrange: tuple[Visit, ...]
    undated: tuple[tuple[Course, str], ...]

    @property
    def monday(self) -> date:
        """The first day."""
        return self.days[0].on

    @property
    def sunday(self) -> date:
        """The last day."""
        return self.days[-1].on

    @property
    def before(self) -> date:
        """The Monday before."""
        return self.monday - 7 * DAY

    @property
    def after(self) -> date:
        """The Monday after."""
        return self.monday + 7 * DAY


@dataclass(frozen=True)
class _Facts:
    """What was read once for the whole week."""

    now: datetime
    today: date
    unit: unit.Unit
    closed: dict[date, str]
    cover: oncall.Cover
    by_day: Mapping[date, Sequence[diary.Entry]]
    held: Mapping[int, Sequence[str]]


def of(site: Site, *, on: date, now: datetime) -> Week:
    """The week around the local date `on`, as it stands at `now`."""
    monday = on - timedelta(days=on.weekday())
    days = [monday + n * DAY for n in range(7)]
    found = diary.of(site, until=days[-1] + AHEAD)
    running = list(Watch.objects.filter(site=site, closed_at=None).select_related("patient"))
    facts = _facts(site, days, found.entries, running, now)
    visits = [_visit(facts, entry) for entry in found.entries if days[0] <= entry.on <= days[-1]]
    coming = [_visit(facts, entry) for entry in found.entries if _is_next(entry)]
    to_arrange = [one for one in coming if one.at is None and _touches(one, days)]
    return Week(
        days=tuple(_day(facts, day, visits) for day in days),
        first=tuple(_first(facts, days, visits, coming, running)),
        to_arrange=tuple(sorted(to_arrange, key=lambda one: (one.latest_on or one.on, one.on))),
        undated=found.undated,
    )


def _facts(
    site: Site, days: Sequence[date], entries: tuple[diary.Entry, ...], running: list[Watch], now: datetime
) -> _Facts:
    zone, hours = site.time_zone, unit.of(site)
    ends = [watch.ends_at for watch in running]
    ends += [_watched(hours.on(one.on), one)[1] for one in entries if not one.is_given and one.on in days]
    until = max([now + DAY, *ends])
    by_day: dict[date, list[diary.Entry]] = {}
    for one in entries:
        by_day.setdefault(one.on, []).append(one)
    return _Facts(
        now=now,
        today=now.astimezone(ZoneInfo(zone)).date(),
        unit=hours,
        closed=closures.among(site, days),
        cover=oncall.cover(site, since=now, until=until, now=now, ladders=cover.ladders_of(site)),
        by_day=by_day,
        held=held.of(site, [(one.course, one.step) for one in entries if _is_next(one)], now=now),
    )


def _is_next(entry: diary.Entry) -> bool:
    return entry.planned is not None and entry.number == len(entry.course.doses.all()) + 1


def _touches(visit: Visit, days: Sequence[date]) -> bool:
    """Whether any day of the dose's window, or the day it is planned for, lies in the week or is over already."""
    first, last = visit.earliest_on or visit.on, visit.latest_on or visit.on
    return first <= days[-1] and (last >= days[0] or visit.on < days[0])


def _visit(facts: _Facts, entry: diary.Entry) -> Visit:
    names, window = _names(entry.course), entry.planned if entry.number > 1 else None
    gaps = [] if entry.is_given else _gaps(facts, entry)
    return Visit(
        course=entry.course,
        number=entry.number,
        name=names.get(entry.step, entry.step),
        on=entry.on,
        at=entry.at,
        is_given=entry.is_given,
        is_here=entry.is_here,
        is_next=_is_next(entry),
        earliest_on=window.earliest_on if window else None,
        latest_on=window.latest_on if window else None,
        against=tuple(_against(facts, entry, gaps)),
        gaps=tuple(gaps),
    )


def _names(course: Course) -> dict[str, str]:
    label = approvals.content(course.protocol).label
    return {dose.id: dose.name for regimen in label.regimens for dose in regimen.doses}


def _watched(day: chairs.Day, entry: diary.Entry) -> tuple[datetime, datetime]:
    """From when to when the patient is watched; without a time, from the unit's opening to the latest end possible."""
    pathway = approvals.content(entry.course.protocol).pathway
    since, last = entry.at or day.opens_at, entry.at or day.closes_at
    return since, watching.ends_at(pathway, entry.step, last)


def _gaps(facts: _Facts, entry: diary.Entry) -> list[oncall.Gap]:
    since, until = _watched(facts.unit.on(entry.on), entry)
    since = max(since, facts.now)
    return facts.cover.gaps(since, until) if facts.cover.until >= until > since else []


def _against(facts: _Facts, entry: diary.Entry, gaps: Sequence[oncall.Gap]) -> Iterable[Against]:
    """What stands against a dose to come on its day. What was given has happened."""
    if entry.is_given or entry.planned is None:
        return
    if _is_next(entry):
        for words in facts.held.get(entry.course.pk, ()):
            yield Against("held", "danger", words)
    if _is_next(entry) and entry.on < facts.today:
        yield Against(
            "overdue", "danger", gettext("overdue since %(on)s") % {"on": daynames.written(entry.on)}
        )
        return
    if gaps:
        words = gettext("nobody on call for part of its watch")
        yield Against("watch", "danger", words)
    if entry.on in facts.closed:
        yield Against(
            "closed-day", "warn", gettext("not a usual day here (%(day)s)") % {"day": facts.closed[entry.on]}
        )
    day = facts.unit.on(entry.on)
    stay = chairs.Stay(
        entry.key, entry.at, day.minutes_of(approvals.library_label(entry.course.protocol), entry.step)
    )
    others = unit.stays(day, (one for one in facts.by_day[entry.on] if one.key != entry.key))
    for one in chairs.against(day, others, stay):
        yield Against(one.code, "warn", one.sentence)
    if stay.at is None and day.known and day.is_open and not chairs.fits(day, [*others, stay]):
        yield Against(
            "chairs-full", "warn", gettext("The doses planned for that day do not fit its chairs and hours.")
        )


def _day(facts: _Facts, on: date, visits: Sequence[Visit]) -> Day:
    day = facts.unit.on(on)
    sitting = unit.stays(day, facts.by_day.get(on, ()))
    here = [visit for visit in visits if visit.on == on]
    return Day(
        on=on,
        is_today=on == facts.today,
        closed=facts.closed.get(on, ""),
        unit=day,
        free=chairs.free(day, sitting, day.opens_at, day.closes_at) if day.is_open else 0,
        visits=tuple(sorted(here, key=lambda one: (one.at is None, one.at or facts.now, one.number))),
    )


def _first(
    facts: _Facts, days: Sequence[date], visits: list[Visit], coming: list[Visit], running: list[Watch]
) -> list[First]:
    """Every line to look at first: watches under way, late doses, last days, then the collisions of the week.

    A dose that waits for another before it is marked on its day only: when that one moves, it moves along.
    """
    found = [
        First(
            Against("watch-now", "danger", gettext("watched now, and nobody is on call for part of it")),
            watch.patient,
            gaps=gaps,
        )
        for watch in running
        if watch.ends_at > facts.now and (gaps := tuple(facts.cover.gaps(facts.now, watch.ends_at)))
    ]
    for visit in coming:
        if visit.on < facts.today:
            late = Against(
                "overdue", "danger", gettext("overdue since %(on)s") % {"on": daynames.written(visit.on)}
            )
            found.append(First(late, visit.course.patient, visit))
        elif visit.at is None and visit.latest_on and facts.today <= visit.latest_on <= days[-1]:
            words = gettext("no time yet, and the latest day is %(on)s") % {
                "on": daynames.written(visit.latest_on)
            }
            found.append(First(Against("last-days", "danger", words), visit.course.patient, visit))
    for visit in (one for one in visits if one.is_next):
        found.extend(
            First(one, visit.course.patient, visit, visit.gaps if one.code == "watch" else ())
            for one in visit.against
            if one.code != "overdue"
        )
    return sorted(
        found, key=lambda one: (ORDER.index(one.against.code), one.visit.on if one.visit else days[0])
    )
