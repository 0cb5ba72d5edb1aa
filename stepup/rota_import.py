"""An on-call list from another system: an iCalendar file read, shown, and only then made into shifts.

A repeating event becomes a shift for each of its turns in the next half year (`stepup/rota_repeats.py`). Nothing is
guessed. An event whose person, hours or zone can be read in two ways is refused with its line, and a file with one such
event is not taken over at all: half a list looks whole on the calendar.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _
from icalendar import Calendar, Event
from icalendar.timezone import tzp

from notifications import daynames, given_hours, oncall
from notifications.models import Clinician, Shift, Site
from protocols.errors import Refusal
from stepup import moments, rota, rota_repeats

MOST_BYTES = 200_000
MOST_EVENTS = 500
MOST_TURNS = 500
_ZONES = threading.Lock()
BEGINS = re.compile(r"BEGIN:VEVENT\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """One event as it would become a shift; one that has `begun`, from now on."""

    line: int
    clinician: Clinician
    starts_at: datetime
    ends_at: datetime
    begun: bool = False


@dataclass(frozen=True)
class Problem:
    """Why an event cannot be taken over, and the line of the file it begins on; 0 is the whole file."""

    line: int
    sentence: str


@dataclass(frozen=True)
class Read:
    """A file as it was read: the shifts it would make.

    `left_out` counts events that are over or cancelled, `there` those whose very shift is on the list already: nothing
    is lost by either. `going_on` counts repeating events that have turns after `until`, where reading stops.
    """

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    left_out: int
    there: int = 0
    going_on: int = 0
    until: datetime | None = None


def read(raw: bytes, *, site: Site, people: Sequence[Clinician], rung: int, now: datetime) -> Read:
    """What a file says about one rung: the shifts it would make, and everything that cannot be read in one way."""
    until = now + rota_repeats.HORIZON
    try:
        groups = rota_repeats.groups(_events(raw))
    except Refusal as refusal:
        return _refused(refusal.sentence)
    rows: list[Row] = []
    problems: list[Problem] = []
    left_out = going_on = 0
    for group in groups:
        try:
            turns = rota_repeats.turns(group, since=now, until=until)
            if len(rows) + len(turns) > MOST_TURNS:
                return _refused(
                    _("It would make more than %(most)s shifts. Export fewer weeks.") % {"most": MOST_TURNS}
                )
            going_on += rota_repeats.goes_on(group, after=until)
        except Refusal as refusal:
            problems.append(Problem(group[0][0], refusal.sentence))
            continue
        found, wrong = _rows(turns, site, people, rung)
        to_come = [row for row in found if row.ends_at > now]
        rows += [row if row.starts_at >= now else replace(row, starts_at=now, begun=True) for row in to_come]
        problems += wrong
        left_out += max(len(turns), 1) - len(to_come) - len(wrong)
    beside = _beside_the_list(rows, site, rung)
    problems = [*problems, *beside.problems]
    return replace(beside, problems=_once(problems), left_out=left_out, going_on=going_on, until=until)


def _events(raw: bytes) -> list[rota_repeats.Placed]:
    """The events of a file, each with the line it begins on."""
    if len(raw) > MOST_BYTES:
        raise Refusal(
            "large-file",
            _("The file is larger than %(most)s kB. Export fewer weeks.") % {"most": MOST_BYTES // 1000},
        )
    try:
        text = raw.decode("utf-8-sig")
        with _ZONES:
            tzp.use_zoneinfo()  # forgets the zones that the file before this one defined
            read_ = [one for one in Calendar.from_ical(text).walk("VEVENT") if isinstance(one, Event)]
    except (ValueError, KeyError, IndexError, AttributeError, TypeError) as unread:
        raise Refusal(
            "no-file", _("This is no iCalendar file that can be read: its name usually ends in .ics.")
        ) from unread
    lines = [n for n, line in enumerate(text.splitlines(), start=1) if BEGINS.fullmatch(line)]
    if not read_ or len(read_) != len(lines):
        raise Refusal("no-events", _("No events were found in this file, or some cannot be read."))
    if len(read_) > MOST_EVENTS:
        raise Refusal(
            "many-events",
            _("The file has more than %(most)s events. Export fewer weeks.") % {"most": MOST_EVENTS},
        )
    return list(zip(lines, read_, strict=True))


def _rows(
    turns: Sequence[rota_repeats.Placed], site: Site, people: Sequence[Clinician], rung: int
) -> tuple[list[Row], list[Problem]]:
    """The shifts these would be, and what is wrong with the others; neither of one that is cancelled."""
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, event in turns:
        try:
            row = _row(line, event, site, people, rung)
        except Refusal as refusal:
            problems.append(Problem(line, refusal.sentence))
            continue
        if row is not None:
            rows.append(row)
    return rows, problems


def _once(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """In the order of their lines, what is wrong with every turn of one event said once."""
    return tuple(dict.fromkeys(sorted(problems, key=lambda one: one.line)))


def _beside_the_list(rows: Sequence[Row], site: Site, rung: int) -> Read:
    """Those of these rows that are not on the list yet, and what stands against them."""
    met = {row: shift for row in rows if (shift := _met(row, site, rung)) is not None}
    there = {row for row, shift in met.items() if _is_there(row, shift)}
    taken = [_taken(row, met[row], site) for row in rows if row in met.keys() - there]
    return Read(
        rows=tuple(row for row in rows if row not in there),
        problems=(*_overlaps(rows), *taken),
        left_out=0,
        there=len(there),
    )


def _refused(sentence: str) -> Read:
    return Read((), (Problem(0, sentence),), 0)


def _row(line: int, event: Event, site: Site, people: Sequence[Clinician], rung: int) -> Row | None:
    """One event, or None where it is cancelled; refused where it can be read in more than one way."""
    if str(event.get("status", "")).upper() == "CANCELLED":
        return None
    starts_at, ends_at = _moment(event, "DTSTART"), _ends(event)
    if ends_at <= starts_at:
        raise Refusal("ends-first", _("It ends before it starts."))
    if ends_at - starts_at > rota.LONGEST:
        raise Refusal("long-shift", _("It is longer than two months."))
    clinician = _person(str(event.get("summary", "")), people)
    oncall.check_able(site, clinician, rung)
    return Row(line, clinician, starts_at, ends_at)


def _ends(event: Event) -> datetime:
    if "DTEND" in event:
        return _moment(event, "DTEND")
    if "DURATION" not in event:
        raise Refusal("no-end", _("It does not say when it ends."))
    length = event.decoded("DURATION")
    if not isinstance(length, timedelta):
        raise Refusal("unread", _("Its DURATION cannot be read."))
    if length > rota.LONGEST:
        raise Refusal("long-shift", _("It is longer than two months."))
    ends_at = _moment(event, "DTSTART") + length
    if _by_the_clock(event.decoded("DTSTART"), length) != ends_at:
        raise Refusal(
            "days-or-hours",
            _(
                "The clocks change in it: its DURATION ends at another hour in days than in hours. Give a DTEND."
            ),
        )
    return ends_at


def _by_the_clock(starts_at: datetime, length: timedelta) -> datetime:
    """When a span ends whose days are days of the clock, as RFC 5545 counts them, and whose rest is hours that pass.

    What was read no longer tells seven days from 168 hours.
    """
    same_hour = starts_at + timedelta(days=length.days)  # what the clock shows, in the zone of the event
    return same_hour.astimezone(UTC) + timedelta(seconds=length.seconds)


def _moment(event: Event, name: str) -> datetime:
    """A moment in UTC; refused for a whole day, a time without a zone, and a time the clocks showed twice or never."""
    at = event.decoded(name, None)
    if at is None:
        raise Refusal("no-start", _("It does not say when it starts."))
    if not isinstance(at, date):
        raise Refusal("unread", _("Its %(name)s cannot be read.") % {"name": name})
    if at.year not in moments.YEARS:
        raise Refusal("year", _("Its year %(year)s cannot be meant.") % {"year": at.year})
    if not isinstance(at, datetime):
        raise Refusal("whole-day", _("It names whole days and no hours: when is hand-over?"))
    if at.tzinfo is None:
        raise Refusal("no-zone", _("Its time has no time zone that is known by name, so it could be any."))
    if str(at.tzinfo) == "UTC":
        return at.astimezone(UTC)
    shown = _possible(at)
    if len(shown) != 1:
        often = "twice" if shown else "never"
        raise Refusal(
            "clocks",
            _("The clocks of %(zone)s show %(at)s %(often)s that night.")
            % {
                "zone": getattr(at.tzinfo, "key", "") or event[name].params.get("TZID", ""),
                "at": daynames.written(at, "%d %b %H:%M"),
                "often": often,
            },
        )
    return shown[0]


def _possible(at: datetime) -> list[datetime]:
    """The moments (UTC) at which the clocks of its zone show this: of a zone that the file defines, too."""
    clock = at.replace(tzinfo=None)
    found = {at.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    return sorted(moment for moment in found if moment.astimezone(at.tzinfo).replace(tzinfo=None) == clock)


def _person(summary: str, people: Iterable[Clinician]) -> Clinician:
    """The one person whose whole name or sign-in name stands in the title."""
    title = f" {_plain(summary)} "
    found = [
        one for one in people if f" {_plain(one.name)} " in title or f" {_plain(one.username)} " in title
    ]
    if len(found) == 1:
        return found[0]
    who = (
        f"names {' and '.join(one.name for one in found)}"
        if found
        else "names nobody who could be on call here"
    )
    raise Refusal(
        "who",
        _("Its title %(summary)s %(who)s. Put one person's whole name there.")
        % {"summary": f"{summary[:60]!r}", "who": who},
    )


def _plain(words: str) -> str:
    return " ".join(re.findall(r"\w+", words.casefold()))


def _overlaps(rows: Sequence[Row]) -> Iterator[Problem]:
    """Events that overlap each other."""
    reached: Row | None = None
    for row in sorted(rows, key=lambda one: one.starts_at):
        if reached is not None and row.starts_at < reached.ends_at:
            yield Problem(row.line, f"It overlaps the event on line {reached.line}.")
        if reached is None or row.ends_at > reached.ends_at:
            reached = row


def _met(row: Row, site: Site, rung: int) -> Shift | None:
    """The first shift on this rung that an event meets."""
    span = (row.starts_at, row.ends_at)
    return Shift.objects.filter(site=site, rung=rung, period__overlap=span).order_by("period").first()


def _is_there(row: Row, shift: Shift) -> bool:
    """Whether this shift is what the event would become: one that has begun is taken over from now on alone."""
    period = shift.period
    begins = max(period.lower, row.starts_at) if row.begun else period.lower
    return (shift.clinician_id, begins, period.upper) == (row.clinician.pk, row.starts_at, row.ends_at)


def _taken(row: Row, shift: Shift, site: Site) -> Problem:
    at = shift.period.lower.astimezone(ZoneInfo(site.time_zone))
    return Problem(row.line, f"A shift that begins {at:%a %d %b %H:%M %Z} is on rung {shift.rung} already.")


@transaction.atomic
def accept(found: Read, *, site: Site, rung: int, by: Clinician, now: datetime) -> list[Shift]:
    """Every event as a shift, or none at all: refused while any of them has a problem.

    Each person is told by one text.
    """
    if found.problems or not found.rows:
        raise Refusal("not-whole", _("Nothing was taken over: first mend every line that is named here."))
    until = max(row.ends_at for row in found.rows)
    with given_hours.telling(site, by=by, since=now, until=until, now=now):
        return [
            rota.put(site, row.clinician, rung, starts_at=row.starts_at, ends_at=row.ends_at, by=by, now=now)
            for row in found.rows
        ]
