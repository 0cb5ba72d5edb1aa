"""What published texts say about managing CRS and ICANS, grade by grade, side by side with where they disagree.

It decides nothing and orders nothing. A grade that a text was not read for says so and asks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from protocols import parsing
from protocols.model import Cites, Source
from protocols.proving import Problem, sources_cited

FILE = "management.toml"
DATA = Path(__file__).parent / "data"
GRADES = (1, 2, 3, 4)
Kind = Literal["crs", "icans"]


@dataclass(frozen=True)
class Line:
    """One statement of a text, and the grades it is about."""

    grades: tuple[int, ...]
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Guide:
    """One text: whose it is, for whom and where it was written, and which `drugs` it is the label of, if any."""

    id: str
    kind: Kind
    who: str
    written_for: str
    setting: str
    lines: tuple[Line, ...]
    sources: tuple[str, ...]
    missing: str = ""
    drugs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Position:
    """What one side of a disagreement says."""

    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Disagreement:
    """A question that texts answer differently. None of the answers is chosen here."""

    kind: Kind
    grades: tuple[int, ...]
    topic: str
    positions: tuple[Position, ...]


@dataclass(frozen=True)
class Fact:
    """A statement that holds beside every text of its kind."""

    kind: Kind
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Management(Cites):
    """Everything read about management, and what was not."""

    id: str
    title: str
    note: str
    ask_whom: str
    guides: tuple[Guide, ...]
    disagreements: tuple[Disagreement, ...]
    facts: tuple[Fact, ...]
    unread: tuple[str, ...]
    sources: tuple[Source, ...]
    text: str = field(repr=False)


@dataclass(frozen=True)
class Said:
    """What one text says of one grade. `asks` stands instead of lines where it was not read."""

    who: str
    written_for: str
    setting: str
    is_own_label: bool
    says: tuple[str, ...]
    source: str
    asks: str = ""


@dataclass(frozen=True)
class Disputed:
    """One disagreement with its positions, each with its source."""

    topic: str
    positions: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Advice:
    """One grade of one kind: what each text says, where they disagree, and what was not read."""

    kind: str
    grade: int
    said: tuple[Said, ...]
    disputed: tuple[Disputed, ...]
    facts: tuple[tuple[str, str], ...]
    unread: tuple[str, ...]


def of(management: Management, *, kind: str, grade: int, drug: str = "") -> Advice:
    """What the texts say of this grade, the label of the patient's own drug first. Nothing is said of grade 0."""
    guides = [guide for guide in management.guides if guide.kind == kind and grade in GRADES]
    guides.sort(key=lambda guide: drug not in guide.drugs)
    disputed = [one for one in management.disagreements if one.kind == kind and grade in one.grades]
    return Advice(
        kind,
        grade,
        said=tuple(_said(management, guide, grade, drug) for guide in guides),
        disputed=tuple(
            Disputed(one.topic, tuple((each.says, management.cite(each.sources)) for each in one.positions))
            for one in disputed
        ),
        facts=tuple(
            (fact.says, management.cite(fact.sources))
            for fact in management.facts
            if fact.kind == kind and grade in GRADES
        ),
        unread=management.unread,
    )


def _said(management: Management, guide: Guide, grade: int, drug: str) -> Said:
    lines = [line for line in guide.lines if grade in line.grades]
    cited = dict.fromkeys(source for line in lines for source in line.sources)
    asks = f"Not read for grade {grade}: {guide.missing}. {management.ask_whom}."
    return Said(
        who=guide.who,
        written_for=guide.written_for,
        setting=guide.setting,
        is_own_label=drug in guide.drugs,
        says=tuple(line.says for line in lines),
        source=management.cite(tuple(cited) or guide.sources),
        asks="" if lines else asks,
    )


@cache
def load(folder: Path = DATA) -> Management:
    """The texts of a folder. Raises BrokenLabel naming row and problem if they cannot be trusted."""
    return parsing.read(Management, folder / FILE, problems)


def problems(management: Management) -> Iterator[Problem]:
    """Everything that keeps the texts from being shown."""
    yield from sources_cited(management, management.sources)
    ids = [guide.id for guide in management.guides]
    if len(set(ids)) != len(ids):
        yield "guides", "an id stands twice"
    for guide in management.guides:
        graded = {grade for line in guide.lines for grade in line.grades}
        if not graded <= {*GRADES}:
            yield guide.id, "a grade is 1 to 4"
        if graded != {*GRADES} and not guide.missing:
            yield guide.id, "a grade without a line: say what was not read"
    for one in management.disagreements:
        if len(one.positions) < 2 or not {*one.grades} <= {*GRADES}:
            yield f"disagreement, {one.topic}", "has two positions or more, about grades 1 to 4"
