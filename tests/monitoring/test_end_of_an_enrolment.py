"""An enrolment ended: once, for a reason, and never while somebody is needed."""

from datetime import timedelta

import pytest

from monitoring import (
    escalations,
    inbound,
    patients,
    texts,
    timeline,
    worklist,
)
from monitoring.models import Patient, Reply, Task, Watch
from notifications.models import AuditEntry, Clinician
from protocols.errors import Refusal
from tests import makers
from tests.monitoring.reaching import NEW, correct, let_go, waiting

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOON, MINUTE, HOUR = makers.NOON, timedelta(minutes=1), timedelta(hours=1)


def end(patient: Patient, by: Clinician, reason: str = "moved away") -> Patient:
    return patients.end(patient.pk, by=by, reason=reason, now=NOON + HOUR)


def test_an_enrolment_ends_with_its_reason_and_frees_the_number(site, patient, nurse) -> None:
    texts.to_patient(patient, "reply.help", key="waits", now=NOON)
    patient = end(patient, nurse)
    assert (patient.is_active, patient.enrolment_ended_by, patient.enrolment_ended_why) == (
        False,
        nurse,
        "moved away",
    )
    assert waiting(patient.phone) == []
    assert AuditEntry.objects.filter(act="ended an enrolment", by=nurse, detail={}).count() == 1
    assert "enrolment ended" in [entry.title for entry in timeline.of(patient)]
    makers.a_patient(site, phone=patient.phone)


def test_an_enrolment_does_not_end_while_somebody_is_needed(patient, nurse, watch) -> None:
    with pytest.raises(Refusal, match="is being watched until"):
        end(patient, nurse)
    Watch.objects.update(closed_at=NOON, closed_why="over")
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=NOON
    )
    with pytest.raises(Refusal, match=f"Case {case.code} is open"):
        end(patient, nurse)
    doctor = Clinician.objects.get(name="Dr A")
    escalations.take(case.pk, by=doctor, now=NOON, how="screen")
    escalations.reach(case.pk, by=doctor, now=NOON)
    escalations.resolve(case.pk, by=doctor, now=NOON, outcome="no concern")
    worklist.open_task(
        site=patient.site, patient=patient, what="call", due_at=NOON, pages_when_late=False, now=NOON
    )
    with pytest.raises(Refusal, match="On the list: call"):
        end(patient, nurse)
    worklist.finish(Task.objects.get(patient=patient).pk, by=doctor, outcome="called", now=NOON)
    assert not end(patient, nurse).is_active


def test_an_enrolment_ends_once_and_for_a_reason(patient, nurse) -> None:
    with pytest.raises(Refusal, match="Say why"):
        end(patient, nurse, "  ")
    end(patient, nurse)
    for act in (
        lambda: end(patient, nurse),
        lambda: correct(patient, nurse, phone=NEW),
        lambda: let_go(patient, nurse, NOON),
    ):
        with pytest.raises(Refusal, match="This enrolment has ended"):
            act()


def test_danger_from_a_phone_whose_enrolment_ended_still_pages(site, patient, nurse) -> None:
    end(patient, nurse)
    inbound.receive(
        provider_sid="SM1", sender=patient.phone, sent_to=site.patient_number, body="38.6 and shaking",
        now=NOON + 2 * HOUR,
    )  # fmt: skip
    assert site.escalations.get().caller == patient.phone
    assert Reply.objects.get(provider_sid="SM1").patient is None
