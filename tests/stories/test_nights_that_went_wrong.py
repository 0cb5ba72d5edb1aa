"""Nights in which something else went wrong as well. Each was once lost; none may be again."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import escalations, pocket
from monitoring.models import Escalation, PocketInstruction, Reaction, Watch
from notifications import clock
from protocols.errors import Refusal
from stepup import engine
from tests import makers
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def clinic(provider) -> Clinic:
    clinic = Clinic(provider)
    return clinic.at("Mon 10:00").gives()


def test_a_number_that_dies_inside_the_watch_calls_a_person(clinic) -> None:
    clinic.provider.faults(
        {"match": {"to": clinic.patient.phone, "kind": "message"}, "do": "undelivered:30006"}
    )
    clinic.well = False
    clinic.at("Mon 14:01")
    clinic.patient.refresh_from_db()
    assert clinic.patient.texting_ended_at is not None
    assert clinic.pages == ["Dr A"]


def test_a_caregiver_who_texts_stop_is_passed_over_and_a_caregiver_who_calls_for_help_is_answered(
    clinic,
) -> None:
    caregiver = clinic.patient.caregiver_phone
    clinic.at("Mon 12:00").hears("STOP", sender=caregiver)
    assert clinic.patient.tasks.get().what.startswith("Call now: no texts go to the caregiver")
    clinic.at("Mon 12:05").hears("she is confused and cannot speak", sender=caregiver)
    assert clinic.pages == ["Dr A"], "heard all the same"
    clinic.texts_the_code("Dr A")
    assert "will call you" in clinic.phone_of("patient")[-1]
    [only] = clinic.phone_of("caregiver")
    assert "unsubscribed" in only, "the provider's own answer, and nothing of ours"


def test_a_new_fever_after_the_patient_was_reached_pages_again(clinic) -> None:
    clinic.at("Mon 12:00").hears("100.5")
    clinic.texts_the_code("Dr A").reached("Dr A")
    before = len(clinic.pages)
    clinic.at("Mon 12:30").hears("39.8 C")
    assert len(clinic.pages) > before
    assert clinic.case.state == "open"


def test_more_news_about_a_taken_case_pages_its_owner(clinic) -> None:
    clinic.at("Mon 12:00").hears("100.5")
    clinic.texts_the_code("Dr A")
    clinic.at("Mon 12:05").hears("100.9")
    assert "more has come in" in clinic.phone_of("Dr A")[-1]
    assert clinic.case.state == "taken"


def test_a_case_reached_and_then_forgotten_opens_again(clinic) -> None:
    clinic.at("Mon 12:00").hears("100.5")
    clinic.texts_the_code("Dr A").reached("Dr A")
    clinic.at("Mon 14:01")
    assert clinic.case.state == "open"
    clinic.texts_the_code("Dr B")
    assert clinic.case.owner == clinic.people["Dr B"]


def test_the_one_who_let_it_lapse_is_not_rung_twice_at_once(clinic) -> None:
    clinic.at("Mon 12:00").hears("100.5")
    clinic.texts_the_code("Dr A")
    calls = len(clinic.provider.calls_to(clinic.people["Dr A"].phone))
    clinic.at("Mon 12:16")
    assert len(clinic.provider.calls_to(clinic.people["Dr A"].phone)) == calls + 1


@pytest.mark.parametrize("sender", ["patient", "caregiver"])
def test_an_emergency_in_the_same_breath_as_a_wrong_number_is_an_emergency(clinic, sender) -> None:
    phone = {"patient": clinic.patient.phone, "caregiver": clinic.patient.caregiver_phone}[sender]
    clinic.at("Mon 12:00").hears("wrong number but she is unconscious", sender=phone)
    assert clinic.case.urgency == "emergency"
    assert any(clinic.site.emergency_number in text for text in clinic.provider.texts_to(phone))


def test_one_broken_case_does_not_hold_up_another(clinic) -> None:
    other = makers.a_patient(clinic.site, now=clock.now())
    broken, _ = escalations.raise_concern(
        site=clinic.site, patient=other, urgency="urgent", headline="fever", now=clock.now()
    )
    Escalation.objects.filter(pk=broken.pk).update(rules={"nobody": "knows"})
    clinic.broken.add(broken.pk)
    clinic.at("Mon 12:00").hears("100.5")
    healthy = clinic.case
    engine.act(now=clock.now() + timedelta(minutes=16))
    healthy.refresh_from_db()
    assert healthy.rung == 2


@pytest.mark.parametrize("words", ["cannot take {code}, in surgery", "no {code}", "can't do {code}"])
def test_saying_no_with_the_code_takes_nothing_and_calls_the_next(clinic, words) -> None:
    clinic.at("Mon 12:00").hears("100.5")
    clinic.texts(clinic.people["Dr A"].phone, words.format(code=clinic.case.code))
    assert clinic.case.state == "open"
    assert clinic.pages == ["Dr A", "Dr B"]


def test_two_codes_in_one_text_are_not_guessed_between(clinic) -> None:
    other = makers.a_patient(clinic.site, now=clock.now())
    escalations.raise_concern(
        site=clinic.site, patient=other, urgency="urgent", headline="fever", now=clock.now()
    )
    clinic.at("Mon 12:00").hears("100.5")
    codes = " ".join(Escalation.objects.values_list("code", flat=True))
    clinic.texts(clinic.people["Dr A"].phone, codes)
    assert not Escalation.objects.filter(state="taken").exists()


def test_a_watch_does_not_end_over_an_open_reaction(clinic) -> None:
    Reaction.objects.create(
        patient=clinic.patient, kind="icans", grade=2, noted_at=clock.now(), noted_by=clinic.people["Dr A"]
    )
    watch = Watch.objects.get(patient=clinic.patient)
    Watch.objects.filter(pk=watch.pk).update(ends_at=clock.now() + timedelta(minutes=1))
    clinic.at("Mon 10:05")
    watch.refresh_from_db()
    assert watch.closed_at is None


def test_the_pocket_dose_is_not_suggested_twice_in_one_watch(clinic) -> None:
    prescriber = makers.a_clinician(clinic.site, "prescriber")
    pocket.sign(
        clinic.patient,
        dose_mg=Decimal(20),
        expires_at=clock.now() + timedelta(days=9),
        by=prescriber,
        now=clock.now(),
    )
    clinic.at("Mon 12:00").hears("39.0")
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A")
    clinic.at("Mon 15:00").hears("38.9")
    assert PocketInstruction.objects.count() == 1


def test_a_case_sent_on_without_grades_cannot_be_closed(clinic) -> None:
    clinic.at("Mon 12:00").hears("39.0")
    clinic.texts_the_code("Dr A").reached("Dr A")
    with pytest.raises(Refusal, match="looked for and ruled out"):
        escalations.resolve(clinic.case.pk, by=clinic.people["Dr A"], now=clock.now(), outcome="admitted")


def test_only_a_role_that_works_on_cases_can_take_one(clinic) -> None:
    clinic.at("Mon 12:00").hears("39.0")
    pharmacist = makers.a_clinician(clinic.site, "pharmacist", phone=makers.a_phone())
    with pytest.raises(Refusal, match="cannot take"):
        escalations.take(clinic.case.pk, by=pharmacist, now=clock.now(), how="text")
