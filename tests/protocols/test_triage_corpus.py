"""The corpora of replies, as gates. See `tests/monitoring/corpus/README.md` for the labels."""

from collections import Counter

import pytest

from protocols import triage
from protocols.triage import Context, Finding
from tests import corpus

LABELLED = ("development", "held_out", "fresh")
RECHECKED = {"37.5"}
"""Labelled normal, and yet to be taken again: the question set's recheck band begins at 37.5 C."""


@pytest.fixture(scope="module", params=LABELLED)
def judged(request: pytest.FixtureRequest) -> list[tuple[str, str, Finding]]:
    return [(row["gold"], row["reply"], found) for row, found in corpus.judged(request.param)]


def test_nobody_who_needs_a_person_is_reassured(judged: list[tuple[str, str, Finding]]) -> None:
    reassured = [reply for gold, reply, found in judged if gold in "MFH" and not found.human_task]
    assert reassured == []


def test_what_must_page_pages_or_is_read_by_a_person_as_unclear(
    judged: list[tuple[str, str, Finding]],
) -> None:
    lost = [
        (reply, found.urgency)
        for gold, reply, found in judged
        if gold in "MF" and found.urgency not in {"emergency", "urgent"} and not _unclear(found)
    ]
    assert lost == []


def _unclear(found: Finding) -> bool:
    return found.urgency == "clarify" and found.human_task


def test_every_page_of_these_sets_is_automatic(judged: list[tuple[str, str, Finding]]) -> None:
    left_to_reading = [reply for gold, reply, found in judged if gold in "MF" and found.urgency == "clarify"]
    assert left_to_reading == []


def test_an_emergency_is_told_to_call_at_once(judged: list[tuple[str, str, Finding]]) -> None:
    assert [reply for gold, reply, found in judged if gold == "M" and found.urgency != "emergency"] == []


def test_nothing_wrong_is_left_in_peace(judged: list[tuple[str, str, Finding]]) -> None:
    disturbed = {reply for gold, reply, found in judged if gold == "N" and found.urgency != "none"}
    assert disturbed <= RECHECKED


def test_nothing_wrong_never_pages(judged: list[tuple[str, str, Finding]]) -> None:
    assert [reply for gold, reply, found in judged if gold == "N" and found.human_task] == []


def test_harmless_texts_are_asked_again(judged: list[tuple[str, str, Finding]]) -> None:
    assert {found.urgency for gold, _, found in judged if gold == "R"} <= {"clarify"}


def test_a_wish_to_stop_is_heard_and_somebody_calls(judged: list[tuple[str, str, Finding]]) -> None:
    stopped = [found for gold, _, found in judged if gold == "X"]
    assert all(found.control == "opt_out" and found.human_task for found in stopped)


def test_only_a_wish_to_stop_stops_the_texts(judged: list[tuple[str, str, Finding]]) -> None:
    assert [reply for gold, reply, found in judged if gold != "X" and found.control == "opt_out"] == []


def test_harmless_texts_outside_a_watch_trouble_nobody() -> None:
    outside = Context(asked="temperature", in_watch="no")
    harmless = [row["reply"] for row in corpus.rows("development") if row["gold"] == "R"]
    troubled = {reply for reply in harmless if triage.assess(reply, outside).human_task}
    assert troubled == set()


def test_the_development_set_is_whole() -> None:
    assert Counter(row["gold"] for row in corpus.rows("development")) == {
        "F": 99,
        "H": 68,
        "N": 52,
        "R": 21,
        "X": 10,
    }


@pytest.mark.parametrize("row", corpus.rows("contexts"), ids=lambda row: row["id"])
def test_in_its_context(row: dict[str, str]) -> None:
    found = corpus.finding(row)
    fired = [one.id for one in found.rules]
    assert (found.urgency, found.human_task) == (row["urgency"], row["human_task"] == "yes"), (
        row["why"],
        fired,
    )
    assert row["rule"] in fired, row["why"]
