"""What may come of everything in every standing of a case (any_order.md), and what a run has met of it."""

from collections import Counter
from pathlib import Path

from tests import tables

REFUSED, NO_CASE = "refused", "no case"
_ROWS = tables.rows("any_order.md", Path(__file__).parent)
ALLOWED = {
    (row["case"], what): answers.split(", ")
    for row in _ROWS
    for what, answers in row.items()
    if what != "case"
}
EVENTS, ACTS = ([what for what in row if what != "case"] for row in (_ROWS[0], _ROWS[-1]))
STATES = [row["case"] for row in _ROWS if "time" in row]
met: dict[tuple[str, str], Counter[str]] = {pair: Counter() for pair in ALLOWED}


def to_a_responder(state: str) -> list[str]:
    """Every standing to somebody who could act that a case in this state may have."""
    return [stands for stands, act in ALLOWED if act == ACTS[0] and stands.partition(",")[0] == state]


def note(what: str, stood: str, came: str) -> None:
    """Count what came of something, which must be one of the answers in the table."""
    met[stood, what][came] += 1
    assert came in ALLOWED[stood, what], f"{what}, {stood}: {came}, not {' or '.join(ALLOWED[stood, what])}"


def never_met() -> list[str]:
    """Every pair of the table whose first answer did not come about."""
    return [
        f"{what}, {stood}: {ALLOWED[stood, what][0]}"
        for (stood, what), came in met.items()
        if not came[ALLOWED[stood, what][0]]
    ]


def coverage() -> str:
    """What came of each thing in each standing, how often, or that it was never met."""
    lines = [
        f"{stood:<24}{what:<11}"
        + (", ".join(f"{n} x {came}" for came, n in went.most_common()) or "NEVER MET")
        for (stood, what), went in met.items()
    ]
    return "\n".join(lines)
