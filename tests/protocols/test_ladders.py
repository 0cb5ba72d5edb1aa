"""Ladders as data: what may be signed, and who is called where the on-call list is longer than the ladder."""

import json
from dataclasses import replace
from typing import Any

import pytest

from protocols import drafting, ladder, library
from protocols.ladder import Rung
from tests import tables

USUAL = {"emergency": 5, "urgent": 15, "clarify": 15}
BASE = json.loads(library.protocol("teclistamab-us-2025-03", "outpatient-us").as_text())
COLUMNS = {
    "text": "text_after_minutes", "call": "voice_after_minutes",
    "emergency": "emergency_minutes", "urgent": "urgent_minutes",
}  # fmt: skip


def rungs(words: str, **first: Any) -> tuple[Rung, ...]:
    called = [Rung(tuple(one.strip() for one in row.split(","))) for row in words.split(";")]
    return (replace(called[0], **first), *called[1:])


@pytest.mark.parametrize("row", tables.rows("ladders.md"), ids=tables.title)
def test_what_may_be_signed_as_a_ladder(row: dict[str, str]) -> None:
    first: dict[str, Any] = {field: int(row[column]) for column, field in COLUMNS.items() if row[column]}
    first |= {"from_urgency": row["from"]} if row["from"] else {}
    found = [problem for _, problem in ladder.problems(rungs(row["rungs"], **first), USUAL)]
    assert len(found) == bool(row["problem"]), found
    assert not found or row["problem"] in found[0]


@pytest.mark.parametrize("pathway", library.pathways(), ids=lambda one: one.id)
def test_every_pathway_names_its_ladder_and_says_that_it_is_a_proposal(pathway) -> None:
    assert [(rung.calls, rung.routes) for rung in pathway.ladder] == [
        (("on call 1",), "by text and voice"),
        (("on call 2",), "by text and voice"),
    ]
    assert any(said.startswith("ladder:") for said in pathway.proposals)


def test_whoever_a_site_puts_on_call_is_called_though_no_rung_names_them() -> None:
    own = replace(rungs("prescriber")[0], voice_after_minutes=2, urgent_minutes=30)
    climbed = ladder.whole((*rungs("on call 2"), own), places=3)
    assert [rung.calls[0] for rung in climbed] == ["on call 2", "prescriber", "on call 1", "on call 3"]
    assert {(rung.voice_after_minutes, rung.urgent_minutes) for rung in climbed[1:]} == {(2, 30)}
    assert [rung.calls for rung in ladder.whole((), places=2)] == [("on call 1",), ("on call 2",)]


@pytest.mark.parametrize(
    ("staffed", "goes_to"),
    [
        ([1, 2, 3], [(1, 1, ()), (1, 3, ()), (2, 1, ())]),
        ([1, 2], [(1, 1, ()), (2, 1, (3,))]),
        ([2], [(1, 2, (1,)), (2, 2, (3, 1))]),
        ([], [(2, 0, (1, 2, 3))]),
    ],
    ids=["it is climbed past", "and not said to be empty", "but not where nobody else is", "nobody anywhere"],
)
def test_a_rung_that_is_not_called_at_this_urgency(staffed, goes_to) -> None:
    round_, rung, went = 1, 0, []
    for _ in goes_to:
        step = ladder.next_step(round_, rung, staffed, top=3, not_called=[2])
        round_, rung = step.round, step.rung
        went.append((round_, rung, step.skipped))
    assert went == goes_to


def test_an_emergency_calls_every_rung_and_what_is_urgent_only_its_own() -> None:
    own = replace(rungs("prescriber")[0], from_urgency="emergency")
    called = {one: [rung.is_called(one) for rung in (Rung(("nurse",)), own)] for one in ladder.PAGES}
    assert called == {"emergency": [True, True], "urgent": [True, False]}
    assert [rung.from_urgency for rung in ladder.whole((own,), places=1)] == ["emergency", "urgent"]


def judged(rows: list[dict[str, object]]) -> drafting.Drafted:
    change = drafting.Change("ladder", rows)
    content = drafting.drafted(BASE["pathway"], [change], own_id="site1-home-v1", title="Home")
    return drafting.judged(BASE["label"], content)


def test_a_changed_ladder_is_the_sites_own_and_part_of_what_is_signed() -> None:
    one, other = (
        judged([{"calls": ["on call 1"], "voice_after_minutes": delay}, {"calls": ["prescriber"]}])
        for delay in (2, 3)
    )
    assert one.problems == ()
    assert one.protocol.fingerprint != other.protocol.fingerprint
    assert [value.value for value in one.protocol.pathway.own] == ["ladder"]


def test_a_draft_with_a_ladder_nobody_can_climb_is_not_signed() -> None:
    [(place, problem)] = judged([{"calls": ["on call 1"], "urgent_minutes": 0}]).problems
    assert (place, problem) == ("ladder, row 1", "every rung must last more than nothing")
