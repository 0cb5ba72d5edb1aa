"""The dated plan of a course, from its start or from the doses already given.

Dates are local dates at the treating site. A planned dose carries its window, its sum, and what the label wants
before and after it; whatever nobody has read is None, and `asks` says what is missing and who must supply it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from protocols import delays, dosing, parsing
from protocols.errors import Refusal
from protocols.model import Dose, Given, Label, Phase, Premedication, Regimen, Step


@dataclass(frozen=True)
class PlannedDose:
    """One dose of the plan. `day` is the printed label and `offset_days` counts from Day 1 = 0.

    `usual_latest_on` ends the label's usual range; from there to `latest_on` a reason is recorded. `asks` pairs a
    field with what is missing in it.
    """

    step: str
    name: str
    regimen: str
    day: str
    offset_days: int | None
    on: date | None
    earliest_on: date | None
    latest_on: date | None
    usual_latest_on: date | None
    calculated_mg: Decimal | None
    sum: str
    volume: str
    premedication: str
    observation: str
    source: str
    notes: tuple[str, ...]
    asks: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON can carry them: ISO dates, decimals in full, `asks` by field."""
        written = {name: _written(value) for name, value in asdict(self).items()}
        return written | {"notes": list(self.notes), "asks": dict(self.asks)}


def plan(
    label: Label,
    start_on: date,
    *,
    regimen: str | None = None,
    weight_kg: Decimal | None,
    weeks: int = 8,
) -> tuple[PlannedDose, ...]:
    """The plan for `weeks` weeks from Day 1 on `start_on`.

    It ends early, with one dose that asks, where the label needs a clinician's decision or was not read: nobody
    is moved to a longer interval by a plan. Raises Refusal for a regimen, weight or number of weeks that cannot be.
    """
    chosen = delays.regimen_of(label, regimen)
    _checked(weight_kg, weeks)
    if not 2000 <= start_on.year <= 2100:
        raise Refusal("impossible-date", f"No course starts on {start_on}: type a date like 2026-03-02.")
    course = _Course(label, chosen, start_on, weight_kg, start_on + timedelta(weeks=weeks))
    return tuple(course.from_start())


def plan_after(
    label: Label,
    given: Sequence[Given],
    *,
    on: date | None = None,
    regimen: str | None = None,
    phase: str | None = None,
    weight_kg: Decimal | None,
    weeks: int = 8,
) -> tuple[PlannedDose, ...]:
    """The rest of the plan from the doses already given, in any order, for `weeks` weeks after the last one.

    Without `on` the next dose falls on its own day after the last one. With `on` the decision table chooses the
    dose for that date: a delay may repeat or restart the step-up, an unread row plans one dose that asks, and a
    date too early is refused. `phase` is the interval a clinician has confirmed for this patient.
    """
    if not given:
        raise Refusal("nothing-given", "No dose has been given yet: plan the course from its start date.")
    chosen = delays.regimen_of(label, regimen)
    _checked(weight_kg, weeks)
    if phase is not None and chosen.phase(phase) is None:
        known = ", ".join(each.id for each in chosen.phases)
        raise Refusal("unknown-phase", f"{label.id} has no phase {phase!r}. Known: {known}.")
    history = sorted(given, key=lambda dose: dose.on)
    horizon = history[-1].on + timedelta(weeks=weeks)
    course = _Course(label, chosen, _day_one(chosen, history[0]), weight_kg, horizon, phase)
    return tuple(course.from_given(history, on))


def premedication_text(premedication: Premedication, step: str) -> str:
    """What goes before this dose, in one line."""
    if step not in premedication.before:
        return f"not required before this dose, except when {' or '.join(premedication.again_when)}"
    agents = "; ".join(
        f"{agent.example} {agent.dose}, {agent.route} ({agent.drug_class})" for agent in premedication.agents
    )
    return f"{premedication.timing}: {agents}"


def observation_text(label: Label, step: str) -> str:
    """Where and how long the label wants the patient after this dose, in one line."""
    found = [seen.text for seen in label.observations if step in seen.doses]
    return found[0] if found else "none printed for this dose"


@dataclass(frozen=True)
class _Window:
    """The dates a dose may fall on, and what is missing where one of them is None."""

    earliest_on: date | None
    usual_latest_on: date | None
    latest_on: date | None
    earliest_missing: str = ""
    latest_missing: str = ""


