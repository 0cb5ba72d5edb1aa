"""The harmless phrases a site has learned: they explain words, so that a person need not read them again. No more.

A learned phrase can only take words from the rest that nobody could explain. What a text says (symptoms, numbers,
medicines, denials, answers) is read before and without it, so no learned phrase takes an alarm away.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from protocols.page import Page

NEGATIONS = frozenset({"negators", "no", "none", "no_device"})
"""The word lists of which nothing may stand in the clause of a learned phrase."""

NEGATING_SETS = ("denials", "negates", "after")


def explained(page: Page, phrases: tuple[str, ...]) -> dict[str, set[int]]:
    """The places each of these phrases explains: written exactly so, in one clause, and in none that says no."""
    found: dict[str, set[int]] = {}
    barred = negated(page) if phrases else set()
    beginning = _by_first_word(phrases)
    for start, word in enumerate(page.words):
        for words in beginning.get(word, ()):
            places = set(range(start, start + len(words)))
            if _stands(page, words, start) and barred.isdisjoint(places):
                found.setdefault(" ".join(words), set()).update(places)
    return found


@lru_cache(maxsize=256)
def _by_first_word(phrases: tuple[str, ...]) -> Mapping[str, list[tuple[str, ...]]]:
    """Phrases as their words, by the first of them, so that many cost a text no more than a few."""
    beginning: dict[str, list[tuple[str, ...]]] = {}
    for phrase in phrases:
        if words := tuple(phrase.split()):
            beginning.setdefault(words[0], []).append(words)
    return beginning


def _stands(page: Page, words: tuple[str, ...], start: int) -> bool:
    """Whether the words stand there, in one clause, spelled so that nothing else could be meant."""
    end = start + len(words)
    as_written = page.words[start:end] == words == page.heard[start:end]
    return as_written and not any(token.after_break for token in page.found[start + 1 : end])


def negated(page: Page) -> set[int]:
    """Every place of a clause in which something is denied, in whatever way."""
    denying = {place for match in page.named(*NEGATIONS) for place in range(match.start, match.end)}
    words = frozenset().union(*(page.lexicon.sets[name] for name in NEGATING_SETS))
    denying |= {place for place, word in enumerate(page.words) if word in words}
    return {place for clause in clauses(page) if not denying.isdisjoint(clause) for place in clause}


def clauses(page: Page) -> list[range]:
    """The places of a text, clause by clause."""
    begins = [place for place in range(len(page.found)) if page.begins_clause(place)]
    return [range(start, end) for start, end in pairwise([*begins, len(page.found)])]


def fingerprint(phrases: Iterable[str]) -> str:
    """A short digest of a set of phrases; nothing for none, so that a site without any keeps the plain version."""
    listed = sorted(set(phrases))
    return hashlib.sha256("\n".join(listed).encode()).hexdigest()[:12] if listed else ""
