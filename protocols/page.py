"""One text while it is being read: its tokens, and every phrase that was found among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from protocols.lexicon import Lexicon, Match
from protocols.neighbours import Neighbours
from protocols.normalise import Token

LONGER = frozenset(
    {
        "no",
        "none",
        "no_device",
        "filler",
        "polite",
        "fine",
        "breathes_well",
        "breathing_fine",
        "same_as_usual",
    }
)
"""The phrases that a single no may be a part of."""


@dataclass
class Page:
    """The tokens of a text with what the lexicon finds in them.

    `no_alarms` says that "no" is itself a concern; `also` names the word lists that answer the open question too.
    """

    found: tuple[Token, ...]
    asked: str
    no_alarms: bool
    lexicon: Lexicon
    also: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.words = tuple(token.text for token in self.found)
        self.heard = self.lexicon.heard(self.words)
        self.plain = self.lexicon.plain.find(self.words)
        self.beside = Neighbours(self.found, self.plain)
        self.danger = dangers(self.heard, self.lexicon)
        self.starting: dict[int, list[Match]] = {}
        for match in (*self.plain, *self.danger):
            if match.name not in {"filler", "no", "none"} and match.group != "numbers":
                self.starting.setdefault(match.start, []).append(match)
        self._named: dict[str, list[Match]] = {}
        self._phrased: dict[int, int] = {}
        for match in self.plain:
            self._named.setdefault(match.name, []).append(match)
            if match.name in LONGER and match.end - match.start > 1:
                for place in range(match.start, match.end):
                    self._phrased[place] = max(self._phrased.get(place, 0), match.end - match.start)
        self.harmless_names = {
            place
            for match in self.plain
            if match.name in {"polite", "harmless"}
            for place in range(match.start, match.end)
        }

    def quote(self, match: Match) -> str:
        """The words of a match, as they were written."""
        return self.between(match.start, match.end)

    def between(self, start: int, end: int) -> str:
        """The words from `start` to `end` (not included)."""
        return " ".join(self.words[start:end])

    def named(self, *names: str) -> list[Match]:
        """The plain phrases of these word lists."""
        return [match for name in names for match in self._named.get(name, ())]

    def is_part_of_a_phrase(self, match: Match) -> bool:
        """Whether a longer answer or reassurance holds this one (`沒問題`, `沒有不舒服`, `nada de eso`)."""
        return self._phrased.get(match.start, 0) > match.end - match.start

    def flows(self, place: int) -> bool:
        """Whether there is a token at `place` and no stop before it."""
        return place < len(self.found) and not self.found[place].after_break

    def ends_clause(self, place: int) -> bool:
        """Whether a clause ends just before `place`."""
        return not self.flows(place)

    def begins_clause(self, place: int) -> bool:
        """Whether a clause begins at `place`."""
        return place == 0 or self.found[place].after_break

    def is_number(self, place: int) -> bool:
        """Whether a number stands at `place`, in the clause before it."""
        return self.flows(place) and self.found[place].kind == "number"


def dangers(words: Sequence[str], lexicon: Lexicon) -> list[Match]:
    """Every phrase that may mean danger, without what a harmless phrase holds (`my phone died`).

    A harmless phrase ends with what it excuses, so that nothing written after it could lower anything.
    """
    found = lexicon.danger.find(words)
    excused: dict[int, int] = {}
    for match in found:
        if match.name == "innocent":
            excused[match.start] = max(excused.get(match.start, 0), match.end)
    reach, kept = 0, []
    for match in found:
        reach = max(reach, excused.get(match.start, 0))
        if match.end > reach:
            kept.append(match)
    return kept
