"""Who is on call: turns of a rotation, its layers and hours, overrides and time off.

Clock times are those of the site, read as if they never went back: a turn that begins at an hour that is missing begins
when the clocks change, one at an hour that comes twice begins the first time. Spans are half-open, start included.
Nobody is guessed: where no layer speaks, or whoever it names is away, there is a gap.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols import chairs

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)
MARGIN = 26 * HOUR  # more than any zone ever moved its clocks at once
EVERY_DAY = frozenset(range(7))
OVERRIDE, SHIFT, ROTATION = "override", "shift", "rotation"


@dataclass(frozen=True)
class Hours:
    """The part of a week a rotation speaks for: from `opens` on each weekday (Monday is 0) until `closes`.

    `closes` is on the next day where it is not later than `opens`; the same time twice is a whole day.
    """

    weekdays: frozenset[int]
    opens: time
    closes: time

    def spans(self, zone: str, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Every opening that touches the time between two moments, in order."""
        day, last = (_local(since, zone) - MARGIN).date() - DAY, (_local(until, zone) + MARGIN).date()
        while day <= last:
            if day.weekday() in self.weekdays:
                ends_on = day if self.closes > self.opens else day + DAY
                span = _moment(day, self.opens, zone), _moment(ends_on, self.closes, zone)
                if span[0] < until and span[1] > since and span[0] < span[1]:
                    yield span
            day += DAY


