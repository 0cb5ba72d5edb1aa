"""The words of every supported language, read from `data/lexicon.*.toml`, and how a phrase is found in a text.

All languages are listened to at once: people mix them, and a red flag counts in whichever it is written.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from protocols.normalise import Token, tokens

DATA = Path(__file__).parent / "data"
GAP = ".."
WIDEST_GAP = 3
SHORTEST_FUZZY, LONGEST_FUZZY = 5, 30
DRAWN_OUT = re.compile(r"(.)\1{2,}")

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

    @property
    def meaning(self) -> tuple[str, str, str]:
        """What it stands for, in which language."""
        return self.group, self.name, self.language


class Match(NamedTuple):
    """A phrase found in a text: tokens `start` to `end` (not included)."""

    group: str
    name: str
    start: int
    end: int
    language: str = ""


class Fork:
    """A point inside phrases: where each next word leads, where a gap leads, and the phrases that end here."""

    __slots__ = ("ending", "gap", "words")

    def __init__(self) -> None:
        self.words: dict[str, Fork] = {}
        self.gap: Fork | None = None
        self.ending: list[int] = []

    def add(self, phrase: Phrase, number: int, place: int = 0) -> None:
        """Lay every wording of the phrase, from `place` on, along the forks below this one."""
        if place == len(phrase.places):
            self.ending.append(number)
            return
        if phrase.optional[place]:
            self.add(phrase, number, place + 1)
        fits = phrase.places[place]
        if fits is None:
            self.gap = self.gap or Fork()
            self.gap.add(phrase, number, place + 1)
            return
        for word in fits:
            self.words.setdefault(word, Fork()).add(phrase, number, place + 1)

    def follow(self, words: Sequence[str], at: int, found: list[tuple[int, int]]) -> None:
        """Add each phrase that the words from `at` on complete, with the index just past it."""
        fork: Fork | None = self
        while fork is not None:
            for number in fork.ending:
                found.append((number, at))
            if fork.gap is not None:
                for beyond in range(at, min(at + WIDEST_GAP, len(words)) + 1):
                    if beyond == len(words) or words[beyond] in fork.gap.words:
                        fork.gap.follow(words, beyond, found)
            if at == len(words):
                return
            fork, at = fork.words.get(words[at]), at + 1


class Index:
    """Phrases as one tree of their words: a text is searched in one pass, whatever the number of phrases."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._phrases = tuple(sorted(_once(phrases), key=_fixes_two_words))
        self._root = Fork()
        for number, phrase in enumerate(self._phrases):
            self._root.add(phrase, number)
        longest = max((len(phrase.places) for phrase in self._phrases), default=0)
        gaps = max((phrase.places.count(None) for phrase in self._phrases), default=0)
        self._reach = 1 + longest + gaps * WIDEST_GAP  # no phrase sees its end, unless the text ends there

    def find(self, words: Sequence[str]) -> list[Match]:
        """Every phrase at every place, each with its shortest fit, in the order of the text."""
        matches: list[Match] = []
        first, last = self._root.words, len(words) - 1
        known: dict[str, list[tuple[int, int]]] = {}
        written, begins = _in_one_line(words)
        for start, word in enumerate(words):
            fork = first.get(word)
            if fork is None:
                continue
            if fork.gap is None and (start == last or words[start + 1] not in fork.words):
                for number in fork.ending:
                    matches.append(self._match(number, start, start + 1))
                continue
            end = min(start + self._reach, last + 1)
            ahead = written[begins[start] : begins[end]]
            found = known.get(ahead)
            if found is None:  # a text that costs much says the same again and again
                followed: list[tuple[int, int]] = []
                fork.follow(words[start:end], 1, followed)
                found = known[ahead] = _nearest(followed)
            for number, width in found:
                matches.append(self._match(number, start, start + width))
        return matches

    def _match(self, number: int, start: int, end: int) -> Match:
        phrase = self._phrases[number]
        return Match(phrase.group, phrase.name, start, end, phrase.language)

    def whole(self, words: Sequence[str]) -> set[str]:
        """The names of the phrases that are the whole text."""
        found: list[tuple[int, int]] = []
        if words:
            self._root.follow(words, 0, found)
        return {self._phrases[number].name for number, end in found if end == len(words)}

    def all(self) -> tuple[Phrase, ...]:
        """Every phrase."""
        return self._phrases

    def words(self) -> frozenset[str]:
        """Every word that any phrase contains."""
        return frozenset(word for phrase in self.all() for place in phrase.places if place for word in place)


def _in_one_line(words: Sequence[str]) -> tuple[str, list[int]]:
    """The words one behind the other, each closed by a sign that is in none, and where each begins; the end last."""
    return "\0".join((*words, "")), [0, *accumulate(len(word) + 1 for word in words)]


