"""What a label and a pathway say, as values that cannot change.

Nothing here decides anything. Days are whole calendar days after the dose before, at the treating site.
Amounts are exact decimals. A `missing` text is the honest form of "unread": whoever meets one answers *ask*.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal

Unit = Literal["mg/kg", "mg"]
Answer = Literal["give", "wait", "ask"]
Premedicate = Literal["yes", "no", "unspecified"]

REACTION_KINDS = ("crs", "icans", "neurotoxicity", "infection", "other")
SECONDARY_LEVELS = frozenset({"label_paraphrase", "publication", "press_release", "news", "tertiary"})


@dataclass(frozen=True)
class Source:
    """Where a value was read: one public document, as it dates itself."""

    id: str
    title: str
    level: str
    dated: str = ""
    url: str = ""
    note: str = ""

    @property
    def text(self) -> str:
        """The title, its date and its id, on one line."""
        return f"{self.title}, {self.dated or 'undated'} [{self.id}]"


@dataclass(frozen=True)
class Table:
    """One part of the label and how far it was read: `yes`, `partly` (row by row) or `no`."""

    id: str
    title: str
    read: Literal["yes", "partly", "no"]
    missing: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Window:
    """When a step may follow the dose before it, in whole days; None where nothing was printed or read.

    `usual_max_days` to `max_days` needs a recorded reason. `max_from` says which part of the label closes the
    window. `min_hours` is held besides `min_days`, because two calendar days can be 25 hours.
    """

    min_days: int | None = None
    usual_min_days: int | None = None
    usual_max_days: int | None = None
    max_days: int | None = None
    max_from: Literal["schedule", "restart table", "unread"] = "schedule"
    min_hours: int | None = None
    missing: str = ""


@dataclass(frozen=True)
class Step:
    """One named dose of the step-up. `day` is the printed label, `offset_days` counts from Day 1 = 0."""

    id: str
    name: str
    day: str
    offset_days: int
    sources: tuple[str, ...]
    amount: Decimal | None = None
    unit: Unit | None = None
    window: Window | None = None
    note: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Phase:
    """A dose repeated at an interval after the step-up.

    `start_days` counts from the last step; None means the label's start was not read. `through_week` is the
    last week printed for it, counted from Day 1. `entry` is what a clinician must confirm before a patient
    enters it: nobody is ever moved to a longer interval by the plan alone.
    """

    id: str
    name: str
    interval_days: int
    sources: tuple[str, ...]
    amount: Decimal | None = None
    unit: Unit | None = None
    start_days: int | None = None
    min_interval_days: int | None = None
    weeks: str = ""
    through_week: int | None = None
    entry: str = ""
    note: str = ""
    missing: str = ""


Dose = Step | Phase


@dataclass(frozen=True)
class Regimen:
    """One schedule inside a label: its steps in order, then its phases in order."""

    id: str
    title: str
    steps: tuple[Step, ...]
    phases: tuple[Phase, ...]

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose a patient on this regimen can have had last."""
        return (*self.steps, *self.phases)

    def dose(self, dose_id: str) -> Dose | None:
        """The step or phase of that id, or None."""
        return next((dose for dose in self.doses if dose.id == dose_id), None)

    def phase(self, phase_id: str) -> Phase | None:
        """The phase of that id, or None."""
        return next((phase for phase in self.phases if phase.id == phase_id), None)

    def after(self, dose: Dose) -> Dose | None:
        """What the schedule puts next: the next step, after the last step the first phase, a phase again."""
        if isinstance(dose, Phase):
            return dose
        following = self.doses[self.doses.index(dose) + 1 :]
        return following[0] if following else None


@dataclass(frozen=True)
class Given:
    """A dose that was given: its step or phase, and the local date."""

    step: str
    on: date


@dataclass(frozen=True)
class RestartRow:
    """One row of the decision table: after this dose, between these days, this is the answer.

    `then` is `wait`, `ask`, `proceed_next`, `continue_same`, `repeat_dose:STEP` or `restart_from:STEP`.
    `printed` is the bound as the label words it; `why` is our reason where the label gives none.
    """

    after: tuple[str, ...]
    from_day: int
    then: str
    to_day: int | None = None
    regimens: tuple[str, ...] = ()
    premedicate: Premedicate = "unspecified"
    review: bool = False
    printed: str = ""
    why: str = ""
    missing: str = ""
    following: str = ""
    following_days: int | None = None
    sources: tuple[str, ...] = ()

    def covers(self, days: int) -> bool:
        """True from `from_day` to `to_day`, both included; an open end never stops."""
        return self.from_day <= days and (self.to_day is None or days <= self.to_day)

    def serves(self, regimen_id: str, dose_id: str) -> bool:
        """True if the row speaks of that dose of that regimen."""
        return dose_id in self.after and (not self.regimens or regimen_id in self.regimens)

    @property
    def days(self) -> str:
        """The bounds as a person writes them: `8-28`, `29+`."""
        return f"{self.from_day}+" if self.to_day is None else f"{self.from_day}-{self.to_day}"


@dataclass(frozen=True)
class Agent:
    """One medicine given before a dose."""

    drug_class: str
    example: str
    dose: str
    route: str


