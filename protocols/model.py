"""What a label says, as values that cannot change.

Nothing here decides anything. Days are whole calendar days after the dose before, at the treating site.
Amounts are exact decimals. A `missing` text is the honest form of "unread": whoever meets one answers *ask*.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Literal

from protocols.regimens import Regimen, Unit

Answer = Literal["give", "wait", "ask"]
Premedicate = Literal["yes", "no", "unspecified"]

REACTION_KINDS = ("crs", "icans", "neurotoxicity", "infection", "other")
COUNT_UNITS = {"neutrophils": "× 10⁹/L", "platelets": "× 10⁹/L", "haemoglobin": "g/dL"}
SITE = "site"  # the level of what a site entered itself
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
        """The title, its date and its id, on one line; what a site entered itself says so first."""
        whose = "this site's own entry: " if self.level == SITE else ""
        return f"{whose}{self.title}, {self.dated or 'undated'} [{self.id}]"


class Cites:
    """What lists its sources and names them by id in its rows."""

    sources: tuple[Source, ...]

    def cite(self, source_ids: tuple[str, ...]) -> str:
        """The sources as one line."""
        return "; ".join(self._sources[source_id].text for source_id in source_ids)

    @cached_property
    def _sources(self) -> Mapping[str, Source]:
        return {source.id: source for source in self.sources}


@dataclass(frozen=True)
class Table:
    """One part of the label and how far it was read: `yes`, `partly` (row by row) or `no`."""

    id: str
    title: str
    read: Literal["yes", "partly", "no"]
    missing: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class RestartRow:
    """One row of the decision table: after this dose, between these days, this is the answer.

    `then` is `wait`, `ask`, `proceed_next`, `continue_same`, `repeat_dose:STEP` or `restart_from:STEP`.
    `printed` is the bound as the label words it; `why` is our reason where the label gives none. `of` says which part
    of the label the row comes from: a label whose restart table nobody read still has its schedule.
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
    of: Literal["restart table", "schedule"] = "restart table"
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


@lru_cache(maxsize=1024)
def numbered(named: str) -> tuple[str, int, int | None]:
    """A dose as a row names it: `weekly` is any dose of that phase, `weekly:1` its first, `weekly:5+` its fifth on."""
    dose_id, _, numbers = named.partition(":")
    first, dash, last = numbers.rstrip("+").partition("-")
    if not numbers:
        return dose_id, 1, None
    return dose_id, int(first), int(last if dash else first) if not numbers.endswith("+") else None


def names(named: tuple[str, ...], dose_id: str, number: int | None) -> bool:
    """True if the row speaks of that dose. Which dose of a phase it is may be unknown: then it may be any of them."""
    for each in named:
        known, first, last = numbered(each)
        if known == dose_id and (number is None or (first <= number and (last is None or number <= last))):
            return True
    return False


@dataclass(frozen=True)
class Agent:
    """One medicine given before a dose; `missing` names what of it was not read."""

    drug_class: str
    example: str = ""
    dose: str = ""
    route: str = ""
    timing: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Premedication:
    """What is given before which doses, and when. `rule` is what the row says besides its medicines.

    A row with `only_when` does not hold for every dose it names.
    """

    before: tuple[str, ...]
    sources: tuple[str, ...]
    timing: str = ""
    agents: tuple[Agent, ...] = ()
    again_when: tuple[str, ...] = ()
    rule: str = ""
    only_when: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Observation:
    """How long and where the label wants a patient watched after these doses. No hours means none printed.

    `to_hours` is the longer end of a printed range. A row with `after_reaction` speaks of the dose after a
    reaction of that kind, of these grades.
    """

    sources: tuple[str, ...]
    doses: tuple[str, ...] = ()
    requirement: str = ""
    hours: int | None = None
    to_hours: int | None = None
    measured_from: str = ""
    regimens: tuple[str, ...] = ()
    after_reaction: str = ""
    after_grades: tuple[int, ...] = ()
    missing: str = ""

    @property
    def text(self) -> str:
        """One phrase, hours in words."""
        hours = f"{self.hours} to {self.to_hours}" if self.to_hours else str(self.hours)
        said = self.requirement if self.hours is None else f"{self.requirement}, {hours} hours"
        return f"{said} from the {self.measured_from}" if self.measured_from else said

    def serves(self, regimen_id: str | None, dose_id: str, number: int | None) -> bool:
        """True if the row speaks of that dose as such, and not only after a reaction."""
        if self.after_reaction or (self.regimens and regimen_id and regimen_id not in self.regimens):
            return False
        return names(self.doses, dose_id, number)


