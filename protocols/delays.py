"""Which dose the label allows, so many days after the last one. Exactly one row answers, or it says what to ask.

Days are whole calendar days at the treating site: the date of the next dose less the date of the last one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from protocols import decisions, dosing, schedule
from protocols.decisions import Decision
from protocols.errors import Refusal
from protocols.model import Label, RestartRow
from protocols.regimens import Dose, Given, Phase, Regimen, Step

# Said of a dose when its interval is of no matter: accepted for any dose it can be true of.
STEP_UP, TREATMENT = "step_up", "treatment"


@dataclass(frozen=True)
class TableRow:
    """One row of the decision table: from `from_day` to `to_day`, both included, None meaning no end."""

    last: str
    phase: str
    regimen: str
    from_day: int
    to_day: int | None
    answer: Decision

    def as_dict(self) -> dict[str, Any]:
        """Bounds and answer side by side, as JSON can carry them."""
        bounds = asdict(self)
        del bounds["answer"]
        return bounds | self.answer.as_dict()


def resume(
    label: Label,
    *,
    last: str,
    days: int,
    phase: str | None = None,
    regimen: str | None = None,
    weight_kg: Decimal | None = None,
    hours: Decimal | None = None,
) -> Decision:
    """What the label says `days` calendar days after a dose of `last` (a step or a phase of the label).

    `phase` is the interval the patient is on now; the last dose given still decides the row, because a longer
    interval counts only once a dose was given on it. `hours`, when known, are the hours since the last dose: two
    calendar days can be 25 hours, and a two-day minimum is also held to 48. Without a `regimen` a label with
    several answers only where they agree. Raises Refusal for a dose, phase, regimen or day that cannot be.
    """
    if days < 0:
        raise Refusal("impossible-days", f"{days} days cannot have passed: type 0 or more, like 8.")
    if weight_kg is not None:
        dosing.plausible_weight(weight_kg)
    if regimen is None and len(label.regimens) > 1:
        return _agreed(label, last=last, days=days, phase=phase, weight_kg=weight_kg, hours=hours)
    chosen = regimen_of(label, regimen)
    dose, now_on = _last(label, chosen, last, phase)
    rows = label.rows[chosen.id, dose.id]
    place = next(place for place, row in enumerate(rows) if row.covers(days))
    decision = decisions.of_row(label, (chosen.id, dose.id, place), now_on and now_on.id, weight_kg)
    return _near(rows, place, days, _held_to_hours(chosen, dose, decision, hours))


def resume_course(
    label: Label,
    given: Sequence[Given],
    *,
    on: date,
    phase: str | None = None,
    regimen: str | None = None,
    weight_kg: Decimal | None = None,
    hours: Decimal | None = None,
) -> Decision:
    """What the label says on `on` for a course with these doses, in any order: `resume`, and what its history adds.

    Where the row that gave the last dose prints how many days later the next one follows, fewer days answer wait.
    Where the schedule prints how many doses or weeks a phase has, what comes after it follows, or a person decides.
    """
    chosen = regimen_of(label, regimen)
    history = schedule.in_order(chosen, given)
    last, days = history[-1], (on - history[-1].on).days
    decision = resume(
        label, last=last.step, days=days, phase=phase, regimen=chosen.id, weight_kg=weight_kg, hours=hours
    )
    if decision.action not in {"proceed_next", "continue_same"}:
        return decision
    least = printed_gap(label, history, regimen=chosen.id)
    if decision.action == "proceed_next" and least is not None and days < least:
        return decisions.wait(
            f"Not before day {least}: the row that gave the last dose prints the next one {least} days later.",
            decision.source,
        )
    return _in_course(
        decision, label=label, regimen=chosen, history=history, on=on, phase=phase, weight_kg=weight_kg
    )


def _in_course(
    decision: Decision,
    *,
    label: Label,
    regimen: Regimen,
    history: Sequence[Given],
    on: date,
    phase: str | None,
    weight_kg: Decimal | None,
) -> Decision:
    """A dose that goes on in the schedule, held against the doses and weeks the schedule prints."""
    dose, now_on = _last(label, regimen, history[-1].step, phase)
    stands = schedule.standing(regimen, history)
    if now_on is not None:
        missing = schedule.unmet(regimen, now_on, stands, on)
        return decisions.ask(missing, decision.source) if missing else decision
    upcoming, undecided = schedule.following(regimen, dose, stands)
    if upcoming is None:
        return decisions.ask(
            undecided or f"the schedule has no dose after {schedule.words(dose)}", decision.source
        )
    if isinstance(upcoming, Phase) and schedule.passed(upcoming, stands, on):
        return decisions.ask(schedule.decision_due(regimen, upcoming), decision.source)
    proposal = schedule.proposed(regimen, upcoming, stands, on) if isinstance(upcoming, Phase) else ""
    because = f"{decision.because} {proposal[0].upper()}{proposal[1:]}." if proposal else decision.because
    return replace(
        decision,
        step=upcoming.id,
        amount=decisions.amount(label, upcoming, weight_kg),
        because=because,
        unless="",
    )


def printed_gap(label: Label, given: Sequence[Given], *, regimen: str | None = None) -> int | None:
    """Days a restart row prints between the last dose given and the next; None when the schedule's window holds.

    A row speaks only of the dose it gave, and only when that dose was late: on its usual day it follows the schedule.
    """
    if len(given) < 2:
        return None
    before, last = schedule.in_order(regimen_of(label, regimen), given)[-2:]
    days = (last.on - before.on).days
    answer = resume(label, last=before.step, days=days, regimen=regimen)
    if answer.step != last.step or (
        answer.action == "proceed_next" and not _late(label, last, days, regimen)
    ):
        return None
    return answer.following_days


def _late(label: Label, last: Given, days: int, regimen: str | None) -> bool:
    """True if this dose came after the usual days of its window."""
    dose = dose_of(label, regimen_of(label, regimen), last.step)
    window = dose.window if isinstance(dose, Step) else None
    return window is None or window.usual_max_days is None or days > window.usual_max_days


def table(
    label: Label, *, regimen: str | None = None, weight_kg: Decimal | None = None
) -> tuple[TableRow, ...]:
    """Every row of the label's decision table, in the order of doses and days. No two overlap, none is missing."""
    chosen = label.regimens if regimen is None else (regimen_of(label, regimen),)
    return tuple(row for each in chosen for row in _rows(label, each, weight_kg))


