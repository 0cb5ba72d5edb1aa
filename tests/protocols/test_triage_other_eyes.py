"""Replies that somebody wrote and labelled who had not seen the words: the gate a release must pass."""

import csv
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import triage
from protocols.reading import Reading
from protocols.triage import Context, Finding

CORPUS = Path(__file__).parent / "corpus" / "other_eyes.csv"
KINDS = {"T": "temperature", "BP": "blood_pressure", "O2": "oxygen", "HR": "heart_rate"}
PAGED = frozenset({"emergency", "urgent"})
PLAIN = "NBO"
MOST_FALSE_ALARMS = 0.05


def rows() -> list[dict[str, str]]:
    with CORPUS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def finding(row: dict[str, str]) -> Finding:
    context = Context(
        asked=row["asked"] or None,
        language=row["language"],
        in_watch=row["in_watch"],
        sender=row["sender"],
        known=row["known"],
    )
    return triage.assess(row["reply"], context)


@pytest.fixture(scope="module")
def judged() -> list[tuple[dict[str, str], Finding]]:
    return [(row, finding(row)) for row in rows()]


Judged = list[tuple[dict[str, str], Finding]]


def test_no_page_worthy_reply_comes_out_lower_than_read_by_a_person(judged: Judged) -> None:
    lost = [
        (row["id"], found.urgency)
        for row, found in judged
        if row["gold"] in "MF"
        and found.urgency not in PAGED
        and not (found.urgency == "clarify" and found.human_task)
    ]
    assert lost == []


def test_whoever_needs_a_person_gets_one(judged: Judged) -> None:
    assert [row["id"] for row, found in judged if row["gold"] in "MFH" and not found.human_task] == []


LEFT_TO_A_PERSON = {"other-en-324", "other-es-194", "other-en-564"}
"""Sentences that do not end, which the rules never score, and a wrong year: the set gives no date to compare with."""


def test_pages_left_to_a_person_are_the_known_ones(judged: Judged) -> None:
    left = {row["id"] for row, found in judged if row["gold"] in "MF" and found.urgency not in PAGED}
    assert left == LEFT_TO_A_PERSON


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
    counted = Counter(row["batch"] for row in rows())
    assert counted == {"natural": NATURAL, "probe": PROBES}
    assert len({row["id"] for row in rows()}) == NATURAL + PROBES


NATURAL, PROBES = 793, 194
