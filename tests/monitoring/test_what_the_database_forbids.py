"""Lies the tables themselves refuse, whoever tells them: the shell, a bulk update, the next developer."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from monitoring import escalations
from monitoring.models import (
    CheckIn,
    Escalation,
    EscalationEvent,
    Patient,
    PocketOrder,
    Reaction,
    Task,
    Watch,
)
from stepup.models import Dose, SiteProtocol
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON = makers.NOON


def refused(model, pk, **lie) -> None:
    """A bulk update, which no model method sees, is refused by the table."""
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.filter(pk=pk).update(**lie)


@pytest.fixture
def patient() -> Patient:
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    return makers.a_patient(site)


@pytest.fixture
def dose(patient) -> Dose:
    return makers.a_dose(makers.a_course(patient))


@pytest.fixture
def case(patient) -> Escalation:
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=NOON
    )
    return case


def test_one_unresolved_case_per_patient(case) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Escalation.objects.create(
            site=case.site, patient=case.patient, code="0000", headline="again", urgency="urgent", rules={},
            opened_at=NOON, next_at=NOON,
        )  # fmt: skip


@pytest.mark.parametrize(
    "lie",
    [
        {"next_at": None},
        {"state": "taken"},
        {"state": "resolved"},
        {"state": "reached", "reached_at": NOON},
        {"taken_at": NOON},
        {"outcome": "home"},
    ],
    ids=str,
)
def test_a_case_is_in_exactly_the_state_its_facts_say(case, lie) -> None:
    refused(Escalation, case.pk, **lie)


def test_a_resolved_case_names_its_owner_and_outcome(case) -> None:
    refused(
        Escalation, case.pk, state="resolved", next_at=None, taken_at=NOON, reached_at=NOON, resolved_at=NOON,
        outcome="home",
    )  # fmt: skip


def test_a_cases_history_is_only_ever_added_to(case) -> None:
    event = case.events.first()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        EscalationEvent.objects.filter(pk=event.pk).update(text="nothing happened")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM monitoring_escalationevent WHERE id = %s", [event.pk])


def test_one_open_watch_per_patient(dose) -> None:
    watch = dose.watch
    with pytest.raises(IntegrityError), transaction.atomic():
        Watch.objects.create(
            site=watch.site, patient=watch.patient, drug="x", step="y", protocol="z", rules={}, given_at=NOON,
            opened_at=NOON, ends_at=NOON + timedelta(days=7),
        )  # fmt: skip


def test_a_watch_cannot_open_before_its_dose(dose) -> None:
    refused(Watch, dose.watch_id, given_at=NOON + timedelta(days=1))


def test_a_closed_watch_says_why(dose) -> None:
    refused(Watch, dose.watch_id, closed_at=NOON)


@pytest.mark.parametrize(
    "lie",
    [
        {"next_at": None},
        {"state": "asked"},
        {"state": "missed"},
        {"state": "missed", "next_at": None, "ended_at": NOON},
        {"state": "answered"},
        {"ended_at": NOON},
    ],
    ids=str,
)
def test_a_checkin_always_has_a_next_time_or_an_end(dose, lie) -> None:
    refused(CheckIn, dose.watch.checkins.first().pk, **lie)


def test_one_question_open_per_watch(dose) -> None:
    first, second = dose.watch.checkins.all()[:2]
    facts = {"state": "asked", "question_at": NOON}
    CheckIn.objects.filter(pk=first.pk).update(**facts)
    refused(CheckIn, second.pk, **facts)


def test_h32_one_phone_speaks_for_one_active_patient(patient) -> None:
    other = makers.a_patient(patient.site)
    refused(Patient, other.pk, phone=patient.phone)


def test_the_second_check_is_another_person(dose) -> None:
    refused(Dose, dose.pk, confirmed_by=dose.recorded_by)


def test_a_dose_was_given_before_it_was_recorded(dose) -> None:
    refused(Dose, dose.pk, given_at=NOON + timedelta(days=1))


def test_two_different_people_sign_a_protocol(dose) -> None:
    row = dose.course.protocol
    refused(SiteProtocol, row.pk, prescriber=row.pharmacist)


def test_a_signature_has_a_time(dose) -> None:
    refused(SiteProtocol, dose.course.protocol_id, pharmacist_at=None)


@pytest.mark.parametrize("weight", [Decimal(24), Decimal(700)], ids=str)
def test_a_course_has_a_persons_weight(dose, weight) -> None:
    row = dose.course.weight
    row.pk, row.kg = None, weight
    with pytest.raises(IntegrityError, match="weight_is_a_persons"), transaction.atomic():
        row.save(force_insert=True)


def test_a_pocket_order_expires_after_it_was_signed(patient) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        PocketOrder.objects.create(
            patient=patient, dose_mg=20, signed_by=makers.a_clinician(patient.site, "prescriber"), signed_at=NOON,
            expires_at=NOON,
        )  # fmt: skip


@pytest.mark.parametrize("grade", [0, 5])
def test_a_reaction_has_a_grade_from_1_to_4(patient, grade) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Reaction.objects.create(
            patient=patient, kind="crs", grade=grade, noted_at=NOON, noted_by=makers.a_clinician(patient.site)
        )


def test_a_finished_task_says_what_came_of_it(patient) -> None:
    task = Task.objects.create(
        site=patient.site, patient=patient, what="call", opened_at=NOON, due_at=NOON, pages_when_late=True
    )
    refused(Task, task.pk, done_at=NOON)
