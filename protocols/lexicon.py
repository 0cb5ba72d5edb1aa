"""The words of every supported language, read from `data/lexicon.*.toml`, and how a phrase is found in a text.

All languages are listened to at once: people mix them, and a red flag counts in whichever it is written.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from protocols.normalise import Token, tokens

DATA = Path(__file__).parent / "data"
GAP = ".."
WIDEST_GAP = 3
SHORTEST_FUZZY, LONGEST_FUZZY = 5, 30

Element = frozenset[str] | None
"""One place of a phrase: the words that fit, or None for a gap of up to three words."""


@dataclass(frozen=True)
class Phrase:
    """A meaning's wording: its places in order, which of them may be missing, and what it stands for."""

    group: str
    name: str
    places: tuple[Element, ...]
    optional: tuple[bool, ...]
    language: str = ""
    behind_gap: Element = None  # the words of which one must follow a gap after the first place

    def ends(self, words: Sequence[str], start: int, place: int = 0) -> Iterator[int]:
        """Every index just past a match of this phrase that begins at `start`."""
        if place == len(self.places):
            yield start
            return
        fits = self.places[place]
        if fits is None:
            for skipped in range(WIDEST_GAP + 1):
                if start + skipped <= len(words):
                    yield from self.ends(words, start + skipped, place + 1)
            return
        if start < len(words) and words[start] in fits:
            yield from self.ends(words, start + 1, place + 1)
        if self.optional[place]:
            yield from self.ends(words, start, place + 1)


@dataclass(frozen=True)
class Match:
    """A phrase found in a text: tokens `start` to `end` (not included)."""

    group: str
    name: str
    start: int
    end: int
    language: str = ""


class Index:
    """Phrases by their first words, so that a text is searched in one pass and its length costs no more than that."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(phrases)
        self._by_first: dict[str, list[Phrase]] = {}
        self._by_two: dict[tuple[str, str], list[Phrase]] = {}
        for phrase in self._phrases:
            second = phrase.places[1] if len(phrase.places) > 1 and not phrase.optional[1] else None
            for word in phrase.places[0] or ():
                if second is None:
                    self._by_first.setdefault(word, []).append(phrase)
                for follower in second or ():
                    self._by_two.setdefault((word, follower), []).append(phrase)

    def _beginning(self, words: Sequence[str], start: int) -> Iterator[Phrase]:
        """The phrases that may begin at `start`."""
        near = words[start + 1 : start + 2 + WIDEST_GAP]
        for phrase in self._by_first.get(words[start], ()):
            if phrase.behind_gap is None or not phrase.behind_gap.isdisjoint(near):
                yield phrase
        if near:
            yield from self._by_two.get((words[start], near[0]), ())

    def find(self, words: Sequence[str]) -> list[Match]:
        """Every phrase at every place, each with its shortest fit, in the order of the text."""
        found = []
        for start in range(len(words)):
            for phrase in self._beginning(words, start):
                end = min(phrase.ends(words, start), default=None)
                if end is not None:
                    found.append(Match(phrase.group, phrase.name, start, end, phrase.language))
        return found

    def whole(self, words: Sequence[str]) -> set[str]:
        """The names of the phrases that are the whole text."""
        candidates = self._beginning(words, 0) if words else ()
        return {phrase.name for phrase in candidates if len(words) in set(phrase.ends(words, 0))}

    def all(self) -> tuple[Phrase, ...]:
        """Every phrase."""
        return self._phrases

    def words(self) -> frozenset[str]:
        """Every word that any phrase contains."""
        return frozenset(word for phrase in self.all() for place in phrase.places if place for word in place)


@dataclass(frozen=True)
class Lexicon:
    """What all languages know, joined."""

    languages: frozenset[str]
    same: Mapping[tuple[str, ...], str]
    danger: Index
    plain: Index
    meanings: Index
    sets: Mapping[str, frozenset[str]]
    numbers: Mapping[str, Mapping[str, int]]
    danger_words: frozenset[str]
    known: frozenset[str]

    def rewritten(self, found: Sequence[Token]) -> tuple[Token, ...]:
        """The tokens with every spelling that stands for another replaced by it (`can not` by `cant`)."""
        result: list[Token] = []
        at = 0
        while at < len(found):
            pair = tuple(token.text for token in found[at : at + 2])
            width = 2 if pair in self.same and len(pair) == 2 and not found[at + 1].after_break else 1
            text = self.same.get(pair[:width], found[at].text)
            result.append(found[at] if text == found[at].text else replace(found[at], text=text))
            at += width
        return tuple(result)

    def heard(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words, each unknown one replaced by the danger word it is one slip away from, if there is one."""
        return tuple(self.danger_word(word) or word for word in words)

    def danger_word(self, word: str) -> str | None:
        """The danger word that an unknown word of five letters or more is one slip away from."""
        if word in self.known or len(word) < SHORTEST_FUZZY or not word.isalpha():
            return None
        drawn_out = {re.sub(r"(.)\1{2,}", keep, word) for keep in (r"\1", r"\1\1")} - {word}
        spelled = next((short for short in sorted(drawn_out) if short in self.danger_words), None)
        return spelled or self._nearest(word)

    def _nearest(self, word: str) -> str | None:
        """The danger word one slip away; of several one as long, then a shorter, then a longer one."""
        slips = _by_slip(self.danger_words)
        near = {one for shape in _shapes(word) for one in slips.get(shape, ()) if one_slip(word, one)}
        return min(near, key=lambda one: ((0, 2, 1)[len(one) - len(word)], one), default=None)


