"""Tasks: what a person must read or do by a time. Inside a watch a late task becomes a case and pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from monitoring import caselog, escalations, people, texts, unread
from monitoring.models import Patient, Reply, Task
from notifications import audit, once, written
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
        once.change(same, "due_at", "pages_when_late")
        return same
    return once.add(
        Task,
        site=site,
        patient=patient,
        reply=reply,
        what=what,
        opened_at=now,
        due_at=due_at,
        pages_when_late=pages_when_late,
    )


@transaction.atomic
def finish(task_id: int, *, by: Clinician, outcome: str, now: datetime, read: int | None = None) -> Task:
    """Record that a named clinician did it and what came of it.

    Of replies that wait to be read, `read` is the newest that was on the page (`unread.newest`): a text that has
    come since is not finished unseen.
    """
    if not outcome.strip():
        raise Refusal("outcome", gettext("Say in a few words what came of it."))
    task = open_and_locked(task_id)
    if task.unread_from and read is not None and read != unread.newest(task):
        raise Refusal(
            "not-read",
            gettext("A text has come that was not on this page. Read it first; nothing was saved."),
        )
    task.done_at, task.done_by, task.outcome = now, by, outcome.strip()[:200]
    once.change(task, "done_at", "done_by", "outcome")
    about = f"patient:{task.patient_id}" if task.patient_id else str(task)
    audit.record("finished a task", about, site=task.site, by=by, now=now, task=task.pk)
    return task


def open_and_locked(task_id: int) -> Task:
    """The task, locked until the transaction ends. One that is done is refused, saying who did it."""
    task = _locked.get(pk=task_id)
    if task.done_at is not None:
        who = task.done_by.name if task.done_by else "The service"
        at = texts.site_time(task.site, task.done_at)
        raise Refusal(
            "done-already",
            gettext("%(who)s has already finished this at %(at)s: %(outcome)s.")
            % {"who": who, "at": at, "outcome": task.outcome},
        )
    return task


@written.Query
def _locked(*, pk: int) -> QuerySet[Task]:
    """A task, locked, with its site, which never is another.

    Nothing else is joined: who waited for the lock would be shown the row as it is now beside others as they were.
    """
    return Task.objects.select_for_update(of=("self",)).select_related("site").filter(pk=pk)


def settle(
    patient: Patient, tasks: Mapping[int, int], *, by: Clinician, outcome: str, now: datetime
) -> list[Task]:
    """Finish those of a patient's open tasks with one outcome. The caller holds the patient.

    `tasks` has the newest text that was read by the id of each task (see `finish`). One that is done is left as it is.
    """
    open_ = Task.objects.filter(patient=patient, pk__in=tasks, done_at=None)
    return [finish(task.pk, by=by, outcome=outcome, read=tasks[task.pk], now=now) for task in open_]


def late(*, now: datetime) -> QuerySet[Task]:
    """Tasks left undone beyond their time, for which somebody is paged."""
    return Task.objects.filter(done_at=None, due_at__lte=now, pages_when_late=True)


def page_for_late(*, now: datetime) -> int:
    """Turn tasks left undone inside a watch into cases; return how many."""
    return each(list(late(now=now).values_list("pk", flat=True)), lambda pk: _page_for(pk, now))


@transaction.atomic
def _page_for(pk: int, now: datetime) -> int:
    # The patient first, as everywhere: a text that arrives at this moment holds them and joins the task.
    patient_id = Task.objects.filter(pk=pk).values_list("patient", flat=True).get()
    patient = people.hold(patient_id) if patient_id else None
    task = Task.objects.select_for_update(skip_locked=True).filter(pk=pk, done_at=None).first()
    if task is None:
        return 0
    [gravest, *_] = [*unread.gravest_first(list(unread.of(task))), None]
    case, _ = escalations.raise_concern(
        site=task.site,
        patient=patient,
        caller="" if patient else (task.reply.sender if task.reply else "the service"),
        urgency="urgent",
        headline=f"Nobody has done this in time: {task.what}",
        watch=patient.watches.filter(closed_at=None).first() if patient else None,
        finding=gravest.finding if gravest else None,
        now=now,
    )
    if (
        gravest and gravest.finding is None
    ):  # the rules broke on it: no finding brings its words onto the card
        caselog.note(case, "texted", now=now, text=gravest.reply.body)
    task.done_at, task.outcome = now, "not done in time: became a case"
    task.save()
    return 1
