"""Looking from outside the team: whoever does not treat a patient says why first, and that is read by others.

The service knows no teams inside a site. Its team are the roles that treat, among them everybody who can be on call,
and whoever has written into the record; everybody else at the site is outside. Where a case is open nobody is asked.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import escalations, worklist
from monitoring.models import Patient
from notifications import audit
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols.errors import Refusal
from stepup.models import OutsideLook

# Proposals of ours, all of them: who is outside, and for how long a reason holds.
TREAT = frozenset({Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER, Role.RESPONDER})
HOLDS = timedelta(hours=12)
EMERGENCY_HOLDS = timedelta(hours=1)
ASKED_WITHIN = timedelta(hours=1)
LOUD = "The record was opened as an emergency by somebody from outside the team: ask them what is happening"
ACT = "gave a reason to look"


def must_say_why(reader: Clinician, patient: Patient, *, now: datetime) -> bool:
    """Whether the reader is outside the team, no case is open, and no reason of theirs still holds."""
    if reader.role in TREAT or escalations.unresolved(patient) is not None:
        return False
    if OutsideLook.objects.filter(patient=patient, by=reader, at__lte=now, until__gt=now).exists():
        return False
    return not _has_written(reader, patient)


def _has_written(reader: Clinician, patient: Patient) -> bool:
    """Whether the ledger has an act of theirs on this patient or a course: anything but reads and reasons."""
    subjects = [str(patient), *(str(course) for course in patient.courses.all())]
    written = AuditEntry.objects.filter(by=reader, subject__in=subjects)
    return written.exclude(act__startswith="read").exclude(act=ACT).exists()


@transaction.atomic
def look(patient: Patient, *, reason: str, words: str, by: Clinician, now: datetime) -> OutsideLook:
    """Keep why, and open the record for HOLDS. An emergency needs no words, holds for less, and is loud: a colleague
    has to ask. Refused without words otherwise (`words`).
    """
    is_emergency = reason == OutsideLook.Reason.EMERGENCY
    if not is_emergency and not words.strip():
        raise Refusal("words", _("Say why, in a few words."))
    kept = OutsideLook.objects.create(
        patient=patient, by=by, at=now, until=now + (EMERGENCY_HOLDS if is_emergency else HOLDS),
        reason=reason, words=words.strip()[:300],
    )  # fmt: skip
    audit.record(ACT, str(patient), site=patient.site, by=by, now=now, reason=reason)
    if is_emergency:
        worklist.open_task(
            site=patient.site, patient=patient, what=LOUD, due_at=now + ASKED_WITHIN, pages_when_late=False, now=now
        )  # fmt: skip
    return kept


def at(patient: Patient, *, now: datetime, days: timedelta) -> list[OutsideLook]:
    """The reasons given for one patient lately, the newest first."""
    return list(OutsideLook.objects.filter(patient=patient, at__gt=now - days).select_related("by"))


def of_site(site: Site, *, limit: int) -> list[OutsideLook]:
    """The newest reasons given at a site."""
    return list(OutsideLook.objects.filter(patient__site=site).select_related("by", "patient")[:limit])
