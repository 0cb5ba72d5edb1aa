"""Who wakes for the texts at night is agreed before a dose that is watched at home, and the night is never left out."""

import pytest

from monitoring import watches
from notifications import clock
from protocols import library, watching
from protocols.errors import Refusal
from stepup import next_dose, readiness
from stepup.models import Course
from stepup.readiness import MET, WAIVED, Said
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FIRST = "step_up_dose_1"
WAKES = "the patient wakes for each text"


@pytest.fixture
def course(site) -> Course:
    """Everything but the nights is stated."""
    patient = makers.a_patient(site, time_zone="America/Los_Angeles")
    course = makers.a_course(patient, is_ready=False)
    makers.ready(course, now=NOON, but=("night",))
    return course


def say(course: Course, said: Said, *, role: str = "nurse") -> None:
    listed = readiness.of(course, step=FIRST, now=NOON)
    by = makers.a_clinician(course.site, role)
    readiness.state(
        course.pk, [said], step=FIRST, dose_number=listed.dose_number, seen=listed.seen, by=by, now=NOON
    )


def test_without_an_agreement_the_dose_is_held_and_with_one_it_is_given(course) -> None:
    assert next_dose.decide(course, now=NOON).not_ready == ("nights agreed",)
    say(course, Said("night", MET, said=WAKES))
    assert next_dose.decide(course, now=NOON).decision == "give"
    [night] = [item for item in readiness.of(course, step=FIRST, now=NOON).items if item.rule.id == "night"]
    assert (night.state, night.said) == (MET, WAKES)


def test_an_answer_is_one_of_those_the_pathway_offers(course) -> None:
    for said in ("", "she sleeps through"):
        with pytest.raises(Refusal) as refused:
            say(course, Said("night", MET, said=said))
        assert refused.value.code == "no-answer"


def test_only_a_prescriber_waives_it(course) -> None:
    waived = Said("night", WAIVED, reason="given and watched on the ward")
    with pytest.raises(Refusal, match="Only a prescriber may waive this"):
        say(course, waived)
    say(course, waived, role="prescriber")
    assert next_dose.decide(course, now=NOON).decision == "give"


def test_whoever_agrees_sees_the_texts_of_the_night_on_the_patient_s_clock(site) -> None:
    now = clock.now()
    patient = makers.a_patient(site, now=now, time_zone="America/Los_Angeles")
    course = makers.a_course(patient, now=now, is_ready=False)
    client = makers.signed_in(makers.a_clinician(site))
    page = client.get(f"/course/{course.pk}/readiness/").content.decode().replace("\u00a0", " ")
    assert "Given now, texts would come at night, on the patient’s clock:" in page
    assert f'<option value="{WAKES}">' in page


def test_the_night_is_asked_whoever_wakes(course) -> None:
    say(course, Said("night", MET, said=WAKES))
    makers.a_dose(course)
    pathway = library.pathway("outpatient-us")
    asked = watches.current(course.patient).checkins.values_list("due_at", flat=True)
    assert list(asked.order_by("due_at")) == [
        due.due_at for due in watching.check_times(pathway, FIRST, NOON)
    ]
