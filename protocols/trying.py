"""What if: a protocol tried on a made-up patient, without writing anything.

What follows is what the label's table and the pathway's hours say, and nothing else.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from protocols import delays, planning, watching
from protocols.decisions import Decision
from protocols.errors import Refusal
from protocols.model import Label
from protocols.pathway import Protocol
from protocols.planning import PlannedDose
from protocols.regimens import Given
from protocols.watching import Due

LATEST_DAYS = 400


@dataclass(frozen=True)
class Sample:
    """A made-up patient: weight, start, the doses so far, how many days late the next one is, and at what time."""

    start_on: date
    weight_kg: Decimal
    regimen: str = ""
    given: tuple[Given, ...] = ()
    days_late: int = 0
    at: time = time(10)


@dataclass(frozen=True)
class Tried:
    """What a protocol makes of a sample patient. `decision` is None before the first dose: it is simply planned.

    `texts` are the questions on each local day: one text for each.
    """

    plan: tuple[PlannedDose, ...]
    on: date | None
    decision: Decision | None
    step: str
    due: tuple[Due, ...]
    texts: tuple[tuple[date, int], ...]


def on_sample(protocol: Protocol, sample: Sample, *, zone: str) -> Tried:
    """The plan, the answer for the next dose on its late day, and what is asked after it. Refuses what cannot be."""
    if not 0 <= sample.days_late <= LATEST_DAYS:
        raise Refusal("impossible-days", f"Type how many days late, from 0 to {LATEST_DAYS}.")
    label, late = protocol.label, timedelta(days=sample.days_late)
    regimen = _regimen(label, sample)
    if not sample.given:
        start_on = sample.start_on + late
        plan = planning.plan(label, start_on, regimen=regimen, weight_kg=sample.weight_kg)
        return _tried(protocol, plan, plan[0].on, decision=None, step=plan[0].step, at=sample.at, zone=zone)
    plan = planning.plan_after(label, sample.given, regimen=regimen, weight_kg=sample.weight_kg)
    planned_on = next((dose.on for dose in plan[:1]), None)
    last_on = max(dose.on for dose in sample.given)
    on = (planned_on or last_on + timedelta(days=1)) + late
    decision = delays.resume_course(label, sample.given, on=on, regimen=regimen, weight_kg=sample.weight_kg)
    if decision.decision != "wait":
        plan = planning.plan_after(label, sample.given, on=on, regimen=regimen, weight_kg=sample.weight_kg)
    return _tried(protocol, plan, on, decision=decision, step=decision.step or "", at=sample.at, zone=zone)


def _regimen(label: Label, sample: Sample) -> str:
    """The regimen of the sample; the label's first where it has no such one, so that two labels can be compared."""
    return sample.regimen if sample.regimen in label.by_id else label.regimens[0].id


def _tried(
    protocol: Protocol,
    plan: tuple[PlannedDose, ...],
    on: date | None,
    *,
    decision: Decision | None,
    step: str,
    at: time,
    zone: str,
) -> Tried:
    """Nothing is asked after a dose that may not be given."""
    if on is None or not step:
        return Tried(plan, on, decision, step, (), ())
    there = ZoneInfo(zone)
    due = watching.check_times(protocol.pathway, step, datetime.combine(on, at, there))
    texts: Counter[date] = Counter()
    for each in due:
        texts[each.due_at.astimezone(there).date()] += len(each.ask)
    return Tried(plan, on, decision, step, due, tuple(sorted(texts.items())))