def _once(phrases: Iterable[Phrase]) -> Iterable[Phrase]:
    """The phrases without the doubles that languages share (`no`)."""
    return {(phrase.meaning, phrase.places, phrase.optional): phrase for phrase in phrases}.values()


def _nearest(found: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Each phrase once, in their order, with its nearest end."""
    nearest: dict[int, int] = {}
    for number, end in sorted(found):
        nearest.setdefault(number, end)
    return list(nearest.items())


def _fixes_two_words(phrase: Phrase) -> bool:
    """Whether its first two words always follow one another: it is listed behind the looser ones that begin there."""
    return len(phrase.places) > 1 and phrase.places[1] is not None and not phrase.optional[1]


@dataclass(frozen=True)
class Lexicon:
    """What all languages know, joined."""

    languages: frozenset[str]
    same: Mapping[tuple[str, ...], str]
    respelled: frozenset[str]  # every word that begins a spelling to be replaced
    danger: Index
    plain: Index
    meanings: Index
    sets: Mapping[str, frozenset[str]]
    numbers: Mapping[str, Mapping[str, int]]
    counting: frozenset[str]  # every word that begins a number
    danger_words: frozenset[str]
    slips: Mapping[str, Sequence[str]]  # danger words by their letters, whole and with one left out
    known: frozenset[str]

    def rewritten(self, found: Sequence[Token]) -> tuple[Token, ...]:
        """The tokens with every spelling that stands for another replaced by it (`can not` by `cant`)."""
        result: list[Token] = []
        at = 0
        for place, token in enumerate(found):
            if token.text not in self.respelled or place < at:
                continue
            result += found[at:place]
            spelled = tuple(one.text for one in found[place : place + 2])
            width = (
                2 if spelled in self.same and len(spelled) == 2 and not found[place + 1].after_break else 1
            )
            replacement = self.same.get(spelled[:width])
            result.append(token if replacement is None else Token(replacement, *token[1:]))
            at = place + width
        return (*result, *found[at:])

    def heard(self, words: Sequence[str]) -> tuple[str, ...]:
        """The words, each unknown one replaced by the danger word it is one slip away from, if there is one."""
        heard = {word: word if word in self.known else self.danger_word(word) or word for word in set(words)}
        return tuple(map(heard.__getitem__, words))

    def danger_word(self, word: str) -> str | None:
        """The danger word that an unknown word of five letters or more is one slip away from."""
        if word in self.known or len(word) < SHORTEST_FUZZY or not word.isalpha() or _is_foreign(word):
            return None
        if DRAWN_OUT.search(word):
            drawn_out = {DRAWN_OUT.sub(keep, word) for keep in (r"\1", r"\1\1")}
            spelled = next((short for short in sorted(drawn_out) if short in self.danger_words), None)
            if spelled:
                return spelled
        return self._nearest(word)

    def _nearest(self, word: str) -> str | None:
        """The danger word one slip away; of several one as long, then a shorter, then a longer one."""
        alike = {one for shape in _shapes(word) for one in self.slips.get(shape, ())}
        near = [one for one in alike if one_slip(word, one)]
        return min(near, key=lambda one: ((0, 2, 1)[len(one) - len(word)], one), default=None)


def _by_slip(words: frozenset[str]) -> dict[str, list[str]]:
    """Long danger words by their letters, whole and with one left out: words one slip apart share such a shape."""
    slips: dict[str, list[str]] = {}
    for word in words:
        if len(word) >= SHORTEST_FUZZY and word.isascii():
            for shape in _shapes(word):
                slips.setdefault(shape, []).append(word)
    return slips


def _is_foreign(word: str) -> bool:
    """Whether more than one of its letters is none of a to z: danger words with slips have only these."""
    return not word.isascii() and sum(not letter.isascii() for letter in word) > 1


def _shapes(word: str) -> set[str]:
    if len(word) > LONGEST_FUZZY:
        return set()
    shapes = {word[:place] + word[place + 1 :] for place in range(len(word))}
    shapes.add(word)
    return shapes


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
        yield Phrase(group, name, tuple(places), tuple(optional), language)


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
    same = {tuple(key.split()): word for file in files for key, word in file["same"].items()}
    numbers = {name: _numbers(files, name) for name in (*COUNTING, "point", "point_of_one", "and")}
    return Lexicon(
        languages=frozenset(file["language"] for file in files),
        same=same,
        respelled=frozenset(spelling[0] for spelling in same),
        danger=danger,
        plain=plain,
        meanings=meanings,
        sets={name: _joined(files, name) for name in SETS},
        numbers=numbers,
        counting=frozenset(word for name in COUNTING for word in numbers[name]),
        danger_words=danger.words(),
        slips=_by_slip(danger.words()),
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

COUNTING = ("digits", "teens", "tens", "hundred", "one")
"""The word lists that begin a number."""

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