@dataclass(frozen=True)
class Rotation:
    """One layer of a rung: people who take turns of `turn_hours` of the clock, from a day and time on, in order.

    It speaks from `since` until `until` (None: for good) and, where it has `hours`, only within them.
    """

    id: int
    rung: int
    layer: int
    zone: str
    people: tuple[int, ...]
    starts_on: date
    hand_over: time
    turn_hours: int
    since: datetime
    until: datetime | None = None
    hours: Hours | None = None

    def turns(self, since: datetime, until: datetime) -> Iterator["Stint"]:
        """Every turn that touches the time between two moments, whole, without regard to `hours`."""
        start, length = datetime.combine(self.starts_on, self.hand_over), self.turn_hours * HOUR
        if start > _local(until, self.zone) + MARGIN:
            return  # and is not made into a moment: the last day of the calendar is none everywhere
        number = max(0, (_local(since, self.zone) - MARGIN - start) // length)
        begins = self._at(start + number * length)
        while begins < until:
            ends = self._at(start + (number + 1) * length)
            if begins < ends and ends > since:
                yield Stint(
                    self.rung, self.people[number % len(self.people)], begins, ends, ROTATION, self.id
                )
            number, begins = number + 1, ends

    def stints(self, since: datetime, until: datetime) -> Iterator["Stint"]:
        """What it says between two moments, cut to them and to its hours."""
        since = max(since, self.since)
        until = until if self.until is None else min(until, self.until)
        if since >= until or not self.people:
            return
        turns = list(self.turns(since, until))
        spans = [(since, until)] if self.hours is None else list(self.hours.spans(self.zone, since, until))
        yield from _within(turns, [(max(a, since), min(b, until)) for a, b in spans])

    def _at(self, shown: datetime) -> datetime:
        return _moment(shown.date(), shown.time(), self.zone)


@dataclass(frozen=True)
class Stint:
    """One person on one rung for a span, and what says so: an override, a shift made by hand or a rotation."""

    rung: int
    person: int
    starts_at: datetime
    ends_at: datetime
    kind: str
    id: int


@dataclass(frozen=True)
class Away:
    """A span in which somebody is not called, whatever a rotation, a shift or an override says."""

    person: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Gap:
    """A span in which a rung has nobody. `whom` says whom the signed ladder calls there, if not a place of the list."""

    rung: int
    starts_at: datetime
    ends_at: datetime
    whom: str = ""

    @property
    def named(self) -> str:
        """The rung in words."""
        return f"rung {self.rung} ({self.whom})" if self.whom else f"rung {self.rung}"


@dataclass(frozen=True)
class Double:
    """A span in which one person stands on two rungs: the second call would reach nobody new."""

    person: int
    rungs: tuple[int, int]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Rota:
    """Everything that says who is on call at a site. `fixed` holds overrides and shifts made by hand."""

    rotations: tuple[Rotation, ...] = ()
    fixed: tuple[Stint, ...] = ()
    away: tuple[Away, ...] = ()

    def declared(self, since: datetime, until: datetime) -> list[Stint]:
        """Who is named between two moments, by rung and time; nobody twice on one rung, time off not regarded.

        On each rung an override goes before a shift made by hand, that before rotations, a lower layer before a
        higher one.
        """
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        rungs = sorted({one.rung for one in self.rotations} | {one.rung for one in self.fixed})
        return [stint for rung in rungs for stint in self._on(rung, since, until)]

    def stints(self, since: datetime, until: datetime) -> list[Stint]:
        """Who is on call between two moments, by rung and time. Who is away is left out, and nobody steps in."""
        found: list[Stint] = []
        for stint in self.declared(since, until):
            mine = [(one.starts_at, one.ends_at) for one in self.away if one.person == stint.person]
            found.extend(_within([stint], without([(stint.starts_at, stint.ends_at)], mine)))
        return found

    def at(self, moment: datetime) -> list[Stint]:
        """Who is on call at a moment, first rung first. The spans are cut to that moment."""
        return self.stints(moment, moment + INSTANT)

    def _on(self, rung: int, since: datetime, until: datetime) -> list[Stint]:
        free, found = [(since, until)], []
        for level in self._levels(rung, since, until):
            taken = list(_within(sorted(level, key=lambda one: one.starts_at), free))
            free = without(free, [(one.starts_at, one.ends_at) for one in taken])
            found.extend(taken)
        return joined(sorted(found, key=lambda one: one.starts_at))

    def _levels(self, rung: int, since: datetime, until: datetime) -> Iterator[Iterable[Stint]]:
        for kind in (OVERRIDE, SHIFT):
            yield [one for one in self.fixed if (one.rung, one.kind) == (rung, kind)]
        mine = [one for one in self.rotations if one.rung == rung]
        for rotation in sorted(mine, key=lambda one: (one.layer, one.id)):
            yield rotation.stints(since, until)


def gaps(stints: Sequence[Stint], rungs: Iterable[int], since: datetime, until: datetime) -> list[Gap]:
    """Every span between two moments in which one of these rungs has nobody, per rung in order of time."""
    found: list[Gap] = []
    for rung in rungs:
        taken = [(one.starts_at, one.ends_at) for one in stints if one.rung == rung]
        found.extend(Gap(rung, *span) for span in without([(since, until)], taken))
    return found


def doubles(stints: Sequence[Stint]) -> list[Double]:
    """Every span in which one person stands on two rungs, in order of time."""
    found = [
        Double(one.person, (one.rung, other.rung), max(one.starts_at, other.starts_at), ends)
        for one in stints
        for other in stints
        if one.person == other.person
        and one.rung < other.rung
        and max(one.starts_at, other.starts_at) < (ends := min(one.ends_at, other.ends_at))
    ]
    return sorted(found, key=lambda one: (one.starts_at, one.rungs))


def gained(before: Sequence[Stint], after: Sequence[Stint]) -> list[Stint]:
    """The parts of `after` in which its person was not on that rung `before`, by rung and time."""
    found: list[Stint] = []
    for one in after:
        had = [(b.starts_at, b.ends_at) for b in before if (b.rung, b.person) == (one.rung, one.person)]
        left = without([(one.starts_at, one.ends_at)], had)
        found.extend(replace(one, starts_at=starts_at, ends_at=ends_at) for starts_at, ends_at in left)
    return found


def joined(stints: Sequence[Stint]) -> list[Stint]:
    """Stints of one person that follow each other without a break, and that one thing says, made one."""
    found: list[Stint] = []
    for stint in stints:
        last = found[-1] if found else None
        if (
            last
            and last.ends_at == stint.starts_at
            and replace(stint, starts_at=last.starts_at) == replace(last, ends_at=stint.ends_at)
        ):
            found[-1] = replace(last, ends_at=stint.ends_at)
        else:
            found.append(stint)
    return found


def united(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time as spans that neither overlap nor meet, in order."""
    found: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in sorted(spans):
        if found and starts_at <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends_at)
        else:
            found.append((starts_at, ends_at))
    return found


def without(
    spans: Iterable[tuple[datetime, datetime]], taken: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """What is left of these spans, which do not overlap, once others are taken out of them."""
    cut = sorted(taken)
    left: list[tuple[datetime, datetime]] = []
    for starts_at, ends_at in sorted(spans):
        reached = starts_at
        for begins, ends in cut:
            if ends <= reached or begins >= ends_at:
                continue
            if begins > reached:
                left.append((reached, begins))
            reached = max(reached, ends)
        if reached < ends_at:
            left.append((reached, ends_at))
    return left


def _within(stints: Sequence[Stint], spans: Sequence[tuple[datetime, datetime]]) -> Iterator[Stint]:
    """The parts of these stints that lie inside the spans; both in order of time, neither overlapping itself."""
    here = there = 0
    while here < len(stints) and there < len(spans):
        stint, (begins, ends) = stints[here], spans[there]
        starts_at, ends_at = max(stint.starts_at, begins), min(stint.ends_at, ends)
        if starts_at < ends_at:
            yield replace(stint, starts_at=starts_at, ends_at=ends_at)
        if stint.ends_at <= ends:
            here += 1
        else:
            there += 1


def _moment(on: date, at: time, zone: str) -> datetime:
    return chairs.moment(on, at, zone, last=False)


def _local(at: datetime, zone: str) -> datetime:
    """What the clocks of the zone show."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
