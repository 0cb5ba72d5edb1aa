"""When a patient is asked, after a dose was given.

Hours are elapsed hours from the recorded time given. They are counted in UTC, so that a night when the clocks
change has neither a check-in too many nor one too few.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols.pathway import Pathway, Rhythm

# What is shown as night. A proposal of ours: nobody has published it.
NIGHT_FROM, NIGHT_TO = time(22), time(7)


@dataclass(frozen=True)
class Due:
    """One check-in: when (UTC), how many hours after the dose, and which questions in which order."""

    due_at: datetime
    hour: int
    ask: tuple[str, ...]


def check_times(pathway: Pathway, step_id: str, given_at: datetime) -> tuple[Due, ...]:
    """Every check-in of the watch after this dose, earliest first. `given_at` must be aware.

    A dose not named among the pathway's later doses is watched as a step-up dose: doubt asks more often.
    """
    start = _utc(given_at)
    asked: dict[int, tuple[str, ...]] = {}
    for row in pathway.later_rhythm if step_id in pathway.later_doses else pathway.rhythm:
        for hour in _hours(row):
            asked[hour] = _together(asked.get(hour, ()), row.ask)
    return tuple(Due(start + timedelta(hours=hour), hour, asked[hour]) for hour in sorted(asked))


def at_night(pathway: Pathway, step_id: str, given_at: datetime, *, zone: ZoneInfo) -> tuple[datetime, ...]:
    """The check-ins of the watch that fall into the patient's night, on the patient's own clock, earliest first.

    None is ever moved or left out because of it: they are shown to whoever agrees with the patient who wakes for them.
    """
    local = (due.due_at.astimezone(zone) for due in check_times(pathway, step_id, given_at))
    return tuple(at for at in local if at.time() >= NIGHT_FROM or at.time() < NIGHT_TO)


def ends_at(pathway: Pathway, step_id: str, given_at: datetime) -> datetime:
    """When the watch after this dose may close at the earliest (UTC). `given_at` must be aware."""
    hours = pathway.later_watch_hours if step_id in pathway.later_doses else pathway.watch_hours
    return _utc(given_at) + timedelta(hours=hours)


def _hours(row: Rhythm) -> Iterable[int]:
    """The hours of one row: its end included, its start not."""
    return range(row.from_hour + row.every_hours, row.to_hour + 1, row.every_hours)


def _together(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    return (*first, *(question for question in second if question not in first))


def _utc(given_at: datetime) -> datetime:
    if given_at.tzinfo is None:
        raise ValueError("given_at needs a time zone: a dose is recorded at one moment, not at a clock face")
    return given_at.astimezone(UTC)
