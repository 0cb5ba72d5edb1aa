"""Tasks: what a person must read or do by a time. Inside a watch a late task becomes a case and pages."""

from datetime import datetime, timedelta

from django.db import transaction

from monitoring import escalations, people
from monitoring.models import Patient, Reply, Task
from notifications import audit
from notifications.each import each
from notifications.models import Clinician, Site
from protocols.errors import Refusal

SAME_DAY = timedelta(hours=8)


@transaction.atomic
def open_task(
    *,
    site: Site,
    what: str,
    due_at: datetime,
    pages_when_late: bool,
    now: datetime,
    patient: Patient | None = None,
    reply: Reply | None = None,
) -> Task:
    """Put one thing on the list. The same words about the same person join a task that is still open.

    Joining can only hurry it: the earlier time holds, and a task that pages when late goes on paging.
    """
    alike = Task.objects.filter(site=site, patient=patient, what=what, done_at=None)
    same = alike.select_for_update().first()
    if same is not None:
        same.due_at = min(same.due_at, due_at)
        same.pages_when_late = same.pages_when_late or pages_when_late
        same.save(update_fields=["due_at", "pages_when_late"])
        return same
    return Task.objects.create(
        site=site,
        patient=patient,
        reply=reply,
        what=what,
        opened_at=now,
        due_at=due_at,
        pages_when_late=pages_when_late,
    )


@transaction.atomic
def finish(task_id: int, *, by: Clinician, outcome: str, now: datetime) -> Task:
    """Record that a named clinician did it and what came of it."""
    if not outcome.strip():
        raise Refusal("outcome", "Say in a few words what came of it.")
    task = Task.objects.select_for_update().get(pk=task_id)
    if task.done_at is not None:
        raise Refusal("done-already", f"{task.done_by or 'The service'} has already finished this task.")
    task.done_at, task.done_by, task.outcome = now, by, outcome.strip()[:200]
    task.save()
    audit.record("finished a task", str(task.patient or task), site=task.site, by=by, now=now, task=task.pk)
    return task


def page_for_late(*, now: datetime) -> int:
    """Turn tasks left undone inside a watch into cases; return how many."""
    late = Task.objects.filter(done_at=None, due_at__lte=now, pages_when_late=True).values_list(
        "pk", flat=True
    )
    return each(list(late), lambda pk: _page_for(pk, now))


@transaction.atomic
def _page_for(pk: int, now: datetime) -> int:
    task = Task.objects.select_for_update(skip_locked=True).filter(pk=pk, done_at=None).first()
    if task is None:
        return 0
    patient = people.hold(task.patient_id) if task.patient_id else None
    escalations.raise_concern(
        site=task.site,
        patient=patient,
        caller="" if patient else (task.reply.sender if task.reply else "the service"),
        urgency="urgent",
        headline=f"Nobody has done this in time: {task.what}",
        watch=patient.watches.filter(closed_at=None).first() if patient else None,
        now=now,
    )
    task.done_at, task.outcome = now, "not done in time: became a case"
    task.save()
    return 1
