"""A pocket order ends by its prescriber's own act, with the reason, and is kept."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from monitoring import inbound, pocket, timeline
from monitoring.models import Patient, PatientEvent, PocketInstruction, PocketOrder
from notifications.models import AuditEntry, Clinician, Delivery, Message
from protocols.errors import Refusal
from stepup import courses
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON, HOUR = makers.NOON, timedelta(hours=1)


@pytest.fixture
def patient() -> Patient:
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    return makers.a_patient(site)


@pytest.fixture
def prescriber(patient) -> Clinician:
    return makers.a_clinician(patient.site, "prescriber", name="Dr P")


def sign(patient: Patient, by: Clinician, mg: int = 20) -> PocketOrder:
    return pocket.sign(patient, dose_mg=Decimal(mg), expires_at=NOON + 48 * HOUR, by=by, now=NOON)


def fever(patient: Patient, sid: str = "SM1") -> None:
    inbound.receive(
        provider_sid=sid, sender=patient.phone, sent_to=patient.site.patient_number, body="39.0", now=NOON + HOUR
    )  # fmt: skip


def test_a_revoked_order_is_mentioned_to_nobody_and_kept(patient, prescriber) -> None:
    order = pocket.revoke(sign(patient, prescriber).pk, by=prescriber, reason="  diabetes ", now=NOON)
    assert (order.revoked_at, order.revoked_by, order.revoked_why) == (NOON, prescriber, "diabetes")
    assert pocket.active_order(patient, now=NOON) is None
    fever(patient)
    assert not Message.objects.filter(key__startswith="pocket:").exists()
    assert pocket.revoked(patient) == [order]
    lines = [(entry.title, entry.text, entry.by) for entry in timeline.of(patient)]
    assert ("pocket order revoked", "20 mg: diabetes", "Dr P") in lines
    assert AuditEntry.objects.get(act="revoked a pocket order").detail == {"order": order.pk}


@pytest.mark.parametrize("role", ["nurse", "pharmacist", "responder"])
def test_only_a_prescriber_revokes(patient, prescriber, role) -> None:
    order = sign(patient, prescriber)
    with pytest.raises(Refusal, match="Only a prescriber"):
        pocket.revoke(order.pk, by=makers.a_clinician(patient.site, role), reason="x", now=NOON)


def test_an_order_is_revoked_once_and_for_a_reason(patient, prescriber) -> None:
    order = sign(patient, prescriber)
    with pytest.raises(Refusal, match="Say why"):
        pocket.revoke(order.pk, by=prescriber, reason=" ", now=NOON)
    pocket.revoke(order.pk, by=prescriber, reason="diabetes", now=NOON)
    other = makers.a_clinician(patient.site, "prescriber")
    with pytest.raises(Refusal, match="Dr P ended this order on Mon 01 Mar 12:00 EST: diabetes"):
        pocket.revoke(order.pk, by=other, reason="again", now=NOON + HOUR)


def test_an_instruction_that_has_not_left_is_withdrawn(patient, prescriber) -> None:
    order = sign(patient, prescriber)
    fever(patient)
    pocket.revoke(order.pk, by=prescriber, reason="diabetes", now=NOON + HOUR)
    told = Delivery.objects.get(message__key__startswith="pocket:")
    assert told.state == "cancelled"


def test_an_order_that_is_replaced_says_by_whom(patient, prescriber) -> None:
    first, other = sign(patient, prescriber), makers.a_clinician(patient.site, "prescriber")
    second = sign(patient, other, 8)
    first.refresh_from_db()
    assert (first.revoked_by, first.revoked_why) == (other, "replaced by a new order")
    assert pocket.active_order(patient, now=NOON) == second


@pytest.mark.parametrize("act", [lambda rows: rows.update(what="nothing"), lambda rows: rows.delete()])
def test_what_was_changed_about_a_patient_is_only_ever_added_to(patient, act) -> None:
    PatientEvent.objects.create(patient=patient, at=NOON, what="telephone corrected")
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        act(PatientEvent.objects.all())


@pytest.mark.parametrize("watched", [False, True], ids=["at rest", "in a watch"])
def test_an_order_ends_with_its_course_but_not_inside_the_watch(patient, prescriber, watched) -> None:
    course = makers.a_course(patient)
    watch = makers.a_dose(course).watch if watched else None
    order = pocket.sign(patient, dose_mg=Decimal(20), expires_at=NOON + 999 * HOUR, by=prescriber, now=NOON)
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON)
    order.refresh_from_db()
    assert order.revoked_why == ("" if watch else "the course was stopped")
    fever(patient)
    assert PocketInstruction.objects.exists() is watched
    if watch:
        assert pocket.active_order(patient, now=watch.ends_at - HOUR)
        assert pocket.active_order(patient, now=watch.ends_at) is None


def test_whoever_signs_is_shown_when_it_is_repeated_and_when_never(patient, prescriber) -> None:
    page = makers.signed_in(prescriber).get(f"/patient/{patient.pk}/").content.decode()
    assert "38.0 °C or 100.4 °F or more was measured" in page
    said = [words for words in pocket.exclusions() if words not in page]
    assert len(pocket.exclusions()) > 5
    assert said == []
