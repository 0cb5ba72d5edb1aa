"""Which dose the label allows, so many days after the last one. Exactly one row answers, or it says what to ask.

Days are whole calendar days at the treating site: the date of the next dose less the date of the last one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from protocols import dosing
from protocols.errors import Refusal
from protocols.model import Answer, Dose, Given, Label, Phase, Premedicate, Regimen, RestartRow, Step

# Said of a dose when its interval is of no matter: accepted for any dose it can be true of.
STEP_UP, TREATMENT = "step_up", "treatment"


@dataclass(frozen=True)
class Decision:
    """What may be given now, and why. `step` and `amount` are None unless the answer is give."""

    decision: Answer
    action: str | None
    step: str | None
    amount: str | None
    premedicate: Premedicate
    review: bool
    because: str
    source: str
    following: str | None = None
    following_step: str | None = None
    following_days: int | None = None
    near: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON can carry them."""
        return asdict(self) | {"near": list(self.near)}


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
    [row] = [row for row in label.restart if row.serves(chosen.id, dose.id) and row.covers(days)]
    decision = _answer(label, chosen, dose, row, now_on=now_on, weight_kg=weight_kg)
    return _near(label, chosen, dose, days, _held_to_hours(chosen, dose, decision, hours))


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
    """What the label says on `on` for a course with these doses, earliest first: `resume`, and what a repeat prints.

    Where the row that gave the last dose prints how many days later the next one follows, fewer days answer wait.
    """
    last, days = given[-1], (on - given[-1].on).days
    decision = resume(
        label, last=last.step, days=days, phase=phase, regimen=regimen, weight_kg=weight_kg, hours=hours
    )
    least = printed_gap(label, given, regimen=regimen)
    if decision.action != "proceed_next" or least is None or days >= least:
        return decision
    because = (
        f"Not before day {least}: the row that gave the last dose prints the next one {least} days later."
    )
    return Decision("wait", None, None, None, "unspecified", False, because, decision.source)


def printed_gap(label: Label, given: Sequence[Given], *, regimen: str | None = None) -> int | None:
    """Days a restart row prints between the last dose given and the next; None when the schedule's window holds.

    A row speaks only of the dose it gave, and only when that dose was late: on its usual day it follows the schedule.
    """
    if len(given) < 2:
        return None
    before, last = given[-2:]
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
    ids = [each.id for each in label.regimens]
    if regimen is None and len(ids) > 1:
        raise Refusal("which-regimen", f"{label.id} has {len(ids)} regimens: choose {' or '.join(ids)}.")
    found = [each for each in label.regimens if regimen in {None, each.id}]
    if not found:
        raise Refusal("unknown-regimen", f"{label.id} has no regimen {regimen!r}. Known: {', '.join(ids)}.")
    return found[0]


def dose_of(label: Label, regimen: Regimen, step: str) -> Dose:
    """The dose of that id in this regimen. Refuses any other and says which there are."""
    dose = regimen.dose(step)
    if dose is None:
        known = ", ".join(each.id for each in regimen.doses)
        raise Refusal("unknown-step", f"{label.id} has no dose {step!r}. Known: {known}.")
    return dose


def span(label: Label, regimen: Regimen, dose: Dose) -> tuple[int | None, int | None]:
    """First and last day on which the label moves on or continues after this dose; None where it was not read."""
    rows = [
        row
        for row in label.restart
        if row.serves(regimen.id, dose.id) and row.then in {"proceed_next", "continue_same"}
    ]
    ends = [row.to_day for row in rows if row.to_day is not None]
    return (min(row.from_day for row in rows), max(ends)) if ends else (None, None)


def _rows(label: Label, regimen: Regimen, weight_kg: Decimal | None) -> Iterator[TableRow]:
    for dose in regimen.doses:
        rows = [row for row in label.restart if row.serves(regimen.id, dose.id)]
        for row in sorted(rows, key=lambda row: row.from_day):
            answer = _answer(label, regimen, dose, row, now_on=None, weight_kg=weight_kg)
            yield TableRow(dose.id, _phase_of(regimen, dose), regimen.id, row.from_day, row.to_day, answer)


def _phase_of(regimen: Regimen, dose: Dose) -> str:
    """The phase a last dose counts as: its own, or step-up; the first treatment dose counts as the first phase's."""
    if isinstance(dose, Phase):
        return dose.id
    return regimen.phases[0].id if dose is regimen.steps[-1] else STEP_UP


