"""What a reply says in English, typed by whoever reads its language: kept beside the words, never in their place.

It is nobody's own words: no finding is made of it and nothing about the patient is concluded. It can only raise a
concern. What reads as danger pages at once, as it would have, had it been written in a language the rules know.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from monitoring import escalations, reader, watches
from monitoring.models import Escalation, Patient, Translation, Unread
from notifications import audit
from notifications.models import Clinician
from protocols import triage
from protocols.errors import Refusal

LONGEST = 1600


@transaction.atomic
def add(
    task_id: int, *, reply_id: int, words: str, is_professional: bool, by: Clinician, now: datetime
) -> Escalation | None:
    """Keep a translation of one unread reply; answer the case that it opened or joined, if it reads as danger."""
    if not words.strip():
        raise Refusal("words", gettext("Type what the text says."))
    task, patient = reader.hold(task_id)
    waiting = task.unread.select_related("reply", "finding").filter(reply=reply_id).first()
    if waiting is None:
        raise Refusal("reply", gettext("Choose which of these texts you translated."))
    said = words.strip()[:LONGEST]
    Translation.objects.create(
        reply=waiting.reply, words=said, by=by, at=now, is_professional=is_professional
    )
    audit.record("typed a translation", str(patient or task), site=task.site, by=by, now=now, reply=reply_id)
    concluded = triage.assess(said, _context(waiting, patient))
    case = None
    if concluded.urgency in escalations.RANK:
        case, _ = escalations.raise_concern(
            site=task.site,
            patient=patient,
            caller="" if patient else task.unread_from,
            urgency=concluded.urgency,
            headline=f"A translation typed by {by.name}: {concluded.because}",
            watch=watches.current(patient) if patient else None,
            finding=waiting.finding,
            now=now,
        )
    shown = f"It reads as danger: case {case.code}." if case else ""
    reader.note(task, "translated", by=by, now=now, text=shown)
    return case


def _context(waiting: Unread, patient: Patient | None) -> triage.Context:
    """Who wrote, inside a watch or not; no question is open to a translation, and it is read in English."""
    watched = patient is not None and watches.current(patient) is not None
    return triage.Context(sender=waiting.reply.who or "unregistered", in_watch="yes" if watched else "no")
