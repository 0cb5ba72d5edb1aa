"""The schedules of a label: named steps, then doses repeated at intervals, and what follows what.

Days are whole calendar days after the dose before, at the treating site. Amounts are exact decimals.
A `missing` text is the honest form of "unread": whoever meets one answers *ask*.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

Unit = Literal["mg/kg", "mg"]


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
    """One named dose of the step-up. `day` is the printed label, `offset_days` counts from Day 1 = 0.

    `medicine` names the other medicine where the dose is not this label's own; `infusion` says over how long.
    """

    id: str
    name: str
    day: str
    offset_days: int
    sources: tuple[str, ...]
    amount: Decimal | None = None
    unit: Unit | None = None
    window: Window | None = None
    medicine: str = ""
    infusion: str = ""
    note: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Phase:
    """A dose repeated at an interval after the step-up.

    `start_days` counts from the last step; None means the label's start was not read, and `missing` says what of
    its start. `doses` is the printed number of doses, after which the schedule goes on by itself, and
    `through_week` the last week printed, counted from Day 1, after which a person decides. `entry` is what a
    clinician must confirm before a patient enters: nobody is ever moved by the plan alone. `from_week`,
    `after_weeks` (since the first dose of the phase before) and `after_doses` (of the same amount) are the part of it
    that can be counted.
    """

    id: str
    name: str
    interval_days: int
    sources: tuple[str, ...]
    amount: Decimal | None = None
    unit: Unit | None = None
    start_days: int | None = None
    min_interval_days: int | None = None
    doses: int | None = None
    weeks: str = ""
    through_week: int | None = None
    entry: str = ""
    from_week: int | None = None
    after_weeks: int | None = None
    after_doses: int | None = None
    infusion: str = ""
    note: str = ""
    missing: str = ""

    @property
    def counts_something(self) -> bool:
        """True if a part of what must be confirmed can be counted."""
        return any(number is not None for number in (self.from_week, self.after_weeks, self.after_doses))


Dose = Step | Phase


@dataclass(frozen=True)
class Regimen:
    """One schedule inside a label: its steps in order, then its phases in order."""

    id: str
    title: str
    steps: tuple[Step, ...]
    phases: tuple[Phase, ...]

    @cached_property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose a patient on this regimen can have had last, in the order of the schedule."""
        return (*self.steps, *self.phases)

    @cached_property
    def places(self) -> Mapping[str, int]:
        """Where each dose stands in `doses`, by its id."""
        return {dose.id: place for place, dose in enumerate(self.doses)}

    def dose(self, dose_id: str) -> Dose | None:
        """The step or phase of that id, or None."""
        place = self.places.get(dose_id)
        return None if place is None else self.doses[place]

    def phase(self, phase_id: str) -> Phase | None:
        """The phase of that id, or None."""
        dose = self.dose(phase_id)
        return dose if isinstance(dose, Phase) else None

    def after(self, dose: Dose, given: int | None = None) -> Dose | None:
        """What the schedule puts next; None where it ends.

        The next step, after the last step the first phase, then that phase again until its printed number of
        doses is `given`. An unknown number counts as one.
        """
        if isinstance(dose, Phase) and (dose.doses is None or (given or 1) < dose.doses):
            return dose
        following = self.places[dose.id] + 1
        return self.doses[following] if following < len(self.doses) else None

    def gap(self, dose: Dose, upcoming: Dose) -> int | None:
        """The printed days between a dose and what follows it; None where the label's start was not read.

        A phase begins one old interval after the last dose of the phase before.
        """
        if isinstance(dose, Phase):
            return dose.interval_days
        return upcoming.start_days if isinstance(upcoming, Phase) else upcoming.offset_days - dose.offset_days

    def least(self, dose: Dose, upcoming: Dose) -> int | None:
        """The fewest days between the two: the read minimum, else the printed gap; None where neither was read."""
        if isinstance(upcoming, Step):
            return upcoming.window.min_days if upcoming.window else None
        governing = dose if isinstance(dose, Phase) else upcoming
        gap = self.gap(dose, upcoming)
        return (governing.min_interval_days or gap) if gap == governing.interval_days else gap


@dataclass(frozen=True)
class Given:
    """A dose that was given: its step or phase, and the local date."""

    step: str
    on: date
