"""When an item of supportive care is due, once people have said something of it for one patient.

Done is counted from the day it was done. What a clinician answered instead, *not needed* or *decided*, stands until
the item is done afterwards, and for an item that comes again only to a day: none is silenced for good.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from protocols import supportive
from protocols.supportive import Course, Due, Item

Kind = Literal["done", "not_needed", "decided"]
COMES_AGAIN = ("months", "days", "dose", "unread")
LONGEST_DAYS = 366  # our proposal: what comes again is looked at within a year, whatever was answered


@dataclass(frozen=True)
class Said:
    """One thing somebody said of an item that has not been taken back. `again_on` None: for the whole course."""

    kind: Kind
    said_on: date
    on: date | None = None
    again_on: date | None = None


def comes_again(item: Item) -> bool:
    """Whether the item is looked at again and again, so that no answer may end it for the whole course."""
    return item.due in COMES_AGAIN


def is_open(item: Item) -> bool:
    """Whether what was read leaves something for a clinician to decide about one patient."""
    return bool(item.due == "unread" or item.options or item.proposal or item.threshold or item.crs_caution)


def takes_interval(item: Item) -> bool:
    """Whether an interval of the site's own would change anything."""
    return item.due in {"months", "days", "unread"}


def takes_rule(item: Item) -> bool:
    """Whether a site may have a rule of its own: where nothing was read, rules disagree, or it comes at intervals."""
    return takes_interval(item) or bool(item.options)


def due(item: Item, course: Course, said: Sequence[Said], *, every_days: int | None = None) -> Due:
    """When the item is due after everything said, oldest first. Without an answer, as `supportive.due` has it."""
    done_on = max((one.on for one in said if one.on is not None), default=None)
    usual = supportive.due(item, course, done_on=done_on, every_days=every_days)
    answer = answered(said)
    if answer is None:
        return usual
    word = "not needed" if answer.kind == "not_needed" else "decided"
    if answer.again_on is None:
        return Due(None, f"{word} for this course")
    if answer.kind == "not_needed":
        if item.due == "dose" and usual.on is None:
            return usual
        if usual.on is not None and usual.on > answer.again_on:
            return usual
        return Due(answer.again_on, "not needed before this day")
    return Due(answer.again_on, "the day decided for this patient")


def answered(said: Sequence[Said]) -> Said | None:
    """The newest answer that still stands: one after which the item was done no longer does."""
    standing: Said | None = None
    for one in said:
        if one.kind != "done":
            standing = one
        elif standing is not None and one.on is not None and one.on >= standing.said_on:
            standing = None
    return standing
