"""The dated plan of a course, from its start or from the doses already given.

Dates are local dates at the treating site. A planned dose carries its window, its sum, and what the label wants
before and after it; whatever nobody has read is None, and `asks` says what is missing and who must supply it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from protocols import delays, dosing, parsing, precautions, schedule
from protocols.decisions import Decision
from protocols.errors import Refusal
from protocols.model import Label
from protocols.regimens import Dose, Given, Phase, Regimen, Step


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
    infusion: str
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

    It ends early, with one dose that asks, where the label needs a clinician's decision or was not read, and where
    the schedule itself ends. A printed number of doses moves it on; a response never does. Raises Refusal for a
    regimen, weight or number of weeks that cannot be.
    """
    chosen = delays.regimen_of(label, regimen)
    _checked(weight_kg, weeks)
    if not 2000 <= start_on.year <= 2100:
        raise Refusal("impossible-date", f"No course starts on {start_on}: type a date like 2026-03-02.")
    course = _Course(label, chosen, weight_kg, start_on + timedelta(weeks=weeks), start_on)
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
    history = schedule.in_order(chosen, given)
    stands = schedule.standing(chosen, history)
    horizon = history[-1].on + timedelta(weeks=weeks)
    course = _Course(label, chosen, weight_kg, horizon, stands.day_one, phase)
    return tuple(course.from_given(history, stands, on))


class _Window(NamedTuple):
    """The dates a dose may fall on, and what is missing by field where one of them is None."""

    earliest_on: date | None
    usual_latest_on: date | None
    latest_on: date | None
    asks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class _Course:
    """One plan being written: the label's part of it, the weight, where it ends, Day 1, and a confirmed interval."""

    label: Label
    regimen: Regimen
    weight_kg: Decimal | None
    until: date
    start_on: date
    phase: str | None = None

    def from_start(self) -> Iterator[PlannedDose]:
        """The step-up on its printed days, then the phases."""
        first = self.regimen.steps[0]
        on = self.start_on + timedelta(days=first.offset_days)
        yield self._step(first, on, None)
        yield from self._onward(first, on, schedule.Standing(self.start_on, {first.id: 1}, {first.id: on}))

    def from_given(
        self, history: Sequence[Given], stands: schedule.Standing, on: date | None
    ) -> Iterator[PlannedDose]:
        """The next dose by its own day or by the decision table for `on`, then the schedule from there."""
        last = history[-1]
        dose = delays.dose_of(self.label, self.regimen, last.step)
        if on is None:
            gap = delays.printed_gap(self.label, history, regimen=self.regimen.id)
            yield from self._onward(dose, last.on, stands, gap)
            return
        answer = self._decided(history, on)
        if answer.step is None:
            yield self._asking(dose, on, answer.because)
            return
        given = delays.dose_of(self.label, self.regimen, answer.step)
        stands = schedule.standing(self.regimen, [*history, Given(given.id, on)])
        if isinstance(given, Step):
            yield self._step(given, on, last.on if answer.action == "proceed_next" else None)
        else:
            yield self._repeat(given, on, dose, last.on, stands)
        yield from self._onward(given, on, stands, answer.following_days)

    def _decided(self, history: Sequence[Given], on: date) -> Decision:
        """The decision table's answer for that date; a date too early is refused with its reason."""
        answer = delays.resume_course(
            self.label, history, on=on, phase=self.phase, regimen=self.regimen.id, weight_kg=self.weight_kg
        )
        if answer.decision == "wait":
            raise Refusal("too-soon", f"{on.isoformat()} is too soon. {answer.because}")
        return answer

    def _onward(
        self, dose: Dose, last_on: date, stands: schedule.Standing, gap: int | None = None
    ) -> Iterator[PlannedDose]:
        """Everything after this dose, until the plan or the schedule ends or someone must decide."""
        while True:
            upcoming, missing = self._following(dose, stands)
            if upcoming is None and not missing:
                return
            days = (gap if isinstance(dose, Step) else None) or self._gap(dose, upcoming)
            on = None if days is None else last_on + timedelta(days=days)
            if on is not None and on >= self.until:
                return
            missing = missing or self._unready(dose, upcoming, stands, on)
            if upcoming is None or on is None or missing:
                yield self._asking(upcoming or dose, on, missing)
                return
            stands = stands.and_then(upcoming, on)
            if isinstance(upcoming, Step):
                yield self._step(upcoming, on, last_on)
            else:
                yield self._repeat(upcoming, on, dose, last_on, stands)
            dose, last_on, gap = upcoming, on, None

    def _following(self, dose: Dose, stands: schedule.Standing) -> tuple[Dose | None, str]:
        """What comes next: the interval a clinician confirmed, else what the schedule puts there or asks."""
        confirmed = self.regimen.phase(self.phase) if self.phase else None
        if confirmed and confirmed is not dose and isinstance(self.regimen.after(dose), Phase):
            return confirmed, ""
        upcoming, undecided = schedule.following(self.regimen, dose, stands)
        return upcoming, undecided and _to_prescriber(undecided)

    def _gap(self, dose: Dose, upcoming: Dose | None) -> int | None:
        """The printed days to the next dose; to a confirmed interval, its own where the first one was not read."""
        if upcoming is None:
            return self.regimen.gap(dose, dose)
        days = self.regimen.gap(dose, upcoming)
        if days is None and isinstance(upcoming, Phase) and upcoming is not self.regimen.phases[0]:
            return upcoming.interval_days
        return days

    def _unready(self, dose: Dose, upcoming: Dose | None, stands: schedule.Standing, on: date | None) -> str:
        """Why nobody may plan this phase, or go on with it; empty for a step and for a phase that may be planned."""
        if not isinstance(upcoming, Phase):
            return ""
        if on is None or (upcoming is not dose and upcoming.missing):
            return self.label.ask(upcoming.missing or f"the start of {upcoming.id} was not read")
        if schedule.passed(upcoming, stands, on):
            return _to_prescriber(schedule.decision_due(self.regimen, upcoming))
        if upcoming is not dose and upcoming.entry:
            unmet = schedule.unmet(self.regimen, upcoming, stands, on)
            return unmet and _to_prescriber(unmet)
        return ""

    def _step(self, step: Step, on: date, before: date | None) -> PlannedDose:
        """A step-up dose in the window it has after the dose before; the first one stands on its own date."""
        window = step.window
        asked = self.label.ask(window.missing) if window and window.missing else ""
        if window is not None and window.min_days is None:
            unread = _Window(None, None, None, (("earliest_on", asked), ("latest_on", asked)))
            return self._planned(step, on, step.day, unread)
        if window is None or before is None:
            return self._planned(step, on, step.day, _Window(on, on, on))
        first, usual, last = (
            None if days is None else before + timedelta(days=days)
            for days in (window.min_days, window.usual_max_days, window.max_days)
        )
        asks = (("latest_on", asked),) if asked else ()
        return self._planned(step, on, step.day, _Window(first, usual, last, asks))

    def _repeat(
        self, phase: Phase, on: date, previous: Dose, before: date, stands: schedule.Standing
    ) -> PlannedDose:
        """A dose of a phase: not before the fewest days, not after the last day on which it may simply go on."""
        interval = _interval(self.label, self.regimen.id, previous.id, phase.id)
        days = (on - before).days
        window = _Window(
            on if interval.least is None else min(before + interval.least, on),
            on,
            None if interval.last is None else before + interval.last,
            interval.asks,
        )
        number = stands.given(phase)
        planned = self._planned(phase, on, f"{days} days after {interval.previous}", window, number)
        proposal = schedule.proposed(self.regimen, phase, stands, on)
        notes = [proposal] if proposal else []
        if schedule.ends_with(self.regimen, phase, number):
            notes.append(f"the last dose of the schedule ({phase.weeks})")
        return replace(planned, notes=(*planned.notes, *notes)) if notes else planned

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
            infusion="",
            premedication=because,
            observation=because,
            source=self.label.cite(dose.sources),
            notes=(),
            asks=asks,
        )

    def _planned(
        self, dose: Dose, on: date, day: str, window: _Window, number: int | None = None
    ) -> PlannedDose:
        """A dose with everything that was read about it."""
        counted = number if self.label.counts_doses else None
        sheet = _sheet(self.label, self.regimen.id, dose.id, counted, self.weight_kg)
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
            calculated_mg=sheet.amount.calculated_mg,
            sum=sheet.amount.sum,
            volume=sheet.amount.volume,
            infusion=dose.infusion,
            premedication=sheet.premedication,
            observation=sheet.observation,
            source=sheet.source,
            notes=sheet.notes,
            asks=(*window.asks, *sheet.asks) if window.asks else sheet.asks,
        )


