"""The rules of triage as data: `data/triage.toml` and `data/questions.toml`, read once and proved whole."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from protocols import lexicon
from protocols.parsing import BrokenLabel, build, canonical

DATA = Path(__file__).parent / "data"
URGENCIES = ("emergency", "urgent", "clarify", "routine", "none")

Urgency = Literal["emergency", "urgent", "clarify", "routine", "none"]
Human = Literal["always", "watch", "never"]
PointsTo = Literal["CRS", "ICANS", ""]


def worst(a: str, b: str) -> str:
    """The graver of two urgencies."""
    return min(a, b, key=URGENCIES.index)


def at_least(urgency: str, floor: str) -> bool:
    """Whether an urgency is as grave as `floor`, or graver."""
    return URGENCIES.index(urgency) <= URGENCIES.index(floor)


@dataclass(frozen=True)
class Rule:
    """What one thing said means. `outside` replaces the urgency where no watch is open.

    `begins` says whether it moves a watch to closer questions, where it is routine or graver.
    """

    id: str
    urgency: Urgency
    why: str
    source: tuple[str, ...]
    points_to: PointsTo = ""
    human: Human = "always"
    outside: str = ""
    begins: bool = True


@dataclass(frozen=True)
class Symptom:
    """A symptom, how grave it is alone and beside a fever, and whether a denial may take it away."""

    id: str
    urgency: Urgency
    points_to: PointsTo
    why: str
    source: tuple[str, ...]
    rule: str = ""
    with_fever: str = ""
    with_dizzy: str = ""
    denial: Literal["own clause", "never"] = "own clause"

    def as_rule(self) -> Rule:
        """The rule that fires when this symptom is said."""
        human: Human = "watch" if self.urgency == "routine" else "always"
        name = self.rule or self.id.upper().replace("_", "-")
        return Rule(name, self.urgency, self.why, self.source, self.points_to, human)


@dataclass(frozen=True)
class Question:
    """What the short answers to one question mean; see the head of the data file."""

    id: str
    also: tuple[str, ...]
    accepts: tuple[str, ...]
    yes: str
    no: str
    source: tuple[str, ...]
    menu: Mapping[str, str] = field(default_factory=dict)
    instead: Mapping[str, str] = field(default_factory=dict)
    partly: Literal["", "alone", "always"] = ""
    every: bool = False
    low: str = ""
    high: str = ""
    well: tuple[str, ...] = ()

    @property
    def also_answered_by(self) -> frozenset[str]:
        """The word lists of the lexicon that answer this question beside yes, no, none and its digits."""
        by_degrees = {name for name in ("partly", "every", "low", "high") if getattr(self, name)}
        return frozenset(by_degrees | set(self.well))


@dataclass(frozen=True)
class Need:
    """One thing that a grade of CRS or ICANS is made of. `texted`: the kind of reading by which a text can tell it."""

    id: str
    of: Literal["CRS", "ICANS"]
    says: str
    source: tuple[str, ...]
    texted: str = ""


@dataclass(frozen=True)
class Rulebook:
    """Every rule, symptom and question, the lines vital signs are judged by, and a fingerprint of it all."""

    rules: Mapping[str, Rule]
    symptoms: Mapping[str, Symptom]
    questions: Mapping[str, Question]
    sources: Mapping[str, str]
    temperature: Mapping[str, Mapping[str, Decimal]]
    oxygen: Mapping[str, Decimal]
    blood_pressure: Mapping[str, Decimal]
    known: Mapping[str, Any]
    for_a_grade: tuple[Need, ...]
    fingerprint: str

    @property
    def never_denied(self) -> frozenset[str]:
        """The symptoms that no denial takes away."""
        return frozenset(one.id for one in self.symptoms.values() if one.denial == "never")

    def question(self, asked: str | None) -> Question | None:
        """The question of that id, with or without `q_`, in any case; None for no question or an unknown one."""
        name = (asked or "").strip().casefold().removeprefix("q_")
        return self.questions.get(name)

    def cited(self, rule: Rule) -> str:
        """Where a rule comes from, as addresses."""
        return "; ".join(dict.fromkeys(self.sources[key] for key in rule.source))


@cache
def load(folder: Path = DATA) -> Rulebook:
    """The rulebook of a folder. Raises BrokenLabel naming file, row and problem if it cannot be trusted."""
    triage = _read(folder / "triage.toml")
    asked = _read(folder / "questions.toml")
    symptoms = {
        row["id"]: build(Symptom, row, file="triage.toml", place=f"symptom {row['id']}")
        for row in triage["symptom"]
    }
    rules = {
        row["id"]: build(Rule, row, file="triage.toml", place=f"rule {row['id']}") for row in triage["rule"]
    }
    rules |= {rule.id: rule for rule in (symptom.as_rule() for symptom in symptoms.values())}
    questions = [
        build(Question, row, file="questions.toml", place=f"question {row['id']}")
        for row in asked["question"]
    ]
    book = Rulebook(
        rules=rules,
        symptoms=symptoms,
        questions={name: one for one in questions for name in (one.id, *one.also)},
        sources=triage["sources"],
        temperature=triage["temperature"],
        oxygen=triage["oxygen"],
        blood_pressure=triage["blood_pressure"],
        known=triage["known"],
        for_a_grade=tuple(
            build(Need, row, file="triage.toml", place=f"for_a_grade {row['id']}")
            for row in triage["for_a_grade"]
        ),
        fingerprint=_fingerprint(folder),
    )
    _prove(book, folder)
    return book


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BrokenLabel(path.name, "", str(error)) from error


READERS = (
    "answers", "denial", "figures", "judging", "learned", "lexicon", "menus", "neighbours", "normalise", "numerals",
    "page", "pressures", "provisional", "reading", "replies", "rulebook", "shorthand", "skimming", "temperatures",
    "thinking", "triage", "vitals",
)  # fmt: skip
"""The modules that read a reply: another way of reading is another set of rules, too."""


def _fingerprint(folder: Path) -> str:
    """A digest of the rules, the words that reach them and the code that reads both: equal only if all of it is."""
    names = sorted([*folder.glob("lexicon.*.toml"), folder / "triage.toml", folder / "questions.toml"])
    content: dict[str, Any] = {path.name: _read(path) for path in names}
    content |= {name: (Path(__file__).parent / f"{name}.py").read_text("utf-8") for name in READERS}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def _prove(book: Rulebook, folder: Path) -> None:
    """Every source cited exists, every answer means something, and every symptom in words has its rule."""
    rows: list[Rule | Need] = [*book.rules.values(), *book.for_a_grade]
    for row in rows:
        for key in row.source:
            if key not in book.sources:
                raise BrokenLabel("triage.toml", f"rule {row.id}", f"the source {key!r} is not listed")
    if {need.of for need in book.for_a_grade if not need.texted} != {"CRS", "ICANS"}:
        raise BrokenLabel("triage.toml", "for_a_grade", "a text alone must never suffice for a grade")
    meanings = {*book.symptoms, "none", "unanswered", "medicine", ""}
    for question in book.questions.values():
        for meaning in (question.yes, question.no, *question.menu.values(), *question.instead.values()):
            if meaning not in meanings:
                raise BrokenLabel("questions.toml", f"question {question.id}", f"nobody knows {meaning!r}")
        for rule_id in {question.low, question.high} - {""}:
            if rule_id not in book.rules:
                raise BrokenLabel("questions.toml", f"question {question.id}", f"no rule is {rule_id!r}")
    spoken = {match.name for match in lexicon.load(folder).danger.all() if match.group == "symptom"}
    if strangers := spoken - set(book.symptoms):
        raise BrokenLabel("triage.toml", "symptom", f"missing: {', '.join(sorted(strangers))}")
