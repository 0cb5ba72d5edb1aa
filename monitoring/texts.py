"""Texts to patients and caregivers: one way to queue them, in their language, never after texting has ended."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from monitoring import deaths
from monitoring.models import Patient
from notifications import outbox
from notifications.models import Channel, Delivery, Lane, Message, Site
from protocols import wording

REPLY_VALID_FOR = timedelta(minutes=15)
# What an alarm is answered with leaves before thanks and questions.
URGENCY = {"reply.emergency": "emergency", "reply.urgent": "urgent", "reply.joined": "urgent"}
NOTHING: Mapping[str, str] = MappingProxyType({})


def to_patient(
    patient: Patient,
    words: str,
    *,
    key: str,
    now: datetime,
    lane: Lane = Lane.REPLY,
    valid_for: timedelta = REPLY_VALID_FOR,
    facts: Mapping[str, str] = NOTHING,
    after_death: bool = False,
) -> Message | None:
    """Queue one text to the patient; None when texting to them has ended, or a death was reported.

    `after_death` does not ask about a death: for the answer to whoever raises an alarm there even so, and where the
    caller, who holds the patient, has found that none stands.
    """
    if patient.texting_ended_at is not None or _is_silent(patient, after_death):
        return None
    to, about = patient.phone, to_whom(patient)
    return _queue(patient, to, about, words, facts, key=key, lane=lane, valid_for=valid_for, now=now)


def to_caregiver(
    patient: Patient,
    words: str,
    *,
    key: str,
    now: datetime,
    lane: Lane = Lane.CHECKIN,
    valid_for: timedelta = REPLY_VALID_FOR,
    facts: Mapping[str, str] = NOTHING,
    after_death: bool = False,
) -> Message | None:
    """Queue one text to the patient's caregiver; None as `to_patient` does."""
    if patient.caregiver_texting_ended_at is not None or _is_silent(patient, after_death):
        return None
    to, about = patient.caregiver_phone, to_whom(patient, caregiver=True)
    return _queue(patient, to, about, words, facts, key=key, lane=lane, valid_for=valid_for, now=now)


def _is_silent(patient: Patient, after_death: bool) -> bool:
    return not after_death and deaths.is_standing(patient.pk)


def in_own_words(patient: Patient, body: str, *, caregiver: bool, key: str, now: datetime) -> Message | None:
    """Queue what a clinician wrote to the patient or the caregiver; None when texting to them has ended.

    Whoever calls has made sure that the words betray nothing.
    """
    ended = patient.caregiver_texting_ended_at if caregiver else patient.texting_ended_at
    if ended is not None:
        return None
    return outbox.queue(
        site=patient.site,
        key=key,
        lane=Lane.REPLY,
        channel=Channel.TEXT,
        to=patient.caregiver_phone if caregiver else patient.phone,
        about=to_whom(patient, caregiver=caregiver),
        body=body,
        valid_for=REPLY_VALID_FOR,
        now=now,
    )


def to_whom(patient: Patient, *, caregiver: bool = False) -> str:
    """Whom a message is meant for, whatever number it went to: a number can be corrected, or serve two patients."""
    return f"caregiver of {patient}" if caregiver else str(patient)


def withdraw(patient: Patient, *, caregiver: bool, now: datetime) -> int:
    """Stop what was queued for the patient or the caregiver; return how many had certainly not left.

    What is with the provider already is not tried again if it fails. What another patient's caregiver waits for on the
    same phone stays, and so do the pages of a clinician.
    """
    waiting = Message.objects.filter(
        about=to_whom(patient, caregiver=caregiver), deliveries__state__in=Delivery.LIVE
    )
    unsent = [Delivery.State.PENDING, Delivery.State.CLAIMED]
    stopped = waiting.filter(cancelled_at=None, deliveries__state__in=unsent).distinct().count()
    outbox.cancel(waiting, now=now)
    return stopped


def asked_since(phone: str, at: datetime) -> bool:
    """Whether a question of a check-in was put to this phone since then."""
    asked = Message.objects.filter(to=phone, key__startswith="checkin:", channel=Channel.TEXT)
    return asked.filter(created_at__gt=at, cancelled_at=None).exists()


def withdraw_questions(patient: Patient, *, caregiver: bool, now: datetime) -> None:
    """Stop the questions that wait to leave; answers to what somebody wrote go on."""
    waiting = Message.objects.filter(
        about=to_whom(patient, caregiver=caregiver),
        key__startswith="checkin:",
        deliveries__state__in=Delivery.LIVE,
    )
    outbox.cancel(waiting, now=now)


def _queue(
    patient: Patient,
    to: str,
    about: str,
    words: str,
    facts: Mapping[str, str],
    *,
    key: str,
    lane: Lane,
    valid_for: timedelta,
    now: datetime,
) -> Message:
    numbers = {"oncall_number": patient.site.oncall_number, "emergency_number": patient.site.emergency_number}
    body = wording.text(words, patient.language, **numbers, **facts)
    return outbox.queue(
        site=patient.site,
        key=key,
        lane=lane,
        channel=Channel.TEXT,
        to=to,
        about=about,
        body=body,
        urgency=URGENCY.get(words, ""),
        valid_for=valid_for,
        now=now,
    )


def site_time(site: Site, at: datetime) -> str:
    """A time as the clocks of a site show it, with its zone: 02:14 EST."""
    return f"{at.astimezone(ZoneInfo(site.time_zone)):%H:%M %Z}"


def site_day_and_time(site: Site, at: datetime) -> str:
    """A day and time as a site shows it: Mon 02 Mar 02:14 EST."""
    return f"{at.astimezone(ZoneInfo(site.time_zone)):%a %d %b %H:%M %Z}"


def clock_time(patient: Patient, at: datetime) -> str:
    """A time as the patient's own clock shows it, with its zone: 22:00 EST."""
    return f"{at.astimezone(ZoneInfo(patient.time_zone)):%H:%M %Z}"


def day_and_time(patient: Patient, at: datetime) -> str:
    """A day and time on the patient's own calendar, in figures that every language reads: 03/09 22:00 EST."""
    return f"{at.astimezone(ZoneInfo(patient.time_zone)):%m/%d %H:%M %Z}"