@cache
def _by_slip(words: frozenset[str]) -> dict[str, list[str]]:
    """Long danger words by their letters, whole and with one left out: words one slip apart share such a shape."""
    slips: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= SHORTEST_FUZZY and word.isascii():
            for shape in _shapes(word):
                slips.setdefault(shape, []).append(word)
    return slips


def _shapes(word: str) -> set[str]:
    if len(word) > LONGEST_FUZZY:
        return set()
    return {word} | {word[:place] + word[place + 1 :] for place in range(len(word))}


def one_slip(a: str, b: str) -> bool:
    """Whether the optimal string alignment distance is at most one: one letter changed, added, lost or swapped."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    a, b = a[head:], b[head:]
    while a and b and a[-1] == b[-1]:
        a, b = a[:-1], b[:-1]
    return (len(a) <= 1 and len(b) <= 1) or (len(a) == len(b) == 2 and a == b[::-1])


def phrases(group: str, name: str, written: Iterable[str], language: str = "") -> Iterator[Phrase]:
    """Phrases as the data files write them: `a/b` either, `a?` may be missing, `..` up to three words."""
    for line in written:
        places: list[Element] = []
        optional: list[bool] = []
        for chunk in line.split():
            may_miss = chunk.endswith("?") and len(chunk) > 1
            for place in _places(chunk.removesuffix("?") if may_miss else chunk):
                places.append(place)
                optional.append(may_miss)
        gap_first = len(places) > 2 and places[1] is None and not optional[2]
        behind = places[2] if gap_first else None
        yield Phrase(group, name, tuple(places), tuple(optional), language, behind)


def _places(chunk: str) -> list[Element]:
    if chunk == GAP:
        return [None]
    if "/" in chunk and len(chunk) > 1:
        return [frozenset(chunk.split("/"))]
    return [frozenset({token.text}) for token in tokens(chunk)] or [frozenset({chunk})]


@cache
def load(folder: Path = DATA) -> Lexicon:
    """All lexicons of the folder as one. Raises KeyError or TOMLDecodeError for a file that is not one."""
    files = [
        tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
        for path in sorted(folder.glob("lexicon.*.toml"))
    ]
    danger = Index(_danger(files))
    plain = Index(_plain(files))
    meanings = Index(_section(files, "meanings", "meaning"))
    ordinary = {word for file in files for word in file["fuzzy"]["not_danger"]}
    known = danger.words() | plain.words() | meanings.words() | ordinary
    return Lexicon(
        languages=frozenset(file["language"] for file in files),
        same={tuple(key.split()): word for file in files for key, word in file["same"].items()},
        danger=danger,
        plain=plain,
        meanings=meanings,
        sets={name: _joined(files, name) for name in SETS},
        numbers={
            name: _numbers(files, name)
            for name in ("digits", "teens", "tens", "hundred", "one", "point", "point_of_one", "and")
        },
        danger_words=danger.words(),
        known=known,
    )


def _danger(files: Sequence[Mapping[str, Any]]) -> Iterator[Phrase]:
    yield from _section(files, "symptoms", "symptom")
    yield from _section(files, "medicines", "medicine")
    for file in files:
        for name in ANYWHERE:
            yield from phrases("meaning", name, file["meanings"][name], file["language"])


SETS = (
    "unbound_by", "bridges", "or", "denials", "after", "dangling", "not_after_no", "negates", "hedges", "restarts",
    "percent_of", "lapsed", "counted", "articles",
)  # fmt: skip
"""The word lists that are asked for single words."""

ANYWHERE = (
    "help", "wrong_person", "died", "call_me", "no_thermometer", "question", "for_illness", "for_other",
    "premedication", "fever_free", "innocent",
)  # fmt: skip
"""Meanings that count wherever they stand in a text; the others must be the whole of it."""


def _plain(files: Sequence[Mapping[str, Any]]) -> Iterator[Phrase]:
    for file in files:
        for name, written in file["words"].items():
            yield from phrases("word", name, written)
        for section in ("roles", "units"):
            for name, written in file[section].items():
                yield from phrases(section, name, written)
        yield from phrases("numbers", "half", file["numbers"]["half"])


def _section(files: Sequence[Mapping[str, Any]], section: str, group: str) -> Iterator[Phrase]:
    for file in files:
        for name, written in file[section].items():
            yield from phrases(group, name, written, file["language"])


def _joined(files: Sequence[Mapping[str, Any]], name: str) -> frozenset[str]:
    return frozenset(word for file in files for word in file["words"].get(name, ()))


def _numbers(files: Sequence[Mapping[str, Any]], name: str) -> dict[str, int]:
    joined: dict[str, int] = {}
    for file in files:
        words = file["numbers"][name]
        joined |= words if isinstance(words, dict) else dict.fromkeys(words, 0)
    return joined
