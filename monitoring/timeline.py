"""A patient's hours in one list, newest first: what was said, asked, found, done and by whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from monitoring import stays, texts
from monitoring.models import (
    CheckIn,
    EscalationEvent,
    Finding,
    Patient,
    PatientEvent,
    PocketOrder,
    Reply,
    Task,
    TaskEvent,
    Translation,
)
from notifications.models import Channel, Message
from protocols import dosing, provisional

LIMIT = 150


@dataclass(frozen=True)
class Entry:
    """One line: when, what kind of thing, its words, who did it, and how urgent it was found to be."""

    at: datetime
    kind: str
    title: str
    text: str = ""
    by: str = ""
    urgency: str = ""
    case: int | None = None


def of(patient: Patient, *, more: Iterable[Entry] = (), limit: int = LIMIT) -> list[Entry]:
    """The newest `limit` lines of the patient's record, with `more` lines from above in their places."""
    entries = [
        *_replies(patient, limit),
        *_silences(patient, limit),
        *_checkins(patient, limit),
        *_texts(patient, limit),
        *_cases(patient, limit),
        *_tasks(patient, limit),
        *_read(patient, limit),
        *_corrections(patient, limit),
        *_orders(patient),
        *_end(patient),
        *more,
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _replies(patient: Patient, limit: int) -> Iterator[Entry]:
    replies = Reply.objects.filter(patient=patient).order_by("-received_at").prefetch_related("findings")
    for reply in replies[:limit]:
        findings = [finding for finding in reply.findings.all() if finding.patient_id == patient.pk]
        found = findings[-1] if findings else None
        yield Entry(
            at=reply.received_at,
            kind="said",
            title=_heard(reply),
            text=_concluded(found) if found else _("not understood yet"),
            urgency=found.urgency if found else "",
        )


def _heard(reply: Reply) -> str:
    """Who texted or pressed what."""
    known = {
        "patient": _("patient"),
        "caregiver": _("caregiver"),
        "shared": _("caregiver"),
        "": _("somebody"),
    }
    said = {"who": known.get(reply.who, reply.who), "body": reply.body}
    if reply.channel == "voice":
        return _("%(who)s pressed a key: “%(body)s”") % said
    if reply.media:
        return _("%(who)s wrote: “%(body)s” with a picture") % said
    return _("%(who)s wrote: “%(body)s”") % said


def _concluded(finding: Finding) -> str:
    if not finding.provisional_grade:
        return finding.because
    known = bool(finding.context.get("medicine_recent"))
    missing = provisional.missing(finding.provisional_grade, finding.readings, medicine_known=known)
    return _("%(because)s %(grade)s. Missing for a grade: %(missing)s.") % {
        "because": finding.because, "grade": finding.provisional_grade, "missing": "; ".join(missing),
    }  # fmt: skip


def _silences(patient: Patient, limit: int) -> Iterator[Entry]:
    findings = Finding.objects.filter(patient=patient, reply=None).order_by("-at")
    for finding in findings[:limit]:
        yield Entry(finding.at, "silence", _("no answer"), finding.because, urgency=finding.urgency)


def _checkins(patient: Patient, limit: int) -> Iterator[Entry]:
    unasked = Q(state=CheckIn.State.CANCELLED) & ~Q(ended_why__startswith=stays.REST)
    ended = CheckIn.objects.filter(watch__patient=patient, ended_at__isnull=False).exclude(unasked)
    for checkin in ended.order_by("-ended_at")[:limit]:
        asked = ", ".join(question.replace("_", " ") for question in checkin.ask)
        yield Entry(
            at=checkin.ended_at or checkin.due_at,
            kind="check-in",
            title=_("check-in of hour %(hour)s: %(state)s")
            % {"hour": f"{checkin.hour:.0f}", "state": checkin.get_state_display()},
            text=checkin.ended_why or _("Asked: %(asked)s.") % {"asked": asked},
        )


def _texts(patient: Patient, limit: int) -> Iterator[Entry]:
    meant = [texts.to_whom(patient), texts.to_whom(patient, caregiver=True)]
    # Nothing said so of whom it was about before it was kept: then the numbers of today have to tell.
    by_number = Q(about="", clinician=None, to__in=[patient.phone, patient.caregiver_phone])
    sent = Message.objects.filter(Q(about__in=meant) | by_number, site=patient.site)
    sent = sent.select_related("said__by").prefetch_related("deliveries")
    for message in sent.order_by("-created_at")[:limit]:
        attempts = sorted(message.deliveries.all(), key=lambda delivery: delivery.attempt)
        patients = message.about == meant[0] if message.about else message.to == patient.phone
        called = message.channel == Channel.VOICE
        title = {
            (True, True): _("patient called"), (True, False): _("patient told"),
            (False, True): _("caregiver called"), (False, False): _("caregiver told"),
        }[patients, called]  # fmt: skip
        state = attempts[-1].get_state_display() if attempts else _("not sent")
        words = f"“{message.body}” ({state})" if message.body else f"({state})"
        said = getattr(message, "said", None)  # a clinician's own words; else the service's
        by = said.by.name if said else _("the service")
        yield Entry(message.created_at, "sent", title, words, by=by)


def _cases(patient: Patient, limit: int) -> Iterator[Entry]:
    events = EscalationEvent.objects.filter(escalation__patient=patient).select_related("by", "escalation")
    for event in events.order_by("-at", "-pk")[:limit]:
        alarm = event.what in {"opened", "raised", "joined", "reopened"}
        yield Entry(
            at=event.at,
            kind="case",
            title=_("case %(code)s %(what)s") % {"code": event.escalation.code, "what": event.what},
            text=event.text,
            by=event.by.name if event.by else _("the service"),
            urgency=event.escalation.urgency if alarm else "",
            case=event.escalation_id,
        )


def _tasks(patient: Patient, limit: int) -> Iterator[Entry]:
    for task in Task.objects.filter(patient=patient).select_related("done_by").order_by("-opened_at")[:limit]:
        yield Entry(task.opened_at, "task", task.what, by=_("the service"))
        if task.done_at is not None:
            by = task.done_by.name if task.done_by else _("the service")
            yield Entry(task.done_at, "task", _("done: %(what)s") % {"what": task.what}, task.outcome, by=by)


def _read(patient: Patient, limit: int) -> Iterator[Entry]:
    """What was done about unread replies before they were finished, and what somebody said that they mean."""
    events = TaskEvent.objects.filter(task__patient=patient).select_related("by").order_by("-at", "-pk")
    for event in events[:limit]:
        yield Entry(
            event.at,
            "task",
            _("unread replies: %(what)s") % {"what": event.what},
            event.text,
            by=event.by.name,
        )
    typed = Translation.objects.filter(reply__patient=patient).select_related("by", "reply")
    for row in typed.order_by("-at", "-pk")[:limit]:
        said = {"body": row.reply.body, "words": row.words}
        words = (
            _("“%(body)s” translated, by a professional interpreter: “%(words)s”")
            if row.is_professional
            else _("“%(body)s” translated, not by a professional interpreter: “%(words)s”")
        ) % said
        yield Entry(row.at, "record", _("translation typed"), words, by=row.by.name)


def _corrections(patient: Patient, limit: int) -> Iterator[Entry]:
    events = PatientEvent.objects.filter(patient=patient).select_related("by").order_by("-at", "-pk")
    for event in events[:limit]:
        by = event.by.name if event.by else _("the service")
        yield Entry(event.at, "record", event.what, event.text, by=by)


def _orders(patient: Patient) -> Iterator[Entry]:
    orders = PocketOrder.objects.filter(patient=patient).select_related("signed_by", "revoked_by")
    for order in orders:
        dose = dosing.format_mg(order.dose_mg)
        yield Entry(order.signed_at, "order", _("pocket order signed"), dose, by=order.signed_by.name)
        if order.revoked_at is not None and order.revoked_by is not None:
            said = f"{dose}: {order.revoked_why}"
            yield Entry(order.revoked_at, "order", _("pocket order revoked"), said, by=order.revoked_by.name)


def _end(patient: Patient) -> Iterator[Entry]:
    if patient.enrolment_ended_at is not None:
        by = patient.enrolment_ended_by.name if patient.enrolment_ended_by else ""
        yield Entry(
            patient.enrolment_ended_at, "record", _("enrolment ended"), patient.enrolment_ended_why, by=by
        )