@dataclass(frozen=True)
class _Sheet:
    """What is the same of a dose on whatever day it is given."""

    amount: dosing.Amount
    premedication: str
    observation: str
    source: str
    notes: tuple[str, ...]
    asks: tuple[tuple[str, str], ...]


@lru_cache(maxsize=8192)
def _sheet(
    label: Label, regimen_id: str, dose_id: str, number: int | None, weight_kg: Decimal | None
) -> _Sheet:
    regimen = delays.regimen_of(label, regimen_id)
    dose = delays.dose_of(label, regimen, dose_id)
    amount = dosing.amount(label, dose, weight_kg, regimen=regimen_id)
    unread = amount.sum if dose.amount is None else ""
    retold = "read in a retelling of the label, not in the label itself: confirm it"
    notes = (dose.note, retold if label.secondary(dose.sources) else "")
    return _Sheet(
        amount=amount,
        premedication=unread or precautions.before(label, dose, number),
        observation=unread or precautions.after(label, dose, regimen=regimen_id, number=number),
        source=label.cite(dose.sources),
        notes=tuple(filter(None, notes)),
        asks=(("calculated_mg", amount.ask),) if amount.ask else (),
    )


@dataclass(frozen=True)
class _Interval:
    """What is the same of the days between a dose and a dose of a phase, whenever they fall."""

    least: timedelta | None
    last: timedelta | None
    asks: tuple[tuple[str, str], ...]
    previous: str


@lru_cache(maxsize=1024)
def _interval(label: Label, regimen_id: str, previous_id: str, phase_id: str) -> _Interval:
    regimen = label.by_id[regimen_id]
    previous, phase = delays.dose_of(label, regimen, previous_id), delays.dose_of(label, regimen, phase_id)
    last, missing = delays.span(label, regimen, previous)
    asks = (("latest_on", label.ask(missing)),) if missing else ()
    least = regimen.least(previous, phase)
    return _Interval(
        None if least is None else timedelta(days=least),
        None if last is None else timedelta(days=last),
        asks,
        schedule.words(previous),
    )


def _to_prescriber(because: str) -> str:
    return f"ask: {because}. The prescriber says which interval follows"


def _checked(weight_kg: Decimal | None, weeks: int) -> None:
    if weight_kg is not None:
        dosing.plausible_weight(weight_kg)
    if not 1 <= weeks <= 104:
        raise Refusal("impossible-weeks", f"A plan of {weeks} weeks cannot be made: type 1 to 104, like 8.")


def _written(value: Any) -> Any:
    if isinstance(value, Decimal):
        return parsing.plain(value)
    return value.isoformat() if isinstance(value, date) else value
