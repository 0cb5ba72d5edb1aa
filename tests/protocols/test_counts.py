"""Low blood counts by value: a signed table of made-up rows, and what every label answers while none was read."""

import json
from decimal import Decimal

import pytest

from protocols import completing, counts, drafting, library
from protocols.completing import Entry
from protocols.errors import Refusal
from protocols.model import Label
from tests import tables

BASE = library.protocol("elranatamab-us-2025-07", "outpatient-us")
NEUTROPHILS = {"count": "neutrophils", "below": "0.7", "until": "0.9", "text": "made up one"}
ROWS = [
    NEUTROPHILS,
    {"count": "platelets", "below": "20", "until": "30", "and_without": "bleeding", "text": "made up two"},
    {"count": "platelets", "at_least": "20", "below": "60", "until": "70", "only_with": "bleeding", "text": "made up"},
]  # fmt: skip
UNREAD = {"count": "haemoglobin", "below": "7", "text": "made up", "missing": "the value was not read"}
TABLE = tables.rows("low-counts.md")


def completed(*rows: dict[str, str]) -> drafting.Drafted:
    entries = [Entry("count", row, "PI", "7/2025", "2.4", "5", "A, then B") for row in rows]
    label = completing.completed(json.loads(BASE.label.text), entries, own_id="site1-x-v1")
    return drafting.judged(label, json.loads(BASE.pathway.text))


@pytest.fixture(scope="module")
def read() -> Label:
    judged = completed(*ROWS, UNREAD)
    assert judged.problems == ()
    return judged.protocol.label


@pytest.mark.parametrize("row", [row for row in TABLE if "value" in row], ids=tables.title)
def test_a_recorded_low_count_goes_by_its_value_and_by_what_it_came_back_to(read, row) -> None:
    ruled = counts.next_after(
        read if row["read"] == "yes" else BASE.label,
        count=row["count"],
        value=Decimal(row["value"]),
        over=row["over"] == "yes",
        back_to=Decimal(row["back to"]) if row["back to"] else None,
    )
    assert ruled.decision == row["then"], row["why"]


@pytest.mark.parametrize("row", [row for row in TABLE if "values" in row], ids=tables.title)
def test_numbers_of_a_report_hold_until_the_row_is_reached(read, row) -> None:
    label, values = read if row["read"] == "yes" else BASE.label, [*map(Decimal, row["values"].split())]
    ruled = counts.now_at(label, count=row["count"], values=values)
    assert (ruled.decision if ruled else "nothing") == row["then"], row["why"]


def test_the_row_its_source_and_what_it_wants_stand_in_the_answer(read) -> None:
    ruled = counts.next_after(read, count="platelets", value=Decimal(10), over=False, back_to=None)
    assert ruled.because == (
        "Label: made up two. Given again at 30 × 10⁹/L or more, without bleeding. "
        "Platelets 10 × 10⁹/L is not recorded as over: no dose until it is."
    )
    assert ruled.source.startswith("this site's own entry: PI, 2.4, page 5, 7/2025")


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
@pytest.mark.parametrize("count", counts.UNITS)
def test_no_label_as_shipped_lets_a_low_count_pass_or_carries_a_row_nobody_read(label, count: str) -> None:
    assert label.counts == ()
    for value in ("0", "0.4", "6.9", "24", "49", "150"):
        low = {"count": count, "value": Decimal(value), "back_to": None}
        assert counts.next_after(label, **low, over=False).decision == "hold"
        asked = counts.next_after(label, **low, over=True)
        assert (asked.decision, label.ask_whom in asked.because) == ("ask", True)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (NEUTROPHILS | {"count": "monocytes"}, "nobody knows the count 'monocytes'"),
        (NEUTROPHILS | {"at_least": "0.7"}, "the bounds run backwards"),
        (NEUTROPHILS | {"until": "0.69"}, "given again below the value that withholds it"),
        (NEUTROPHILS | {"only_with": "a cold"}, "what comes with a count is one of bleeding, fever"),
        ({**NEUTROPHILS, "missing": "not read"}, "needs the value from which a dose is given again"),
        (NEUTROPHILS | {"text": ""}, "needs the row in words"),
    ],
)
def test_a_row_that_is_not_whole_is_refused(row, says) -> None:
    assert any(says in problem for _, problem in completed(row).problems)


def test_a_value_meets_one_row_alone() -> None:
    assert completed(NEUTROPHILS, NEUTROPHILS | {"at_least": "0.69", "below": "0.8"}).problems


def test_a_count_nobody_knows_is_refused() -> None:
    with pytest.raises(Refusal, match="No count is called 'monocytes'"):
        counts.next_after(BASE.label, count="monocytes", value=Decimal(1), over=True, back_to=None)
