"""What a reply says: its readings, and every word that nobody could explain. How grave it is, triage decides."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from protocols import answers, learned, skimming
from protocols import lexicon as lexicons
from protocols.denial import Denials, denials
from protocols.figures import Figures
from protocols.lexicon import Lexicon
from protocols.menus import MENUS
from protocols.normalise import Token, fold_whole, outside_quotes, tokens, tokens_of
from protocols.numerals import digitised
from protocols.page import Page
from protocols.reading import Reading

__all__ = ["Reading", "Understood", "understand"]

COVERING = frozenset({"filler", "fine", "breathes_well", "breathing_fine", "same_as_usual", "polite"})
MEASURING = frozenset({"temperature", "after_fever", "practice", "bp", "oxygen"})
CONTROLS = {"stop": "opt_out", "start": "opt_in", "help": "help", "info": "help"}
LONG_ENOUGH_TO_BE_AUTOMATIC = 4
UNREAD = "..."
"""The leftover of a text that was not read to its end."""


@dataclass(frozen=True)
class Understood:
    """A reply after reading: what was said, which words stayed unexplained, and what kind of text it is.

    `control` is opt_out, opt_in or help when that is the whole meaning, wrong_number when a stranger answers, or
    nothing. `harmless` is a text of thanks or delay and no more; `automatic` one that a machine wrote, and `canned` one
    that holds no word of its sender: a reaction (`Liked "..."`) or a ready-made refusal of a call.
    `folded` is the whole text with its signs and its numbers as they were written, for the question about the date;
    `learned` are the site's own phrases without which words would have stayed unexplained.
    """

    normal: str
    readings: tuple[Reading, ...]
    leftovers: tuple[str, ...]
    control: str = ""
    harmless: bool = False
    automatic: bool = False
    canned: bool = False
    folded: str = ""
    learned: tuple[str, ...] = ()

    def of(self, kind: str, name: str = "") -> list[Reading]:
        """The readings of one kind (and name)."""
        return [one for one in self.readings if one.kind == kind and name in {"", one.name}]

    def said(self, kind: str, *names: str) -> bool:
        """Whether there is a reading of this kind with one of these names."""
        return any(one.kind == kind and one.name in names for one in self.readings)


def understand(
    text: str,
    *,
    asked: str | None,
    language: str,
    never_denied: frozenset[str] = frozenset(),
    no_alarms: bool = False,
    also: frozenset[str] = frozenset(),
    phrases: tuple[str, ...] = (),
) -> Understood:
    """What `text` says when `asked` is the open question (a question id) and `language` the one enrolled.

    `no_alarms`: "no" to the open question is itself a concern and counts wherever it leads; `also` names the word
    lists that answer it too; `phrases` are harmless ones the site has learned in this language. Every language is
    listened to for danger; reassuring words count only where the enrolled language is one this service reads: in any
    other, only a plain number can be understood whole.
    """
    lexicon = lexicons.load()
    folded, in_full = fold_whole(text)
    written = tokens_of(folded)
    if _is_canned(text, written, lexicon):
        return Understood(folded, readings=(), leftovers=(), automatic=True, canned=True)
    listed = _with_numbers(lexicon.rewritten(written), lexicon, menu=asked in MENUS)
    found = listed[: skimming.cut(listed)]
    page = Page(found, asked or "", no_alarms, lexicon, also)
    denied = denials(found, page.plain, page.danger, lexicon, never_denied)
    known = phrases if _spoken(language, lexicon) else None
    said = _said(page, denied, found, listed, known, is_whole=in_full and len(found) == len(listed))
    return replace(said, folded=folded) if asked == "thinking" else said


def _said(
    page: Page,
    denied: Denials,
    found: Sequence[Token],
    listed: Sequence[Token],
    phrases: tuple[str, ...] | None,
    *,
    is_whole: bool,
) -> Understood:
    """What stands on the page. `phrases` is None where the enrolled language is none of ours: only numbers count."""
    figures = _figures(page, found, page.lexicon)
    short = answers.read(page, denied, figures.explained)
    explained: set[int] = set(figures.explained)
    used: tuple[str, ...] = ()
    if phrases is not None:
        explained, used = _explained(page, denied, figures, short, phrases)
    leftovers = tuple(token.text for place, token in enumerate(found) if place not in explained)
    whole = page.lexicon.meanings.whole(page.words)
    return Understood(
        normal=" ".join(page.words),
        readings=(
            *_concepts(page, denied),
            *figures.readings,
            *short.readings,
            *_rest(found, listed, page.lexicon),
        ),
        leftovers=leftovers if is_whole else (*leftovers, UNREAD),
        control=_control(whole, page),
        harmless=is_whole and bool(found) and len(page.harmless_names) == len(found),
        automatic="auto_reply" in whole or _is_automatic(page),
        learned=used,
    )


def _explained(
    page: Page, denied: Denials, figures: Figures, short: answers.Answers, phrases: tuple[str, ...]
) -> tuple[set[int], tuple[str, ...]]:
    """The places that the enrolled language accounts for, and which of the site's phrases helped."""
    news = short.turned | denied.lapsed | _telling(page)
    explained = set(figures.explained) | short.explained
    explained |= _exact(page, denied.explained | _taken(page, denied))
    explained |= _covered(page, figures) - news
    used, by_phrases = _learned(page, phrases, explained | news)
    return explained | by_phrases, used


