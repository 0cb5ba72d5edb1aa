"""Past replies concluded again: from what was stored with each, by the rules installed now. Nothing is written.

A reply is read in the context it had at its hour, so that what became of the patient since changes nothing. Where the
rules and phrases are those it was read by, the answer is the same to the letter.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from protocols import triage
from protocols.rulebook import at_least
from protocols.triage import URGENCIES, Context

Direction = Literal["same", "raised", "lowered", "other"]
DIRECTIONS: tuple[Direction, ...] = ("lowered", "raised", "other", "same")


@dataclass(frozen=True)
class Concluded:
    """A conclusion as it is stored: urgency, whether a person reads it, grade, readings, rules and the reason."""

    urgency: str
    human_task: bool
    grade: str
    because: str
    readings: tuple[Mapping[str, Any], ...] = ()
    rules: tuple[Mapping[str, Any], ...] = ()

    @property
    def pages(self) -> bool:
        """Whether somebody is paged for it."""
        return at_least(self.urgency, "urgent")

    @property
    def weight(self) -> tuple[int, bool]:
        """How grave it is, for comparing: the urgency first, then whether a person reads it."""
        return -URGENCIES.index(self.urgency), self.human_task


@dataclass(frozen=True)
class Kept:
    """One stored finding: which, the words as they came, what they were read against, and the conclusion then."""

    key: int
    text: str
    context: Context
    then: Concluded


@dataclass(frozen=True)
class Compared:
    """One reply, concluded twice."""

    kept: Kept
    before: Concluded
    after: Concluded

    @property
    def direction(self) -> Direction:
        """Graver and less grave count before what else may differ."""
        if self.after.weight != self.before.weight:
            return "raised" if self.after.weight > self.before.weight else "lowered"
        return "same" if self.after == self.before else "other"

    @property
    def lowers_an_alarm(self) -> bool:
        """Whether something that paged would page less urgently, or not at all."""
        return self.before.pages and self.direction == "lowered"

    @property
    def stops_paging(self) -> bool:
        """Whether something that paged would page nobody."""
        return self.before.pages and not self.after.pages

    @property
    def why(self) -> str:
        """The rules that come and go, by their ids."""
        before, after = ([str(rule["id"]) for rule in side.rules] for side in (self.before, self.after))
        gone = [f"no longer {one}" for one in before if one not in after]
        new = [f"now {one}" for one in after if one not in before]
        return "; ".join([*gone, *new]) or ("" if self.direction == "same" else "other words or values")


def conclude(kept: Kept, *, phrases: tuple[str, ...] | None = None) -> Concluded:
    """What the installed rules conclude from a stored reply, with its own learned phrases or with these instead."""
    context = kept.context if phrases is None else replace(kept.context, phrases=phrases)
    whole = triage.assess(kept.text, context).as_dict()
    return Concluded(
        urgency=whole["urgency"],
        human_task=whole["human_task"],
        grade=whole["provisional_grade"] or "",
        because=whole["because"],
        readings=tuple(whole["readings"]),
        rules=tuple(whole["rules"]),
    )


def by_the_rules(kept: Kept, *, phrases: tuple[str, ...] | None = None) -> Compared:
    """A stored conclusion beside what the installed rules conclude from the same words in the same context."""
    return Compared(kept, kept.then, conclude(kept, phrases=phrases))


def with_phrase(kept: Kept, phrase: str, *, in_use: tuple[str, ...]) -> Compared:
    """What the installed rules conclude without and with one more phrase, beside those in use."""
    without = tuple(one for one in in_use if one != phrase)
    return Compared(kept, conclude(kept, phrases=without), conclude(kept, phrases=(*without, phrase)))


def counted(compared: Iterable[Compared]) -> dict[str, int]:
    """How many replies of each direction, every direction named."""
    found = Counter(one.direction for one in compared)
    return {direction: found[direction] for direction in DIRECTIONS}
