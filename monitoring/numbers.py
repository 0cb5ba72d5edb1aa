"""Whose a number is: a code goes to it, and whoever is spoken with reads it back. Asked again each month.

A number with a wrong digit, or one that changed hands without a word, would have a stranger asked and the patient not.
So a number is proved when it is new (at enrolment beside the bed, once corrected, once texts go again after a stranger
answered there) and then monthly, at a visit or on the telephone. It is a task and never a page: nothing waits for it.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext

from monitoring import deaths, people, texts, worklist
from monitoring.models import Patient, PatientEvent, Task
from notifications import audit
from notifications.each import each
from notifications.models import Clinician, Message
from protocols.errors import Refusal

AT_LEAST_EVERY = timedelta(days=30)
"""Monthly. The length, and the times below, are proposals of ours."""
NEW_FOR = timedelta(hours=1)
RESTS_FOR = timedelta(days=1)
VALID_FOR = timedelta(minutes=15)
# Five figures, none of which is a key of a menu, and that are no temperature: texted back, a code raises no alarm.
FIRST, REST, LONG = "78", "7890", 5


@dataclass(frozen=True)
class Whose:
    """One of the two phones: its name in keys, how a proof and the task for it read, and since when it holds."""

    key: str
    proved: str
    task: str
    since: Coalesce | F
    ended: str


OF_PATIENT = Whose(
    "patient",
    "patient's number proved by a code",
    "Whose number is it? Send the patient's phone a code, and have it read back to you",
    F("reachable_since"),
    "texting_ended_at",
)
OF_CAREGIVER = Whose(
    "caregiver",
    "caregiver's number proved by a code",
    "Whose number is it? Send the caregiver's phone a code, and have it read back to you",
    Coalesce("caregiver_reachable_since", "reachable_since"),
    "caregiver_texting_ended_at",
)


def whose(*, caregiver: bool) -> Whose:
    """The phone that is meant."""
    return OF_CAREGIVER if caregiver else OF_PATIENT


def new_code() -> str:
    """A code that nobody guesses in a quarter of an hour, made of figures that answer no question."""
    return secrets.choice(FIRST) + "".join(secrets.choice(REST) for _ in range(LONG - 1))


@transaction.atomic
def send(patient: Patient, *, caregiver: bool, by: Clinician, now: datetime) -> Message:
    """Queue a new code to one of the two phones; only the newest holds. Refused where no texts go."""
    code = new_code()
    queue = texts.to_caregiver if caregiver else texts.to_patient
    key = f"{_key(patient, whose(caregiver=caregiver))}{now:%Y%m%d%H%M%S}"
    message = queue(patient, "ask.code", key=key, valid_for=VALID_FOR, facts={"code": code}, now=now)
    if message is None:
        raise Refusal("texting-ended", gettext("No texts go to this phone. Telephone them."))
    audit.record("sent a code", str(patient), site=patient.site, by=by, now=now, caregiver=caregiver)
    return message


@transaction.atomic
def prove(patient_id: int, *, caregiver: bool, code: str, by: Clinician, now: datetime) -> PatientEvent:
    """Keep that the newest code sent to the number of now was read back, and finish the task that asked for it.

    Refused for another code, one older than VALID_FOR, and one that went to a number that was corrected since.
    """
    patient, phone = people.hold(patient_id), whose(caregiver=caregiver)
    number = patient.caregiver_phone if caregiver else patient.phone
    sent = Message.objects.filter(key__startswith=_key(patient, phone), to=number, created_at__lte=now)
    newest = sent.filter(created_at__gt=now - VALID_FOR).order_by("-created_at", "-pk").first()
    if newest is None:
        raise Refusal("code", gettext("No code went to this number in the last 15 minutes. Send one."))
    if re.findall(r"\d+", newest.body) != [code.strip()]:
        raise Refusal(
            "code", gettext("That is not the code. If no text has come, the number is perhaps not theirs.")
        )
    said = f"Whoever has the number ending in {number[-4:]} read back its code."
    event = PatientEvent.objects.create(patient=patient, at=now, by=by, what=phone.proved, text=said)
    audit.record("proved a number", str(patient), site=patient.site, by=by, now=now, caregiver=caregiver)
    for task in Task.objects.filter(patient=patient, what=phone.task, done_at=None):
        worklist.finish(task.pk, by=by, outcome="the code was read back", now=now)
    return event


def proof(patient: Patient, *, caregiver: bool) -> PatientEvent | None:
    """The newest proof of the number of now: what was read back on another number, or before a stranger, is none."""
    since = (caregiver and patient.caregiver_reachable_since) or patient.reachable_since
    here = PatientEvent.objects.filter(patient=patient, what=whose(caregiver=caregiver).proved, at__gte=since)
    return here.select_related("by").order_by("-at", "-pk").first()


def look_after(*, now: datetime) -> int:
    """Put on the list each number that wants a proof; return how many. One finished in another way rests for a day."""
    return _look_after(OF_PATIENT, now) + _look_after(OF_CAREGIVER, now)


def _look_after(phone: Whose, now: datetime) -> int:
    return each(list(_wanting(phone, now)), lambda pk: _ask(pk, phone, now))


def _wanting(phone: Whose, now: datetime) -> "QuerySet[Patient, int]":
    """Whose number was not proved within a month, nor since it was new, and nobody is asked to. One query for all."""
    proofs = PatientEvent.objects.filter(
        patient=OuterRef("pk"), what=phone.proved, at__gte=OuterRef("since"), at__gt=now - AT_LEAST_EVERY
    )
    asked = Task.objects.filter(
        Q(done_at=None) | Q(done_at__gt=now - RESTS_FOR), patient=OuterRef("pk"), what=phone.task
    )
    here = Patient.objects.filter(is_active=True, **{phone.ended: None}).annotate(since=phone.since)
    here = here.filter(since__lte=now - NEW_FOR).exclude(pk__in=deaths.all_standing().values("patient"))
    return here.filter(~Exists(proofs), ~Exists(asked)).values_list("pk", flat=True)


def _ask(pk: int, phone: Whose, now: datetime) -> int:
    patient = Patient.objects.select_related("site").get(pk=pk)
    worklist.open_task(
        site=patient.site, patient=patient, what=phone.task, due_at=now + worklist.SAME_DAY,
        pages_when_late=False, now=now,
    )  # fmt: skip
    return 1


def _key(patient: Patient, phone: Whose) -> str:
    return f"code:{patient.pk}:{phone.key}:"