def _learned(page: Page, phrases: tuple[str, ...], settled: set[int]) -> tuple[tuple[str, ...], set[int]]:
    """The site's own phrases that explain what nothing else did, and the places they explain."""
    new = {one: places - settled for one, places in learned.explained(page, phrases).items()}
    used = tuple(sorted(one for one, places in new.items() if places))
    return used, {place for one in used for place in new[one]}


def _with_numbers(written: tuple[Token, ...], lexicon: Lexicon, *, menu: bool) -> tuple[Token, ...]:
    """The tokens, with numbers in words as numbers as far as a text is read in full."""
    beyond = written[skimming.WORDS_IN_FULL :]
    return digitised(written[: skimming.WORDS_IN_FULL], lexicon, menu=menu) + beyond


def _rest(found: Sequence[Token], listed: Sequence[Token], lexicon: Lexicon) -> Iterable[Reading]:
    """What is heard behind the part of an overlong text that was read in full."""
    return skimming.skim(listed, len(found), lexicon) if len(found) < len(listed) else ()


def _figures(page: Page, found: Sequence[Token], lexicon: Lexicon) -> Figures:
    medicines = [match for match in page.danger if match.group == "medicine"]
    return Figures(found, page.beside, medicines, page.asked, lexicon).read()


def _concepts(page: Page, denied: Denials) -> Iterator[Reading]:
    """Symptoms, medicines and meanings, each marked as said, denied or only asked about. Each is listed once."""
    asked_about = min((match.start for match in page.danger if match.name == "question"), default=None)
    seen = set()
    for match in page.danger:
        kind = match.group
        if match in denied.denied:
            kind += "_denied"
        elif kind == "medicine" and asked_about is not None and asked_about < match.start:
            kind = "medicine_asked"
        if kind == "meaning" and match.name == "fever_free":
            kind, match_name = "symptom_denied", "fever"
        else:
            match_name = match.name
        if (kind, match_name) not in seen:
            seen.add((kind, match_name))
            yield Reading(kind, match_name, words=page.quote(match), masked=kind == "medicine")


def _covered(page: Page, figures: Figures) -> set[int]:
    """The tokens of harmless phrases, and of words that only join two numbers."""
    covered = {
        place for match in page.plain if match.name in COVERING for place in range(match.start, match.end)
    }
    covered |= {
        match.start
        for match in page.plain
        if match.name == "range" and {match.start - 1, match.end} <= figures.explained
    }
    signs = {place for place, token in enumerate(page.found) if token.kind == "mark" and token.text in SIGNS}
    fever_free = {
        place
        for match in page.danger
        if match.name == "fever_free"
        for place in range(match.start, match.end)
    }
    return (covered - _dangling(page)) | signs | fever_free


def _taken(page: Page, denied: Denials) -> set[int]:
    """The tokens that say a medicine was taken and what for. The medicine itself always fires a rule."""
    medicines = [match for match in page.danger if match.group == "medicine" and match not in denied.denied]
    if not medicines:
        return set()
    around = [match for match in page.danger if match.name in {"for_other", "premedication"}]
    around += [match for match in page.plain if match.name in {"taking", "milligrams", "dose"}]
    return {place for match in (*medicines, *around) for place in range(match.start, match.end)}


def _dangling(page: Page) -> set[int]:
    """The places where a clause ends in a word that leaves something unsaid (`yes it is`, `no she has`)."""
    in_phrases = {match.end - 1 for match in page.plain if match.end - match.start > 1}
    return {
        place
        for place, word in enumerate(page.words)
        if word in page.lexicon.sets["dangling"]
        and page.ends_clause(place + 1)
        and place not in in_phrases
        and not (place and page.found[place - 1].kind == "number")
    }


SIGNS = frozenset("=:~#*°@&+-_^'") | {"🌡"}
"""Signs that say nothing."""


def _exact(page: Page, explained: set[int]) -> set[int]:
    """The places that were read as written: a guessed spelling may raise an alarm, never explain one away."""
    return {place for place in explained if page.words[place] == page.heard[place]}


def _control(whole: set[str], page: Page) -> str:
    if "stop_or_value" in whole and page.asked not in MEASURING:
        return "opt_out"
    for name, control in CONTROLS.items():
        if name in whole:
            return control
    return "wrong_number" if any(match.name == "wrong_person" for match in page.danger) else ""


def _is_canned(text: str, written: Sequence[Token], lexicon: Lexicon) -> bool:
    """Whether a phone wrote all of it, so that nothing in its quotation marks is read."""
    if "canned" in lexicon.meanings.whole([token.text for token in written]):
        return True
    outside = outside_quotes(text)
    return outside != text and "reaction" in lexicon.meanings.whole([one.text for one in tokens(outside)])


def _telling(page: Page) -> set[int]:
    """Harmless words that together are news or a question: `98.6 I am at the doctor now`, `is 99.3 ok?`."""
    said = page.named("telling")
    said += [
        match
        for match in page.named("asking")
        if page.begins_clause(match.start)
        and any(page.is_number(place) for place in range(match.start + 1, match.end))
    ]
    return {place for match in said for place in range(match.start, match.end)}


def _is_automatic(page: Page) -> bool:
    found = page.lexicon.meanings.find(page.words)
    return any(m.name == "auto_reply" and m.end - m.start >= LONG_ENOUGH_TO_BE_AUTOMATIC for m in found)


def _spoken(language: str, lexicon: Lexicon) -> bool:
    primary = language.partition("-")[0].casefold() or "en"
    return any(primary == known.partition("-")[0].casefold() for known in lexicon.languages)
