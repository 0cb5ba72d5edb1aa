"""How a site gives the doses and watches after them, and what it signs: a pathway, and a label with it.

Nothing here decides anything.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from protocols.ladder import Rung
from protocols.model import Label, Source, Statement

# In the place of dose ids: every dose that is watched as a step-up dose.
STEP_UP = "step_up"


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
    from the day it was made. `wants` are the facts that belong to it, the answer among `one_of` where these are
    named; `derived` items follow from records and can only be waived; only the roles in `waived_by` may do that.
    `before` names the doses it is asked before, by id or as STEP_UP, which is every dose watched as a step-up dose;
    without a name it is asked before every dose.
    """

    id: str
    asks: str
    why: str
    sources: tuple[str, ...]
    name: str = ""
    lasts: Literal["course", "dose"] = "dose"
    good_days: int | None = None
    wants: tuple[Literal["minutes", "date", "name", "answer"], ...] = ()
    one_of: tuple[str, ...] = ()
    at_most_minutes: int | None = None
    derived: Literal["", "phone", "oncall", "weight", "stay", "words"] = ""
    waived_by: tuple[Literal["nurse", "pharmacist", "prescriber"], ...] = ("prescriber",)
    missing: str = ""
    before: tuple[str, ...] = ()


@dataclass(frozen=True)
class OwnValue:
    """One value a site set itself: which, what it was as shipped, and the site's source or its own decision."""

    value: str
    was: str
    source: str


@dataclass(frozen=True)
class Pathway:
    """How a site gives the doses and watches after them. `proposals` names each value nobody has published.

    `own` names each value a site set itself: what was published covers it no longer. `in_hospital` names the doses
    given there, by id or as STEP_UP, which is every dose watched as a step-up dose; every other one is given at home.
    Without a `ladder` every place of the on-call list is a rung, by text and call at once.
    """

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
    own: tuple[OwnValue, ...] = ()
    in_hospital: tuple[str, ...] = ()
    ladder: tuple[Rung, ...] = ()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the content."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def asks_before(self, item: Readiness, step: str) -> bool:
        """Whether this item is asked before a dose of that step."""
        return not item.before or self._is_named(item.before, step)

    def gives_at_home(self, step: str) -> bool:
        """Whether a dose of that step is given outside the hospital."""
        return not self._is_named(self.in_hospital, step)

    def _is_named(self, names: tuple[str, ...], step: str) -> bool:
        return step in names or (STEP_UP in names and step not in self.later_doses)


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