@dataclass(frozen=True)
class _Course:
    """One plan being written: the label's part of it, the dates, the weight, and where it ends."""

    label: Label
    regimen: Regimen
    start_on: date
    weight_kg: Decimal | None
    until: date
    phase: str | None = None

    def from_start(self) -> Iterator[PlannedDose]:
        """The step-up on its printed days, then the first phase."""
        first = self.regimen.steps[0]
        on = self.start_on + timedelta(days=first.offset_days)
        yield self._step(first, on, None)
        yield from self._onward(first, on)

    def from_given(self, history: Sequence[Given], on: date | None) -> Iterator[PlannedDose]:
        """The next dose by its own day or by the decision table for `on`, then the schedule from there."""
        last = history[-1]
        dose = delays.dose_of(self.label, self.regimen, last.step)
        if on is None:
            gap = delays.printed_gap(self.label, history, regimen=self.regimen.id)
            yield from self._onward(dose, last.on, gap)
            return
        answer = self._decided(history, on)
        if answer.step is None:
            yield self._asking(dose, on, answer.because)
            return
        given = delays.dose_of(self.label, self.regimen, answer.step)
        if isinstance(given, Step):
            yield self._step(given, on, last.on if answer.action == "proceed_next" else None)
        else:
            yield self._repeat(given, on, dose, last.on)
        yield from self._onward(given, on, answer.following_days)

    def _decided(self, history: Sequence[Given], on: date) -> delays.Decision:
        """The decision table's answer for that date; a date too early is refused with its reason."""
        answer = delays.resume_course(
            self.label, history, on=on, phase=self.phase, regimen=self.regimen.id, weight_kg=self.weight_kg
        )
        if answer.decision == "wait":
            raise Refusal("too-soon", f"{on.isoformat()} is too soon. {answer.because}")
        return answer

    def _onward(self, dose: Dose, last_on: date, gap: int | None = None) -> Iterator[PlannedDose]:
        """Everything after this dose, until the plan ends or someone must decide."""
        upcoming = self.regimen.after(dose)
        while isinstance(dose, Step) and isinstance(upcoming, Step):
            on = last_on + timedelta(days=gap or upcoming.offset_days - dose.offset_days)
            if on >= self.until:
                return
            yield self._step(upcoming, on, last_on)
            dose, last_on, gap, upcoming = upcoming, on, None, self.regimen.after(upcoming)
        if isinstance(upcoming, Phase):
            yield from self._phase(upcoming, dose, last_on)

    def _phase(self, phase: Phase, dose: Dose, last_on: date) -> Iterator[PlannedDose]:
        """Doses at the interval of the phase, or of the one a clinician confirmed, until its last printed week."""
        confirmed = self.regimen.phase(self.phase) if self.phase else None
        phase = confirmed or phase
        if isinstance(dose, Step) and phase.start_days is None:
            yield self._asking(
                phase, None, self.label.ask(phase.missing or f"the start of {phase.id} was not read")
            )
            return
        on = last_on + timedelta(days=self._first_gap(phase, dose))
        while on < self.until:
            if phase.through_week is not None and on >= self.start_on + timedelta(weeks=phase.through_week):
                yield self._asking(phase, on, self._decision_due(phase))
                return
            yield self._repeat(phase, on, dose, last_on)
            dose, last_on, on = phase, on, on + timedelta(days=phase.interval_days)

    def _first_gap(self, phase: Phase, dose: Dose) -> int:
        """Days to the first dose of a phase. A longer interval begins one old interval after the last dose."""
        if isinstance(dose, Phase):
            return dose.interval_days
        return phase.start_days if phase.start_days is not None else phase.interval_days

    def _decision_due(self, phase: Phase) -> str:
        """What a clinician must say when the printed weeks of a phase have passed."""
        phases = self.regimen.phases
        later = phases[phases.index(phase) + 1 :]
        entry = later[0].entry if later else ""
        asked = f"{phase.name.lower()} is printed for {phase.weeks} only"
        if entry:
            asked += f"; {later[0].name.lower()} needs {entry}"
        return f"ask: {asked}. The prescriber says which interval follows"

    def _step(self, step: Step, on: date, before: date | None) -> PlannedDose:
        """A step-up dose in the window it has after the dose before; the first one stands on its own date."""
        window = step.window
        unread = window.missing if window and window.min_days is None else ""
        if window is None or before is None or unread:
            known = None if unread else on
            return self._planned(step, on, step.day, _Window(known, known, known, unread, unread))
        first, usual, last = (
            None if days is None else before + timedelta(days=days)
            for days in (window.min_days, window.usual_max_days, window.max_days)
        )
        return self._planned(step, on, step.day, _Window(first, usual, last, "", window.missing))

    def _repeat(self, phase: Phase, on: date, previous: Dose, before: date) -> PlannedDose:
        """A dose of a phase: not before its shortest interval, not after the last day it may simply go on."""
        earliest = before + timedelta(days=phase.min_interval_days or phase.interval_days)
        _, last_day = delays.span(self.label, self.regimen, previous)
        latest = None if last_day is None else before + timedelta(days=last_day)
        missing = "" if latest else self.label.table("restart").missing
        day = f"{(on - before).days} days after {previous.name[0].lower()}{previous.name[1:]}"
        return self._planned(phase, on, day, _Window(min(earliest, on), on, latest, latest_missing=missing))

    def _asking(self, dose: Dose, on: date | None, because: str) -> PlannedDose:
        """A dose nobody may plan yet: no amount, no window, and why."""
        asks = tuple((name, because) for name in ("on", "earliest_on", "latest_on", "calculated_mg"))
        if on is not None:
            asks = asks[1:]
        return PlannedDose(
            step=dose.id,
            name=dose.name,
            regimen=self.regimen.id,
            day=dose.day if isinstance(dose, Step) else dose.name,
            offset_days=None if on is None else (on - self.start_on).days,
            on=on,
            earliest_on=None,
            latest_on=None,
            usual_latest_on=None,
            calculated_mg=None,
            sum=because,
            volume=because,
            premedication=because,
            observation=because,
            source=self.label.cite(dose.sources),
            notes=(),
            asks=asks,
        )

    def _planned(self, dose: Dose, on: date, day: str, window: _Window) -> PlannedDose:
        """A dose with everything that was read about it."""
        calculated = dosing.amount(self.label, dose, self.weight_kg)
        asks = (
            ("earliest_on", window.earliest_missing and self.label.ask(window.earliest_missing)),
            ("latest_on", window.latest_missing and self.label.ask(window.latest_missing)),
            ("calculated_mg", calculated.ask),
        )
        unread = calculated.sum if dose.amount is None else ""
        return PlannedDose(
            step=dose.id,
            name=dose.name,
            regimen=self.regimen.id,
            day=day,
            offset_days=(on - self.start_on).days,
            on=on,
            earliest_on=window.earliest_on,
            usual_latest_on=window.usual_latest_on,
            latest_on=window.latest_on,
            calculated_mg=calculated.calculated_mg,
            sum=calculated.sum,
            volume=calculated.volume,
            premedication=unread or premedication_text(self.label.premedication, dose.id),
            observation=unread or observation_text(self.label, dose.id),
            source=self.label.cite(dose.sources),
            notes=tuple(filter(None, (dose.note, self._retold(dose)))),
            asks=tuple((name, ask) for name, ask in asks if ask),
        )

    def _retold(self, dose: Dose) -> str:
        """A warning on a dose that nobody read in the label itself."""
        retold = self.label.secondary(dose.sources)
        return "read in a retelling of the label, not in the label itself: confirm it" if retold else ""


def _day_one(regimen: Regimen, first: Given) -> date:
    """Day 1 of a course, counted back from its first dose: a combination may begin before it."""
    dose = regimen.dose(first.step)
    return first.on - timedelta(days=dose.offset_days) if isinstance(dose, Step) else first.on


def _checked(weight_kg: Decimal | None, weeks: int) -> None:
    if weight_kg is not None:
        dosing.plausible_weight(weight_kg)
    if not 1 <= weeks <= 104:
        raise Refusal("impossible-weeks", f"A plan of {weeks} weeks cannot be made: type 1 to 104, like 8.")


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return parsing.plain(value)
    return value.isoformat() if isinstance(value, date) else value
