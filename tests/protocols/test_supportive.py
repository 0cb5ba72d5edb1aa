"""Supportive care: which items apply to which label, when each is due, and files that are refused."""

import shutil
from collections import Counter
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import library, supportive
from protocols.parsing import BrokenLabel
from protocols.supportive import Course
from tests import tables

CARE = supportive.load()


def day(typed: str) -> date | None:
    return date.fromisoformat(typed) if typed and typed != "none" else None


@pytest.mark.parametrize("row", tables.rows("supportive-due.md"), ids=tables.title)
def test_when_an_item_is_due(row: dict[str, str]) -> None:
    item = CARE.item(row["item"])
    assert item is not None
    course = Course(date(2027, 3, 1), day(row["last dose"]), day(row["next dose"]))
    found = supportive.due(item, course, done_on=day(row["done"]), every_days=int(row["site"] or 0) or None)
    assert (found.on, bool(found.asks)) == (day(row["due"]), row["ask"] == "yes")
    assert found.because


@pytest.mark.parametrize("row", tables.rows("supportive-after.md"), ids=tables.title)
def test_what_falls_due_after_a_course_was_stopped(row: dict[str, str]) -> None:
    item = CARE.item(row["item"])
    assert item is not None
    course = Course(date(2027, 3, 1), date(2027, 8, 24), ended_on=date(2027, 8, 31))
    usual = supportive.due(item, course, done_on=day(row["done"]), every_days=int(row["site"] or 0) or None)
    found = supportive.after_treatment(item, course, usual, today=date.fromisoformat(row["today"]))
    assert (found.on, bool(found.asks)) == (day(row["due"]), row["ask"] == "yes")
    assert found.because


def test_every_label_has_the_items_of_its_target_and_its_own_only() -> None:
    ids = {
        label.id: {item.id for item in CARE.items_for(label_id=label.id, drug=label.drug)}
        for label in library.known_labels()
    }
    assert ids["tarlatamab-us-2024"] == {"labs_each_dose"}
    assert ids["epcoritamab-us-undated"] == {"pneumocystis_epcoritamab", "herpes_epcoritamab"}
    assert ids["glofitamab-us-2023"] == ids["mosunetuzumab-us-2022-12"] == set()
    assert ids["talquetamab-us-2023-08"] - ids["elranatamab-us-2023"] == {"mouth_skin", "weight_loss"}
    assert ids["teclistamab-us-2025-03"] - ids["elranatamab-us-2023"] == {"liver"}
    assert ids["teclistamab-eu-2022"] - ids["elranatamab-eu-2024"] == {"hepatitis_b_later"}
    assert set().union(*ids.values()) == {item.id for item in CARE.items}, "an item that no label has"


def test_every_label_and_drug_that_is_named_is_known() -> None:
    labels = {label.id for label in library.known_labels()}
    drugs = {label.drug for label in library.known_labels()}
    assert {name for item in CARE.items for name in item.labels} <= labels
    assert {name for target in CARE.targets for name in target.drugs} <= drugs


def test_what_is_shown_beside_a_readiness_item_is_on_a_readiness_list() -> None:
    known = {row.id for pathway in library.pathways() for row in pathway.readiness}
    assert {item.readiness for item in CARE.items if item.readiness} <= known


def test_what_was_not_read_asks_and_rules_that_disagree_stand_side_by_side() -> None:
    assert {item.id for item in CARE.items if item.missing} == {
        "cmv", "weight_loss", "hepatitis_b_later", "hepatitis_b_antiviral",
    }  # fmt: skip
    several = Counter({item.id: len(item.options) for item in CARE.items if item.options})
    assert several == {"pneumocystis": 2, "herpes": 2, "immunoglobulin": 5}


@pytest.mark.parametrize(
    ("item", "value", "unit", "below"),
    [
        ("igg", "399", "mg/dL", True), ("igg", "400", "mg/dL", False), ("igg", "3.9", "g/L", False),
        ("blood_count", "0.49", "x10^9/L", True), ("blood_count", "0.5", "x10^9/L", False),
    ],
)  # fmt: skip
def test_a_threshold_compares_only_its_own_unit(item: str, value: str, unit: str, *, below: bool) -> None:
    threshold = CARE.item(item).threshold
    assert supportive.is_below(threshold, Decimal(value), unit) is below


BROKEN = [
    ('name = "HIV", asks', 'nam = "HIV", asks', "nobody knows the key 'nam'"),
    ('id = "hiv"', 'id = "hepatitis_c"', "an id stands twice"),
    ('due = "start", sources = ["BLOOD_T6"]', 'due = "start", sources = ["BLOOD_X"]', "not among the file's sources"),
    ('due = "start", sources = ["BLOOD_T6"]', 'due = "start", sources = []', "without a source"),
    ("every_months = 1", "every_months = 0", "an interval must be more than nothing"),
    ("after_months = 6", "after_months = 0", "an interval must be more than nothing"),
    ('due = "unread", after_months = 6', 'due = "needed", after_months = 6', "looked at again and again"),
    ("every_days = 7", "every_months = 7", "a number of months belongs to what is due by months"),
    ('due = "unread", missing = "no rule', 'due = "start", missing = "no rule', "what was not read says"),
    ('due = "unread", missing = "no rule for cytomegalovirus was read in full"', 'due = "unread"', "what was not read"),
    ('targets = ["BCMA"], due = "start"', 'targets = ["BCM"], due = "start"', "for known targets"),
    ('below = 400, asks', 'below = -1, asks', "is not an amount"),
    ('{ topic = "nerves", targets = ["BCMA", "GPRC5D"],', '{ topic = "nerves",', "either of known targets or of drugs"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "problem"), BROKEN)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, old: str, new: str, problem: str) -> None:
    text = (supportive.DATA / supportive.FILE).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / supportive.FILE).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BrokenLabel, match=r"^supportive\.toml: ") as refused:
        supportive.load(tmp_path)
    assert problem in str(refused.value)


def test_a_missing_file_is_refused_and_a_sound_copy_loads(tmp_path: Path) -> None:
    with pytest.raises(BrokenLabel, match="cannot be read"):
        supportive.load(tmp_path / "nowhere")
    shutil.copy(supportive.DATA / supportive.FILE, tmp_path)
    assert supportive.load(tmp_path) == CARE
