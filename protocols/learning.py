"""What a site may teach the rules: harmless words, and nothing that any rule reads. Everything else is refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from protocols import learned
from protocols import lexicon as lexicons
from protocols.errors import Refusal
from protocols.lexicon import SHORTEST_FUZZY, Lexicon, one_slip
from protocols.normalise import Token, tokens
from protocols.numerals import digitised
from protocols.page import Page
from protocols.replies import COVERING, understand

MOST_WORDS = 6
MOST_SIGNS = 12
SHORTEST_ALONE = 6
SHORTEST_IN_SIGNS = 3
"""Limits of our own, proposals: the fewest letters altogether, the most words; for Chinese, in signs."""

CODES = (
    "phrase-language", "phrase-signs", "phrase-stop", "phrase-length", "phrase-danger", "phrase-near-danger",
    "phrase-meaning", "phrase-denial", "phrase-number", "phrase-unfinished", "phrase-known", "phrase-elsewhere",
    "phrase-live",
)  # fmt: skip
"""Every refusal that is about the words themselves."""

ANSWERING = (
    "yes", "not_yes", "took", "taking", "partly", "every", "low", "high", "no_digit", "under", "over", "lapsed",
    "percent_of", "telling", "harmless", "never_learned",
)  # fmt: skip
"""Word lists whose words say something of their own, and are never learned as harmless."""


@dataclass(frozen=True)
class _Proposal:
    page: Page
    lexicon: Lexicon

    @property
    def words(self) -> tuple[str, ...]:
        return self.page.words

    @property
    def in_signs(self) -> bool:
        """Whether it is written in signs, one word each."""
        return any(_is_sign(word) for word in self.words)


def normal_form(text: str) -> str:
    """The words as every rule reads them; what a learned phrase is kept as."""
    return " ".join(token.text for token in _tokens(text))


def stands_in(words: str, text: str) -> bool:
    """Whether words in normal form stand in a text, in one piece and without a stop between."""
    page = page_of(text)
    wanted = tuple(words.split())
    return any(
        page.words[start : start + len(wanted)] == wanted
        and not any(token.after_break for token in page.found[start + 1 : start + len(wanted)])
        for start in range(len(page.words) - len(wanted) + 1)
    )


def judged(text: str, *, language: str) -> str:
    """The normal form of a phrase that may be learned in a language; refuses every other, and says why."""
    if language not in lexicons.load().languages:
        raise Refusal("phrase-language", f"The rules do not read {language}: nothing can be learned in it.")
    proposal = _Proposal(page_of(text), lexicons.load())
    for check in (_shape, _length, _danger, _meaning, _news):
        check(proposal)
    if not understand(text, asked="temperature", language=language).leftovers:
        raise Refusal("phrase-known", "Every one of these words is explained already.")
    return " ".join(proposal.words)


def suggested(text: str, *, asked: str | None, language: str, phrases: Sequence[str] = ()) -> list[str]:
    """The pieces of a text that nobody could explain and that may be learned, in its order."""
    page = page_of(text)
    left = list(understand(text, asked=asked, language=language, phrases=tuple(phrases)).leftovers)
    found = []
    for clause in learned.clauses(page):
        places = [place for place in clause if page.words[place] in left]
        if places:
            piece = page.between(places[0], places[-1] + 1)
            if _may_be_learned(piece, language) and piece not in found:
                found.append(piece)
    return found


def _may_be_learned(piece: str, language: str) -> bool:
    try:
        judged(piece, language=language)
    except Refusal:
        return False
    return True


def _tokens(text: str) -> tuple[Token, ...]:
    lexicon = lexicons.load()
    return digitised(lexicon.rewritten(tokens(text)), lexicon, menu=False)


def page_of(text: str) -> Page:
    """A text with every phrase that is found in it, without an open question."""
    return Page(_tokens(text), "", False, lexicons.load())


def _shape(proposal: _Proposal) -> None:
    """One piece of plain words."""
    if any(token.kind != "word" or not token.text.isalpha() for token in proposal.page.found):
        raise Refusal("phrase-signs", "Only words are learned: take numbers, times and signs out.")
    if any(token.after_break for token in proposal.page.found[1:]):
        raise Refusal("phrase-stop", "Learn one piece at a time, without a stop or comma in it.")


def _length(proposal: _Proposal) -> None:
    count = len(proposal.words)
    if proposal.in_signs:
        if not SHORTEST_IN_SIGNS <= count <= MOST_SIGNS:
            raise Refusal("phrase-length", f"Learn {SHORTEST_IN_SIGNS} to {MOST_SIGNS} signs at a time.")
    elif count > MOST_WORDS:
        raise Refusal("phrase-length", f"Learn {MOST_WORDS} words at a time at most.")
    elif sum(len(word) for word in proposal.words) < SHORTEST_ALONE:
        raise Refusal("phrase-length", "This is too short to be learned: it could stand for anything.")


def _danger(proposal: _Proposal) -> None:
    """No red flag, medicine or other alarm of any language, no word of one, and none that is one slip away."""
    page, lexicon = proposal.page, proposal.lexicon
    if found := lexicon.danger.find(page.heard):
        raise Refusal("phrase-danger", f"“{page.quote(found[0])}” is read as a sign of danger.")
    for word in _of_danger(proposal):
        raise Refusal("phrase-danger", f"“{word}” belongs to a sign of danger.")
    for word, heard in zip(page.words, page.heard, strict=True):
        if word != heard or _is_near_danger(word, lexicon):
            raise Refusal("phrase-near-danger", f"“{word}” is too close to a word of danger.")


def _of_danger(proposal: _Proposal) -> Iterator[str]:
    """The words of a proposal that a phrase of danger holds and no harmless list does; of signs, two in a row."""
    for word in proposal.words:
        if not _is_sign(word) and word in proposal.lexicon.danger_words - harmless_words():
            yield word
    pairs = _pairs_of_danger()
    for pair in pairwise(proposal.words):
        if _is_sign(pair[0]) and pair in pairs:
            yield "".join(pair)


def _is_sign(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


@cache
def harmless_words() -> frozenset[str]:
    """The single words that explain themselves in any text."""
    return frozenset(
        word
        for phrase in lexicons.load().plain.all()
        if phrase.name in COVERING and len(phrase.places) == 1
        for word in phrase.places[0] or ()
    )


@cache
def _pairs_of_danger() -> set[tuple[str, str]]:
    return {
        (first, second)
        for phrase in lexicons.load().danger.all()
        for one, two in zip(phrase.places, phrase.places[1:], strict=False)
        for first in one or ()
        for second in two or ()
    }


def _is_near_danger(word: str, lexicon: Lexicon) -> bool:
    """Whether a word nobody knows is one slip from a word that is dangerous by itself, short ones too."""
    if word in lexicon.known or len(word) >= SHORTEST_FUZZY or len(word) < SHORTEST_FUZZY - 1:
        return False
    alone = {
        one for phrase in lexicon.danger.all() if len(phrase.places) == 1 for one in phrase.places[0] or ()
    }
    return any(one_slip(word, one) for one in alone if len(one) >= SHORTEST_FUZZY - 1)


def _meaning(proposal: _Proposal) -> None:
    """No answer, no denial, no opt-out or call for help, no number, unit or word that names a number."""
    page, lexicon = proposal.page, proposal.lexicon
    if lexicon.meanings.find(page.words):
        raise Refusal("phrase-meaning", "This asks for something, or could end the texts.")
    if learned.negated(page):
        raise Refusal("phrase-denial", "A no is never learned, in whatever words.")
    harmless = harmless_words()
    for match in page.plain:
        single = match.end - match.start == 1 and page.words[match.start] in harmless
        if match.group in {"roles", "units", "numbers"} and not single:
            raise Refusal("phrase-number", f"“{page.quote(match)}” belongs to a number.")
        if match.name in ANSWERING and not single:
            raise Refusal("phrase-meaning", f"“{page.quote(match)}” has a meaning of its own.")
    spelled = set().union(
        *(lexicon.numbers[name] for name in ("digits", "teens", "tens", "hundred", "point"))
    )
    if found := spelled & set(page.words):
        raise Refusal("phrase-number", f"“{min(found)}” is a number in words.")


def _news(proposal: _Proposal) -> None:
    """A piece that ends in the middle says nothing by itself (`my wife is`)."""
    if proposal.words[-1] in proposal.lexicon.sets["dangling"]:
        raise Refusal("phrase-unfinished", f"This ends in the middle: “{proposal.words[-1]}” what?")
