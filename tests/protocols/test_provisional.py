"""A provisional grade says what is missing for a real one, and never pretends that nothing is."""

import shutil
from pathlib import Path

import pytest

from protocols import provisional, rulebook, triage
from protocols.parsing import BrokenLabel
from protocols.triage import Context

CRS = "possible CRS - needs assessment"
FACE_TO_FACE = {
    "whether a low pressure needs no vasopressor, one or several",
    "how oxygen is given, if it is: low flow, high flow or under pressure",
    "an examination and cultures for another cause of the fever",
}
MEDICINE = "whether a fever medicine or a steroid was taken, after which no fever is needed"


@pytest.mark.parametrize(
    ("words", "texted"),
    [
        ("shaking chills", {"a measured temperature", MEDICINE, "the blood pressure", "the oxygen saturation"}),
        ("101.3 and shaking", {MEDICINE, "the blood pressure", "the oxygen saturation"}),
        ("1013 and shaking", {"a measured temperature", MEDICINE, "the blood pressure", "the oxygen saturation"}),
        ("101.3 shaking, no tylenol", {MEDICINE, "the blood pressure", "the oxygen saturation"}),
        ("101.3 shaking, took tylenol, bp 120/80", {"the oxygen saturation"}),
        ("101.3 shaking, took tylenol, bp 120/80, oxygen 96%", set()),
    ],
)  # fmt: skip
def test_what_a_text_told_is_not_missing_and_what_only_a_clinician_sees_always_is(words, texted) -> None:
    found = triage.assess(words, Context())
    assert found.provisional_grade == CRS
    assert set(found.missing_for_grade) == FACE_TO_FACE | texted


def test_a_medicine_known_already_is_not_missing() -> None:
    assert MEDICINE not in triage.assess("101.3", Context(medicine_recent=True)).missing_for_grade


def test_h35_a_possible_icans_asks_for_the_score_at_the_bedside() -> None:
    found = triage.assess("he is confused", Context())
    assert found.missing_for_grade[0] == "the ICE score, asked face to face in a language both speak"


def test_without_a_provisional_grade_nothing_is_missing() -> None:
    assert triage.assess("98.6", Context(asked="temperature")).missing_for_grade == ()


def test_several_texts_make_one_label() -> None:
    assert provisional.together(["", CRS]) == CRS
    both = provisional.together([CRS, "possible ICANS - needs assessment"])
    assert both == "possible CRS and ICANS - needs assessment"


def test_the_rules_are_refused_where_a_text_alone_would_suffice_for_a_grade(tmp_path: Path) -> None:
    for path in rulebook.DATA.glob("*.toml"):
        shutil.copy(path, tmp_path)
    whole = (tmp_path / "triage.toml").read_text("utf-8")
    head, *needs = whole.split("[[for_a_grade]]\n")
    kept = [need for need in needs[:-1] if 'of = "CRS"' in need]
    last = needs[-1].replace('of = "ICANS"', 'of = "CRS"')
    (tmp_path / "triage.toml").write_text("[[for_a_grade]]\n".join([head, *kept, last]), "utf-8")
    with pytest.raises(BrokenLabel, match="never suffice"):
        rulebook.load(tmp_path)
