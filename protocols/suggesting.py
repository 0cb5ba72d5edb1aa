"""Dates and times at which nothing stands against a dose: inside its window, in a chair, with every hour covered.

One function, from values alone. It finds every quarter hour, and every moment at which a chair, the label or the
on-call list becomes free. Where it finds none it says of every day which rule is in the way, and which of them, if
somebody could relax it, would give a date.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols import chairs
from protocols.chairs import Against, Day, Stay

MINUTE, QUARTER = timedelta(minutes=1), timedelta(minutes=15)
NOON = time(12)
# How each rule is named when it is the one in the way. What nobody can relax is not among them.
RELAXED = {
    "chairs-full": "a free chair",
    "outside-hours": "longer hours of the unit",
    "closed-day": "opening on a closed day",
    "uncovered": "somebody on call for its whole watch",
    "label": "an answer to what the label wants for that day",
}


@dataclass(frozen=True)
class Uncovered:
    """A span in which a rung of the on-call list has nobody who can be reached."""

    rung: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Limit:
    """A moment before which nothing may be planned, and why."""

    at: datetime
    against: Against


@dataclass(frozen=True)
class Offer:
    """One day of the window as it stands: what the unit offers, what is taken, and what the label says of it.

    `usual` is the time taken where nobody entered the unit's hours. `watch` is how long the patient is watched.
    """

    day: Day
    minutes: int | None
    watch: timedelta
    label: tuple[str, ...] = ()
    closed: str = ""
    others: tuple[Stay, ...] = ()
    usual: time = NOON


@dataclass(frozen=True)
class Answer:
    """One day: the moments (UTC) at which nothing stands against the dose; or, with none, what is in the way."""

    on: date
    slots: tuple[datetime, ...]
    against: tuple[Against, ...]


@dataclass(frozen=True)
class Suggested:
    """Every day of the window in order, and one sentence: the first date, or what would have to give way for one."""

    days: tuple[Answer, ...]
    sentence: str

    @property
    def slots(self) -> tuple[datetime, ...]:
        """Every moment at which nothing stands against the dose, earliest first."""
        return tuple(at for day in self.days for at in day.slots)


@dataclass(frozen=True)
class _Looked:
    """One moment of one day and everything against it."""

    offer: Offer
    at: datetime
    against: tuple[Against, ...]

    @property
    def rules(self) -> frozenset[str]:
        return frozenset(one.code for one in self.against)


def suggest(
    offers: Sequence[Offer], *, limits: Sequence[Limit] = (), gaps: Sequence[Uncovered] = ()
) -> Suggested:
    """Every moment of these days at which nothing stands against a dose, or which rules are in the way of one."""
    looked = [_look(offer, limits, gaps) for offer in offers]
    days = tuple(_answer(offer, one) for offer, one in zip(offers, looked, strict=True))
    first = next((at for day in days for at in day.slots), None)
    everything = [one for day in looked for one in day]
    if first is not None:
        return Suggested(days, f"The first that satisfies every rule: {_shown(first, offers[0].day.zone)}.")
    return Suggested(days, _in_the_way(everything))


def against(
    offer: Offer, at: datetime, *, limits: Sequence[Limit] = (), gaps: Sequence[Uncovered] = ()
) -> tuple[Against, ...]:
    """Everything against giving the dose at this moment of this day."""
    found = [limit.against for limit in limits if at < limit.at]
    found += [Against("label", sentence) for sentence in offer.label]
    if offer.closed:
        found.append(Against("closed-day", f"Not a usual day for doses here ({offer.closed})."))
    found += chairs.against(offer.day, offer.others, Stay((0, 0), at, offer.minutes))
    until = at + offer.watch
    found += [
        Against("uncovered", _uncovered(gap, offer.day.zone))
        for gap in gaps
        if gap.starts_at < until and gap.ends_at > at
    ]
    return tuple(found)


def moments(offer: Offer, *, limits: Sequence[Limit] = (), gaps: Sequence[Uncovered] = ()) -> list[datetime]:
    """The moments of a day worth looking at, in order: each quarter hour from the opening, and each that frees one."""
    day = offer.day
    if not day.is_open and not (day.known and offer.closed):
        return [chairs.moment(day.on, offer.usual, day.zone, last=False)]
    quarters = int((day.closes_at - day.opens_at) / QUARTER) + 1
    grid = {day.opens_at + n * QUARTER for n in range(quarters)}
    freed = [chairs.span(day, stay)[1] for stay in offer.others if stay.at is not None]
    freed += [limit.at for limit in limits] + [gap.ends_at for gap in gaps]
    grid |= {_whole_minute(at) for at in freed}
    return sorted(at for at in grid if day.opens_at <= at < day.closes_at)


def _whole_minute(at: datetime) -> datetime:
    whole = at.replace(second=0, microsecond=0)
    return whole if whole == at else whole + MINUTE


def _look(offer: Offer, limits: Sequence[Limit], gaps: Sequence[Uncovered]) -> list[_Looked]:
    return [
        _Looked(offer, at, against(offer, at, limits=limits, gaps=gaps))
        for at in moments(offer, limits=limits, gaps=gaps)
    ]


def _answer(offer: Offer, looked: Sequence[_Looked]) -> Answer:
    slots = tuple(one.at for one in looked if not one.against)
    if slots:
        return Answer(offer.day.on, slots, ())
    least = min((one for one in looked), key=lambda one: len(one.rules), default=None)
    return Answer(offer.day.on, (), tuple(_once(least.against)) if least else ())


def _once(found: Iterable[Against]) -> Iterator[Against]:
    """Each sentence once, in order."""
    seen: set[str] = set()
    for one in found:
        if one.sentence not in seen:
            seen.add(one.sentence)
            yield one


def _in_the_way(looked: Sequence[_Looked]) -> str:
    """Which rules, relaxed together, would give a date: the fewest there are, each way with its first moment."""
    possible = [one for one in looked if one.rules <= RELAXED.keys()]
    if not possible:
        return "No date satisfies every rule, and none would if one gave way: see each day."
    fewest = min(len(one.rules) for one in possible)
    ways: dict[frozenset[str], datetime] = {}
    for one in possible:
        if len(one.rules) == fewest:
            ways.setdefault(one.rules, one.at)
    zone = looked[0].offer.day.zone
    said = [
        f"{_shown(at, zone)} with {' and '.join(RELAXED[rule] for rule in sorted(rules))}"
        for rules, at in ways.items()
    ]
    return f"No date satisfies every rule. Possible would be {'; or '.join(said)}."


def _uncovered(gap: Uncovered, zone: str) -> str:
    return f"Nobody on call on rung {gap.rung} from {_shown(gap.starts_at, zone)} to {_shown(gap.ends_at, zone)}."


def _shown(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%a %d %b %Y %H:%M %Z}"
