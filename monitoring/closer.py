"""Closer questions: a concern in a watch moves the patient to them, and a clinician ends them by name.

They end with the case or the reaction that a clinician closes, when nothing else is open; otherwise by an act of their
own. A watch does not end before them, and the next dose's watch begins anew.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, QuerySet
from django.utils.translation import gettext as _

from monitoring import patients, people
from monitoring.models import CheckIn, CloserQuestions, Escalation, Patient, Reaction, Watch
from notifications import audit, once, written
from notifications.models import Clinician
from protocols.errors import Refusal


def of(watch: Watch | None) -> CloserQuestions | None:
    """The closer questions a watch is on, while nobody has ended them."""
    if watch is None or watch.closed_at is not None:
        return None
    return going_on.first(watch_id=watch.pk)


@written.Query
def going_on(*, watch_id: int) -> QuerySet[CloserQuestions]:
    """The closer questions of a watch that nobody has ended: one at most."""
    return CloserQuestions.objects.filter(watch=watch_id, ended_at=None)


def begin(watch: Watch, *, why: str, now: datetime) -> None:
    """Move a watch to closer questions; already there, it stays. The caller holds the patient."""
    if of(watch) is None:
        once.add(CloserQuestions, watch=watch, began_at=now, why=why[:300])


@transaction.atomic
def end(watch_id: int, *, why: str, by: Clinician, now: datetime) -> CloserQuestions:
    """Go back to the usual hours, with the reason. Refused while a case or a reaction is open, and without one."""
    patient = people.hold(Watch.objects.values_list("patient", flat=True).get(pk=watch_id))
    watch = Watch.objects.select_related("site").get(pk=watch_id)
    row = of(watch)
    if row is None:
        raise Refusal("not-closer", _("This watch is not on closer questions any more."))
    if not why.strip():
        raise Refusal("why", _("Say in a few words why the usual hours are enough again."))
    _refuse_while_open(patient)
    _end(row, why=why.strip()[:300], by=by, now=now)
    watch.checkins.filter(state=CheckIn.State.WAITING, extra=True).update(
        state=CheckIn.State.CANCELLED, next_at=None, ended_at=now, ended_why="closer questions were ended"
    )
    patients.note(patient, "closer questions ended", row.ended_why, by=by, now=now)
    audit.record("ended closer questions", str(patient), site=watch.site, by=by, now=now, watch=watch.pk)
    return row


def _refuse_while_open(patient: Patient) -> None:
    case = Escalation.objects.filter(patient=patient).exclude(state=Escalation.State.RESOLVED).first()
    if case is not None:
        raise Refusal(
            "case-open",
            _("Case %(code)s is open. Resolving it ends the closer questions.") % {"code": case.code},
        )
    reaction = Reaction.objects.filter(patient=patient, over_at=None).first()
    if reaction is not None:
        named = f"{reaction.named[0].upper()}{reaction.named[1:]}"
        raise Refusal(
            "reaction-open",
            _("%(named)s is not over. Recording its end ends the closer questions.") % {"named": named},
        )


def settle(patient: Patient | None, *, why: str, by: Clinician, now: datetime) -> None:
    """After a clinician closed a case or a reaction: the closer questions end with it, unless another is open."""
    row = _needless.first(patient_id=patient.pk) if patient else None
    if row is not None:
        _end(row, why=why, by=by, now=now)


@written.Query
def _needless(*, patient_id: int) -> QuerySet[CloserQuestions]:
    """The closer questions a patient is on although neither a case nor a reaction is open: one row at most."""
    case = Escalation.objects.filter(patient=patient_id).exclude(state=Escalation.State.RESOLVED)
    reaction = Reaction.objects.filter(patient=patient_id, over_at=None)
    going_on = CloserQuestions.objects.filter(watch__patient=patient_id, watch__closed_at=None, ended_at=None)
    return going_on.filter(~Exists(case), ~Exists(reaction))


def _end(row: CloserQuestions, *, why: str, by: Clinician, now: datetime) -> None:
    row.ended_at, row.ended_by, row.ended_why = now, by, why
    once.change(row, "ended_at", "ended_by", "ended_why")
