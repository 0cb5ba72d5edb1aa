"""Replies that somebody must read: all of one patient, or of one number nobody knows, wait together as one task.

So a hundred texts are one thing to read, with its count and one clock; nothing of them is dropped.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet

from monitoring.models import Finding, Patient, Reply, Task, Unread, Watch
from monitoring.rules import WatchRules
from notifications import once, written
from notifications.models import Site
from protocols.rulebook import URGENCIES

UNREADABLE = "the service could not read it"
UNCLEAR = "clarify"  # how urgent a reply is that the rules broke on
READING = "reading"  # the event of whoever says: I am reading this


@dataclass(frozen=True)
class Waiting:
    """How much a site has to read, how much of it is late, and when the first of it becomes a case."""

    texts: int
    senders: int
    late: int
    pages_at: datetime | None


def put(
    reply: Reply,
    *,
    patient: Patient | None,
    finding: Finding | None,
    due_at: datetime,
    pages_when_late: bool,
    now: datetime,
    texting: str = "",
) -> tuple[Task, bool]:
    """Put a reply on the list of what must be read; answer its task and whether that is new.

    Joining what is unread already can only hurry it: the earlier time holds, and what pages when late goes on
    paging. `texting` names the clinician who is texting with them.

    Without a finding nobody knows what it says, and it counts as unclear.
    """
    site = patient.site if patient else reply.site
    sender = f"patient:{patient.pk}" if patient else reply.sender
    what, _ = _called([_found(finding, reply.pk)], texting)
    times = {"opened_at": now, "due_at": due_at, "pages_when_late": pages_when_late}
    alone = {**times, "patient": patient, "reply": reply, "what": what}
    first = Unread(reply=reply, finding=finding, at=now)
    # Two texts of a stranger may come at once: the second joins the first.
    while (task := _lying.first(site_id=site.pk, sender=sender)) is None:
        key = {"site": site, "unread_from": sender, "done_at": None}
        task, is_new = once.put_with(Task, first, of="task", defaults=alone, **key)
        if is_new:
            return task, True
    once.put(Unread, task=task, reply=reply, defaults={"finding": finding, "at": now})
    _join(task, due_at=due_at, pages_when_late=pages_when_late, texting=texting)
    return task, False


@written.Query
def _lying(*, site_id: int, sender: str) -> QuerySet[Task]:
    """The open task of what a sender's texts are unread, locked: one at most."""
    return Task.objects.select_for_update().filter(site=site_id, unread_from=sender, done_at=None)


def _join(task: Task, *, due_at: datetime, pages_when_late: bool, texting: str) -> None:
    """Say on a task what waits on it now, and by when it is to be read."""
    waiting = [_found(one.finding, one.reply_id) for one in _with_findings.rows(task_id=task.pk)]
    task.what, task.reply_id = _called(waiting, texting)
    task.due_at = min(task.due_at, due_at)
    _says(pk=task.pk, what=task.what, reply=task.reply_id, due_at=task.due_at)
    if pages_when_late and not task.pages_when_late:
        task.pages_when_late = True
        once.change(task, "pages_when_late")


@written.Query
def _with_findings(*, task_id: int) -> QuerySet[Unread]:
    """What waits on a task, in the order in which it came, with what the rules made of it."""
    waiting = Unread.objects.filter(task=task_id).select_related("finding").order_by("pk")
    return waiting.only("reply", "finding__urgency", "finding__because")


@written.Update
def _says(*, pk: int, what: str, reply: int, due_at: datetime) -> tuple[QuerySet[Task], dict[str, Any]]:
    """Keep what waits on a task, and by when it is to be read."""
    return Task.objects.filter(pk=pk), {"what": what, "reply": reply, "due_at": due_at}


def _found(finding: Finding | None, reply_id: int) -> tuple[str, str, int]:
    """How urgent a reply is, why, and which it is. What the rules broke on is unclear, and nobody knows why."""
    if finding is None:
        return UNCLEAR, "", reply_id
    return finding.urgency, finding.because, reply_id


def _called(waiting: list[tuple[str, str, int]], texting: str) -> tuple[str, int]:
    """How many there are and what the rules made of the gravest; and that reply, for lists that show one alone."""
    [(_, because, reply), *_] = sorted(waiting, key=lambda one: URGENCIES.index(one[0]))
    many = f"{len(waiting)} texts" if len(waiting) > 1 else "a text"
    because = because or f"{UNREADABLE[0].upper()}{UNREADABLE[1:]}."
    whom = f", for {texting}, who is texting with them" if texting else ""
    return f"Read {many}{whom}: {because}"[:200], reply


def of(task: Task) -> QuerySet[Unread]:
    """What waits on a task, in the order in which it came."""
    return task.unread.select_related("reply", "finding").order_by("pk")


def gravest_first(waiting: list[Unread]) -> list[Unread]:
    """The gravest first, and of equals the one that has waited longest."""
    return sorted(waiting, key=lambda one: (URGENCIES.index(urgency(one)), one.pk))


def urgency(one: Unread) -> str:
    """How urgent a reply was found to be. What the rules broke on is unclear."""
    return one.finding.urgency if one.finding else UNCLEAR


def newest(task: Task) -> int:
    """A mark of how much there was to read: whoever finishes the task says which one they had before them."""
    last = _newest_first.first(task_id=task.pk)
    return last.pk if last else 0


@written.Query
def _newest_first(*, task_id: int) -> QuerySet[Unread]:
    """What waits on a task, the newest first."""
    return Unread.objects.filter(task=task_id).order_by("-pk")


def hurry(watch: Watch, *, now: datetime) -> None:
    """What lay unread about the patient when a watch opened climbs too, and not before somebody could read it.

    What is unclear has the same minutes as if it had come now; what is routine keeps the time it had.
    """
    soon = now + timedelta(minutes=WatchRules.thaw(watch.rules).clarify)
    lying = Task.objects.filter(patient=watch.patient, done_at=None, pages_when_late=False)
    for task in lying.exclude(unread_from="").select_for_update():
        is_unclear = any(URGENCIES.index(urgency(one)) <= URGENCIES.index(UNCLEAR) for one in of(task))
        task.due_at, task.pages_when_late = soon if is_unclear else max(task.due_at, soon), True
        task.save(update_fields=["due_at", "pages_when_late"])


def waiting(site: Site, *, now: datetime) -> Waiting:
    """What the site has to read at `now`, in one query."""
    tasks = (
        Task.objects.filter(site=site, done_at=None).exclude(unread_from="").annotate(many=Count("unread"))
    )
    rows = list(tasks.values_list("many", "due_at", "pages_when_late"))
    return Waiting(
        texts=sum(many for many, _, _ in rows),
        senders=len(rows),
        late=sum(due_at <= now for _, due_at, _ in rows),
        pages_at=min((due_at for _, due_at, pages in rows if pages), default=None),
    )
