"""Texting as a person: a clinician's own words to a patient or a caregiver, and the whole conversation to read.

A clinician's text is held to what every text of the service is held to: it betrays nothing and is short. It begins a
quiet (`monitoring.quiet`), which ends by itself: then the service goes on, and asks at once where nobody answered her.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from monitoring import checkins, deaths, people, stays, texts, watches, worklist
from monitoring.models import ClinicianText, Patient, Reply, Task
from monitoring.rules import DEFAULT, WatchRules
from notifications import audit, outbox, phones, roles
from notifications.each import each
from notifications.models import Channel, Clinician, Delivery, Message
from protocols import betraying, gsm
from protocols.errors import Refusal

MOST_SEGMENTS = 2
SAME_WORDS_WITHIN = timedelta(minutes=1)
NEEDS_MORE_SIGNS = frozenset({"zh-Hant"})
NOT_HEARD = (Delivery.State.FAILED, Delivery.State.EXPIRED, Delivery.State.CANCELLED)
Answers = Mapping[int, int]
"""Ids of tasks, each with the newest text that was on the page: one that has come since is not answered unseen."""
NONE: Answers = MappingProxyType({})
BY_A_MACHINE = [{"id": "AUTO-REPLY"}]
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
    *, patient: Patient, to: str, words: str, by: Clinician, now: datetime, answers: Answers = NONE
) -> Message:
    """Text `words` to the "patient" or the "caregiver" as `by`; `answers` are tasks that this settles.

    Refused once texting to that phone has ended, and for words that would betray something or are too long.
    """
    if not roles.may(by, "text a patient"):
        raise Refusal("role", _("A %(role)s does not text patients.") % {"role": by.get_role_display()})
    patient = people.hold(patient.pk)
    _can_be_texted(patient, to)
    body = proved(words, patient, by=by)
    caregiver = to == ClinicianText.To.CAREGIVER
    about = texts.to_whom(patient, caregiver=caregiver)
    if Message.objects.filter(about=about, body=body, created_at__gt=now - SAME_WORDS_WITHIN).exists():
        raise Refusal("said-already", _("Exactly these words have just been sent. They are not sent twice."))
    key = f"said:{patient.pk}:{by.pk}:{now:%Y%m%d%H%M%S%f}"
    message = texts.in_own_words(patient, body, caregiver=caregiver, key=key, now=now)
    if message is None:
        raise Refusal("texting-ended", _telephone(patient, caregiver=caregiver))
    text = _keep(patient, to, message, by=by, now=now)
    worklist.settle(patient, answers, by=by, outcome=f"answered by text: {body}", now=now)
    audit.record(f"texted the {to}", str(patient), site=patient.site, by=by, now=now, text=text.pk)
    return message


def _can_be_texted(patient: Patient, to: str) -> None:
    if to not in ClinicianText.To.values:
        raise Refusal("to", _("Choose whom the text goes to: the patient or the caregiver."))
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: no texts go to these phones."))
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
                "signs",
                _("Leave out %(strange)s: not every phone shows it, and it makes the text longer.")
                % {"strange": strange},
            )
    if not body:
        raise Refusal("words", _("Write what the text should say."))
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
            _(
                "Leave out %(said)s. A text names no medicine, illness, kind of clinic or person: "
                "whoever holds the phone can read it."
            )
            % {"said": said},
        )
    length = gsm.segments(body)
    if length > MOST_SEGMENTS:
        raise Refusal(
            "too-long",
            _("This takes %(length)s texts on the phone network. Shorten it to two, or telephone.")
            % {"length": length},
        )
    return body


def _keep(patient: Patient, to: str, message: Message, *, by: Clinician, now: datetime) -> ClinicianText:
    """Keep the text, and the quiet it begins: as long as a question of the service waits to be asked again.

    The quiet before it gives way to it, and hands on what nobody has answered yet.
    """
    watch = watches.current(patient)
    rules = WatchRules.thaw(watch.rules) if watch else DEFAULT
    open_ = ClinicianText.objects.filter(patient=patient, quiet_over_at=None)
    before = open_.first()
    waiting = _unanswered(patient, since=before.unanswered_since) if before else None
    open_.update(quiet_over_at=now)
    return ClinicianText.objects.create(
        site=patient.site,
        patient=patient,
        to=to,
        by=by,
        at=now,
        message=message,
        unanswered_since=waiting.at if waiting else now,
        quiet_until=now + timedelta(minutes=rules.again),
    )


def _unanswered(patient: Patient, *, since: datetime) -> ClinicianText | None:
    """The first text since then to which nothing came back from its phone; the patient's before the caregiver's.

    What a machine answered answers nothing.
    """
    texts_since = ClinicianText.objects.filter(patient=patient, at__gte=since).select_related("message", "by")
    for text in texts_since.order_by("-to", "at"):
        heard = Reply.objects.filter(sender=text.message.to, received_at__gt=text.at)
        if not heard.exclude(findings__rules__contains=BY_A_MACHINE).exists():
            return text
    return None


@transaction.atomic
def end_quiet(*, patient: Patient, by: Clinician, now: datetime) -> None:
    """A clinician expects no more answers: the service goes on at once with what it held back."""
    if not roles.may(by, "text a patient"):
        raise Refusal("role", _("A %(role)s does not end the quiet.") % {"role": by.get_role_display()})
    patient = people.hold(patient.pk)
    text = ClinicianText.objects.filter(patient=patient, quiet_over_at=None).first()
    if text is None:
        raise Refusal("not-quiet", _("The service is not quiet: it has gone on already."))
    _go_on(text, patient, by=by, now=now)
    audit.record("ended the quiet", str(patient), site=patient.site, by=by, now=now, text=text.pk)


def _go_on(text: ClinicianText, patient: Patient, *, by: Clinician | None, now: datetime) -> None:
    ClinicianText.objects.filter(pk=text.pk).update(quiet_over_at=now, quiet_over_by=by)
    checkins.go_on(patient, now=now)


def over(*, now: datetime) -> QuerySet[ClinicianText]:
    """The texts whose quiet has run out, or which reached nobody."""
    lost = Q(message__deliveries__state__in=[Delivery.State.FAILED, Delivery.State.EXPIRED])
    return ClinicianText.objects.filter(Q(quiet_until__lte=now) | lost, quiet_over_at=None).distinct()


def take_over(*, now: datetime) -> int:
    """Go on by itself where a quiet has run out, or where the text that began it reached nobody; return how many."""
    return each(list(over(now=now).values_list("pk", flat=True)), lambda pk: _take_over_one(pk, now))


@transaction.atomic
def _take_over_one(pk: int, now: datetime) -> int:
    if not people.hold_if_free(ClinicianText.objects.values_list("patient", flat=True).get(pk=pk)):
        return 0
    rows = ClinicianText.objects.select_related("patient__site", "message")
    text = rows.filter(pk=pk, quiet_over_at=None).first()
    if text is None or (text.quiet_until > now and not outbox.has_failed(text.message)):
        return 0
    _go_on(text, text.patient, by=None, now=now)
    alone = _unanswered(text.patient, since=text.unanswered_since)
    if alone is not None and text.patient.is_active:
        _ask_instead(alone, text.patient, now)
    return 1


def _ask_instead(text: ClinicianText, patient: Patient, now: datetime) -> None:
    """Nobody answered: inside a watch the patient is asked at once, on the clock of her text; else a person looks."""
    watch, caregiver = watches.current(patient), text.to == ClinicianText.To.CAREGIVER
    if deaths.standing(patient.pk) is not None:
        return  # nobody is asked there any more
    if (patient.caregiver_texting_ended_at if caregiver else patient.texting_ended_at) is not None:
        return  # a person was told when it ended
    if watch is not None and not caregiver and stays.resting(patient.pk, now=now) is None:
        checkins.ask_instead(watch, since=text.at, now=now)
        return
    soon = timedelta(minutes=WatchRules.thaw(watch.rules).clarify) if watch else worklist.SAME_DAY
    at = texts.site_day_and_time(patient.site, text.at)
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"No answer to what {text.by.name} texted the {text.to} on {at}"[:200],
        due_at=now + soon,
        pages_when_late=watch is not None,
        now=now,
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
