"""What the short answers to the open question stand for: menu digits, yes, no, "a little", "all of them"."""

from collections.abc import Iterator

from protocols.replies import Understood
from protocols.rulebook import Question

INTRODUCED = frozenset({("temperature", ""), ("time", ""), ("answer", "yes")})
"""What stands in `yes, 98.4` and no more."""


def meanings(question: Question | None, heard: Understood) -> Iterator[tuple[str, str]]:
    """Every meaning (as in questions.toml) that a short answer stands for, once, with its words."""
    if question is None:
        return
    listed = [
        (question.menu.get(digit, ""), reading.words)
        for reading in heard.of("menu")
        for digit in dict.fromkeys(reading.name)
        if digit.isdigit()
    ]
    for reading in heard.of("answer"):
        listed += [(meaning, reading.words) for meaning in _meanings(question, reading.name, heard)]
    once: dict[str, str] = {}
    for meaning, words in listed:
        once.setdefault(meaning, words)
    yield from once.items()


def levels(question: Question | None, heard: Understood) -> Iterator[tuple[str, str]]:
    """The rules that a bare "low" or "high" fires here, with its words."""
    for reading in heard.of("answer"):
        if question is not None and reading.name in {"low", "high"}:
            yield getattr(question, reading.name), reading.words


def _meanings(question: Question, answer: str, heard: Understood) -> tuple[str, ...]:
    if answer in {"no", "none"}:
        return (question.no,)
    if answer in {"low", "high"} or (answer == "yes" and introduces_a_number(question, heard)):
        return ()
    if answer == "every":
        return tuple(question.menu.values())
    if answer == "partly_of" and question.partly != "always":
        return ()
    return (question.yes,)


def introduces_a_number(question: Question, heard: Understood) -> bool:
    """Whether a yes is the "yes" of `yes, 98.4` and no more: the number answers, and nothing is left over."""
    warm = heard.of("temperature")
    settled = bool(warm) and all(one.doubt in {"", "whole"} for one in warm)
    alone = {(one.kind, one.name) for one in heard.readings} <= INTRODUCED
    return question.id in {"temperature", "practice"} and settled and alone and not heard.leftovers