@dataclass(frozen=True)
class Volume:
    """A volume as the label prints it for one flat amount. It informs; a site's own approved table decides."""

    amount: Decimal
    unit: Unit
    millilitres: Decimal
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Dispensing:
    """One row of a site's dispensing table: for these doses, in this weight band, so many mg in so many mL.

    Both bounds are printed and included; a row without bounds is for a flat dose. `strength` is mg per mL of the
    vial, which holds `vial_millilitres`; `vials` are how many of them are opened.
    """

    doses: tuple[str, ...]
    strength: Decimal
    vial_millilitres: Decimal
    mg: Decimal
    millilitres: Decimal
    vials: int
    sources: tuple[str, ...]
    from_kg: Decimal | None = None
    to_kg: Decimal | None = None
    regimens: tuple[str, ...] = ()

    def serves(self, dose_id: str, weight_kg: Decimal | None, regimen_id: str = "") -> bool:
        """True if the row speaks of that dose at that weight."""
        if dose_id not in self.doses or (self.regimens and regimen_id and regimen_id not in self.regimens):
            return False
        if self.from_kg is None or self.to_kg is None:
            return True
        return weight_kg is not None and self.from_kg <= weight_kg <= self.to_kg


@dataclass(frozen=True)
class ReactionRule:
    """What the label wants after a reaction of these grades. `missing` names the part of the row not read.

    `clear_hours` is how long the reaction must have been over before the next dose.
    """

    kind: str
    grades: tuple[int, ...]
    text: str
    then: Literal["give", "stop"]
    sources: tuple[str, ...]
    occurrence: Literal["any", "first", "recurrent"] = "any"
    before: tuple[str, ...] = ()
    premedicate: Premedicate = "unspecified"
    observe: str = ""
    clear_hours: int | None = None
    missing: str = ""


@dataclass(frozen=True)
class CountRule:
    """A low blood count at which the label withholds a dose, and the value from which it may be given again.

    Values are in the unit of the count (COUNT_UNITS): a dose is withheld below `below`, from `at_least` on where
    the row begins somewhere, and given again at `until` or above. `only_with` names what must come with the count for
    the row to hold, `and_without` what must be gone besides; a person judges both. Without `until`, `missing` says so.
    """

    count: str
    below: Decimal
    text: str
    sources: tuple[str, ...]
    at_least: Decimal | None = None
    until: Decimal | None = None
    only_with: str = ""
    and_without: str = ""
    missing: str = ""

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return COUNT_UNITS[self.count]

    def covers(self, value: Decimal) -> bool:
        """True below the one bound and, where there is another, not below that."""
        return value < self.below and (self.at_least is None or value >= self.at_least)


@dataclass(frozen=True)
class Reading:
    """How we read the label where it can be read in more than one way, and why: for a pharmacist to judge."""

    topic: str
    says: str
    why: str


@dataclass(frozen=True)
class Statement:
    """A read fact that decides no dose: strengths, monitoring, programme duties, guideline text."""

    topic: str
    says: str
    sources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Label(Cites):
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
    premedication: tuple[Premedication, ...]
    observations: tuple[Observation, ...]
    restart: tuple[RestartRow, ...]
    reactions: tuple[ReactionRule, ...]
    statements: tuple[Statement, ...]
    guidelines: tuple[Statement, ...]
    volumes: tuple[Volume, ...] = ()
    dispensing: tuple[Dispensing, ...] = ()
    counts: tuple[CountRule, ...] = ()
    readings: tuple[Reading, ...] = ()
    sources: tuple[Source, ...]
    text: str = field(repr=False)

    def __hash__(self) -> int:
        """By the canonical text, which is the whole content: a label is the key of what is worked out once for it."""
        return hash(self.text)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the content, so that a comment may change and a dose may not."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def table(self, table_id: str) -> Table:
        """The part of the label of that id; every label has the same parts."""
        return next(table for table in self.tables if table.id == table_id)

    @cached_property
    def counts_doses(self) -> bool:
        """True if what goes around a dose depends on which dose of its phase it is."""
        named = (*(group.before for group in self.premedication), *(seen.doses for seen in self.observations))
        return any(":" in each for ids in named for each in ids)

    @cached_property
    def by_id(self) -> Mapping[str, Regimen]:
        """The regimens by their ids."""
        return {regimen.id: regimen for regimen in self.regimens}

    @cached_property
    def rows(self) -> Mapping[tuple[str, str], tuple[RestartRow, ...]]:
        """The rows of the decision table by regimen and last dose, in the order of their days."""
        return {
            (regimen.id, dose.id): tuple(
                sorted(
                    (row for row in self.restart if row.serves(regimen.id, dose.id)),
                    key=lambda row: (row.from_day, row.then),
                )
            )
            for regimen in self.regimens
            for dose in regimen.doses
        }

    def supply(self, missing: str, medicine: str = "") -> str:
        """What is missing and who must supply it, as sentences. Another `medicine` has a label of its own."""
        whom = f"The site pharmacist supplies it from the label of {medicine}" if medicine else self.ask_whom
        return f"{missing[0].upper()}{missing[1:]}. {whom}."

    def ask(self, missing: str, medicine: str = "") -> str:
        """What stands in the place of a value nobody has read."""
        return f"ask: {self.supply(missing, medicine)}"

    def own(self, source_ids: tuple[str, ...]) -> bool:
        """True if a site itself entered any of this."""
        return any(self._sources[source_id].level == SITE for source_id in source_ids)

    def secondary(self, source_ids: tuple[str, ...]) -> bool:
        """True if nobody read the label itself for this: every source only retells it."""
        levels = (self._sources[source_id].level for source_id in source_ids)
        return bool(source_ids) and all(level in SECONDARY_LEVELS for level in levels)
