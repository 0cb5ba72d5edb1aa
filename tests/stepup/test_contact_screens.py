"""The screens that correct contacts, let texts go, revoke an order and end an enrolment, filled in well and badly."""

import html
import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from monitoring import inbound, pocket
from monitoring.models import Patient, PocketOrder
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, Site
from stepup import courses
from tests import makers
from tests.stepup.test_bad_input import keeps, says

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON = makers.NOON
NEW = "(215) 555-0142"


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.on_call(site)
    return site


@pytest.fixture
def patient(site) -> Patient:
    return makers.a_patient(site, name="Ann O'Test <b>", allergies="penicillin")


def somebody(site: Site, role: str = Role.NURSE) -> tuple[Client, Clinician]:
    clinician = makers.a_clinician(site, role)
    return makers.signed_in(clinician), clinician


@pytest.fixture
def nurse(site) -> Client:
    return somebody(site)[0]


def at(name: str, pk: int) -> str:
    return reverse(name, args=[pk])


def form_on(client: Client, path: str) -> dict[str, str]:
    """What the page would send if nobody touched it."""
    shown = client.get(path).content.decode()
    form = re.search(rf'<form method="post" action="{path}".*?</form>', shown, re.DOTALL)
    assert form, path
    fields = dict(re.findall(r'<input type="(?:text|hidden)" name="(\w+)" value="([^"]*)"', form[0]))
    for name, choices in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form[0], re.DOTALL):
        fields[name] = re.search(r'value="([^"]+)" selected', choices)[1]
    return {name: html.unescape(value) for name, value in fields.items() if name != "csrfmiddlewaretoken"}


def texted_stop(patient: Patient, sender: str = "") -> None:
    inbound.receive(
        provider_sid=makers.a_phone(), sender=sender or patient.phone, sent_to=patient.site.patient_number,
        body="STOP", now=NOON,
    )  # fmt: skip


# corrections


def test_a_page_sent_back_untouched_changes_nothing(nurse, patient) -> None:
    path = at("contacts", patient.pk)
    answer = nurse.post(path, form_on(nurse, path), follow=True)
    assert "Nothing was different." in answer.content.decode()
    assert not patient.events.exists()


def test_a_corrected_telephone_is_on_the_record_and_in_the_ledger_without_the_number(site, patient) -> None:
    client, writer = somebody(site)
    path = at("contacts", patient.pk)
    shown = client.post(path, form_on(client, path) | {"phone": NEW}, follow=True).content.decode()
    assert "Corrected: telephone." in shown
    assert "telephone corrected" in shown
    assert "(215)\u00a0555-0142" in shown
    entry = AuditEntry.objects.get(by=writer, act="corrected contacts")
    assert entry.detail == {"fields": ["phone"]}


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("phone", "", "Type the number of the patient's own mobile phone."),
        ("phone", "my daughter's", "is not a telephone number: write it like +1 215 555 0142."),
        ("caregiver_phone", "911", "is not a telephone number: write it like +1 215 555 0142."),
        ("caregiver_name", "", "Type the caregiver's name."),
        ("language", "xx", "Select a valid choice."),
        ("time_zone", "Nowhere", "Select a valid choice."),
    ],
)
def test_a_bad_correction_names_the_fix_and_keeps_the_rest(nurse, patient, field, typed, sentence) -> None:
    path = at("contacts", patient.pk)
    form = form_on(nurse, path) | {"allergies": 'latex "& <x>', field: typed}
    answer = nurse.post(path, form)
    says(answer, sentence)
    keeps(answer, {name: value for name, value in form.items() if name != "seen"}, besides=field)
    assert Patient.objects.get(pk=patient.pk).allergies == "penicillin"


def test_a_refused_number_stays_beside_its_field(site, nurse, patient) -> None:
    path, other = at("contacts", patient.pk), makers.a_patient(site)
    for typed, sentence in (
        ({"phone": other.phone}, "This number already speaks for another patient."),
        ({"caregiver_phone": patient.phone}, "The caregiver needs a phone of their own"),
    ):
        answer = nurse.post(path, form_on(nurse, path) | typed)
        says(answer, sentence)
        keeps(answer, typed)


