"""The texts of one language as the person who approves them reads them: in parts, with what the answers mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from django.utils.translation import gettext_lazy as _

from protocols import rulebook, wording
from protocols.proving_texts import Judged

PARTS = {
    "ask": _("Questions"),
    "again": _("Questions, asked again"),
    "caregiver": _("To the caregiver"),
    "reply": _("Answers to what was written"),
    "case": _("About a case"),
    "pocket": _("The pocket dose, from a signed order"),
    "watch": _("Beginning and end of a watch"),
    "voice": _("Said on a call"),
    "role": _("Who is meant, inside other texts"),
}
# Texts that ask and are not named for their question.
ASK_TOO = {
    "caregiver.silence": "caregiver",
    "voice.patient.menu": "voice",
    "reply.read_back": "read_back",
}
# What the data calls a meaning, for a reader; others read as they are.
MEANS = {"none": _("nothing wrong"), "unanswered": _("no answer yet, asked on"), "": _("a person reads it")}


@dataclass(frozen=True)
class Row:
    """One text as it is received, and what the answers to it mean."""

    text: Judged
    means: str


@dataclass(frozen=True)
class Part:
    """Texts of one kind."""

    title: str
    rows: tuple[Row, ...]


def parts(code: str) -> tuple[Part, ...]:
    """Every text a patient or a caregiver may receive, none left out."""
    texts = sorted(wording.judged(code), key=lambda text: _place(text.key))
    return tuple(
        Part(str(PARTS.get(kind, kind.capitalize())), tuple(Row(text, _means(text.key)) for text in inside))
        for kind, inside in groupby(texts, key=lambda text: _kind(text.key))
    )


def _kind(key: str) -> str:
    return key.split(".", maxsplit=1)[0]


def _place(key: str) -> tuple[int, str]:
    kinds = list(PARTS)
    return (kinds.index(_kind(key)) if _kind(key) in PARTS else len(kinds), _kind(key))


def _means(key: str) -> str:
    asks = key.rsplit(".", maxsplit=1)[-1] if _kind(key) in {"ask", "again"} else ASK_TOO.get(key)
    question = rulebook.load().question(asks)
    return "; ".join(_answers(question)) if question else ""


def _answers(question: rulebook.Question) -> Iterator[str]:
    if question.menu:
        yield ", ".join(f"{digit} is {_meaning(means)}" for digit, means in question.menu.items())
    yield f"yes is {_meaning(question.yes)}, no is {_meaning(question.no)}"


def _meaning(means: str) -> str:
    return str(MEANS.get(means, means.replace("_", " ")))
