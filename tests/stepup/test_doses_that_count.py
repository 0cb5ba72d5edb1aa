"""Nobody decides from a dose that was struck: the ordinary way to doses leaves such rows out."""

import re
from pathlib import Path

import pytest

from monitoring import escalations
from stepup import corrections, downtime, emergency
from stepup.models import Dose
from tests import makers
from tests.makers import NOON

ROOT = Path(__file__).resolve().parents[2]
# Where the record is shown or set right, so struck rows are wanted.
MAY_SEE_STRUCK = {
    "models/courses.py",
    "charts.py",
    "feeds.py",  # a visit whose dose was struck is told as cancelled
    "version_choices.py",  # which rows stood before an answer
    "corrections.py",
    "courses.py",
    "views/doses.py",
    "views/dose_record.py",
}


@pytest.mark.database
@pytest.mark.django_db
def test_every_ordinary_way_to_doses_leaves_a_struck_one_out() -> None:
    site = makers.a_site()
    makers.on_call(site)
    course = makers.a_course(makers.a_patient(site))
    dose = makers.a_dose(course)
    corrections.strike(dose.pk, kind="never_given", reason="not given", by=makers.a_clinician(site), now=NOON)
    ways = [Dose.objects, course.doses, dose.watch.doses, dose.recorded_by.doses_recorded, dose.weight.doses]
    assert [way.count() for way in ways] == [0] * len(ways)
    assert Dose.with_struck.get() == dose


@pytest.mark.database
@pytest.mark.django_db
def test_the_downtime_list_and_the_emergency_page_know_nothing_of_a_struck_dose() -> None:
    site = makers.a_site()
    makers.on_call(site)
    course = makers.a_course(makers.a_patient(site))
    dose = makers.a_dose(course)
    prescriber = makers.a_clinician(site, "prescriber")
    corrections.strike(dose.pk, kind="never_given", reason="not given", by=prescriber, now=NOON)
    corrections.end_watch(dose.watch_id, reason="not given", by=prescriber, now=NOON)
    escalations.raise_concern(
        site=site, patient=course.patient, urgency="urgent", headline="a fall", now=NOON
    )
    [line] = downtime.make(site, now=NOON).lines
    assert line.hours is None
    facts = emergency.show_facts(course.patient_id, born_on=course.patient.born_on, callback="", now=NOON)
    assert facts.dose is None


@pytest.mark.parametrize("pattern", [r"Dose\.with_struck", r"doses?__\w", r"_base_manager"])
def test_struck_doses_are_read_only_where_the_record_is_shown_or_set_right(pattern) -> None:
    """A join from another table (`doses__...`) would pass by the manager."""
    found = {
        str(path.relative_to(ROOT / "stepup"))
        for path in (ROOT / "stepup").rglob("*.py")
        if "migrations" not in path.parts and re.search(pattern, path.read_text(encoding="utf-8"))
    }
    assert found <= MAY_SEE_STRUCK
