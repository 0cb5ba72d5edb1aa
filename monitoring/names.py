"""Names that are easily taken for each other: the same last name, or nearly the same letters."""

from collections.abc import Mapping
from difflib import SequenceMatcher
from functools import lru_cache

SIMILAR_ENOUGH = 0.85


def alike(names: Mapping[str, str]) -> dict[str, str]:
    """For each key whose name is similar to another's, that other name. Both sides of a pair are in it.

    A board renews itself every few seconds and its names seldom change, so that the same names are compared once.
    """
    return dict(_alike(tuple(names.items())))


@lru_cache(maxsize=16)
def _alike(names: tuple[tuple[str, str], ...]) -> Mapping[str, str]:
    """Every pair is compared, and most are told apart by their letters alone: 500 take some hundredths of a second."""
    bits: dict[tuple[str, int], int] = {}
    listed = [(key, name, name.casefold(), _letters(name.casefold(), bits)) for key, name in names]
    found: dict[str, str] = {}
    for place, (key, name, folded, letters) in enumerate(listed):
        last, length = folded.split()[-1:], len(folded)
        for other_key, other, other_folded, other_letters in listed[place + 1 :]:
            # No two names share more letters in order than they share in any order.
            most = 2 * (letters & other_letters).bit_count() / (length + len(other_folded) or 1)
            if (most >= SIMILAR_ENOUGH or other_folded.split()[-1:] == last) and similar(
                folded, other_folded
            ):
                found[key], found[other_key] = other, name
    return found


def _letters(name: str, bits: dict[tuple[str, int], int]) -> int:
    """A set bit for every letter of the name, a letter that comes twice having two."""
    mask, seen = 0, dict[str, int]()
    for letter in name:
        seen[letter] = seen.get(letter, 0) + 1
        mask |= 1 << bits.setdefault((letter, seen[letter]), len(bits))
    return mask


@lru_cache(maxsize=4096)
def similar(one: str, other: str) -> bool:
    """Whether two names are easily taken for each other."""
    first, second = one.casefold(), other.casefold()
    if first.split()[-1:] == second.split()[-1:]:
        return True
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= SIMILAR_ENOUGH
