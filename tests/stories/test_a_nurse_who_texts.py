"""A nurse texts a patient: the service keeps quiet, goes on by itself, and misses no silence and no alarm."""

import pytest
from django.test import Client
from django.urls import reverse

from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00").gives()


def writes(clinic: Clinic, words: str) -> Client:
    """A nurse writes from the patient's texts."""
    nurse = makers.signed_in(makers.a_clinician(clinic.site, name="Nora Quill"))
    answer = nurse.post(reverse("say", args=[clinic.patient.pk]), {"to": "patient", "words": words})
    assert answer.status_code == 302, answer.content.decode()
    clinic.settle()
    return nurse


def test_the_service_waits_for_a_nurse_and_then_asks_what_fell_due(clinic) -> None:
    clinic.at("Mon 13:50")
    before = len(clinic.phone_of("patient"))
    writes(clinic, "Is the thermometer working now?")
    clinic.at("Mon 13:55").hears("we changed the battery")
    clinic.at("Mon 14:08")
    assert clinic.phone_of("patient")[before:] == ["Is the thermometer working now?"]
    clinic.at("Mon 14:12")
    asked = clinic.phone_of("patient")[before + 1 :]
    assert "temperature" in asked[0].lower(), "the hour of two o'clock was not lost"
    assert clinic.pages == ["Dr A"], (
        "what the patient wrote was on the nurse's list, and nobody read it in time"
    )


def test_a_patient_who_does_not_answer_the_nurse_is_asked_and_then_a_person_is_told(clinic) -> None:
    clinic.well = False
    clinic.at("Mon 11:00")
    writes(clinic, "Please tell us how you are.")
    before = len(clinic.phone_of("patient"))
    clinic.at("Mon 11:19")
    assert len(clinic.phone_of("patient")) == before
    clinic.at("Mon 11:21")
    assert len(clinic.phone_of("patient")) == before + 1
    clinic.at("Mon 11:31")
    assert clinic.phone_of("caregiver"), "the caregiver at the minute of the pathway"
    clinic.at("Mon 11:44")
    assert clinic.pages == []
    clinic.at("Mon 12:01")
    assert clinic.pages == ["Dr A"], "an hour after the nurse's text, not after the service's question"


def test_an_alarm_in_the_middle_of_it_pages_at_once_and_the_nurse_sees_it(clinic) -> None:
    clinic.at("Mon 13:50")
    nurse = writes(clinic, "Is the thermometer working now?")
    clinic.hears("38.6")
    assert clinic.pages == ["Dr A"]
    assert any("911" in words for words in clinic.phone_of("patient")), (
        "the alarm was answered by the service"
    )
    shown = nurse.get(reverse("patient-texts", args=[clinic.patient.pk])).content.decode()
    assert f"Open case {clinic.case.code}" in shown
    nurse.post(
        reverse("open-case", args=[clinic.patient.pk]),
        {"urgency": "emergency", "words": "cannot finish a sentence"},
    )
    clinic.settle()
    assert clinic.case.urgency == "emergency"
    assert clinic.case.headline == "Nora Quill: cannot finish a sentence"
