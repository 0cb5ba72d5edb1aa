"""Grading CRS and ICANS by the ASTCT consensus of 2019, from what a clinician at the patient found.

The criteria are data, each with its source. An incomplete grade is refused: what is missing is named, never guessed.
Nothing here reads a text message, and no score is ever made of one.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path

from protocols import parsing
from protocols.model import Cites, Source
from protocols.proving import Problem, sources_cited

FILE = "astct.toml"
DATA = Path(__file__).parent / "data"
WORST = 4
FULL = 10
ASKED = "asked"
CRS_QUESTIONS = ("pressure", "oxygen")
ICANS_QUESTIONS = ("consciousness", "seizure", "motor", "oedema")
RULES = frozenset(
    {
        "worse_decides", "after_treatment", "one_stands", "no_fever", "no_fever_but_low", "both_until_separated",
        "worst_domain", "four_stands", "other_cause", "other_language", "full_score",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One finding to choose: what is seen, and the grade it sets by itself; 0 sets none."""

    id: str
    says: str
    grade: int
    sources: tuple[str, ...]
    proposal: str = ""


@dataclass(frozen=True)
class Question:
    """One criterion with everything that can be found; `ask` is said when it was left open."""

    id: str
    title: str
    ask: str
    rows: tuple[Row, ...]
    sources: tuple[str, ...]
    hint: str = ""

    def row(self, row_id: str) -> Row:
        """The finding of that id."""
        return next(row for row in self.rows if row.id == row_id)


@dataclass(frozen=True)
class Fever:
    """The temperature from which on a fever counts, in degrees Celsius, that one included."""

    celsius: Decimal
    title: str
    ask: str
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One point of the ICE score."""

    id: str
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Band:
    """Sums of the ICE score, both bounds included, and their grade."""

    low: int
    high: int
    grade: int
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Ice:
    """The ICE worksheet: whether it can be asked, its ten points, and the bands of their sum."""

    title: str
    hint: str
    how: Question
    points: tuple[Point, ...]
    bands: tuple[Band, ...]
    sources: tuple[str, ...]

    def band(self, total: int) -> Band:
        """The one band of a sum."""
        return next(band for band in self.bands if band.low <= total <= band.high)


@dataclass(frozen=True)
class Rule:
    """How findings become a grade, in words. A proposal stands in no table that was read."""

    id: str
    says: str
    sources: tuple[str, ...]
    proposal: bool = False


@dataclass(frozen=True)
class Scale(Cites):
    """Everything a grade is decided by, and where it was read."""

    id: str
    title: str
    scale: str
    note: str
    treated: Question
    fever: Fever
    crs: tuple[Question, ...]
    ice: Ice
    icans: tuple[Question, ...]
    rules: tuple[Rule, ...]
    sources: tuple[Source, ...]
    text: str = field(repr=False)

    def __hash__(self) -> int:
        """By the canonical text, which is the whole content."""
        return hash(self.text)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content: an assessment keeps it, to say by which criteria it was graded."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id."""
        return next(rule for rule in self.rules if rule.id == rule_id)

    def question(self, question_id: str) -> Question:
        """The criterion of that id."""
        every = (self.treated, *self.crs, self.ice.how, *self.icans)
        return next(question for question in every if question.id == question_id)


@dataclass(frozen=True)
class CrsSeen:
    """What was found about CRS; None was not answered. `treated` is empty where nothing was given.

    `celsius` is the highest temperature since it began. `cause` names what explains it where `other_cause` says so.
    """

    other_cause: bool | None = None
    cause: str = ""
    celsius: Decimal | None = None
    treated: tuple[str, ...] | None = None
    pressure: str | None = None
    oxygen: str | None = None


@dataclass(frozen=True)
class IcansSeen:
    """What was found about ICANS; None was not answered. `points` has each point asked, and whether it was right."""

    other_cause: bool | None = None
    cause: str = ""
    ice: str | None = None
    points: Mapping[str, bool] = field(default_factory=dict)
    own_language: bool | None = None
    consciousness: str | None = None
    seizure: str | None = None
    motor: str | None = None
    oedema: str | None = None


@dataclass(frozen=True)
class Graded:
    """A whole grade; 0 where the scale finds none. `notes` are read with it, `proposals` a clinician confirms."""

    kind: str
    grade: int
    because: str
    source: str
    notes: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Incomplete:
    """No grade: by field what is missing, in words for whoever must answer."""

    kind: str
    missing: Mapping[str, str]


@dataclass(frozen=True)
class Sum:
    """The ICE score as far as it was asked."""

    total: int
    asked: int

    @property
    def is_whole(self) -> bool:
        """Whether every point was asked."""
        return self.asked == FULL


def ice_sum(points: Mapping[str, bool]) -> Sum:
    """The sum of the points that were right, and how many were asked."""
    return Sum(total=sum(points.values()), asked=len(points))


@cache
def load(folder: Path = DATA) -> Scale:
    """The criteria of a folder. Raises BrokenLabel naming row and problem if they cannot be trusted."""
    return parsing.read(Scale, folder / FILE, problems)


def problems(scale: Scale) -> Iterator[Problem]:
    """Everything that keeps the criteria from being used."""
    yield from sources_cited(scale, scale.sources)
    yield from _named(scale)
    for question in (scale.treated, *scale.crs, scale.ice.how, *scale.icans):
        rows = [row.id for row in question.rows]
        if len(set(rows)) != len(rows):
            yield question.id, "a finding stands twice"
        if any(not 0 <= row.grade <= WORST for row in question.rows):
            yield question.id, "a grade is 0 to 4"
    for total in range(FULL + 1):
        if sum(band.low <= total <= band.high for band in scale.ice.bands) != 1:
            yield "ice.bands", f"a sum of {total} must meet exactly one band"


def _named(scale: Scale) -> Iterator[Problem]:
    """Whatever the decisions below look up by name must stand there once."""
    for place, found, wanted in (
        ("crs", [one.id for one in scale.crs], CRS_QUESTIONS),
        ("icans", [one.id for one in scale.icans], ICANS_QUESTIONS),
        ("rules", sorted(one.id for one in scale.rules), sorted(RULES)),
    ):
        if list(found) != list(wanted):
            yield place, f"must be {', '.join(wanted)}"
    if len({point.id for point in scale.ice.points}) != FULL or len(scale.ice.points) != FULL:
        yield "ice.points", "the score has ten points, each once"
    if not any(row.id == ASKED for row in scale.ice.how.rows):
        yield "ice.how", f"one of the answers is {ASKED}"
