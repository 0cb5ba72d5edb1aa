"""How long the rules of dosing take: `python -m benchmarks.decisions`, on one core, without a database.

A screen asks for one plan and one decision at a time. These figures are here so that nobody is tempted to make
the rules less plain for speed. A two-year plan should stay under a millisecond, and one core should make 100,000
decisions a second.

When last run (2026-11, one of two cores, the other not idle) the slowest two-year plan took 0.86 ms, and one core made
380,000 decisions a second. While both cores were busy a plan took up to 1.5 ms.
"""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from time import perf_counter

from protocols import delays, library, planning
from protocols.model import Label
from protocols.regimens import Regimen

START = date(2026, 3, 2)
WEIGHT = Decimal(70)
TWO_YEARS = 104
DAYS = range(120)
PLAN_TARGET_US = 1_000
DECISION_TARGET = 100_000


def best(work: Callable[[], object], *, times: int = 15) -> float:
    """Seconds of the fastest of so many runs, after one that fills what is worked out once."""
    work()
    fastest = float("inf")
    for _ in range(times):
        began = perf_counter()
        work()
        fastest = min(fastest, perf_counter() - began)
    return fastest


def plan(label: Label, regimen: Regimen) -> tuple[planning.PlannedDose, ...]:
    """Two years of one regimen."""
    return planning.plan(label, START, regimen=regimen.id, weight_kg=WEIGHT, weeks=TWO_YEARS)


def decide(questions: list[tuple[Label, str, str]]) -> None:
    """Every day count after every dose of every regimen, as a person would ask it."""
    for label, regimen, last in questions:
        for days in DAYS:
            delays.resume(label, last=last, days=days, regimen=regimen, weight_kg=WEIGHT)


def nothing(*, last: str, days: int, regimen: str, weight_kg: Decimal) -> None:
    """An empty function of the same shape."""


def call_nothing(questions: list[tuple[Label, str, str]]) -> None:
    """The same loop around the empty function: what Python itself costs."""
    for _, regimen, last in questions:
        for days in DAYS:
            nothing(last=last, days=days, regimen=regimen, weight_kg=WEIGHT)


def look_up(
    questions: list[tuple[Label, str, str]], answers: Mapping[tuple[str, str, str, int], str]
) -> None:
    """The same loop around one dictionary that already knows every answer."""
    for label, regimen, last in questions:
        for days in DAYS:
            answers[label.id, regimen, last, days]


def main() -> None:
    """Print the plan of each regimen, then decisions a second beside what a loop costs anyway."""
    regimens = [(label, regimen) for label in library.known_labels() for regimen in label.regimens]
    print(f"{'two-year plan':<66}{'doses':>6}{'us':>8}{'us/dose':>9}")
    slowest = 0.0
    for label, regimen in regimens:
        doses, micro = len(plan(label, regimen)), best(lambda: plan(label, regimen)) * 1e6  # noqa: B023
        slowest = max(slowest, micro)
        print(f"{label.id + ', ' + regimen.id:<66}{doses:>6}{micro:>8.0f}{micro / doses:>9.1f}")
    print(f"slowest {slowest:.0f} us, target {PLAN_TARGET_US} us: {_verdict(slowest <= PLAN_TARGET_US)}\n")

    questions = [(label, regimen.id, dose.id) for label, regimen in regimens for dose in regimen.doses]
    known = {(label.id, regimen, last, days): "" for label, regimen, last in questions for days in DAYS}
    asked = len(questions) * len(DAYS)
    print(f"{'one core, ' + format(asked, ',') + ' questions':<66}{'a second':>14}{'us':>9}")
    rates = {}
    for name, work in (
        ("decisions", lambda: decide(questions)),
        ("an empty function", lambda: call_nothing(questions)),
        ("a look-up in a dictionary", lambda: look_up(questions, known)),
    ):
        seconds = best(work, times=5)
        rates[name] = asked / seconds
        print(f"{name:<66}{rates[name]:>14,.0f}{seconds / asked * 1e6:>9.2f}")
    reached = rates["decisions"] >= DECISION_TARGET
    print(f"target {DECISION_TARGET:,} decisions a second: {_verdict(reached)}")


def _verdict(reached: bool) -> str:
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    main()
