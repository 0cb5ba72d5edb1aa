"""A unit's opening hours and chairs on one day: when it is open, who sits where, and what still fits.

Clock times are those of the site. On the day the clocks go forward a missing time means the first one after it; on the
day they go back an opening means the earlier of the two and a closing the later. A dose of which nobody has said how
long it takes holds its chair all day: doses are then counted against chairs, and nothing finer is claimed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

Key = tuple[int, int]


@dataclass(frozen=True)
class Day:
    """What the unit offers on one local day. Without `opens` it is shut; `known` says that hours were entered."""

    on: date
    zone: str
    opens: time | None = None
    closes: time | None = None
    chairs: int = 0
    minutes: int | None = None
    by_step: Mapping[tuple[str, str], int] = field(default_factory=dict)
    known: bool = True

    @property
    def is_open(self) -> bool:
        """Whether the unit has hours on this weekday."""
        return self.opens is not None and self.closes is not None

    @property
    def opens_at(self) -> datetime:
        """When it opens, in UTC; the start of the day where it does not."""
        return moment(self.on, self.opens or time(0), self.zone, last=False)

    @property
    def closes_at(self) -> datetime:
        """When it closes, in UTC; the end of the day where it does not open."""
        if self.closes is None:
            return moment(self.on + timedelta(days=1), time(0), self.zone, last=False)
        return moment(self.on, self.closes, self.zone, last=True)

    def minutes_of(self, label_id: str, step: str) -> int | None:
        """How long this dose holds a chair, as the site entered it; None where nobody has."""
        return self.by_step.get((label_id, step), self.minutes)


@dataclass(frozen=True)
class Stay:
    """One dose in a chair: from when and for how long. No time yet is None, and so is an unknown length."""

    key: Key
    at: datetime | None
    minutes: int | None


@dataclass(frozen=True)
class Against:
    """What stands against a place in the unit: a code for programs and a sentence for people."""

    code: str
    sentence: str


def moment(on: date, at: time, zone: str, *, last: bool) -> datetime:
    """The moment in UTC at which the clocks of `zone` first (or last) show this; the first one after a missing hour."""
    shown = datetime.combine(on, at)
    first, second = (shown.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))
    if first > second:  # the hour is missing: between the two readings lies the change
        return _after_the_gap(second, first, zone)
    return second if last else first


def _after_the_gap(low: datetime, high: datetime, zone: str) -> datetime:
    """The change of clocks between two moments, to the minute."""
    offset = high.astimezone(ZoneInfo(zone)).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        if middle.astimezone(ZoneInfo(zone)).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high.replace(second=0, microsecond=0)


def span(day: Day, stay: Stay) -> tuple[datetime, datetime]:
    """From when to when a dose with a time holds its chair."""
    at = stay.at or day.opens_at
    if stay.minutes is None:
        return min(at, day.opens_at), max(day.closes_at, at + timedelta(minutes=1))
    return at, at + timedelta(minutes=stay.minutes)


def seats(day: Day, stays: Iterable[Stay]) -> dict[Key, int]:
    """A chair for every dose with a time, the lowest that is free, in order of time; 0 where none is.

    Taking each in order of its start needs no more chairs than are really used at once.
    """
    until: list[datetime | None] = [None] * day.chairs
    seated: dict[Key, int] = {}
    timed = [(span(day, stay), stay.key) for stay in stays if stay.at is not None]
    for (start, end), key in sorted(timed):
        chair = next((n for n, busy in enumerate(until, 1) if busy is None or busy <= start), 0)
        seated[key] = chair
        if chair:
            until[chair - 1] = end
    return seated


def free(day: Day, stays: Iterable[Stay], start: datetime, end: datetime) -> int:
    """The fewest chairs nobody sits in between two moments, doses without a time left aside."""
    spans = [span(day, stay) for stay in stays if stay.at is not None]
    inside = [(max(s, start), e) for s, e in spans if s < end and e > start]
    busiest = max((sum(s <= at < e for s, e in inside) for at, _ in inside), default=0)
    return max(0, day.chairs - busiest)


def fits(day: Day, stays: Sequence[Stay]) -> bool:
    """Whether the day holds all of them: those with a time where they are, the others wherever a chair is free."""
    if 0 in seats(day, stays).values():
        return False
    placed = [stay for stay in stays if stay.at is not None]
    waiting = [stay for stay in stays if stay.at is None]
    for stay in sorted(waiting, key=lambda one: -(one.minutes or 24 * 60)):
        starts = sorted({day.opens_at, *(span(day, one)[1] for one in placed)})
        found = next((at for at in starts if _is_free(day, placed, stay, at)), None)
        if found is None:
            return False
        placed.append(Stay(stay.key, found, stay.minutes))
    return True


def _is_free(day: Day, placed: Sequence[Stay], stay: Stay, at: datetime) -> bool:
    start, end = span(day, Stay(stay.key, at, stay.minutes))
    return start >= day.opens_at and end <= day.closes_at and free(day, placed, start, end) > 0


def against(day: Day, others: Sequence[Stay], stay: Stay) -> list[Against]:
    """What stands against this dose at its time: outside the hours, no chair free, or a day that is full with it."""
    if not day.known or not day.is_open or stay.at is None:
        return []  # a day without hours is a closed day, and that is said elsewhere
    found = []
    start, end = stay.at, stay.at + timedelta(minutes=stay.minutes or 0)
    if start < day.opens_at or end > day.closes_at or start >= day.closes_at:
        found.append(
            Against(
                "outside-hours",
                f"The unit is open from {day.opens:%H:%M} to {day.closes:%H:%M} on that day{_long(stay)}.",
            )
        )
    if free(day, others, *span(day, stay)) == 0:
        said = (
            "Every chair is taken then"
            if stay.minutes is not None
            else "As many doses as chairs are planned that day"
        )
        found.append(Against("chairs-full", f"{said} ({day.chairs} chair{'s' * (day.chairs != 1)})."))
    elif not fits(day, [*others, stay]) and fits(day, others):
        found.append(
            Against("chairs-full", "The other doses planned for that day without a time would no longer fit.")
        )
    return found


def _long(stay: Stay) -> str:
    return f", and this dose holds a chair for {stay.minutes} minutes" if stay.minutes else ""
