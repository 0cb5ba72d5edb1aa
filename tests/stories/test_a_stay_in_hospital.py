"""A fever, a night in hospital and home again: what the phones ask, and what the nurses record."""

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Admission, CheckIn, Task
from notifications import clock
from tests import makers
from tests.story import ZONE, Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00").gives()


def records(clinic: Clinic, name: str, pk: int, **typed: str) -> None:
    """A nurse types it into the form."""
    nurse = Client()
    nurse.force_login(
        makers.a_clinician(clinic.site, name="Nora"), backend="django.contrib.auth.backends.ModelBackend"
    )
    answer = nurse.post(reverse(name, args=[pk]), typed)
    assert answer.status_code == 302, answer.content.decode()
    clinic.settle()


def goes_in(clinic: Clinic, since: str) -> Admission:
    today = clock.now().astimezone(ZONE)
    records(
        clinic, "admit", clinic.patient.pk, hospital="Riverside Hospital", ward="4B", phone="+1 555 017 7001",
        on=f"{today:%Y-%m-%d}", at=since, reason="fever, low pressure",
    )  # fmt: skip
    return Admission.objects.get(patient=clinic.patient, discharged_at=None)


def asked(clinic: Clinic) -> int:
    return len(clinic.phone_of("patient"))


def test_a_fever_a_night_on_the_ward_and_home_inside_the_watch(clinic) -> None:
    clinic.at("Mon 20:00").hears("I am in hospital, they admitted me")
    assert clinic.pages == ["Dr A"], "words page, and let nothing rest"
    clinic.well = False
    assert not Admission.objects.exists()
    clinic.texts_the_code("Dr A").reached("Dr A")
    stay = goes_in(clinic, "19:30")
    assert clinic.case.state == "reached", "the case stays with whoever has it"
    clinic.resolved("Dr A")
    before = asked(clinic)
    clinic.at("Tue 15:00")
    assert asked(clinic) == before, "the ward asks"
    assert clinic.pages == ["Dr A"]
    assert Task.objects.filter(patient=clinic.patient, done_at=None).exists() is False
    clinic.at("Tue 16:30")
    records(clinic, "still-in", stay.pk, hospital="Riverside Hospital", ward="4B", phone="+1 555 017 7001")
    clinic.at("Wed 09:00")
    assert clinic.pages == ["Dr A"], "said in time, nobody is paged"
    today = clock.now().astimezone(ZONE)
    clinic.well = True
    records(clinic, "discharge", stay.pk, on=f"{today:%Y-%m-%d}", at="08:55", words="home, with her son")
    assert asked(clinic) > before, "asked at once"
    assert CheckIn.objects.filter(watch__patient=clinic.patient, extra=True, state="answered").exists()
    assert "asked at home again" in clinic.phone_of("Dr A")[-1]


def test_a_forgotten_stay_asks_again_and_wakes_somebody(clinic) -> None:
    clinic.well = False
    goes_in(clinic, "09:59" if clock.now().astimezone(ZONE).hour < 10 else "10:00")
    before = asked(clinic)
    clinic.at("Tue 09:50")
    assert asked(clinic) == before
    assert clinic.pages == []
    clinic.at("Tue 10:10")
    assert asked(clinic) > before
    assert clinic.pages == ["Dr A"]
    assert "Still in hospital?" in clinic.case.headline