@dataclass(frozen=True)
class Premedication:
    """What is given before which doses, and when."""

    before: tuple[str, ...]
    timing: str
    agents: tuple[Agent, ...]
    again_when: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Observation:
    """How long and where the label wants a patient watched after these doses. No hours means none printed."""

    doses: tuple[str, ...]
    requirement: str
    sources: tuple[str, ...]
    hours: int | None = None

    @property
    def text(self) -> str:
        """One phrase, hours in words."""
        return self.requirement if self.hours is None else f"{self.requirement}, {self.hours} hours"


@dataclass(frozen=True)
class ReactionRule:
    """What the label wants after a reaction of these grades. `missing` names the part of the row not read."""

    kind: str
    grades: tuple[int, ...]
    text: str
    then: Literal["give", "stop"]
    sources: tuple[str, ...]
    occurrence: Literal["any", "first", "recurrent"] = "any"
    before: tuple[str, ...] = ()
    premedicate: Premedicate = "unspecified"
    observe: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Statement:
    """A read fact that decides no dose: strengths, monitoring, programme duties, guideline text."""

    topic: str
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Label:
    """The official dosing facts for one product, jurisdiction and revision, as far as they were read."""

    id: str
    drug: str
    name: str
    brand: str
    jurisdiction: str
    revision: str
    route: str
    dose_basis: str
    ask_whom: str
    note: str
    tables: tuple[Table, ...]
    regimens: tuple[Regimen, ...]
    premedication: Premedication
    observations: tuple[Observation, ...]
    restart: tuple[RestartRow, ...]
    reactions: tuple[ReactionRule, ...]
    statements: tuple[Statement, ...]
    guidelines: tuple[Statement, ...]
    sources: tuple[Source, ...]
    text: str = field(repr=False)

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content, so that a comment may change and a dose may not."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def table(self, table_id: str) -> Table:
        """The part of the label of that id; every label has the same parts."""
        return next(table for table in self.tables if table.id == table_id)

    def supply(self, missing: str) -> str:
        """What is missing and who must supply it, as sentences."""
        return f"{missing[0].upper()}{missing[1:]}. {self.ask_whom}."

    def ask(self, missing: str) -> str:
        """What stands in the place of a value nobody has read."""
        return f"ask: {self.supply(missing)}"

    def cite(self, source_ids: tuple[str, ...]) -> str:
        """The sources as one line."""
        known = {source.id: source.text for source in self.sources}
        return "; ".join(known[source_id] for source_id in source_ids)

    def secondary(self, source_ids: tuple[str, ...]) -> bool:
        """True if nobody read the label itself for this: every source only retells it."""
        levels = {source.id: source.level for source in self.sources}
        return bool(source_ids) and all(levels[source_id] in SECONDARY_LEVELS for source_id in source_ids)


@dataclass(frozen=True)
class Rhythm:
    """Ask these questions every so many hours, after `from_hour` up to and including `to_hour`."""

    from_hour: int
    to_hour: int
    every_hours: int
    ask: tuple[str, ...]


@dataclass(frozen=True)
class Silence:
    """Minutes after an unanswered check-in: ask again, text the caregiver, call by voice, tell a person."""

    again_minutes: int
    caregiver_minutes: int
    voice_minutes: int
    person_minutes: int


@dataclass(frozen=True)
class Readiness:
    """One thing that must be true before a dose, with its reason. `missing` says that nobody has published it.

    A statement `lasts` for the course or for one dose, and `good_days` at most, counted from the date it names or
    from the day it was made. `wants` are the facts that belong to it; `derived` items follow from records and can
    only be waived; only the roles in `waived_by` may do that.
    """

    id: str
    asks: str
    why: str
    sources: tuple[str, ...]
    name: str = ""
    lasts: Literal["course", "dose"] = "dose"
    good_days: int | None = None
    wants: tuple[Literal["minutes", "date", "name", "answer"], ...] = ()
    at_most_minutes: int | None = None
    derived: Literal["", "phone", "oncall", "weight"] = ""
    waived_by: tuple[Literal["nurse", "pharmacist", "prescriber"], ...] = ("prescriber",)
    missing: str = ""


@dataclass(frozen=True)
class Pathway:
    """How a site gives the doses and watches after them. `proposals` names each value nobody has published."""

    id: str
    title: str
    jurisdiction: str
    note: str
    watch_hours: int
    rhythm: tuple[Rhythm, ...]
    later_doses: tuple[str, ...]
    later_watch_hours: int
    later_rhythm: tuple[Rhythm, ...]
    concern_every_hours: int
    silence: Silence
    minutes_per_rung: Mapping[str, int] = field(hash=False)
    clarify_minutes: int
    reach_minutes: int
    resolve_minutes: int
    tell_patient_minutes: int
    fever_c: Decimal
    fever_f: Decimal
    pocket_dexamethasone: bool
    readiness: tuple[Readiness, ...]
    basis: tuple[Statement, ...]
    proposals: tuple[str, ...]
    sources: tuple[Source, ...]
    text: str = field(repr=False)
    weight_change_percent: Decimal | None = None

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True)
class Protocol:
    """A label and a pathway together: the thing a pharmacist and a prescriber approve for a site."""

    label: Label
    pathway: Pathway

    @property
    def id(self) -> str:
        """`LABEL+PATHWAY`."""
        return f"{self.label.id}+{self.pathway.id}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `as_text()`: equal only if every value is equal."""
        return hashlib.sha256(self.as_text().encode()).hexdigest()

    def as_text(self) -> str:
        """Canonical JSON of everything in it, fit to be stored beside an approval and compared later."""
        content = {"label": json.loads(self.label.text), "pathway": json.loads(self.pathway.text)}
        return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
