"""Wallet cards: a code and no fact; replaced when one is lost, and an old one still helps whoever finds it."""

import re
from datetime import date

import pytest
import segno
from django.test import Client
from django.urls import reverse

from monitoring.models import Patient, Task
from notifications import clock
from notifications.models import AuditEntry, Role
from stepup import card_pdf, cards, emergency, emergency_texts
from stepup.models import CardPrint
from tests import makers
from tests.makers import NOON
from tests.stepup.caring import refused
from tests.stepup.test_emergency_languages import approve

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ADDRESS = "https://stepup.example/e/ABCD2345/?in=es"


@pytest.fixture
def patient() -> Patient:
    return makers.a_patient(makers.a_site(), now=clock.now())


@pytest.fixture
def nurse(patient):
    return makers.a_clinician(patient.site)


def replace(patient: Patient, nurse, *, reason: str = "lost on the bus") -> str:
    """Replace the card; return the old code."""
    code = patient.emergency_code
    cards.replace(patient.pk, code=code, reason=reason, by=nurse, now=NOON)
    patient.refresh_from_db()
    return code


def test_a_replaced_card_shows_the_advice_and_the_number_and_never_the_facts(patient, nurse) -> None:
    old = replace(patient, nurse)
    path = reverse("emergency", args=[old])
    for answer in (Client().get(path), Client().post(path, {"born_on": "05/17/1960"})):
        page = answer.content.decode()
        assert answer.status_code == 200
        assert f"tel:{patient.site.oncall_number}" in page
        assert emergency_texts.of("en").words["replaced"] in page
        assert emergency_texts.of("en").body["first"]["says"] in page
        assert patient.name not in page
        assert "born_on" not in page
    assert (
        patient.name
        in Client()
        .post(reverse("emergency", args=[patient.emergency_code]), {"born_on": "05/17/1960"})
        .content.decode()
    )


def test_on_a_service_of_several_sites_an_old_card_leads_to_the_right_number(patient, nurse) -> None:
    makers.a_site()
    old = replace(patient, nurse)
    assert emergency.only_site() is None
    assert (
        f"tel:{patient.site.oncall_number}" in Client().get(reverse("emergency", args=[old])).content.decode()
    )


def test_opening_an_old_card_is_noticed_too(patient, nurse) -> None:
    Client().get(reverse("emergency", args=[replace(patient, nurse)]))
    assert Task.objects.filter(
        patient=patient, what__startswith="The page of a replaced emergency card"
    ).exists()


def test_an_old_code_is_found_as_it_is_typed_and_is_never_given_out_again(
    patient, nurse, monkeypatch
) -> None:
    old = replace(patient, nurse)
    assert emergency.find(old) is None
    assert emergency.replaced(f" {old[:4].lower()} {old[4:]} ").patient == patient
    codes = iter([old, "QQQQ7777"])
    monkeypatch.setattr(cards.patients, "new_code", lambda: next(codes))
    replace(patient, nurse)
    assert patient.emergency_code == "QQQQ7777"


def test_of_two_who_replace_one_card_the_second_is_told(patient, nurse) -> None:
    old = replace(patient, nurse)
    with refused("replaced-already"):
        cards.replace(patient.pk, code=old, reason="stolen", by=nurse, now=NOON)
    with refused("reason"):
        cards.replace(patient.pk, code=patient.emergency_code, reason=" ", by=nurse, now=NOON)


def test_a_lost_card_is_replaced_after_the_enrolment_and_none_is_printed(patient, nurse) -> None:
    Patient.objects.filter(pk=patient.pk).update(
        is_active=False, enrolment_ended_at=NOON, enrolment_ended_by=nurse, enrolment_ended_why="moved"
    )
    replace(patient, nurse)
    with refused("not-enrolled"):
        cards.record_print(patient.pk, language="en", by=nurse, now=NOON)


def test_a_card_is_printed_in_languages_the_site_has_approved_and_who_printed_it_is_kept(
    patient, nurse
) -> None:
    client = makers.signed_in(nurse)
    path = reverse("card-print", args=[patient.pk])
    assert client.post(path, {"language": "es"}).status_code == 422
    with refused("language"):
        cards.record_print(patient.pk, language="es", by=nurse, now=NOON)
    approve(patient.site, "es")
    answer = client.post(path, {"language": "es"})
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == 'attachment; filename="emergency-card.pdf"'
    assert answer.content.startswith(b"%PDF")
    row = CardPrint.objects.get()
    assert (row.patient, row.code, row.language, row.by) == (patient, patient.emergency_code, "es", nurse)
    assert AuditEntry.objects.filter(act="printed an emergency card", by=nurse).count() == 1
    page = client.get(reverse("card", args=[patient.pk])).content.decode()
    assert f"Printed in Spanish, code {patient.emergency_code}," in page


def test_a_pharmacist_or_another_site_s_nurse_prints_no_card(patient) -> None:
    path = reverse("card-print", args=[patient.pk])
    pharmacist = makers.signed_in(makers.a_clinician(patient.site, Role.PHARMACIST))
    assert pharmacist.post(path, {"language": "en"}).status_code == 403
    assert (
        makers.signed_in(makers.a_clinician(makers.a_site())).post(path, {"language": "en"}).status_code
        == 404
    )


@pytest.mark.parametrize("code", list(emergency_texts.load()))
def test_the_card_holds_the_first_words_the_number_and_the_address_and_no_name(monkeypatch, code) -> None:
    written, squares = [], []
    put, qr = card_pdf._put, segno.make
    monkeypatch.setattr(
        card_pdf, "_put", lambda *args, **more: (written.append(args[1]), put(*args, **more))[1]
    )
    monkeypatch.setattr(
        card_pdf.segno, "make", lambda said, **more: (squares.append(said), qr(said, **more))[1]
    )
    advice = emergency_texts.of(code)
    sheet = card_pdf.draw(
        card_pdf.Card(advice, "+15550100100", ADDRESS, "stepup.example/e/", "ABCD2345", date(2027, 3, 1))
    )
    assert len(re.findall(rb"/Type /Page\b", sheet)) == 1
    for words in (advice.body["first"]["says"], "(555) 010-0100", "ABCD 2345", "stepup.example/e/"):
        assert written.count(words) == card_pdf.COPIES
    assert squares == [ADDRESS] * card_pdf.COPIES
    assert any(str(advice.review_on) in words for words in written), "until when the advice is valid"


def test_nothing_on_a_card_is_outside_its_frame(monkeypatch) -> None:
    """Every language, and an address as long as hospitals have them."""
    bottoms = []
    put = card_pdf._put

    def noted(*args: object, **more: object) -> float:
        bottoms.append((args[1], put(*args, **more)))
        return bottoms[-1][1]

    monkeypatch.setattr(card_pdf, "_put", noted)
    for advice in emergency_texts.load().values():
        bottoms.clear()
        card_pdf.draw(card_pdf.Card(
            advice, "+15550100100", ADDRESS, "stepup.oncology.riverbend-hospital.example/e/", "ABCD2345",
            date(2027, 3, 1),
        ))  # fmt: skip
        floor = card_pdf.letter[1] - 30 * card_pdf.mm - (card_pdf.HEIGHT + 12 * card_pdf.mm)
        first_card = bottoms[1:10]
        name_line = next(bottom for words, bottom in first_card if "____" in words)
        assert min(bottom for _, bottom in first_card) >= floor, advice.code
        front = [bottom for words, bottom in first_card[:4]]
        assert min(front) > name_line, f"{advice.code}: the words run into the line for the name"
