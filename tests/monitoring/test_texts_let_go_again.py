"""Texts let go again after they had ended, and who telephones meanwhile."""

from datetime import timedelta

import pytest

from monitoring import (
    checkins,
    contacts,
    escalations,
    opting_out,
    texts,
)
from monitoring.models import Patient
from notifications.models import AuditEntry, Clinician, Message
from protocols.errors import Refusal
from tests import makers
from tests.monitoring.reaching import NEW, ask, correct, let_go, stop, waiting

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON, MINUTE, HOUR = makers.NOON, timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize("caregiver", [False, True], ids=["patient", "caregiver"])
def test_texts_go_again_to_whom_the_clinician_spoke_with_and_to_nobody_else(
    patient, nurse, caregiver
) -> None:
    stop(patient, NOON)
    patient = stop(patient, NOON, sender=patient.caregiver_phone)
    patient = let_go(patient, nurse, NOON + HOUR, caregiver=caregiver)
    ended = (patient.texting_ended_at is not None, patient.caregiver_texting_ended_at is not None)
    assert ended == ((True, False) if caregiver else (False, True))
    since = patient.caregiver_reachable_since if caregiver else patient.reachable_since
    assert since == NOON + HOUR
    whom = "caregiver" if caregiver else "patient"
    assert AuditEntry.objects.filter(act=f"let texts to the {whom} go again", by=nurse).count() == 1
    line = patient.events.get(what=f"texts to the {whom} go again")
    assert (line.by, line.at) == (nurse, NOON + HOUR)


def test_only_the_number_of_now_was_spoken_on(patient, nurse) -> None:
    old = patient.phone
    patient = stop(patient, NOON)
    correct(patient, nurse, phone=NEW, now=NOON + MINUTE)
    with pytest.raises(Refusal, match=r"corrected to \(555\) 029-9001"):
        let_go(patient, nurse, NOON + HOUR, spoke_on=old)
    assert Patient.objects.get(pk=patient.pk).texting_ended_at is not None


def test_where_texts_go_there_is_nothing_to_let_go(patient, nurse) -> None:
    with pytest.raises(Refusal, match="go to this number already"):
        let_go(patient, nurse, NOON)


def test_after_a_missed_hour_the_patient_is_asked_at_once(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    checkins.ask_due(now=NOON + 4 * HOUR)
    assert watch.checkins.get(hour=4).state == "unsendable"
    let_go(patient, nurse, NOON + 5 * HOUR)
    checkins.ask_due(now=NOON + 5 * HOUR)
    asked = watch.checkins.get(state="asked")
    assert (asked.extra, asked.due_at, asked.ask) == (True, NOON + 5 * HOUR, list(checkins.CLOSER))
    assert len(waiting(patient.phone)) == 1


def test_with_no_hour_missed_the_next_question_comes_at_its_hour(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    let_go(patient, nurse, NOON + 2 * HOUR)
    assert checkins.ask_due(now=NOON + 3 * HOUR) == 0
    assert ask(watch).hour == 4


def test_a_caregiver_s_texts_do_not_ask_the_patient_anything(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    patient = stop(patient, NOON + HOUR, sender=patient.caregiver_phone)
    checkins.ask_due(now=NOON + 4 * HOUR)
    let_go(patient, nurse, NOON + 5 * HOUR, caregiver=True)
    assert not watch.checkins.filter(extra=True).exists()


def test_the_open_case_hears_of_it_and_stays_with_whoever_has_it(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    case = escalations.unresolved(patient)
    let_go(patient, nurse, NOON + 2 * HOUR)
    case.refresh_from_db()
    assert case.state == "open"
    assert case.events.get(what="texts to the patient go again").by == nurse


def test_a_failure_after_texts_were_let_go_ends_them_again(patient, nurse) -> None:
    patient = let_go(stop(patient, NOON), nurse, NOON + HOUR)
    message = texts.to_patient(patient, "reply.help", key="again", now=NOON + HOUR)
    message.deliveries.update(state="failed", error_code="21610", ended_at=NOON + HOUR + MINUTE)
    assert opting_out.notice_dead_numbers(now=NOON + HOUR + 2 * MINUTE) == 1


def test_a_patient_whose_texts_were_let_go_says_nothing_about_the_caregiver_s_phone(patient, nurse) -> None:
    """The caregiver's number failed before the patient's texts were let go; it is still dead."""
    message = texts.to_caregiver(patient, "reply.help", key="dead", now=NOON)
    correct(patient, nurse, caregiver_phone=NEW, now=NOON - MINUTE)
    Message.objects.filter(pk=message.pk).update(to=NEW)
    message.deliveries.update(state="failed", error_code="30006", ended_at=NOON + MINUTE)
    let_go(stop(patient, NOON), nurse, NOON + HOUR)
    assert opting_out.notice_dead_numbers(now=NOON + 2 * HOUR) == 1
    assert Patient.objects.get(pk=patient.pk).caregiver_texting_ended_at is not None


# who telephones meanwhile


def test_while_texts_go_nobody_has_to_telephone(patient, watch) -> None:
    assert [phone.who_calls for phone in contacts.of(patient, now=NOON)] == ["", ""]


def test_the_screen_says_who_must_telephone(patient, nurse, watch) -> None:
    patient = stop(patient, NOON + HOUR)
    case = escalations.unresolved(patient)
    doctor = Clinician.objects.get(name="Dr A")
    said = lambda: contacts.of(patient, now=NOON + 2 * HOUR)[0].who_calls  # noqa: E731
    assert said() == (
        f"Whoever takes case {case.code} must telephone. Nobody has it yet; on the first rung now: Dr A."
    )
    escalations.take(case.pk, by=doctor, now=NOON + 2 * HOUR, how="screen")
    assert said() == f"Dr A has case {case.code} and must telephone."
    escalations.reach(case.pk, by=doctor, now=NOON + 2 * HOUR)
    escalations.resolve(
        case.pk, by=doctor, now=NOON + 2 * HOUR, outcome="home", grades=[("crs", 0), ("icans", 0)]
    )
    assert said().startswith("A nurse must telephone at each check-in, next Mon 01 Mar 16:00 EST:")
    assert "within 15 minutes it becomes a case; on the first rung now: Dr A." in said()


def test_outside_a_watch_a_nurse_agrees_how_to_reach_them(patient) -> None:
    patient = stop(patient, NOON)
    patient = stop(patient, NOON, sender=patient.caregiver_phone)
    own, caregiver = contacts.of(patient, now=NOON)
    assert own.who_calls.startswith("A nurse must telephone and agree how to reach them.")
    assert caregiver.who_calls.startswith("A nurse must telephone and agree on a number.")


def test_the_carrier_s_own_block_is_said_where_there_is_one(patient) -> None:
    assert contacts.of(stop(patient, NOON), now=NOON)[0].needs_start
    opting_out.end_texting(patient, None, None, why="a stranger answers this number", now=NOON)
    assert not contacts.of(patient, now=NOON)[0].needs_start
