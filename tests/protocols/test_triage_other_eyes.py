"""Replies that somebody wrote and labelled who had not seen the words: the gate a release must pass."""

import sys
from collections import Counter
from decimal import Decimal

import pytest

from protocols.reading import Reading
from tests import corpus
from tests.corpus import PAGED, PLAIN, Judged

KINDS = {"T": "temperature", "BP": "blood_pressure", "O2": "oxygen", "HR": "heart_rate"}
MOST_FALSE_ALARMS = 0.05


@pytest.fixture(scope="module")
def judged() -> Judged:
    return corpus.judged("other_eyes")


def test_an_emergency_is_told_to_call_at_once(judged: Judged) -> None:
    less = {row["id"] for row, found in judged if row["gold"] == "M" and found.urgency != "emergency"}
    assert less == set()


PAGED_THOUGH_PLAIN = {
    "other-en-023", "other-en-537", "other-en-538", "other-es-247", "other-zh-230", "other-zh-231",  # breathing, denied
    "other-en-165",  # an appointment at the hospital
    "other-en-569",  # 10:15 without its colon may be 101.5
    "other-es-193",  # it is cold outside
}  # fmt: skip


def test_false_pages_are_the_known_ones(judged: Judged) -> None:
    paged = {row["id"] for row, found in judged if row["gold"] in PLAIN and found.urgency in PAGED}
    assert paged == PAGED_THOUGH_PLAIN


def test_false_alarms_on_plain_replies_stay_rare(judged: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    natural = [(row, found) for row, found in judged if row["batch"] == "natural"]
    on_format = [found for row, found in natural if row["gold"] in "NB"]
    plain = [found for row, found in natural if row["gold"] in PLAIN]
    needless = sum(found.urgency not in {"none", "routine"} for found in on_format)
    pages = sum(found.urgency in PAGED for found in plain)
    asked_again = sum(found.human_task for row, found in natural if row["gold"] == "O")
    with capsys.disabled():
        sys.stdout.write(
            f"\nplain replies as they come: {needless} of {len(on_format)} reviewed needlessly, "
            f"{pages} of {len(plain)} paged; off the format: {asked_again} read by a person\n"
        )
    assert needless / len(on_format) < MOST_FALSE_ALARMS
    assert pages / len(plain) < MOST_FALSE_ALARMS


def test_a_wish_to_stop_is_heard_and_no_other(judged: Judged) -> None:
    wrong = [row["id"] for row, found in judged if (row["gold"] == "X") != (found.control == "opt_out")]
    assert wrong == []
    assert all(found.human_task for row, found in judged if row["gold"] == "X" and row["in_watch"] == "yes")


def test_values_are_read_as_they_were_meant(judged: Judged) -> None:
    wrong = [
        (row["id"], wanted)
        for row, found in judged
        for wanted in filter(None, row["reads"].split("; "))
        if any(_is(one, wanted.removeprefix("no ")) for one in found.readings) is wanted.startswith("no ")
    ]
    assert wrong == []


def _is(reading: Reading, wanted: str) -> bool:
    """Whether a reading is what the label names: `T 98.6 F`, `BP 120/80`, `O2 97`, `HR 72`."""
    name, value, *unit = wanted.split()
    if reading.kind != KINDS[name] or reading.value is None:
        return False
    upper, _, lower = value.partition("/")
    second = None if not lower else Decimal(lower)
    same = reading.value == Decimal(upper) and (name != "BP" or reading.second == second)
    return same and unit in ([], [reading.unit])


def test_the_set_is_whole() -> None:
    counted = Counter(row["batch"] for row in corpus.rows("other_eyes"))
    assert counted == {"natural": NATURAL, "probe": PROBES}
    assert len({row["id"] for row in corpus.rows("other_eyes")}) == NATURAL + PROBES


NATURAL, PROBES = 793, 194
