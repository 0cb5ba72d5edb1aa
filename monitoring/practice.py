"""The practice exchange: one text to the patient's phone, and the answer that proves it is theirs and works."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery, Value
from django.utils.translation import gettext as _

from monitoring import texts
from monitoring.models import Patient, Reply
from notifications import audit, written
from notifications.models import Clinician, Lane, Message
from protocols.errors import Refusal

TEMPERATURE = [{"kind": "temperature"}]
VALID_FOR = timedelta(minutes=15)


@transaction.atomic
def send(patient: Patient, *, by: Clinician, now: datetime) -> Message:
    """Queue the practice text; pressed twice in one minute it is one text. The answer is triaged like any other."""
    message = texts.to_patient(
        patient,
        "ask.practice",
        key=f"{_key(patient)}{now:%Y%m%d%H%M}",
        lane=Lane.CHECKIN,
        valid_for=VALID_FOR,
        now=now,
    )
    if message is None:
        raise Refusal("texting-ended", _("No texts go to this patient any more. Telephone them."))
    audit.record("sent a practice text", str(patient), site=patient.site, by=by, now=now)
    return message


def last_sent(patient: Patient, *, now: datetime) -> Message | None:
    """The newest practice text to the patient's present phone."""
    return _sent.first(phone=patient.phone, key=_key(patient), by=now)


def proof(patient: Patient, *, since: datetime, now: datetime) -> Reply | None:
    """The newest reply that proves the phone: a temperature that was understood, or an answered check-in.

    It came from the phone the patient has now, after a practice text or a check-in, since that number was last
    taken to work, and texting has not ended. What the temperature means is triage's business, not ours.
    """
    if patient.texting_ended_at is not None:
        return None
    since = max(since, patient.reachable_since)
    return _proving.first(patient=patient.pk, phone=patient.phone, key=_key(patient), since=since, until=now)


@written.Query
def _proving(*, patient: int, phone: str, key: str, since: datetime, until: datetime) -> QuerySet[Reply]:
    """The replies of a span that prove a phone, the newest first. `key` is what keys of practice texts begin with."""
    replies = Reply.objects.filter(
        patient=patient, sender=phone, channel="text", received_at__gt=since, received_at__lte=until
    )
    understood = Q(findings__patient=patient, findings__readings__contains=TEMPERATURE)
    asked = Q(checkin__isnull=False)
    # Where none was sent there is no time to compare with, and the comparison is not true.
    sent = Message.objects.filter(key__startswith=Value(key), to=phone, created_at__gte=since)
    first = sent.order_by("created_at").values("created_at")[:1]
    asked |= Q(received_at__gt=Subquery(first))
    return replies.filter(understood, asked).order_by("-received_at")


@written.Query
def _sent(*, phone: str, key: str, by: datetime) -> QuerySet[Message]:
    """The practice texts to a phone by a moment, the newest first."""
    sent = Message.objects.filter(key__startswith=Value(key), to=phone, created_at__lte=by)
    return sent.order_by("-created_at")


def _key(patient: Patient) -> str:
    return f"practice:{patient.pk}:"