def regimen_of(label: Label, regimen: str | None) -> Regimen:
    """The regimen of that id, or the only one there is. Refuses to choose among several."""
    if regimen is None and len(label.regimens) == 1:
        return label.regimens[0]
    if regimen is None:
        several = " or ".join(label.by_id)
        raise Refusal("which-regimen", f"{label.id} has {len(label.regimens)} regimens: choose {several}.")
    if regimen not in label.by_id:
        known = ", ".join(label.by_id)
        raise Refusal("unknown-regimen", f"{label.id} has no regimen {regimen!r}. Known: {known}.")
    return label.by_id[regimen]


def dose_of(label: Label, regimen: Regimen, step: str) -> Dose:
    """The dose of that id in this regimen. Refuses any other and says which there are."""
    dose = regimen.dose(step)
    if dose is None:
        known = ", ".join(each.id for each in regimen.doses)
        raise Refusal("unknown-step", f"{label.id} has no dose {step!r}. Known: {known}.")
    return dose


def span(label: Label, regimen: Regimen, dose: Dose) -> tuple[int | None, str]:
    """The last day on which the label simply goes on after this dose; None, and what is missing, if it was not read."""
    rows = label.rows[regimen.id, dose.id]
    going_on = [place for place, row in enumerate(rows) if row.then in {"proceed_next", "continue_same"}]
    if not going_on:
        return None, next((row.missing for row in rows if row.missing), label.table("restart").missing)
    beyond = rows[going_on[-1] + 1] if going_on[-1] + 1 < len(rows) else None
    missing = beyond.missing if beyond is not None and beyond.then == "ask" else ""
    return (None, missing) if missing else (rows[going_on[-1]].to_day, "")


