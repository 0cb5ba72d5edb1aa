"""The short answers of a text (yes, no, none, a little, digits in words), and the no that is none: `no estoy bien`."""

from collections.abc import Set
from dataclasses import dataclass, field

from protocols.denial import Denials
from protocols.lexicon import Match
from protocols.menus import MENUS, worded_digit
from protocols.page import Page
from protocols.reading import Reading

ANSWERS = frozenset({"yes", "no", "none", "no_device"})
BY_DEGREES = frozenset({"partly", "low", "high", "every"})
"""Answers to some questions, which count wherever they begin a clause, whatever comes after them."""

WELL = frozenset({"fine", "breathes_well", "breathing_fine", "same_as_usual"})

DEVICES = frozenset({"bp", "oxygen"})
TURNED = {
    "fine": "unwell", "breathing_fine": "unwell", "breathes_well": "breathing", "same_as_usual": "not_themselves",
}  # fmt: skip
"""What a reassurance means once a no has turned it round."""


@dataclass
class Answers:
    """The answers, the tokens they take, and those of reassurances that a no turned round: they explain nothing."""

    readings: list[Reading] = field(default_factory=list)
    explained: set[int] = field(default_factory=set)
    turned: set[int] = field(default_factory=set)

    def add(self, kind: str, name: str, page: Page, match: Match) -> None:
        """Keep one answer with its words."""
        self.readings.append(Reading(kind, name, words=page.quote(match)))
        self.explained |= set(range(match.start, match.end))


def read(page: Page, denied: Denials, placed: Set[int]) -> Answers:
    """Every short answer in the text. `placed` are the places of the numbers of which it is known what they are."""
    found = Answers()
    _turn(page, denied, found)
    sought = ANSWERS | (BY_DEGREES | WELL) & page.also
    answering = (match for match in page.plain if match.name in sought)
    for match in sorted(answering, key=lambda match: match.start - match.end):
        anyway = match.name in BY_DEGREES or (page.no_alarms and match.name == "no")
        barred = found.explained if anyway else found.explained | found.turned
        if not barred.isdisjoint(range(match.start, match.end)):
            continue
        if match.name in ANSWERS and _answers_as(page, match, denied):
            found.add("answer", "none" if match.name == "no_device" else match.name, page, match)
        elif match.name in BY_DEGREES and _by_degrees(page, match, placed):
            part = match.name == "partly" and not page.ends_clause(match.end)
            found.add("answer", "partly_of" if part else match.name, page, match)
        elif match.name in WELL:
            found.add("well", match.name, page, match)
    if page.asked in MENUS:
        _digits(page, found)
    if page.asked == "medicine":
        _taken(page, denied, found)
    return found


def _taken(page: Page, denied: Denials, found: Answers) -> None:
    """After the medicine question, every word that says something was swallowed: `no, just took it`."""
    for match in page.named("took"):
        if (found.explained | denied.explained).isdisjoint(range(match.start, match.end)):
            found.readings.append(Reading("taken", words=page.quote(match)))


def _digits(page: Page, found: Answers) -> None:
    """The digits of an open menu that are written as words; `no one` and `un abrazo` hold none."""
    for place, token in enumerate(page.found):
        if place in found.explained:
            continue
        if digit := worded_digit(page.found, place, page.beside, page.lexicon):
            found.readings.append(Reading("menu", digit, words=token.text))
            found.explained.add(place)


def _by_degrees(page: Page, match: Match, placed: Set[int]) -> bool:
    """`low`, `a little`, `all of them` begin a clause; `alta 120 baja 80` name numbers, `low 80` does not."""
    names_a_number = match.name in {"low", "high"} and page.is_number(match.end) and match.end in placed
    return page.begins_clause(match.start) and not names_a_number


def _turn(page: Page, denied: Denials, found: Answers) -> None:
    """Reassurances after a no of their own clause are a concern: `no estoy muy bien`, `不正常`, `no breathing ok`.

    Only words that carry the no on may stand between; `no, fine`, `no I am fine` and `no all good` stay answers.
    """
    ends: dict[int, int] = {}
    for no in sorted(set(page.named("no", "none")), key=lambda match: match.start):
        is_free = no.start not in denied.used | found.turned and not page.is_part_of_a_phrase(no)
        said = "".join(page.words[no.start : no.end])
        if said in page.lexicon.sets["negates"] and is_free and (end := _turned_until(page, no.end, ends)):
            found.turned |= set(range(no.start, end))
            words = page.between(no.start, end)
            for name in dict.fromkeys(match.name for match in _reassurances(page, no.end, end)):
                found.readings.append(Reading("symptom", TURNED[name], words=words))


def _turned_until(page: Page, place: int, ends: dict[int, int]) -> int:
    """The index after the reassurance that a no before `place` turns round, or 0. `ends` keeps what was found out."""
    passed = []
    while place not in ends:
        passed.append(place)
        end = _turned_at(page, place)
        if end is not None:
            ends[place] = end
        else:
            place += 1
    ends |= dict.fromkeys(passed, ends[place])
    return ends[place]


def _turned_at(page: Page, place: int) -> int | None:
    """The index after what a no turns round at `place` itself, or 0; nothing where the no is carried on."""
    if not page.flows(place):
        return 0
    if fine := _reassurances(page, place, place + 1):
        restarts = page.words[place] in page.lexicon.sets["restarts"]
        return 0 if restarts else max(match.end for match in fine)
    if page.words[place] in page.lexicon.sets["bridges"] | page.lexicon.sets["hedges"]:
        return None
    return place + 1 if page.words[place] in page.lexicon.sets["unbound_by"] else 0


def _reassurances(page: Page, start: int, end: int) -> list[Match]:
    """The reassuring phrases that begin between `start` and `end`."""
    return [
        match for place in range(start, end) for match in page.starting.get(place, ()) if match.name in TURNED
    ]


def _answers_as(page: Page, match: Match, denied: Denials) -> bool:
    """Whether a yes, no or none is an answer where it stands, and not a part of something else."""
    begins = page.begins_clause(match.start)
    if match.name == "yes":
        if any(other.name == "not_yes" for other in page.starting.get(match.start, ())):
            return False
        return begins or (page.asked in MENUS and page.found[match.start - 1].kind == "number")
    if match.name == "no_device":
        return page.asked in DEVICES
    if match.name == "none":
        return begins or page.ends_clause(match.end) or match.end - match.start > 1
    alone = match.start not in denied.used and _stands_alone(page, match)
    return begins and (alone or page.no_alarms)


def _stands_alone(page: Page, match: Match) -> bool:
    """`no`, `no, 98.3` and `no thanks` answer; `no good` and a `no` that hangs on something else do not."""
    if page.ends_clause(match.end):
        return True
    longer = any(other.end > match.end for other in page.starting.get(match.start, ()))
    return not longer and page.words[match.end] not in page.lexicon.sets["unbound_by"]