@pytest.mark.parametrize("seen", ["", "[]", "{}", "not json", '{"phone": "x"}'])
def test_a_page_that_lost_what_it_had_shown_saves_nothing(nurse, patient, seen) -> None:
    path = at("contacts", patient.pk)
    answer = nurse.post(path, form_on(nurse, path) | {"phone": NEW, "seen": seen})
    says(answer, "The page lost what it had shown. Open this page again.")
    assert not patient.events.exists()


def test_of_two_pages_open_at_once_the_second_undoes_nothing_and_is_told(site, nurse, patient) -> None:
    path = at("contacts", patient.pk)
    first, second = form_on(nurse, path), form_on(nurse, path)
    nurse.post(path, first | {"phone": NEW, "allergies": "latex"})
    answer = nurse.post(path, second | {"phone": "(215) 555-0199", "caregiver_name": "Somebody"})
    says(answer, "Somebody else corrected this while you typed: it now reads (215) 555-0142.")
    keeps(answer, {"phone": "(215) 555-0199", "caregiver_name": "Somebody"})
    again = re.search(r'name="seen" value="([^"]*)"', answer.content.decode())
    meant = second | {
        "phone": "(215) 555-0199",
        "caregiver_name": "Somebody",
        "seen": html.unescape(again[1]),
    }
    assert json.loads(meant["seen"])["allergies"] == "penicillin", "of the rest it has what it showed"
    assert nurse.post(path, meant).status_code == 302
    patient.refresh_from_db()
    assert (patient.phone, patient.caregiver_name, patient.allergies) == ("+12155550199", "Somebody", "latex")


# texts


@pytest.mark.parametrize("whose", ["patient", "caregiver"])
def test_letting_texts_go_takes_a_tick_that_names_the_person_and_the_number(nurse, patient, whose) -> None:
    number = patient.phone if whose == "patient" else patient.caregiver_phone
    texted_stop(patient, number)
    shown = html.unescape(nurse.get(at("contacts", patient.pk)).content.decode())
    name = patient.name if whose == "patient" else patient.caregiver_name
    assert f"I spoke with {name} on ({number[2:5]}) {number[5:8]}-{number[8:]}" in shown
    path = at("let-texts-go", patient.pk)
    statement = form_on_texts(nurse, patient)
    says(nurse.post(path, statement), f"Speak with {name} on")
    answer = nurse.post(path, statement | {"spoke": "on"}, follow=True)
    assert f"Texts to the {whose} go again." in answer.content.decode()


def form_on_texts(client: Client, patient: Patient) -> dict[str, str]:
    shown = client.get(at("contacts", patient.pk)).content.decode()
    form = re.search(r'action="[^"]*/texts/".*?</form>', shown, re.DOTALL)[0]
    return dict(re.findall(r'type="hidden" name="(whose|number)" value="([^"]*)"', form))


def test_a_number_corrected_after_the_page_was_opened_has_to_be_spoken_on(nurse, patient) -> None:
    texted_stop(patient)
    statement = form_on_texts(nurse, patient)
    path = at("contacts", patient.pk)
    nurse.post(path, form_on(nurse, path) | {"phone": NEW})
    answer = nurse.post(at("let-texts-go", patient.pk), statement | {"spoke": "on"})
    says(answer, "The number was corrected to (215) 555-0142. Speak with them on that one first.")
    shown = html.unescape(answer.content.decode())
    assert "on (215) 555-0142, and texts may go there again" in shown, "the statement is about the new number"
    assert "checked" not in re.search(r'<input type="checkbox" name="spoke"[^>]*>', shown)[0]
    assert Patient.objects.get(pk=patient.pk).texting_ended_at is not None


@pytest.mark.parametrize(
    "typed", [{}, {"whose": "nobody", "number": "x", "spoke": "on"}, {"spoke": "on"}], ids=str
)
def test_a_mangled_statement_lets_nothing_go(nurse, patient, typed) -> None:
    texted_stop(patient)
    assert nurse.post(at("let-texts-go", patient.pk), typed).status_code == 422
    assert Patient.objects.get(pk=patient.pk).texting_ended_at is not None


