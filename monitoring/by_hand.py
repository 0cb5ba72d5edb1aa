"""What a clinician does about a patient besides texting: telephones, and opens a case by a judgement of their own."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from monitoring import caselog, conversation, escalations, patients, people, watches, worklist
from monitoring.models import ClinicianText, Escalation, Finding, Patient
from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols.errors import Refusal

ACT = "work on a case"


@transaction.atomic
def called(
    *,
    patient: Patient,
    whom: str,
    spoke: bool,
    words: str,
    by: Clinician,
    now: datetime,
    answers: conversation.Answers = conversation.NONE,
) -> Escalation | None:
    """Record that `by` telephoned the "patient" or the "caregiver", and what came of it.

    Spoken with somebody, it finishes the tasks in `answers`, and reaches the patient in a case that `by` has taken,
    which is then answered. A voicemail or nobody there finishes and reaches nothing.
    """
    _may(by)
    if whom not in ClinicianText.To.values:
        raise Refusal("whom", gettext("Choose whom you called: the patient or the caregiver."))
    if not words.strip():
        raise Refusal("words", gettext("Say in a few words what came of it."))
    patient, said = people.hold(patient.pk), words.strip()
    if answers and not spoke:
        raise Refusal(
            "nobody-spoken", gettext("Nobody was spoken with, so nothing is done yet: leave it on the list.")
        )
    what = f"{'spoke with' if spoke else 'called and did not reach'} the {whom} by telephone"
    patients.note(patient, what, said, by=by, now=now)
    audit.record("recorded a call", str(patient), site=patient.site, by=by, now=now, whom=whom, spoke=spoke)
    worklist.settle(patient, answers, by=by, outcome=f"telephoned the {whom}: {said}", now=now)
    case = escalations.unresolved(patient)
    if case is None:
        return None
    if spoke and case.state == Escalation.State.TAKEN and case.owner_id == by.pk:
        return escalations.reach(case.pk, by=by, now=now, text=said)
    caselog.note(case, "telephoned", now=now, by=by, text=f"{what}: {said}")
    return None


@transaction.atomic
def open_case(
    *,
    patient: Patient,
    urgency: str,
    words: str,
    by: Clinician,
    now: datetime,
    answers: conversation.Answers = conversation.NONE,
) -> Escalation:
    """Open a case now because `by` judges so, or join the one that is open; it pages as any other.

    The tasks in `answers` are done with it: whoever takes the case has them.
    """
    _may(by)
    refuse_unsaid(urgency, words)
    patient = people.hold(patient.pk)
    if not patient.is_active:
        raise Refusal("enrolment-ended", gettext("This enrolment has ended: no case is opened on it."))
    case = judged(site=patient.site, patient=patient, urgency=urgency, words=words, by=by, now=now)
    worklist.settle(patient, answers, by=by, outcome=f"became case {case.code}", now=now)
    audit.record("opened a case", str(patient), site=patient.site, by=by, now=now, case=case.pk)
    return case


def refuse_unsaid(urgency: str, words: str) -> None:
    """Refuse a judgement without its urgency or without words."""
    if urgency not in escalations.RANK:
        raise Refusal("urgency", gettext("Choose how urgent it is."))
    if not words.strip():
        raise Refusal(
            "words", gettext("Say what you saw or heard: it is what the people who are called read first.")
        )


def judged(
    *,
    site: Site,
    patient: Patient | None,
    urgency: str,
    words: str,
    by: Clinician,
    now: datetime,
    how: str = "",
    caller: str = "",
    finding: Finding | None = None,
) -> Escalation:
    """Open a case by a clinician's judgement, or join the open one, and note it. The caller holds the patient.

    Of a text that was read, `how` says so, `finding` is what the rules made of it, `caller` the number nobody knows.
    """
    case, _ = escalations.raise_concern(
        site=site,
        patient=patient,
        caller=caller,
        urgency=urgency,
        headline=f"{by.name}{how}: {words.strip()}",
        watch=watches.current(patient) if patient else None,
        finding=finding,
        now=now,
    )
    caselog.note(case, "judged by a clinician", now=now, by=by, text=words.strip())
    return case


def _may(by: Clinician) -> None:
    if not roles.may(by, ACT):
        raise Refusal("role", gettext("A %(role)s does not work on cases.") % {"role": by.get_role_display()})
