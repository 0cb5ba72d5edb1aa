"""Everything a new date for the next dose changes, by the label and the pathway alone, before anybody saves it.

A date before the label's minimum is refused. Every other date is answered with what it costs: the dose the label
then gives, the new dates after it, the hours in which the patient will be asked, and each objection that a person
has to answer with a reason. Nothing here knows of rotas or closed days.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from protocols import delays, precautions, watching
from protocols.decisions import Decision
from protocols.errors import Refusal
from protocols.model import Label
from protocols.pathway import Protocol
from protocols.planning import PlannedDose
from protocols.regimens import Given

Outcome = Literal["first", "proceeds", "repeats", "restarts", "asks"]
FIRST = "It is the first dose of the course: every later date counts from it."
OUTCOMES: dict[str, Outcome] = {
    "proceed_next": "proceeds",
    "continue_same": "proceeds",
    "repeat_dose": "repeats",
    "restart_from": "restarts",
}


@dataclass(frozen=True)
class Line:
    """One dose of the plan after the move, and the date it had before; None where the plan did not hold it."""

    dose: PlannedDose
    was_on: date | None

    @property
    def is_shifted(self) -> bool:
        """Whether the move gives this dose another date, or adds it to the plan."""
        return self.dose.on != self.was_on


@dataclass(frozen=True)
class Objection:
    """Something about a date that does not forbid it, and that nobody may pass over in silence."""

    code: str
    sentence: str


@dataclass(frozen=True)
class Moved:
    """What one date for the next dose changes. `days` counts from the last dose; None before the first."""

    on: date
    days: int | None
    outcome: Outcome
    step: str
    name: str
    because: str
    source: str
    premedicate: str
    review: bool
    near: tuple[str, ...]
    lines: tuple[Line, ...]
    checkins: tuple[watching.Due, ...]
    ends_at: datetime
    objections: tuple[Objection, ...]


@dataclass(frozen=True)
class Plans:
    """One plan three times: the next dose on its own day, the plan as it stands, and with that dose on the date."""

    own: PlannedDose
    before: Sequence[PlannedDose]
    after: Sequence[PlannedDose]


def move(
    protocol: Protocol,
    given: Sequence[Given],
    plans: Plans,
    *,
    on: date,
    at: datetime,
    regimen: str,
    phase: str | None = None,
    weight_kg: Decimal | None = None,
    hours: Decimal | None = None,
) -> Moved:
    """What changes if the next dose is given on the local date `on`, at the moment `at`.

    `hours` have then passed since the last dose. Raises Refusal coded `too-soon` below the label's minimum.
    """
    label = protocol.label
    answer = _answer(label, given, on=on, phase=phase, regimen=regimen, weight_kg=weight_kg, hours=hours)
    step = answer.step if answer and answer.step else plans.own.step
    outcome: Outcome = "first" if answer is None else OUTCOMES.get(_kind(answer), "asks")
    name = delays.dose_of(label, delays.regimen_of(label, regimen), step).name
    return Moved(
        on=on,
        days=(on - given[-1].on).days if given else None,
        outcome=outcome,
        step=step,
        name=name,
        because=answer.because if answer else FIRST,
        source=answer.source if answer else plans.own.source,
        premedicate=_premedicate(label, answer, step),
        review=bool(answer and answer.review),
        near=answer.near if answer else (),
        lines=tuple(_lines(plans.before, plans.after)),
        checkins=watching.check_times(protocol.pathway, step, at),
        ends_at=watching.ends_at(protocol.pathway, step, at),
        objections=tuple(_objections(answer, outcome, name, plans.own, on)),
    )


def _answer(label: Label, given: Sequence[Given], *, on: date, **asked: Any) -> Decision | None:
    """The decision table's answer for that date, or None before the first dose. *Wait* refuses the date."""
    if not given:
        return None
    answer = delays.resume_course(label, given, on=on, **asked)
    if answer.decision == "wait":
        raise Refusal("too-soon", f"{on:%a %d %b %Y} is too soon. {answer.because}")
    return answer


def _kind(answer: Decision) -> str:
    return (answer.action or "").partition(":")[0]


def _premedicate(label: Label, answer: Decision | None, step: str) -> str:
    """`yes` where the row or the label's own list wants it before this dose, else what the row says."""
    if precautions.required(label, step) and (answer is None or answer.step is not None):
        return "yes"
    return answer.premedicate if answer else "unspecified"


def _objections(
    answer: Decision | None, outcome: Outcome, name: str, own: PlannedDose, on: date
) -> Iterator[Objection]:
    """What the label has against this date: the most serious first, each at most once."""
    if answer is None:
        return
    if outcome == "asks":
        yield Objection("asks", f"The label does not answer for this date. {answer.because}")
    elif outcome == "restarts":
        yield Objection("restarts", f"The step-up starts again with {_low(name)}. {answer.because}")
    elif outcome == "repeats":
        yield Objection("repeats", f"{name} has to be repeated. {answer.because}")
    elif answer.review:
        yield Objection("review", f"Benefit and risk are to be reviewed and recorded. {answer.because}")
    elif own.usual_latest_on is not None and on > own.usual_latest_on:
        yield Objection(
            "late", f"Later than usual for {_low(name)}, which is by {own.usual_latest_on:%a %d %b %Y}."
        )


def _low(name: str) -> str:
    return name[0].lower() + name[1:]


def _lines(before: Sequence[PlannedDose], after: Sequence[PlannedDose]) -> list[Line]:
    """Each dose of the new plan beside the date the same dose of the old plan had: the second weekly, the second.

    A plan is written for some weeks only: repeated doses that merely come into sight at its end are left out.
    """
    dates: dict[str, list[date | None]] = defaultdict(list)
    for dose in before:
        dates[dose.step].append(dose.on)
    lines = [Line(dose, dates[dose.step].pop(0) if dates[dose.step] else None) for dose in after]
    while len(lines) > 1 and lines[-1].was_on is None and before and lines[-1].dose.step == before[-1].step:
        lines.pop()
    return lines