def test_the_record_says_whose_texts_ended_and_shows_the_way_only_to_who_may(site, patient) -> None:
    texted_stop(patient, patient.caregiver_phone)
    for role, may in (
        (Role.NURSE, True),
        (Role.PRESCRIBER, True),
        (Role.RESPONDER, False),
        (Role.PHARMACIST, False),
    ):
        shown = somebody(site, role)[0].get(at("patient", patient.pk)).content.decode()
        assert "No texts go to the caregiver" in shown
        assert "A nurse must telephone" in shown
        assert "texts go here" in shown, "the patient's own"
        assert (at("contacts", patient.pk) in shown) is may
        assert (at("end-enrolment", patient.pk) in shown) is may


def test_after_a_stop_the_page_says_what_the_carrier_wants(nurse, patient) -> None:
    texted_stop(patient)
    assert "START" in nurse.get(at("contacts", patient.pk)).content.decode()


# the pocket order


def an_order(patient: Patient) -> PocketOrder:
    by = makers.a_clinician(patient.site, Role.PRESCRIBER, name="Dr P")
    return pocket.sign(patient, dose_mg=Decimal(20), expires_at=NOON + timedelta(days=9), by=by, now=NOON)


def test_a_revoked_order_stands_on_the_record_with_who_and_why(site, patient) -> None:
    client, writer = somebody(site, Role.PRESCRIBER)
    path = at("revoke-pocket-order", an_order(patient).pk)
    assert path in client.get(at("patient", patient.pk)).content.decode()
    says(client.post(path, {"reason": "  "}), "Say why the order is revoked.")
    shown = client.post(path, {"reason": "diabetes"}, follow=True).content.decode()
    assert f"by {writer.name}: diabetes" in shown
    assert "No signed order" in shown
    answer = client.post(path, {"reason": "once more"})
    says(answer, f"{writer.name} ended this order on")
    keeps(answer, {"reason": "once more"})


def test_a_nurse_is_shown_the_order_and_no_way_to_revoke_it(nurse, patient) -> None:
    path = at("revoke-pocket-order", an_order(patient).pk)
    shown = nurse.get(at("patient", patient.pk)).content.decode()
    assert "Signed order" in shown
    assert path not in shown


# the end


def refused_with(answer: HttpResponse, sentence: str) -> Any:
    says(answer, sentence)
    keeps(answer, {"reason": "moved away"})


def test_an_enrolment_ends_only_after_its_course(nurse, patient) -> None:
    course = makers.a_course(patient)
    path, typed = at("end-enrolment", patient.pk), {"reason": "moved away"}
    says(nurse.post(path, {"reason": ""}), "Say why the enrolment ends.")
    refused_with(nurse.post(path, typed), "A course is under way. Stop it, then end the enrolment.")
    makers.a_dose(course, given_at=NOON)
    courses.stop(course.pk, by=makers.a_clinician(patient.site), reason="moved", now=NOON)
    refused_with(nurse.post(path, typed), "The patient is being watched until")
    patient.watches.update(closed_at=NOON, closed_why="over")
    shown = nurse.post(path, typed, follow=True).content.decode()
    assert "Enrolment ended" in shown
    assert "moved away" in shown
    assert path not in shown, "it ends once"
    assert at("contacts", patient.pk) not in shown


def test_no_course_starts_on_an_enrolment_that_ended(site, nurse, patient) -> None:
    nurse.post(at("end-enrolment", patient.pk), {"reason": "moved away"})
    row, day = makers.an_approved_protocol(site), "2027-03-01"
    typed = {"protocol": row.pk, "start_on": day, "weight_kg": "70", "weighed_on": day, "weighed_by": "x"}
    says(
        nurse.post(at("open-course", patient.pk), typed),
        "This enrolment has ended: no course can start on it.",
    )
    shown = nurse.get(at("contacts", patient.pk)).content.decode()
    assert "This enrolment has ended" in shown
    assert 'name="phone"' not in shown
