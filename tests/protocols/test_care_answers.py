"""When an item of supportive care is due once people have answered: the table, and what no answer may do."""

import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import care_answers, supportive
from protocols.care_answers import Said
from protocols.supportive import Course
from tests import tables

CARE = supportive.load()
START = date(2027, 3, 1)
COURSE = Course(START, START, START + timedelta(days=7))
SAID = re.compile(r"(?P<said>[-\d]+): (?P<kind>done|not needed|decided)(?: (?:until )?(?P<day>[-\d]+))?")


def said(typed: str) -> list[Said]:
    found = [SAID.fullmatch(one.strip()) for one in typed.split(";") if one.strip()]
    assert all(found), typed
    return [_one(one["kind"].replace(" ", "_"), one["said"], one["day"]) for one in found if one]


def _one(kind: str, on: str, day: str | None) -> Said:
    meant = date.fromisoformat(day) if day else None
    done = kind == "done"
    return Said(kind, date.fromisoformat(on), meant if done else None, None if done else meant)


@pytest.mark.parametrize("row", tables.rows("supportive-answers.md"), ids=tables.title)
def test_when_an_item_is_due_after_what_was_said(row: dict[str, str]) -> None:
    item = CARE.item(row["item"])
    assert item is not None
    found = care_answers.due(item, COURSE, said(row["said"]), every_days=int(row["site"] or 0) or None)
    assert (str(found.on).lower(), bool(found.asks)) == (row["due"], row["ask"] == "yes"), row["why"]
    assert found.because


DAYS = st.integers(-60, 300).map(lambda days: START + timedelta(days=days))
ANSWERS = st.one_of(
    st.builds(Said, st.just("done"), DAYS, DAYS),
    st.builds(Said, st.sampled_from(["not_needed", "decided"]), DAYS, again_on=DAYS),
)


@given(
    st.sampled_from([item for item in CARE.items if care_answers.comes_again(item)]),
    st.lists(ANSWERS, max_size=6),
)
def test_nothing_that_comes_again_is_ever_silenced(item, answers) -> None:
    """It has a day, or asks for one; only what comes before each dose may be done for the dose that is planned."""
    found = care_answers.due(item, COURSE, answers)
    done = any(one.on is not None and one.on > START for one in answers)
    assert found.on is not None or found.asks or (item.due == "dose" and done)


@given(st.sampled_from(CARE.items), st.lists(ANSWERS, max_size=6))
def test_not_needed_never_hurries_an_item_that_has_a_day(item, answers) -> None:
    only_done = [one for one in answers if one.kind == "done"]
    usual = care_answers.due(item, COURSE, only_done)
    answer = care_answers.answered(answers)
    if usual.on is not None and answer is not None and answer.kind == "not_needed":
        assert care_answers.due(item, COURSE, answers).on >= usual.on


def test_which_items_leave_something_to_decide_and_which_take_a_rule_of_the_site() -> None:
    open_ = {item.id for item in CARE.items if care_answers.is_open(item)}
    rules = {item.id for item in CARE.items if care_answers.takes_rule(item)}
    unread = {"cmv", "weight_loss", "hepatitis_b_later", "hepatitis_b_antiviral"}
    several = {"pneumocystis", "herpes", "immunoglobulin"}
    assert open_ == unread | several | {"blood_count", "igg", "gcsf"}
    assert rules == unread | several | {"blood_count", "igg", "mouth_skin", "taking"}
