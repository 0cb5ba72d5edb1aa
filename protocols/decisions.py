"""One row of a label's decision table as a decision: what, how much, why, and what comes with it."""

from dataclasses import asdict, dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from protocols import dosing, schedule
from protocols.model import Answer, Label, Premedicate, RestartRow
from protocols.regimens import Dose, Phase, Regimen, Step


@dataclass(frozen=True)
class Decision:
    """What may be given now, and why. `step` and `amount` are None unless the answer is give.

    `unless` names the printed number of doses after which another one follows: only a course's history can count them.
    """

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
    unless: str = ""
    near: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The fields as JSON can carry them."""
        return asdict(self) | {"near": list(self.near)}


def wait(because: str, source: str) -> Decision:
    """Not yet, and why."""
    return Decision("wait", None, None, None, "unspecified", False, because, source)


def ask(because: str, source: str) -> Decision:
    """A person says what follows, and this is what the rules cannot say."""
    said = f"{because[0].upper()}{because[1:]}. The prescriber says what follows."
    return Decision("ask", None, None, None, "unspecified", False, said, source)


@lru_cache(maxsize=4096)
def of_row(
    label: Label, at: tuple[str, str, int], phase: str | None = None, weight_kg: Decimal | None = None
) -> Decision:
    """The decision of the row `at` a regimen, a last dose and a place in the rows after it; worked out once for each.

    `phase` is the interval the patient is on now. The data are proved before they get here.
    """
    regimen = label.by_id[at[0]]
    dose, row = regimen.doses[regimen.places[at[1]]], label.rows[at[:2]][at[2]]
    now_on = regimen.phase(phase) if phase else None
    source = label.cite(row.sources)
    missing = row.missing or _unclear_change(regimen, dose, row, now_on)
    if missing:
        return Decision("ask", None, None, None, "unspecified", False, label.supply(missing), source)
    if row.then == "wait":
        return wait(f"Not before day {(row.to_day or 0) + 1}: {row.why}.", source)
    given = _given(regimen, dose, row)
    if now_on is not None and isinstance(given, Phase):
        given = now_on
    following, following_step, following_days = _following(regimen, row, given)
    return Decision(
        decision="give",
        action=row.then,
        step=given.id,
        amount=amount(label, given, weight_kg),
        premedicate=row.premedicate,
        review=row.review,
        because=_because(label, row),
        source=source,
        following=following,
        following_step=following_step,
        following_days=following_days,
        unless=_unless(regimen, dose) if given is dose else "",
    )


def _unclear_change(regimen: Regimen, dose: Dose, row: RestartRow, now_on: Phase | None) -> str:
    """What is missing when a patient changes interval in a way the rows do not speak of; empty when they do."""
    upcoming = regimen.after(dose)
    if row.then not in {"wait", "continue_same", "proceed_next"} or not isinstance(upcoming, Phase):
        return ""
    if now_on is None:
        later = regimen.after(dose, dose.doses) if isinstance(dose, Phase) else None
        if later is not None and upcoming is dose and later.amount != dose.amount:
            return f"how many of the {dose.doses} doses of {schedule.words(dose)} were given"
        return f"a clinician confirms {upcoming.entry}" if upcoming is not dose and upcoming.entry else ""
    if now_on is not dose and now_on.missing:
        return now_on.missing
    shorter = regimen.places[now_on.id] < regimen.places[upcoming.id]
    if shorter or (now_on is not upcoming and now_on.amount != upcoming.amount):
        return f"no row read says which dose follows a change from {upcoming.id} to {now_on.id}"
    return ""


def _unless(regimen: Regimen, dose: Dose) -> str:
    """The printed number of doses of a phase and what follows it, for whoever cannot see the history."""
    if not isinstance(dose, Phase) or dose.doses is None:
        return ""
    later = regimen.after(dose, dose.doses)
    then = f"{schedule.words(later)} follows" if later is not None else "the schedule ends"
    if isinstance(later, Phase) and later.entry:
        then = f"{schedule.words(later)} needs {later.entry}"
    return f"unless {dose.doses} of these doses were given: then {then}"


def _given(regimen: Regimen, dose: Dose, row: RestartRow) -> Dose:
    """The dose a row gives. The data are proved before they get here, so there is always one."""
    _, _, target = row.then.partition(":")
    found = regimen.dose(target) if target else regimen.after(dose)
    assert found is not None  # noqa: S101 - proving.label_problems
    return found


def amount(label: Label, dose: Dose, weight_kg: Decimal | None) -> str:
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
