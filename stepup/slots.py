"""The suggested dates as a page shows them: a few times of each day, each as the move form would have it typed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from protocols.chairs import Against
from protocols.errors import Refusal
from stepup import appointments, moments, suggestions
from stepup.models import Course

SHOWN = 6


@dataclass(frozen=True)
class Slot:
    """One moment, and what the move form has to be sent for it."""

    moment: datetime
    on: str
    at: str
    which: str


@dataclass(frozen=True)
class Row:
    """One day: a few of its possible times and how many more there are, or what is in the way."""

    on: date
    offered: tuple[Slot, ...]
    more: int
    against: tuple[Against, ...]


def of(course: Course, *, now: datetime) -> dict[str, Any]:
    """What the page of a move shows of suggested dates; `refused` says why none can be given."""
    try:
        suggested = suggestions.of(course, now=now)
    except Refusal as refusal:
        return {"refused": refusal.sentence}
    zone = course.site.time_zone
    rows = [
        Row(day.on, tuple(slot(at, zone) for at in few), len(day.slots) - len(few), day.against)
        for day in suggested.found.days
        for few in [_few(day.slots, zone)]
    ]
    return {"suggested": suggested, "days": rows, "seen": appointments.seen(course)}


def slot(at: datetime, zone: str) -> Slot:
    """A moment as it is typed at the site; of an hour that comes twice, which of the two."""
    local = at.astimezone(ZoneInfo(zone))
    twice = moments.possible(local.date(), local.time(), zone)
    which = "" if len(twice) < 2 else moments.FIRST if at == twice[0] else moments.SECOND
    return Slot(at, f"{local:%Y-%m-%d}", f"{local:%H:%M}", which)


def _few(found: Sequence[datetime], zone: str) -> list[datetime]:
    """The first time of the day and then each full hour; quarter hours only where the day has hardly more."""
    if len(found) <= SHOWN:
        return list(found)
    hours = [at for at in found[1:] if at.astimezone(ZoneInfo(zone)).minute == 0]
    return [found[0], *hours][:SHOWN]