def _rows(label: Label, regimen: Regimen, weight_kg: Decimal | None) -> Iterator[TableRow]:
    for dose in regimen.doses:
        for place, row in enumerate(label.rows[regimen.id, dose.id]):
            answer = decisions.of_row(label, (regimen.id, dose.id, place), None, weight_kg)
            yield TableRow(dose.id, _phase_of(regimen, dose), regimen.id, row.from_day, row.to_day, answer)


def _phase_of(regimen: Regimen, dose: Dose) -> str:
    """The phase a last dose counts as: its own, or step-up; the first treatment dose counts as the first phase's."""
    if isinstance(dose, Phase):
        return dose.id
    return regimen.phases[0].id if dose is regimen.steps[-1] else STEP_UP


def _last(label: Label, regimen: Regimen, last: str, phase: str | None) -> tuple[Dose, Phase | None]:
    """The last dose, and the phase the patient is on now where that is another one. Refuses what cannot be."""
    if last == "treatment_dose":
        if phase is None or regimen.phase(phase) is None:
            known = " or ".join(each.id for each in regimen.phases)
            raise Refusal("which-phase", f"Which treatment dose: type its phase, {known}.")
        last = phase
    dose = dose_of(label, regimen, last)
    treatment = isinstance(dose, Phase) or dose is regimen.steps[-1]
    if phase is None or (phase == TREATMENT and treatment) or (phase == STEP_UP and isinstance(dose, Step)):
        return dose, None
    now_on = regimen.phase(phase)
    if now_on is None or not treatment:
        possible = [each.id for each in regimen.phases] if treatment else [STEP_UP]
        raise Refusal("unknown-phase", f"Phase {phase!r} cannot follow {last}: type {' or '.join(possible)}.")
    return dose, None if now_on is dose else now_on


def _held_to_hours(regimen: Regimen, dose: Dose, decision: Decision, hours: Decimal | None) -> Decision:
    """Turn a give into wait while the hours behind a whole-day minimum have not passed."""
    if hours is None or decision.action != "proceed_next":
        return decision
    least = least_hours(regimen, dose)
    if least is None or hours >= least:
        return decision
    return decisions.wait(
        f"Only {hours} hours have passed: {least} are needed besides the calendar days.", decision.source
    )


def least_hours(regimen: Regimen, dose: Dose) -> int | None:
    """The hours that must pass before the step after this dose, besides its calendar days; None where none are kept."""
    upcoming = regimen.after(dose)
    window = upcoming.window if isinstance(upcoming, Step) else None
    return window.min_hours if window else None


def _near(rows: Sequence[RestartRow], place: int, days: int, decision: Decision) -> Decision:
    """Near a bound a day more or less changes the answer, and labels do not say what a day is: show both sides."""
    row = rows[place]
    sides = []
    if days == row.from_day and place:
        sides.append(f"on day {days - 1}: {rows[place - 1].then}")
    if days == row.to_day:
        sides.append(f"on day {days + 1}: {rows[place + 1].then}")
    return replace(decision, near=tuple(sides)) if sides else decision


def _agreed(label: Label, **asked: Any) -> Decision:
    """The one answer of all regimens that have this dose; a refusal to guess where they differ."""
    answers = []
    refusals = []
    for regimen in label.regimens:
        try:
            answers.append(resume(label, regimen=regimen.id, **asked))
        except Refusal as refusal:
            refusals.append(refusal)
    if not answers:
        raise refusals[0]
    if len({(each.decision, each.action, each.step, each.amount, each.review) for each in answers}) > 1:
        ids = [regimen.id for regimen in label.regimens]
        raise Refusal("which-regimen", f"The regimens of {label.id} differ here: choose {' or '.join(ids)}.")
    return answers[0]
