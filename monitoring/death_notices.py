"""A death in a text, and what a clinician says of it.

A text that says nothing else grave stops the check-ins by itself, and every text of the service to that home: nobody
there is asked for a temperature. The case cannot be closed before a named person has said whether it is so.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import caselog, checkins, deaths, escalations, patients, people, texts, watches
from monitoring.hearing import Heard
from monitoring.models import CheckIn, DeathNotice, Finding, Patient
from notifications import audit, roles
from notifications.models import Clinician
from protocols import triage
from protocols.errors import Refusal

ACT = "record a death"
RULE = "DIED"
STOPPED = (
    "Check-ins have stopped by themselves, and the service texts nothing more to these phones. Telephone, then say on"
    " the patient's page whether it is so: until then this case cannot be closed."
)


def is_all_that_is_said(heard: Heard, concluded: triage.Finding) -> bool:
    """Whether a text from the patient's or the caregiver's own phone says that the patient died and nothing else grave.

    Beside any other alarm it may be an emergency still, and a person decides.
    """
    grave = {fired.id for fired in concluded.rules if fired.urgency in escalations.RANK}
    return grave == {RULE} and heard.who in {"patient", "caregiver"}


def report(heard: Heard, finding: Finding) -> None:
    """Stop asking and texting because of a text. The caller holds the patient and has raised the case."""
    patient, now = heard.patient, heard.now
    if deaths.standing(patient.pk) is not None:
        return
    DeathNotice.objects.create(patient=patient, said=DeathNotice.Said.REPORTED, at=now, finding=finding)
    _fall_silent(patient, now)
    case = escalations.unresolved(patient)
    if case is not None:
        caselog.note(case, "check-ins stopped", now=now, text=STOPPED)
    patients.note(patient, "death reported in a text", "Check-ins and texts have stopped.", by=None, now=now)
    audit.record("stopped asking: a death was reported", str(patient), site=patient.site, by=None, now=now)


def _fall_silent(patient: Patient, now: datetime) -> None:
    """End the question that is open, and withdraw what waits to leave. What is to come ends at its hour."""
    for checkin in CheckIn.objects.filter(watch__patient=patient, state=CheckIn.State.ASKED):
        checkins.end(checkin, CheckIn.State.CANCELLED, why=deaths.WHY, now=now)
    for caregiver in (False, True):
        texts.withdraw(patient, caregiver=caregiver, now=now)


@transaction.atomic
def say(patient_id: int, *, died: bool, words: str, by: Clinician, now: datetime) -> DeathNotice:
    """Record by a named person whether a patient has died, with how it is known; it answers a text or stands alone.

    That it is not so lets texts go again, and inside a watch the patient is asked at once. Refused: without words, the
    same twice, and that somebody is alive of whom nobody said otherwise.
    """
    if not roles.may(by, ACT):
        raise Refusal("role", _("A %(role)s does not record a death.") % {"role": by.get_role_display()})
    patient = people.hold(patient_id)
    _refuse(patient, died=died, words=words)
    said = DeathNotice.Said.DIED if died else DeathNotice.Said.ALIVE
    notice = DeathNotice.objects.create(patient=patient, said=said, words=words.strip(), by=by, at=now)
    watch = watches.current(patient)
    if died:
        _fall_silent(patient, now)
    elif watch is not None:
        checkins.ask_again_in(watch, minutes=0, now=now)
    case = escalations.unresolved(patient)
    if case is not None:
        caselog.note(case, f"patient {notice.get_said_display()}", by=by, now=now, text=notice.words)
    patients.note(patient, f"patient {notice.get_said_display()}", notice.words, by=by, now=now)
    what = "recorded a death" if died else "recorded that the patient is alive"
    audit.record(what, str(patient), site=patient.site, by=by, now=now, notice=notice.pk)
    return notice


def _refuse(patient: Patient, *, died: bool, words: str) -> None:
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: nothing more is recorded on it."))
    if not words.strip():
        raise Refusal("words", _("Say who told you, or how you know."))
    before = deaths.standing(patient.pk)
    if died and before is not None and before.by is not None:
        raise Refusal(
            "said-already",
            _("%(by)s has recorded this already: %(words)s") % {"by": before.by.name, "words": before.words},
        )
    if not died and before is None:
        raise Refusal(
            "nothing-said", _("Nobody has said that this patient died. The service asks as always.")
        )
