"""A patient's hours in one list, newest first: what was said, asked, found, done and by whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from monitoring.models import CheckIn, Escalation, EscalationEvent, Finding, Patient, Reply, Task
from notifications.models import Channel, Message

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
        *more,
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)[:limit]


def _replies(patient: Patient, limit: int) -> Iterator[Entry]:
    replies = Reply.objects.filter(patient=patient).order_by("-received_at").prefetch_related("findings")
    for reply in replies[:limit]:
        findings = [finding for finding in reply.findings.all() if finding.patient_id == patient.pk]
        found = findings[-1] if findings else None
        how = "pressed a key" if reply.channel == "voice" else "wrote"
        who = {"shared": "caregiver"}.get(reply.who, reply.who or "somebody")
        yield Entry(
            at=reply.received_at,
            kind="said",
            title=f"{who} {how}: “{reply.body}”" + (" with a picture" if reply.media else ""),
            text=_concluded(found) if found else "not understood yet",
            urgency=found.urgency if found else "",
        )


def _concluded(finding: Finding) -> str:
    grade = f" {finding.provisional_grade}." if finding.provisional_grade else ""
    return f"{finding.because}{grade}"


def _silences(patient: Patient, limit: int) -> Iterator[Entry]:
    findings = Finding.objects.filter(patient=patient, reply=None).order_by("-at")
    for finding in findings[:limit]:
        yield Entry(finding.at, "silence", "no answer", finding.because, urgency=finding.urgency)


def _checkins(patient: Patient, limit: int) -> Iterator[Entry]:
    ended = CheckIn.objects.filter(watch__patient=patient, ended_at__isnull=False).exclude(
        state=CheckIn.State.CANCELLED
    )
    for checkin in ended.order_by("-ended_at")[:limit]:
        asked = ", ".join(question.replace("_", " ") for question in checkin.ask)
        yield Entry(
            at=checkin.ended_at or checkin.due_at,
            kind="check-in",
            title=f"check-in of hour {checkin.hour:.0f}: {checkin.get_state_display()}",
            text=checkin.ended_why or f"Asked: {asked}.",
        )


def _texts(patient: Patient, limit: int) -> Iterator[Entry]:
    sent = Message.objects.filter(site=patient.site, to__in=[patient.phone, patient.caregiver_phone])
    for message in sent.order_by("-created_at").prefetch_related("deliveries")[:limit]:
        attempts = sorted(message.deliveries.all(), key=lambda delivery: delivery.attempt)
        whom = "patient" if message.to == patient.phone else "caregiver"
        how = "called" if message.channel == Channel.VOICE else "told"
        state = attempts[-1].get_state_display() if attempts else "not sent"
        words = f"“{message.body}” ({state})" if message.body else f"({state})"
        yield Entry(message.created_at, "sent", f"{whom} {how}", words, by="the service")


def _cases(patient: Patient, limit: int) -> Iterator[Entry]:
    events = EscalationEvent.objects.filter(escalation__patient=patient).select_related("by", "escalation")
    for event in events.order_by("-at", "-pk")[:limit]:
        alarm = event.what in {"opened", "raised", "joined", "reopened"}
        yield Entry(
            at=event.at,
            kind="case",
            title=f"case {event.escalation.code} {event.what}",
            text=event.text,
            by=event.by.name if event.by else "the service",
            urgency=event.escalation.urgency if alarm else "",
            case=event.escalation_id,
        )


def _tasks(patient: Patient, limit: int) -> Iterator[Entry]:
    for task in Task.objects.filter(patient=patient).select_related("done_by").order_by("-opened_at")[:limit]:
        yield Entry(task.opened_at, "task", task.what, by="the service")
        if task.done_at is not None:
            by = task.done_by.name if task.done_by else "the service"
            yield Entry(task.done_at, "task", f"done: {task.what}", task.outcome, by=by)


def cases_of(patient: Patient) -> list[Escalation]:
    """The patient's cases, newest first."""
    return list(patient.escalations.select_related("owner").order_by("-opened_at"))
