"""Calls by the service in place of texts: only after STOP, and only to a patient who agreed to be called so.

A check-in that cannot be texted then rings the patient's phone at its hour; keys go through the same triage as texts.
Whoever does not answer is told to a person at once, and what no key can say (a temperature) a person asks.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import people, texts
from monitoring.models import CheckIn, Patient, PatientEvent
from notifications import audit, outbox
from notifications.models import Channel, Clinician, Lane, Message
from protocols.errors import Refusal

AGREED = "agreed to calls by the service"
NOT_AGREED = "does not agree to calls by the service"
BLOCKED_BY_KEYWORD = ("STOP", "21610")
RINGS_FOR = timedelta(minutes=5)


@transaction.atomic
def agree(patient_id: int, *, agrees: bool, by: Clinician, now: datetime) -> PatientEvent:
    """Keep what the patient said about calls by the service; the newest counts. Saying the same again is refused."""
    patient = people.hold(patient_id)
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended. Nothing about it can be changed."))
    if has_agreed(patient) == agrees:
        raise Refusal("said-already", _("This is on record already."))
    what = AGREED if agrees else NOT_AGREED
    audit.record(what, str(patient), site=patient.site, by=by, now=now)
    return PatientEvent.objects.create(patient=patient, at=now, by=by, what=what)


def has_agreed(patient: Patient) -> bool:
    """Whether the patient's newest word is that the service may call. Nobody is called who never said so."""
    said = PatientEvent.objects.filter(patient=patient, what__in=[AGREED, NOT_AGREED])
    newest = said.order_by("-at", "-pk").first()
    return newest is not None and newest.what == AGREED


def after_stop(why: str) -> bool:
    """Whether texting ended by STOP: the telephone company then blocks our texts until that phone texts START."""
    return any(sign in why for sign in BLOCKED_BY_KEYWORD)


def take_the_place_of_texts(patient: Patient) -> bool:
    """After STOP from the patient's own phone; never where a stranger answered or nothing reaches the number."""
    return (
        patient.texting_ended_at is not None and after_stop(patient.texting_ended_why) and has_agreed(patient)
    )


def ring(checkin: CheckIn, *, key: str, now: datetime, valid_for: timedelta = RINGS_FOR) -> Message:
    """Queue one call of a check-in to the patient's phone."""
    patient = checkin.watch.patient
    return outbox.queue(
        site=patient.site, key=key, lane=Lane.CHECKIN, channel=Channel.VOICE, to=patient.phone,
        about=texts.to_whom(patient), valid_for=valid_for, now=now,
    )  # fmt: skip
