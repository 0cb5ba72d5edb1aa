"""A row that a site had read, left out of a later version: what stood in its place stands there again."""

import json
from typing import Any

import pytest

from protocols import comparing, completing, delays, drafting, library, withdrawing
from protocols.completing import Entry
from protocols.pathway import Protocol

BASES = {
    name: library.protocol(name, "outpatient-us")
    for name in ("elranatamab-us-2025-07", "linvoseltamab-us-2025-07")
}
ELRANATAMAB, LINVOSELTAMAB = BASES
RESTART = {
    "after": ["step_up_dose_1", "step_up_dose_2"], "days": "8-28", "then": "repeat_dose:step_up_dose_1",
    "printed": "made up", "premedicate": "yes",
}  # fmt: skip
AGENT = {"drug_class": "a class", "example": "a medicine", "dose": "1 mg", "route": "oral"}
FLAT = {
    "doses": ["step_up_dose_1"], "strength": "40", "vial_millilitres": "1.1", "mg": "12", "millilitres": "0.3",
    "vials": 1,
}  # fmt: skip
ROWS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "restart": (ELRANATAMAB, "restart", RESTART),
    "dispensing": (ELRANATAMAB, "dispensing", FLAT),
    "reaction": (ELRANATAMAB, "reaction", {"kind": "crs", "grades": [1, 2], "text": "made up", "then": "give"}),
    "count": (ELRANATAMAB, "count", {"count": "platelets", "below": "20", "until": "30", "text": "made up"}),
    "window": (LINVOSELTAMAB, "window", {"regimen": "monotherapy", "dose": "step_up_dose_2", "max_days": 9}),
    "premedication": (
        LINVOSELTAMAB, "premedication", {"before": ["step_up_dose_1"], "timing": "before", "agents": [AGENT]},
    ),
}  # fmt: skip


def completed(
    base: Protocol, *rows: tuple[str, dict[str, Any]], of: dict[str, Any] | None = None
) -> dict[str, Any]:
    entries = [Entry(kind, row, "PI", "7/2025", "2.4", "5", "A, then B") for kind, row in rows]
    return completing.completed(of or json.loads(base.label.text), entries, own_id="site1-x-v1")


def without(base: Protocol, label: dict[str, Any], *gone: str) -> Protocol:
    left = withdrawing.withdrawn(label, json.loads(base.label.text), gone, own_id="site1-x-v2")
    judged = drafting.judged(left, json.loads(base.pathway.text))
    assert judged.problems == ()
    assert judged.protocol is not None
    return judged.protocol


@pytest.mark.parametrize("kind", ROWS)
def test_without_its_only_row_a_label_is_the_library_s_again(kind: str) -> None:
    name = ROWS[kind][0]
    label = completed(BASES[name], ROWS[kind][1:])
    [own] = withdrawing.own_rows(label)
    assert own.source == "SITE-1"
    assert own.printed_in == "PI, 2.4, page 5, 7/2025"
    assert own.says.startswith(completing.KINDS["amount" if kind == "window" else kind])
    assert comparing.differences(BASES[name], without(BASES[name], label, "SITE-1")) == ()


@pytest.mark.parametrize("kind", sorted(ROWS.keys() - {"restart"}))
def test_beside_another_row_that_stays_its_part_is_as_it_was(kind: str) -> None:
    base = BASES[ROWS[kind][0]]
    stays = ("reaction", {"kind": "icans", "grades": [3], "text": "made up too", "then": "stop"})
    left = without(base, completed(base, stays, ROWS[kind][1:]), "SITE-2")
    assert left.label.id == "site1-x-v2"
    assert comparing.differences(without(base, completed(base, stays), "SITE-2"), left) == ()
    assert [row.source for row in withdrawing.own_rows(json.loads(left.label.text))] == ["SITE-1"]


def test_only_the_days_that_the_row_answered_ask_again() -> None:
    base = BASES[ELRANATAMAB]
    later = ("restart", {**RESTART, "days": "29-40", "then": "restart_from:step_up_dose_1", "review": True})
    label = without(base, completed(base, ("restart", RESTART), later), "SITE-1").label
    answers = {
        days: delays.resume(label, last="step_up_dose_2", days=days).decision
        for days in (7, 8, 28, 29, 40, 41)
    }
    assert answers == {7: "ask", 8: "ask", 28: "ask", 29: "give", 40: "give", 41: "ask"}


def test_what_a_later_version_had_entered_over_a_row_goes_on_answering() -> None:
    base = BASES[ELRANATAMAB]
    again = ("restart", {**RESTART, "days": "8-20"})
    label = without(base, completed(base, again, of=completed(base, ("restart", RESTART))), "SITE-1").label
    answers = {
        days: delays.resume(label, last="step_up_dose_1", days=days).decision for days in (8, 20, 21, 28)
    }
    assert answers == {8: "give", 20: "give", 21: "ask", 28: "ask"}