def _last(label: Label, regimen: Regimen, last: str, phase: str | None) -> tuple[Dose, Phase | None]:
    """The last dose and the phase the patient is on now, from the words given. Refuses what cannot be."""
    phases = [each.id for each in regimen.phases]
    if last == "treatment_dose":
        if phase not in phases:
            raise Refusal("which-phase", f"Which treatment dose: type its phase, {' or '.join(phases)}.")
        last = phase
    dose = dose_of(label, regimen, last)
    treatment = isinstance(dose, Phase) or dose is regimen.steps[-1]
    if phase is None or (phase == TREATMENT and treatment) or (phase == STEP_UP and isinstance(dose, Step)):
        return dose, None
    now_on = regimen.phase(phase)
    if now_on is None or not treatment:
        possible = phases if treatment else [STEP_UP]
        raise Refusal("unknown-phase", f"Phase {phase!r} cannot follow {last}: type {' or '.join(possible)}.")
    return dose, now_on


def _answer(
    label: Label,
    regimen: Regimen,
    dose: Dose,
    row: RestartRow,
    *,
    now_on: Phase | None,
    weight_kg: Decimal | None,
) -> Decision:
    """The row as a decision. A give names the dose, its sum and what follows it."""
    source = label.cite(row.sources)
    missing = row.missing or _unclear_change(regimen, dose, row, now_on)
    if missing:
        return Decision("ask", None, None, None, "unspecified", False, label.supply(missing), source)
    if row.then == "wait":
        because = f"Not before day {(row.to_day or 0) + 1}: {row.why}."
        return Decision("wait", None, None, None, "unspecified", False, because, source)
    given = _given(regimen, dose, row)
    if now_on is not None and isinstance(given, Phase):
        given = now_on
    return Decision(
        "give",
        row.then,
        given.id,
        _amount(label, given, weight_kg),
        row.premedicate,
        row.review,
        _because(label, row),
        source,
        *_following(regimen, row, given),
    )


def _unclear_change(regimen: Regimen, dose: Dose, row: RestartRow, now_on: Phase | None) -> str:
    """What is missing when a patient changed interval in a way the rows do not speak of; empty when they do."""
    upcoming = regimen.after(dose)
    if row.then not in {"wait", "continue_same"} or now_on is None or not isinstance(upcoming, Phase):
        return ""
    shorter = regimen.phases.index(now_on) < regimen.phases.index(upcoming)
    if shorter or now_on.amount != upcoming.amount:
        return f"no row read says which dose follows a change from {upcoming.id} to {now_on.id}"
    return ""


def _given(regimen: Regimen, dose: Dose, row: RestartRow) -> Dose:
    """The dose a row gives. The data are proved before they get here, so there is always one."""
    _, _, target = row.then.partition(":")
    found = regimen.dose(target) if target else regimen.after(dose)
    assert found is not None  # noqa: S101 - proving.label_problems
    return found


def _amount(label: Label, dose: Dose, weight_kg: Decimal | None) -> str:
    """The sum where it can be made, else the rule as printed."""
    calculated = dosing.amount(label, dose, weight_kg)
    return calculated.sum if calculated.calculated_mg is not None else dosing.rule(dose)


def _because(label: Label, row: RestartRow) -> str:
    """The bound as printed, our reason beside it, and how near to the label the reading came."""
    said = f"Label: {row.printed}."
    if row.why:
        said += f" {row.why[0].upper()}{row.why[1:]}."
    if row.review:
        said += " Review benefit and risk and record it."
    if label.secondary(row.sources):
        said += " Read in a retelling of the label, not in the label itself: confirm it."
    return said


def _following(regimen: Regimen, row: RestartRow, given: Dose) -> tuple[str | None, str | None, int | None]:
    """What comes after the given dose: a printed interval, or the rest of the step-up in its own windows."""
    later = regimen.dose(row.following) if row.following else None
    if later is not None and row.following_days is not None:
        days = "1 day" if row.following_days == 1 else f"{row.following_days} days"
        return f"{dosing.rule(later)} {days} later, if tolerated", later.id, row.following_days
    if isinstance(given, Step) and given is not regimen.steps[-1]:
        rest = "then the rest of the step-up, each dose with its own window, premedication and observation"
        return rest, None, None
    return None, None, None


def _held_to_hours(regimen: Regimen, dose: Dose, decision: Decision, hours: Decimal | None) -> Decision:
    """Turn a give into wait while the hours behind a whole-day minimum have not passed."""
    upcoming = regimen.after(dose)
    window = upcoming.window if isinstance(upcoming, Step) else None
    least = window.min_hours if window else None
    if decision.action != "proceed_next" or hours is None or least is None or hours >= least:
        return decision
    because = f"Only {hours} hours have passed: {least} are needed besides the calendar days."
    return Decision("wait", None, None, None, "unspecified", False, because, decision.source)


def _near(label: Label, regimen: Regimen, dose: Dose, days: int, decision: Decision) -> Decision:
    """Near a bound a day more or less changes the answer, and labels do not say what a day is: show both sides."""
    rows = [row for row in label.restart if row.serves(regimen.id, dose.id)]
    sides = []
    for day in (days - 1, days + 1):
        beside = [row for row in rows if row.covers(day) and not row.covers(days)]
        sides += [f"on day {day}: {row.then}" for row in beside]
    return replace(decision, near=tuple(sides))


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
