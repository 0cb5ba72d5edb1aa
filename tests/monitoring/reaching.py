"""What a nurse does about how a patient is reached, and what the patient's phone does, in one line each."""

from dataclasses import replace
from datetime import timedelta

from monitoring import (
    checkins,
    inbound,
    opting_out,
    patients,
)
from monitoring.models import CheckIn, Patient, Watch
from monitoring.patients import Particulars
from notifications.models import Clinician, Delivery
from tests import makers

NOON, HOUR = makers.NOON, timedelta(hours=1)
NEW = "+15550299001"


def correct(
    patient: Patient, by: Clinician, now=NOON, seen: Particulars | None = None, **said: str
) -> list[str]:
    seen = seen or Particulars.of(Patient.objects.get(pk=patient.pk))
    return patients.correct(patient.pk, seen=seen, said=replace(seen, **said), by=by, now=now)


def waiting(number: str) -> list[str]:
    """The keys of what still waits for a number."""
    left = Delivery.objects.filter(message__to=number, state="pending", message__cancelled_at=None)
    return list(left.values_list("message__key", flat=True))


def stop(patient: Patient, now, *, sender: str = "") -> Patient:
    inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=sender or patient.phone, sent_to=patient.site.patient_number,
        body="STOP", now=now,
    )  # fmt: skip
    return Patient.objects.get(pk=patient.pk)


def ask(watch: Watch, hour: int = 4) -> CheckIn:
    checkins.ask_due(now=NOON + hour * HOUR)
    return watch.checkins.get(state="asked")


def let_go(patient: Patient, by: Clinician, now, *, caregiver: bool = False, spoke_on: str = "") -> Patient:
    number = spoke_on or (patient.caregiver_phone if caregiver else patient.phone)
    return opting_out.let_texts_go(patient.pk, caregiver=caregiver, spoke_on=number, by=by, now=now)
