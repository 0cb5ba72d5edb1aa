"""Texting as a person: a clinician's own words to a patient or a caregiver, and the whole conversation to read.

A clinician's text is held to what every text of the service is held to: it betrays nothing and is short.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from monitoring import people, texts, watches, worklist
from monitoring.models import ClinicianText, Patient, Reply, Task
from monitoring.rules import DEFAULT, WatchRules
from notifications import audit, phones, roles
from notifications.models import Channel, Clinician, Delivery, Message
from protocols import betraying, gsm
from protocols.errors import Refusal

MOST_SEGMENTS = 2
SAME_WORDS_WITHIN = timedelta(minutes=1)
NEEDS_MORE_SIGNS = frozenset({"zh-Hant"})
NOT_HEARD = (Delivery.State.FAILED, Delivery.State.EXPIRED, Delivery.State.CANCELLED)
LIMIT = 100


@dataclass(frozen=True)
class Line:
    """One thing that was said: when, by whom, on whose phone, the words, and how they fared or were read."""

    at: datetime
    inward: bool
    who: str
    how: str
    words: str
    state: str = ""
    urgency: str = ""
    is_lost: bool = False


@transaction.atomic
def say(
    *, patient: Patient, to: str, words: str, by: Clinician, now: datetime, answers: Iterable[int] = ()
) -> Message:
    """Text `words` to the "patient" or the "caregiver" as `by`; `answers` are ids of tasks that this settles.

    Refused once texting to that phone has ended, and for words that would betray something or are too long.
    """
    if not roles.may(by, "text a patient"):
        raise Refusal("role", f"A {by.get_role_display()} does not text patients.")
    patient = people.hold(patient.pk)
    _can_be_texted(patient, to)
    body = proved(words, patient, by=by)
    caregiver = to == ClinicianText.To.CAREGIVER
    about = texts.to_whom(patient, caregiver=caregiver)
    if Message.objects.filter(about=about, body=body, created_at__gt=now - SAME_WORDS_WITHIN).exists():
        raise Refusal("said-already", "Exactly these words have just been sent. They are not sent twice.")
    key = f"said:{patient.pk}:{by.pk}:{now:%Y%m%d%H%M%S%f}"
    message = texts.in_own_words(patient, body, caregiver=caregiver, key=key, now=now)
    if message is None:
        raise Refusal("texting-ended", _telephone(patient, caregiver=caregiver))
    text = _keep(patient, to, message, by=by, now=now)
    for task in Task.objects.filter(patient=patient, pk__in=list(answers), done_at=None):
        worklist.finish(task.pk, by=by, outcome=f"answered by text: {body}"[:200], now=now)
    audit.record(f"texted the {to}", str(patient), site=patient.site, by=by, now=now, text=text.pk)
    return message


def _can_be_texted(patient: Patient, to: str) -> None:
    if to not in ClinicianText.To.values:
        raise Refusal("to", "Choose whom the text goes to: the patient or the caregiver.")
    if not patient.is_active:
        raise Refusal("enrolment-ended", "This enrolment has ended: no texts go to these phones.")
    caregiver = to == ClinicianText.To.CAREGIVER
    if (patient.caregiver_texting_ended_at if caregiver else patient.texting_ended_at) is not None:
        raise Refusal("texting-ended", _telephone(patient, caregiver=caregiver))


def _telephone(patient: Patient, *, caregiver: bool) -> str:
    number = phones.for_reading(patient.caregiver_phone if caregiver else patient.phone)
    why = patient.caregiver_texting_ended_why if caregiver else patient.texting_ended_why
    return f"No texts go to this phone: {why}. Telephone: {number}."


def proved(words: str, patient: Patient, *, by: Clinician) -> str:
    """The words as they are sent, or a refusal that says what to change."""
    body = words.strip()
    if patient.language not in NEEDS_MORE_SIGNS:
        body = gsm.plain(body)
        strange = "".join(dict.fromkeys(sign for sign in body if not gsm.is_gsm7(sign)))
        if strange:
            raise Refusal(
                "signs", f"Leave out {strange}: not every phone shows it, and it makes the text longer."
            )
    if not body:
        raise Refusal("words", "Write what the text should say.")
    betrayed = [
        *betraying.words_in(body),
        *betraying.names_in(body, patient.name, patient.caregiver_name, by.name),
    ]
    if betrayed:
        said = ", ".join(
            f"\N{LEFT DOUBLE QUOTATION MARK}{word}\N{RIGHT DOUBLE QUOTATION MARK}" for word in betrayed
        )
        raise Refusal(
            "betrays",
            f"Leave out {said}. A text names no medicine, illness, kind of clinic or person:"
            " whoever holds the phone can read it.",
        )
    length = gsm.segments(body)
    if length > MOST_SEGMENTS:
        raise Refusal(
            "too-long", f"This takes {length} texts on the phone network. Shorten it to two, or telephone."
        )
    return body


def _keep(patient: Patient, to: str, message: Message, *, by: Clinician, now: datetime) -> ClinicianText:
    """Keep the text, and the quiet it begins: as long as a question of the service waits to be asked again."""
    watch = watches.current(patient)
    rules = WatchRules.thaw(watch.rules) if watch else DEFAULT
    ClinicianText.objects.filter(patient=patient, quiet_over_at=None).update(quiet_over_at=now)
    return ClinicianText.objects.create(
        site=patient.site,
        patient=patient,
        to=to,
        by=by,
        at=now,
        message=message,
        unanswered_since=now,
        quiet_until=now + timedelta(minutes=rules.again),
    )


def of(patient: Patient, *, limit: int | None = LIMIT) -> list[Line]:
    """What was said between this home and the site, newest first; everything where there is no `limit`."""
    lines = sorted([*_heard(patient, limit), *_sent(patient, limit)], key=lambda line: line.at, reverse=True)
    return lines[:limit]


def _heard(patient: Patient, limit: int | None) -> Iterator[Line]:
    replies = (
        Reply.objects.filter(patient=patient).prefetch_related("findings").order_by("-received_at", "-pk")
    )
    for reply in replies[:limit]:
        found = [one for one in reply.findings.all() if one.patient_id == patient.pk]
        pressed = reply.channel == "voice"
        yield Line(
            at=reply.received_at,
            inward=True,
            who={"shared": "a phone several share"}.get(reply.who, reply.who or "somebody"),
            how=("pressed a key" if pressed else "wrote") + (", with a picture" if reply.media else ""),
            words=reply.body,
            state=found[-1].because if found else "not understood yet",
            urgency=found[-1].urgency if found else "",
        )


def _sent(patient: Patient, limit: int | None) -> Iterator[Line]:
    meant = {texts.to_whom(patient): "the patient", texts.to_whom(patient, caregiver=True): "the caregiver"}
    sent = Message.objects.filter(about__in=meant, site=patient.site)
    sent = sent.select_related("said__by").prefetch_related("deliveries").order_by("-created_at", "-pk")
    for message in sent[:limit]:
        last = max(message.deliveries.all(), key=lambda one: one.attempt, default=None)
        said = getattr(message, "said", None)
        yield Line(
            at=message.created_at,
            inward=False,
            who=said.by.name if said else "the service",
            how=f"{'called' if message.channel == Channel.VOICE else 'wrote to'} {meant[message.about]}",
            words=message.body,
            state=last.get_state_display() if last else "not sent",
            is_lost=last is None or last.state in NOT_HEARD,
        )


def to_answer(patient: Patient) -> list[Task]:
    """Open tasks about something this home wrote, the soonest due first."""
    return list(
        Task.objects.filter(patient=patient, done_at=None, reply__isnull=False).select_related("reply")
    )
