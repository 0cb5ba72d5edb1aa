"""What somebody does who reads unread replies: says so, calls, escalates. Only what finishes them stops their clock."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import by_hand, caselog, escalations, people, phrases, unread, worklist
from monitoring.models import Escalation, Patient, Task, TaskEvent, Unread
from notifications import audit
from notifications.models import Clinician
from protocols.errors import Refusal

WHOM = {"patient": "the patient", "caregiver": "the caregiver", "number": "the number that wrote"}
CALLS = {
    "settled": "spoke with them, nothing more is needed",
    "more": "spoke with them, more is needed",
    "nobody": "nobody answered",
    "another": "somebody else answered",
}
SETTLED = "settled"
SPOKE = frozenset({SETTLED, "more"})


def hold(task_id: int) -> tuple[Task, Patient | None]:
    """The task and its patient, locked, the patient first. One that is done is refused, saying who did it."""
    patient_id = Task.objects.filter(pk=task_id).values_list("patient", flat=True).get()
    patient = people.hold(patient_id) if patient_id else None
    return worklist.open_and_locked(task_id), patient


def note(task: Task, what: str, *, by: Clinician, now: datetime, text: str = "") -> None:
    """Add one line to what was done about unread replies."""
    TaskEvent.objects.create(task=task, at=now, by=by, what=what, text=text[:400])


@transaction.atomic
def take(task_id: int, *, by: Clinician, now: datetime) -> Task:
    """Say who is reading it now. Others see the name; the clock runs on, because reading settles nothing."""
    task = worklist.open_and_locked(task_id)
    note(task, unread.READING, by=by, now=now)
    audit.record("reads replies", str(task.patient or task), site=task.site, by=by, now=now, task=task.pk)
    return task


@transaction.atomic
def called(
    task_id: int, *, whom: str, outcome: str, words: str, read: int, by: Clinician, now: datetime
) -> Task:
    """Record a telephone call about it and what came of that. Only `settled` finishes it, if all was read by then.

    A call to a patient's home stands in their record too, and reaches the patient in a case that `by` has taken.
    """
    if whom not in WHOM or outcome not in CALLS:
        raise Refusal("call", _("Say whom you called and what came of it."))
    task, patient = hold(task_id)
    said = f"Called {WHOM[whom]}: {CALLS[outcome]}" + (f". {words.strip()}" if words.strip() else "")
    note(task, "called", by=by, now=now, text=said)
    audit.record(
        "called about a reply", str(task.patient or task), site=task.site, by=by, now=now,
        task=task.pk, outcome=outcome,
    )  # fmt: skip
    if patient is not None:
        by_hand.called(patient=patient, whom=whom, spoke=outcome in SPOKE, words=said, by=by, now=now)
    if outcome == SETTLED:
        return worklist.finish(task_id, by=by, outcome=said, read=read, now=now)
    return task


@transaction.atomic
def escalate(task_id: int, *, urgency: str, words: str, by: Clinician, now: datetime) -> Escalation:
    """Open a case, or join the open one, by a named clinician with words of their own; it takes every text along."""
    by_hand.refuse_unsaid(urgency, words)
    task, patient = hold(task_id)
    waiting = unread.gravest_first(list(unread.of(task)))
    case = by_hand.judged(
        site=task.site,
        patient=patient,
        caller="" if patient else task.unread_from,
        urgency=urgency,
        words=words,
        how=", who read it",
        finding=waiting[0].finding,
        by=by,
        now=now,
    )
    _bring_along(case, waiting, now)
    note(task, "escalated", by=by, now=now, text=f"Case {case.code}: {words.strip()}")
    worklist.finish(task_id, by=by, outcome=f"escalated: case {case.code}", read=unread.newest(task), now=now)
    return case


@transaction.atomic
def learn(task_id: int, *, reply_id: int, words: str, read: int, by: Clinician, now: datetime) -> Task:
    """Propose that words of one unread reply are harmless; nothing is learned before another person approves.

    That finishes the item too, if all that waits on it says the same. Refused where a rule of danger fired on any of
    it, and, by `phrases.propose`, for words that a rule or a list of words accounts for.
    """
    task = worklist.open_and_locked(task_id)
    waiting = list(unread.of(task))
    reply = next((one.reply for one in waiting if one.reply_id == reply_id), None)
    if reply is None:
        raise Refusal("reply", _("This text does not wait here."))
    if any(unread.urgency(one) in escalations.RANK for one in waiting):
        raise Refusal("danger", _("One of these texts sounded like danger: nothing is learned beside it."))
    phrases.propose(reply=reply, words=words, by=by, now=now)
    said = f"benign: “{words}” goes to approval"
    note(task, "proposed a phrase", by=by, now=now, text=said)
    if len({one.reply.body.strip().casefold() for one in waiting}) == 1:
        return worklist.finish(task_id, by=by, outcome=said, read=read, now=now)
    return task


def _bring_along(case: Escalation, waiting: list[Unread], now: datetime) -> None:
    """The other words that waited stand on the card too, each once; those of a finding stand there already."""
    told = {waiting[0].reply.body} if waiting[0].finding else set()
    for one in waiting:
        if one.reply.body not in told:
            told.add(one.reply.body)
            caselog.note(case, "also texted", now=now, text=one.reply.body, finding=one.finding)
