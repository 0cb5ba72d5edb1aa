"""The end of a text so long that nobody writes one: searched for danger and heat, and left to a person to read.

What stands before the cut is read in full. Behind it nothing is denied and nothing explained, so that it can only add
concern; and the work that one text costs stays within bounds, whatever it holds.
"""

from collections.abc import Iterator, Sequence

from protocols.lexicon import Lexicon
from protocols.normalise import Token
from protocols.page import dangers
from protocols.reading import Reading
from protocols.temperatures import Warmth, warmth

WORDS_IN_FULL = 100
"""Five hundred letters of English or Spanish, more than a text of Chinese characters. No reply of the corpus has 25."""

NUMBERS_IN_FULL = 25
OVERLAP = 12
"""Words before the cut that are searched again, so that no phrase falls between the two parts."""

NUMERIC = frozenset({"number", "pair", "clock", "phone", "date"})


def cut(found: Sequence[Token]) -> int:
    """How many tokens are read in full."""
    if len(found) <= NUMBERS_IN_FULL:
        return len(found)
    places = [place for place, token in enumerate(found) if token.kind in NUMERIC]
    last = places[NUMBERS_IN_FULL] if len(places) > NUMBERS_IN_FULL else len(found)
    return min(last, WORDS_IN_FULL)


def skim(found: Sequence[Token], start: int, lexicon: Lexicon) -> Iterator[Reading]:
    """The dangers behind `start`, and the hottest number in each unit. A number may be anything here: it is doubted."""
    begin = max(0, start - OVERLAP)
    words = tuple(token.text for token in found[begin:])
    seen = set()
    for match in dangers(lexicon.heard(words), lexicon):
        if match.end + begin > start and (match.group, match.name) not in seen:
            seen.add((match.group, match.name))
            quoted = " ".join(words[match.start : match.end])
            yield Reading(match.group, match.name, words=quoted, masked=match.group == "medicine")
    hottest: dict[str, tuple[Warmth, str]] = {}
    for written, value in {(token.text, token.value) for token in found[start:] if token.value is not None}:
        warm = warmth(value, written, "")
        if warm and (
            warm.unit not in hottest
            or (warm.value, written) > (hottest[warm.unit][0].value, hottest[warm.unit][1])
        ):
            hottest[warm.unit] = warm, written
    for unit, (warm, written) in sorted(hottest.items()):
        yield Reading("temperature", value=warm.value, unit=unit, words=written, inferred=True, doubt="role")
