"""The screens of a transfer: what is said before the button, what a form keeps, and what the record says afterwards."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import pocket, worklist
from notifications import clock
from notifications.models import Role
from stepup import appointments, transfers
from stepup.models import Course
from tests import makers, refused

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY = timedelta(days=1)


def a_task(course: Course) -> None:
    worklist.open_task(
        site=course.site, patient=course.patient, what="Call her", due_at=clock.now(), pages_when_late=True,
        now=clock.now(),
    )  # fmt: skip


@pytest.fixture
def today() -> Course:
    """A course opened now, with nothing given: it may be transferred at once."""
    site = makers.a_site(name="Home Hospital")
    makers.on_call(site, since=clock.now(), days=400)
    return makers.a_course(makers.a_patient(site, now=clock.now()), now=clock.now())


TYPED = {
    "to_site": "General Hospital",
    "to_person": "Dr Grace Other",
    "to_phone": "(555) 010-7777",
    "reason": "moved to her daughter",
}


def signed_in_as(course: Course, role: str) -> Client:
    return makers.signed_in(makers.a_clinician(course.site, role, name=f"The {role}"))


def test_the_form_keeps_what_was_typed_and_names_what_is_wrong(today) -> None:
    client, path = signed_in_as(today, Role.PRESCRIBER), reverse("transfer-course", args=[today.pk])
    typed = TYPED | {"seen": appointments.seen(today)}
    answer = client.post(path, typed | {"to_phone": "the desk"})
    refused.says(answer, "'the desk' is not a telephone number: write it like +1 215 555 0142.")
    refused.keeps(answer, typed, besides="to_phone")
    refused.says(client.post(path, TYPED | {"seen": "7.7"}), "A dose was recorded or moved meanwhile.")
    a_task(today)
    refused.says(client.post(path, typed), "On the list: Call her. Finish it, then transfer the course.")


def test_a_transfer_leads_to_the_hand_over_and_stands_on_the_record_from_then_on(today) -> None:
    prescriber, nurse = signed_in_as(today, Role.PRESCRIBER), signed_in_as(today, Role.NURSE)
    path = reverse("transfer-course", args=[today.pk])
    answer = prescriber.post(path, TYPED | {"seen": appointments.seen(today)})
    assert answer["Location"] == reverse("hand-over", args=[today.pk]) + "#result"
    for page in (
        prescriber.get(reverse("hand-over", args=[today.pk])),
        nurse.get(reverse("patient", args=[today.patient_id])),
    ):
        said = page.content.decode()
        assert "Transferred to General Hospital on " in said
        assert "by The prescriber.</b> Dr Grace Other takes over" in said
    assert reverse("hand-over", args=[today.pk]) in said
    assert reverse("record-dose", args=[today.pk]) not in said
    assert "This course was stopped" not in said
    assert prescriber.get(path).status_code == 409
    assert "This course was transferred to General Hospital" in prescriber.get(path).content.decode()


def test_an_appointment_is_asked_about_on_the_form(today) -> None:
    nurse = makers.a_clinician(today.site)
    at = clock.now() + DAY
    appointments.move(
        today.pk, at=at, seen_before=appointments.seen(today), reason="site", words="no chair", by=nurse,
        override="the desk answers", now=clock.now(),
    )  # fmt: skip
    client, path = signed_in_as(today, Role.PRESCRIBER), reverse("transfer-course", args=[today.pk])
    typed = TYPED | {"seen": appointments.seen(today)}
    refused.says(client.post(path, typed), "Tell the patient, then say that it is given up.")
    assert client.post(path, typed | {"gives_up": "on"}).status_code == 302


def test_no_practice_text_goes_out_for_a_transferred_course(today) -> None:
    transfers.transfer(
        today.pk, transfers.To("General Hospital", "Dr Grace Other", "(555) 010-7777"), reason="moved",
        seen=appointments.seen(today), by=makers.a_clinician(today.site, Role.PRESCRIBER), now=clock.now(),
    )  # fmt: skip
    answer = signed_in_as(today, Role.NURSE).post(reverse("practice", args=[today.pk]))
    assert answer.status_code == 409


def test_an_order_in_force_and_what_is_open_are_said_before_the_button(today) -> None:
    prescriber = makers.a_clinician(today.site, Role.PRESCRIBER)
    pocket.sign(
        today.patient, dose_mg=Decimal(8), expires_at=clock.now() + DAY, by=prescriber, now=clock.now()
    )
    a_task(today)
    said = makers.signed_in(prescriber).get(reverse("transfer-course", args=[today.pk])).content.decode()
    assert "The order for pocket dexamethasone" in said
    assert "To be done first: Call her." in said
