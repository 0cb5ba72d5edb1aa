"""The downtime list as PDF and CSV, on demand and kept by itself in a folder that outlives an outage."""

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from monitoring import escalations
from notifications import clock, heartbeat
from notifications.models import AuditEntry
from stepup import downtime, downtime_files, downtime_paper, downtime_words, engine, paper
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site():
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    return site


@pytest.fixture
def folder(tmp_path, settings) -> Path:
    settings.DOWNTIME_FOLDER = str(tmp_path / "lists")
    return tmp_path / "lists"


def a_case(site, name: str = "Test Patient", headline: str = "a fever") -> None:
    patient = makers.a_patient(site, name=name)
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline=headline, now=NOON)


def kept(folder: Path, site, kind: str) -> list[str]:
    return sorted(path.name for path in (folder / site.slug).glob(f"*.{kind}"))


def sheets(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def test_the_list_is_kept_every_quarter_of_an_hour_and_after_each_dose(site, folder) -> None:
    course = makers.a_course(makers.a_patient(site))
    assert engine.keep_paper(now=NOON) == 1
    assert engine.keep_paper(now=NOON + 14 * MINUTE) == 0
    assert engine.keep_paper(now=NOON + 15 * MINUTE) == 1
    makers.a_dose(course, given_at=NOON + 16 * MINUTE)
    assert engine.keep_paper(now=NOON + 17 * MINUTE) == 1, "a dose was recorded since"
    assert engine.keep_paper(now=NOON + 18 * MINUTE) == 0
    stamps = [f"downtime-{NOON + minutes * MINUTE:%Y%m%dT%H%M%SZ}" for minutes in (0, 15, 17)]
    assert kept(folder, site, "pdf") == [f"{stamp}.pdf" for stamp in stamps]
    assert kept(folder, site, "csv") == [f"{stamp}.csv" for stamp in stamps]
    assert AuditEntry.objects.filter(act="kept the downtime list", site=site).count() == 3


def test_the_newest_lists_are_kept_whole_and_for_nobody_else_to_read(site, folder, settings) -> None:
    settings.DOWNTIME_KEEP = 2
    for quarter in range(4):
        downtime_files.keep_due(now=NOON + 15 * quarter * MINUTE)
    assert [name[-11:-5] for name in kept(folder, site, "pdf")] == ["173000", "174500"]
    assert not list(folder.rglob("*.part"))
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*.*")} == {0o600}


def test_each_site_has_a_folder_with_its_own_patients_alone(site, folder) -> None:
    other = makers.a_site()
    a_case(site, name="Hereford Patient")
    a_case(other, name="Thereton Patient")
    assert downtime_files.keep_due(now=NOON) == 2
    [here] = (folder / site.slug).glob("*.csv")
    [there] = (folder / other.slug).glob("*.csv")
    for file, own, foreign in ((here, "Hereford", "Thereton"), (there, "Thereton", "Hereford")):
        assert own in file.read_text()
        assert foreign not in file.read_text()


def test_one_site_s_folder_that_is_away_costs_no_other_site_its_list(site, folder) -> None:
    other = makers.a_site()
    folder.mkdir()
    (folder / site.slug).write_text("a file where the folder should be")
    assert engine.keep_paper(now=NOON) == 1
    assert kept(folder, other, "pdf")


def test_a_folder_that_is_away_stops_nothing_and_is_tried_again(site, folder) -> None:
    folder.write_text("a file where the folder should be")
    assert engine.keep_paper(now=NOON) == 0
    assert heartbeat.last_at(downtime_files.sign(site)) is None, "nobody is told that a list was kept"
    folder.unlink()
    assert engine.keep_paper(now=NOON + MINUTE) == 1


def test_without_a_folder_nothing_is_written_and_the_page_says_so(site, settings) -> None:
    settings.DOWNTIME_FOLDER = ""
    assert engine.keep_paper(now=NOON) == 0
    page = makers.signed_in(makers.a_clinician(site)).get(reverse("downtime")).content.decode()
    assert "Nothing keeps this list by itself" in page


def test_ux11d_the_paper_says_when_it_was_made_until_when_it_is_good_how_many_and_page_x_of_y(site) -> None:
    for number in range(9):
        a_case(site, name=f"Test Patient {number}")
    made = downtime.make(site, now=NOON)
    head = " ".join(downtime_words.head(made))
    assert "made 2027-03-01 17:00 UTC, Mon 01 Mar 2027 12:00 EST; good until 12:15 EST; 9 patients" in head
    pdf = downtime_paper.pdf(made)
    assert sheets(pdf) > 1
    into = io.BytesIO()
    numbered = paper.Numbered(into, foot="x", pageCompression=0)
    for _ in range(2):
        numbered.drawString(9, 9, "words")
        numbered.showPage()
    numbered.save()
    assert re.findall(rb"page \d of \d", into.getvalue()) == [b"page 1 of 2", b"page 2 of 2"]


def test_the_table_has_every_patient_and_no_formula(site) -> None:
    a_case(site, headline="=1+1")
    a_case(site, name="@Test")
    rows = list(
        csv.DictReader(io.StringIO(downtime_paper.csv(downtime.make(site, now=NOON)).decode("utf-8-sig")))
    )
    assert len(rows) == 2
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@" and cell]
    assert all("Dr A" in row["on_call"] for row in rows)
    assert {row["name"] for row in rows} == {"Test Patient", "'@Test"}


@pytest.mark.parametrize(
    ("name", "printed"),
    [("Łucja Núñez", "Lucja Núñez"), ("陳大文", "陳大文"), ("Ελένη", "?????"), ("O’Brien", "O’Brien")],
)
def test_a_name_is_never_printed_as_empty_boxes(name, printed) -> None:
    assert paper.printable(name) == printed


def test_the_command_writes_both_files_and_refuses_a_place_it_cannot_write_to(site, tmp_path, capsys) -> None:
    a_case(site)
    pdf, table = tmp_path / "list.pdf", tmp_path / "list.csv"
    call_command("downtime_list", site=site.slug, pdf=str(pdf), csv=str(table))
    assert f"Written: {pdf}\nWritten: {table}\n" in capsys.readouterr().out
    assert pdf.read_bytes().startswith(b"%PDF")
    assert "Test Patient" in table.read_text("utf-8-sig")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("downtime_list", site=site.slug, pdf=str(tmp_path / "nowhere" / "list.pdf"))


@pytest.mark.parametrize(
    ("name", "kind"), [("downtime-pdf", "application/pdf"), ("downtime-csv", "text/csv")]
)
def test_both_are_one_click_away_and_every_patient_read_is_in_the_ledger(name, kind) -> None:
    site = makers.a_site()
    nurse, patient = makers.a_clinician(site), makers.a_patient(site, now=clock.now())
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="x", now=clock.now())
    answer = makers.signed_in(nurse).get(reverse(name))
    assert answer["Content-Type"].startswith(kind)
    assert patient.name not in answer["Content-Disposition"]
    assert AuditEntry.objects.filter(act="read the downtime list", by=nurse, subject=str(patient)).exists()
