"""Gradual adoption: which doses go home at each stage, as a table a pharmacist can read."""

import pytest

from protocols import library, staging
from protocols.staging import ORDER, Place, Stage
from tests import tables

ROWS = tables.rows("adoption-stages.md")
HOME = {"home": False, "hospital": True}
OUTPATIENT = "outpatient-{}"


def protocol(label_id: str, pathway: str = OUTPATIENT):
    return library.protocol(label_id, pathway.format(library.label(label_id).jurisdiction.lower()))


@pytest.mark.parametrize("row", ROWS, ids=tables.title)
def test_the_signed_stages(row) -> None:
    known = protocol(row["label"])
    assert staging.place(known, row["regimen"], row["dose"]).value == row["place in the course"]
    for stage in Stage:
        beyond = staging.is_beyond(known, row["regimen"], row["dose"], stage)
        assert beyond is HOME[row[stage.value]], stage


@pytest.mark.parametrize("row", tables.rows("where-doses-are-given.md"), ids=tables.title)
def test_the_signed_places(row) -> None:
    known = library.protocol(row["label"], row["pathway"])
    assert known.pathway.gives_at_home(row["dose"]) is (row["given"] == "home")
    regimens = [one.id for one in known.label.regimens if one.dose(row["dose"])]
    assert regimens
    for regimen in regimens:
        beyond = staging.is_beyond(known, regimen, row["dose"], Stage.MAINTENANCE)
        assert beyond is (row["first stage"] == "beyond it")


def test_every_dose_of_every_label_has_one_row() -> None:
    known = [
        (label.id, regimen.id, dose.id)
        for label in library.known_labels()
        for regimen in label.regimens
        for dose in regimen.doses
    ]
    assert sorted(known) == sorted((row["label"], row["regimen"], row["dose"]) for row in ROWS)


def test_a_stage_lets_through_what_the_one_before_it_does() -> None:
    for row in ROWS:
        home = [row[stage.value] == "home" for stage in ORDER]
        assert home == sorted(home)


def test_the_stages_follow_each_other_and_end() -> None:
    assert [stage.next for stage in ORDER] == [Stage.LATER, Stage.ALL, None]
    assert Stage.MAINTENANCE.is_before(Stage.LATER)
    assert not Stage.LATER.is_before(Stage.LATER)


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
def test_a_step_given_in_hospital_is_beyond_no_stage(label) -> None:
    """The inpatient pathway gives every dose in hospital that is watched as a step-up dose."""
    inpatient = protocol(label.id, "inpatient-{}")
    for regimen in label.regimens:
        for dose in regimen.doses:
            at_home = inpatient.pathway.gives_at_home(dose.id)
            assert at_home is (dose.id in inpatient.pathway.later_doses)
            assert not staging.is_beyond(inpatient, regimen.id, dose.id, Stage.MAINTENANCE)


def test_a_dose_nobody_knows_stays_in_hospital_until_every_dose_goes_home() -> None:
    known = protocol("teclistamab-us-2025-03")
    assert staging.place(known, "monotherapy", "no_such_dose") is Place.FIRST_STEP
