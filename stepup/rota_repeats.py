"""Repeating events of a list from another system, each turn made an event of its own.

The library reads a rule with its exceptions and changed turns (decision 12). Here stands what is refused before it sees
one: what can be read in two ways, and what it would count on for ever. A turn begins and ends at the hours of the clock
that its event shows, on nights of a change of clocks too.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import recurring_ical_events
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from protocols.errors import Refusal

HORIZON = timedelta(weeks=26)
A_YEAR = timedelta(days=366)
OLDEST = timedelta(days=3660)
MOST_REPEATING = 40
REPEATING = ("RRULE", "RDATE", "EXDATE", "RECURRENCE-ID")
READ = (*REPEATING, "DTSTART", "DTEND", "DURATION", "STATUS")
LINE = "X-STEPUP-LINE"
# With these every rule comes round within years: one that never does would be counted on to the end of the calendar.
ALWAYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
PARTS = {
    "HOURLY": ALWAYS,
    "DAILY": ALWAYS,
    "WEEKLY": ALWAYS | {"BYDAY"},
    "MONTHLY": ALWAYS | {"BYDAY", "BYMONTHDAY", "BYSETPOS"},
}
Placed = tuple[int, Event]


def groups(placed: Sequence[Placed]) -> list[tuple[Placed, ...]]:
    """The events, each with its line; a repeating one together with those that change a turn of it."""
    repeats = {str(event.get("UID", "")) for _line, event in placed if _repeats(event)} - {""}
    if sum("RRULE" in event or "RDATE" in event for _line, event in placed) > MOST_REPEATING:
        raise Refusal(
            "many-rules",
            _("More than %(most)s of its events repeat. Export single events.") % {"most": MOST_REPEATING},
        )
    found: dict[tuple[str, int], list[Placed]] = {}
    for line, event in placed:
        uid = str(event.get("UID", ""))
        found.setdefault((uid, 0) if uid in repeats else ("", line), []).append((line, event))
    return [tuple(group) for group in found.values()]


def turns(group: Sequence[Placed], *, since: datetime, until: datetime) -> list[Placed]:
    """The turns of a repeating event that meet the time between two moments, each with the line that says it.

    An event that does not repeat is itself. Refused: a rule that can be read in two ways, or in none.
    """
    if not _is_repeating(group):
        return list(group)
    found = _between(group, since, until)
    in_hours = {line for line, event in group if "DURATION" in event}
    if any(line in in_hours and not _is_as_long(turn) for line, turn in found):
        raise Refusal(
            "days-or-hours",
            _(
                "The clocks change in it: its DURATION ends at another hour in days than in hours. Give a DTEND."
            ),
        )
    return found


def goes_on(group: Sequence[Placed], *, after: datetime) -> bool:
    """Whether it repeats in the year after a moment."""
    return _is_repeating(group) and bool(_between(group, after, after + A_YEAR))


def _is_repeating(group: Sequence[Placed]) -> bool:
    return any(_repeats(event) for _line, event in group)


def _repeats(event: Event) -> bool:
    return any(name in event for name in REPEATING)


def _between(group: Sequence[Placed], since: datetime, until: datetime) -> list[Placed]:
    calendar = Calendar()  # of these alone: what the head of the file says of zones is said of no event
    try:
        _check(group, since)
        for line, event in group:
            event[LINE] = str(line)
            calendar.add_component(event)
        found = recurring_ical_events.of(calendar).between(since, until)
    except (ValueError, TypeError, AttributeError, LookupError, ArithmeticError) as unread:
        raise Refusal("unread", _("Its repetition cannot be read.")) from unread
    return [(int(turn[LINE]), turn) for turn in found]


def _is_as_long(turn: Event) -> bool:
    """Whether as much time passes in a turn as the clock shows: not on nights of a change of clocks."""
    starts_at, ends_at = turn.decoded("DTSTART"), turn.decoded("DTEND")
    if not isinstance(starts_at, datetime) or not isinstance(ends_at, datetime):
        return True
    return starts_at.utcoffset() == ends_at.utcoffset()


def _check(group: Sequence[Placed], since: datetime) -> None:
    wholes = [event for _line, event in group if "RECURRENCE-ID" not in event]
    changed = [str(event["RECURRENCE-ID"].to_ical()) for _line, event in group if "RECURRENCE-ID" in event]
    if len(wholes) > 1 or len(set(changed)) < len(changed):
        raise Refusal("same-id", _("Another event of this file has its UID, so either could be meant."))
    for _line, event in group:
        broken = [name for name, _why in event.errors if name in READ]
        if broken or not hasattr(event.get("DTSTART"), "dt"):
            raise Refusal("unread", _("Its %(name)s cannot be read.") % {"name": (broken or ["DTSTART"])[0]})
        if "EXRULE" in event:
            raise Refusal("rule", _("It names exceptions by a rule. Export single events."))
        if "RRULE" in event:
            _check_rule(event, since)


def _check_rule(event: Event, since: datetime) -> None:
    rule: Any = event["RRULE"]
    if isinstance(rule, list):
        raise Refusal("rule", _("It repeats by more than one rule. Export single events."))
    [frequency] = rule.get("FREQ", [""])
    parts = PARTS.get(str(frequency).upper(), frozenset())
    if not parts or not parts.issuperset(rule.keys()):
        raise Refusal(
            "rule",
            _("It repeats in a way that no rota is read from: %(rule)s. Export single events.")
            % {"rule": rule.to_ical().decode()[:80]},
        )
    if any(int(number) < 1 for name in ("INTERVAL", "COUNT") for number in rule.get(name, [1])):
        raise Refusal("rule", _("Its repetition cannot be read."))
    starts_at = event.decoded("DTSTART")
    for until in rule.get("UNTIL", []):
        if isinstance(starts_at, datetime) and getattr(until, "tzinfo", None) is None:
            raise Refusal(
                "until", _("Its UNTIL does not say which hour of which zone is meant. Give it in UTC.")
            )
    if starts_at.year < (since - OLDEST).year:
        raise Refusal(
            "old-rule",
            _("It has repeated since %(year)s. Export fewer years, or single events.")
            % {"year": starts_at.year},
        )
