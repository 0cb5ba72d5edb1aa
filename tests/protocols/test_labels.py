"""The library: what is known, what a fingerprint covers, and files it refuses to trust."""

import json
import shutil
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from protocols import delays, library, planning
from protocols.errors import Refusal
from tests import tables

KNOWN = [
    "elranatamab-eu-2024",
    "elranatamab-us-2023",
    "elranatamab-us-2025-07",
    "epcoritamab-us-undated",
    "glofitamab-eu-undated",
    "glofitamab-us-2023",
    "linvoseltamab-eu-2025",
    "linvoseltamab-us-2025-07",
    "mosunetuzumab-eu-2022",
    "mosunetuzumab-us-2022-12",
    "talquetamab-eu-2023",
    "talquetamab-us-2023-08",
    "tarlatamab-us-2024",
    "teclistamab-eu-2022",
    "teclistamab-us-2025-03",
    "teclistamab-us-2026-03",
]
TECLISTAMAB = "labels/teclistamab-us-2025-03.toml"
OUTPATIENT = "pathways/outpatient-us.toml"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_of(tmp_path / "data", TECLISTAMAB, OUTPATIENT)


def copy_of(folder: Path, *files: str) -> Path:
    """A data folder with these files alone."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(library.DATA / file, folder / file)
    return folder


def replace(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def load(folder: Path) -> None:
    library.known_labels(folder)
    library.pathways(folder)


def test_the_labels_and_pathways_known() -> None:
    assert [label.id for label in library.known_labels()] == KNOWN
    assert [pathway.id for pathway in library.pathways()] == [
        "inpatient-eu",
        "inpatient-us",
        "mixed-us",
        "outpatient-eu",
        "outpatient-us",
    ]


def test_a_label_without_its_revision_is_refused_with_the_revisions() -> None:
    with pytest.raises(Refusal) as refused:
        library.label("teclistamab-us")
    assert refused.value.code == "unknown-protocol"
    assert "teclistamab-us-2025-03 or teclistamab-us-2026-03" in refused.value.sentence


@pytest.mark.parametrize("wanted", ["", "aspirin", "TECLISTAMAB-US-2025-03", "teclistamab-us-2025-0"])
def test_no_other_name_finds_a_label(wanted: str) -> None:
    with pytest.raises(Refusal, match="Known: elranatamab-eu-2024"):
        library.label(wanted)


def test_a_pathway_of_another_jurisdiction_is_refused(copy: Path) -> None:
    replace(copy, OUTPATIENT, 'jurisdiction = "US"', 'jurisdiction = "EU"')
    with pytest.raises(Refusal, match="one jurisdiction"):
        library.protocol("teclistamab-us-2025-03", "outpatient-us", copy)


def test_every_row_that_decides_was_read_somewhere_public() -> None:
    for label in library.known_labels():
        sources = {source.id: source for source in label.sources}
        for row in label.restart:
            assert row.sources or row.missing
            assert all(sources[source_id].url for source_id in row.sources)


def test_a_fingerprint_covers_values_and_not_comments(copy: Path) -> None:
    before = library.protocol("teclistamab-us-2025-03", "outpatient-us")
    replace(copy, TECLISTAMAB, "amount = 0.06,", "amount  =  0.060,")
    replace(copy, TECLISTAMAB, "# After a reaction.", "# A new comment.")
    assert library.protocol("teclistamab-us-2025-03", "outpatient-us", copy).fingerprint == before.fingerprint
    other = copy.with_name("other")
    shutil.copytree(copy, other)
    replace(other, TECLISTAMAB, 'dose = "16 mg"', 'dose = "20 mg"')
    assert (
        library.protocol("teclistamab-us-2025-03", "outpatient-us", other).fingerprint != before.fingerprint
    )


@pytest.mark.parametrize("label_id", KNOWN)
def test_an_approved_protocol_thaws_to_the_same_values(label_id: str) -> None:
    frozen = library.protocol(label_id, f"outpatient-{library.label(label_id).jurisdiction.lower()}")
    thawed = library.thaw(frozen.as_text())
    assert thawed == frozen
    assert thawed.fingerprint == frozen.fingerprint
    assert thawed.as_text() == frozen.as_text()


def test_the_shape_of_an_earlier_release_still_thaws() -> None:
    content = json.loads(library.protocol("elranatamab-us-2023", "outpatient-us").as_text())
    assert isinstance(content["label"]["premedication"], dict)
    del content["label"]["readings"]
    thawed = library.thaw(json.dumps(content))
    assert thawed.label.readings == ()
    assert thawed.label.premedication[0].timing == "about 1 hour before the dose"


def test_the_signed_readings() -> None:
    signed = [
        (label, row["topic"], row["reading"])
        for row in tables.rows("readings.md")
        for label in row["labels"].split()
    ]
    known = [(label.id, each.topic, each.says) for label in library.known_labels() for each in label.readings]
    assert sorted(signed) == sorted(known)


def test_a_later_dose_is_one_a_label_repeats_and_the_rest_is_watched_as_a_step_up_dose() -> None:
    watched_longer = {
        (label.id, phase.id, pathway.id)
        for label in library.known_labels()
        for pathway in library.pathways()
        for regimen in label.regimens
        for phase in regimen.phases
        if pathway.jurisdiction == label.jurisdiction and phase.id not in pathway.later_doses
    }
    assert {(label, phase) for label, phase, _ in watched_longer} == {
        ("mosunetuzumab-us-2022-12", "cycle_2"),
        ("mosunetuzumab-eu-2022", "cycle_2"),
    }
    steps = {
        step.id for label in library.known_labels() for regimen in label.regimens for step in regimen.steps
    }
    assert all(steps.isdisjoint(pathway.later_doses) for pathway in library.pathways())


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
def test_what_was_not_read_says_so_and_who_supplies_it(label) -> None:
    for table in label.tables:
        assert bool(table.missing) == (table.read != "yes")
    assert label.ask_whom.startswith("The site pharmacist supplies it from ")


def test_an_amount_is_exact() -> None:
    step = library.label("teclistamab-us-2025-03").regimens[0].steps[0]
    assert str(step.amount) == "0.06"


@pytest.mark.parametrize(
    "row", tables.rows("broken-files.md"), ids=lambda row: f"{row['file']}, {row['says']}"
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, row) -> None:
    copy = copy_of(tmp_path, row["file"])
    replace(copy, row["file"], row["change"], row["into"])
    with pytest.raises(library.BrokenLabel) as broken:
        load(copy)
    assert row["says"] in str(broken.value)
    assert broken.value.file == Path(row["file"]).name


def test_a_pathway_signs_the_fever_line_by_which_replies_are_judged(copy: Path) -> None:
    replace(copy, OUTPATIENT, "fever_c = 38.0", "fever_c = 38.5")
    replace(copy, OUTPATIENT, "fever_f = 100.4", "fever_f = 101.3")
    with pytest.raises(library.BrokenLabel, match=r"every reply is judged by 38\.0 C and 100\.4 F"):
        load(copy)


def test_a_sound_copy_loads(copy: Path) -> None:
    load(copy)


def test_a_new_drug_is_a_new_file(copy: Path) -> None:
    text = (copy / TECLISTAMAB).read_text(encoding="utf-8").replace("teclistamab", "exampletamab")
    new = text.replace("us-2025-03", "us-2030-01").replace("amount = 0.06", "amount = 0.01")
    (copy / "labels" / "exampletamab-us-2030-01.toml").write_text(new, encoding="utf-8")
    label = library.protocol("exampletamab-us-2030-01", "outpatient-us", copy).label
    doses = planning.plan(label, date(2030, 1, 7), weight_kg=Decimal(50))
    assert doses[0].sum == "0.01 mg/kg x 50 kg = 0.5 mg"
    assert delays.resume(label, last="step_up_dose_1", days=8).action == "restart_from:step_up_dose_1"


def test_the_service_does_not_start_on_a_broken_file(tmp_path: Path) -> None:
    shutil.copytree(library.DATA.parent, tmp_path / "protocols", ignore=shutil.ignore_patterns("__pycache__"))
    replace(tmp_path / "protocols" / "data", TECLISTAMAB, 'days = "57+"', 'days = "58+"')
    start = (
        "import django; from django.conf import settings;"
        "settings.configure(INSTALLED_APPS=['protocols.apps.ProtocolsConfig']); django.setup()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", start],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    last_line = ended.stderr.splitlines()[-1]
    assert (
        "teclistamab-us-2025-03.toml: restart, monotherapy, after first_treatment_dose: no row for day 57"
        in last_line
    )
