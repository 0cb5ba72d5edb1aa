"""A patient texted STOP in the middle of a watch: what it takes until the service asks again."""

import pytest
from django.urls import reverse

from monitoring.models import CheckIn
from notifications import clock
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00").gives()


def lets_texts_go(clinic: Clinic) -> None:
    """A nurse has the patient on the telephone and says so on the screen."""
    nurse = makers.signed_in(makers.a_clinician(clinic.site))
    clinic.patient.refresh_from_db()
    statement = {"whose": "patient", "number": clinic.patient.phone, "spoke": "on"}
    assert nurse.post(reverse("let-texts-go", args=[clinic.patient.pk]), statement).status_code == 302
    clinic.settle()


def round_of(clinic: Clinic, hour: int) -> CheckIn:
    return CheckIn.objects.get(watch__patient=clinic.patient, hour=hour, extra=False)


def test_a_nurse_phones_after_a_stop_and_the_next_check_in_goes_out(clinic) -> None:
    clinic.at("Mon 15:00").hears("STOP")
    assert clinic.pages == ["Dr A"]
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A")
    clinic.at("Mon 18:05")
    assert round_of(clinic, 8).state == "unsendable"
    clinic.hears("START")
    before = len(clinic.phone_of("patient"))
    lets_texts_go(clinic)
    assert len(clinic.phone_of("patient")) > before, "an hour was missed: asked at once"
    extra = CheckIn.objects.get(watch__patient=clinic.patient, extra=True, state="answered")
    assert (extra.due_at - clock.now()).total_seconds() < 60
    clinic.at("Mon 22:01")
    assert round_of(clinic, 12).state == "answered"


def test_texts_let_go_against_the_carrier_s_block_end_again_and_call_a_person(clinic) -> None:
    """Without START from that phone the provider refuses the next text; nobody is left believing that it went."""
    clinic.at("Mon 15:00").hears("STOP")
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A")
    clinic.well = False
    clinic.at("Mon 18:05")
    lets_texts_go(clinic)
    clinic.settle()
    clinic.patient.refresh_from_db()
    assert "21610" in clinic.patient.texting_ended_why
    assert clinic.case.state == "open"
    assert "21610" in clinic.case.events.filter(what__in=["opened", "joined"]).last().text


def test_a_corrected_number_gets_the_next_check_in(clinic) -> None:
    clinic.well = False
    old = len(clinic.at("Mon 14:01").phone_of("patient"))
    nurse = makers.signed_in(makers.a_clinician(clinic.site))
    path = reverse("contacts", args=[clinic.patient.pk])
    seen = nurse.get(path).context["form"].initial
    new = makers.a_phone()
    assert nurse.post(path, {**seen, "phone": new}).status_code == 302
    clinic.settle()
    assert len(clinic.provider.texts_to(new)) == 1, "the open question, at once"
    assert len(clinic.phone_of("patient")) == old
    clinic.patient.refresh_from_db()
    clinic.at("Mon 14:05").hears("98.6")
    assert CheckIn.objects.get(watch__patient=clinic.patient, state="asked").answered == ["temperature"]
