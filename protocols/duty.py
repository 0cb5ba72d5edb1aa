"""How much being on call asks of each person: hours, nights and weekends, and who has more of it than an equal share.

Hours are those that pass; nights and weekends are those of the site's clock. Whoever stands on two rungs at once is on
call once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols import chairs
from protocols.rotas import Stint, united

DAY, WEEK, NOTHING = timedelta(days=1), timedelta(days=7), timedelta(0)
SATURDAY = 5
# Proposals of ours, all: what a night is, and from where on more than an equal share is worth a word.
NIGHT_BEGINS, NIGHT_ENDS = time(22), time(6)
MORE_THAN_SHARE = 1.25
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Duty:
    """What one person has between two moments.

    `nights` are those of which they have at least half, `longest` is the longest time without an hour off call.
    """

    hours: timedelta = NOTHING
    nights: int = 0
    weekend: timedelta = NOTHING
    longest: timedelta = NOTHING


def of(stints: Iterable[Stint], zone: str) -> dict[int, Duty]:
    """What each person has by these stints."""
    spans: dict[int, list[Span]] = {}
    for one in stints:
        spans.setdefault(one.person, []).append(_span(one))
    return {person: _of(united(mine), zone) for person, mine in spans.items()}


def over_share(stints: Sequence[Stint]) -> dict[int, timedelta]:
    """Who has more than an equal share of the rungs they stand on, and by how much.

    By more than a quarter and by more than a week, so that whose turn happens to come once more is not among them. A
    rung that one person has alone is shared with nobody, and counts neither way.
    """
    held: dict[int, dict[int, timedelta]] = {}
    for one in stints:
        rung = held.setdefault(one.rung, {})
        starts_at, ends_at = _span(one)
        rung[one.person] = rung.get(one.person, NOTHING) + (ends_at - starts_at)
    mine: dict[int, timedelta] = {}
    share: dict[int, timedelta] = {}
    for shared in (rung for rung in held.values() if len(rung) > 1):
        equal = sum(shared.values(), NOTHING) / len(shared)
        for person, hours in shared.items():
            mine[person] = mine.get(person, NOTHING) + hours
            share[person] = share.get(person, NOTHING) + equal
    return {person: mine[person] - share[person] for person in mine if _is_over(mine[person], share[person])}


def alone(stints: Iterable[Stint]) -> Mapping[int, int]:
    """The rungs that only one person stands on, and who."""
    people: dict[int, set[int]] = {}
    for one in stints:
        people.setdefault(one.rung, set()).add(one.person)
    return {rung: next(iter(on_it)) for rung, on_it in people.items() if len(on_it) == 1}


def is_at_night(at: datetime, zone: str) -> bool:
    """Whether a moment lies in a night of that clock."""
    shown = at.astimezone(ZoneInfo(zone)).time()
    return shown >= NIGHT_BEGINS or shown < NIGHT_ENDS


def _span(one: Stint) -> Span:
    """In UTC: two moments of one zone are held against each other by what its clocks show."""
    return one.starts_at.astimezone(UTC), one.ends_at.astimezone(UTC)


def _is_over(mine: timedelta, share: timedelta) -> bool:
    return mine > share * MORE_THAN_SHARE and mine - share > WEEK


def _of(spans: Sequence[Span], zone: str) -> Duty:
    nights, weekend = 0, NOTHING
    for on in _days(spans, zone):
        night = _moment(on, NIGHT_BEGINS, zone), _moment(on + DAY, NIGHT_ENDS, zone)
        nights += 2 * _within(spans, night) >= night[1] - night[0]
        if on.weekday() >= SATURDAY:
            weekend += _within(spans, (_moment(on, time(0), zone), _moment(on + DAY, time(0), zone)))
    lengths = [ends_at - starts_at for starts_at, ends_at in spans]
    return Duty(sum(lengths, NOTHING), nights, weekend, max(lengths, default=NOTHING))


def _days(spans: Sequence[Span], zone: str) -> Iterable[date]:
    """Every day of that clock that these spans, or the night before them, touch."""
    local = ZoneInfo(zone)
    found: set[date] = set()
    for starts_at, ends_at in spans:
        on, last = starts_at.astimezone(local).date() - DAY, ends_at.astimezone(local).date()
        found.update(on + n * DAY for n in range((last - on).days + 1))
    return sorted(found)


def _within(spans: Sequence[Span], window: Span) -> timedelta:
    return sum((max(min(b, window[1]) - max(a, window[0]), NOTHING) for a, b in spans), NOTHING)


def _moment(on: date, at: time, zone: str) -> datetime:
    return chairs.moment(on, at, zone, last=False)
