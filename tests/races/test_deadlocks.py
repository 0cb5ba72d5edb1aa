"""Two who hold what the other waits for: the database ends one of them, and no words are lost by it."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction

from monitoring import inbound
from monitoring.models import Escalation, Patient, Reply
from notifications import clock
from tests.races.crowd import at_once, problems, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ROUNDS = 5


def text(patient: Patient, sid: str, words: str) -> Reply:
    to = patient.site.patient_number
    return inbound.receive(provider_sid=sid, sender=patient.phone, sent_to=to, body=words, now=clock.now())


def crossed(patient: Patient, sid: str) -> bool:
    """Somebody holds the case and then wants the patient, whom a text holds that wants the case; whether the text was
    the one to be ended. Which of two it is depends on who waited first.
    """
    results: list[Any] = []
    fever = threading.Thread(target=lambda: results.extend(at_once(lambda: text(patient, sid, "39.1"))))
    try:
        with transaction.atomic():
            Escalation.objects.select_for_update().get(patient=patient)
            fever.start()
            until(somebody_waits, "the text to wait for the case")
            Patient.objects.select_for_update().get(pk=patient.pk)
    except OperationalError as ended:
        assert "deadlock" in str(ended)  # noqa: PT017 - it may be either
    fever.join(30)
    assert problems(results) == []
    return Reply.objects.get(provider_sid=sid).understood_at is None


def test_a_text_that_a_deadlock_ended_is_stored_and_read_again(site, patient, doctors) -> None:
    text(patient, "SM0", "100.5")
    lost = next(sid for sid in (f"SM{n}" for n in range(1, ROUNDS)) if crossed(patient, sid))
    reply = Reply.objects.get(provider_sid=lost)
    assert (reply.body, reply.findings.count()) == ("39.1", 0)
    inbound.sweep(now=clock.now() + inbound.SWEEP_AFTER + timedelta(seconds=1))
    reply.refresh_from_db()
    assert reply.understood_at is not None
    [finding] = reply.findings.all()
    assert (finding.urgency, finding.events.count()) == ("urgent", 1)
