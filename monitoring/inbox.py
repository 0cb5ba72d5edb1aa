"""The reply inbox: frozen rows of what somebody must read. The gravest first, and of equals the longest waiting.

Danger is paged the moment it is said and never waits here; its cases stand above the list, so that whoever reads sees
them first.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from monitoring import board, phrases, strangers, unread
from monitoring.models import Escalation, Patient, Task, TaskEvent, Translation, Unread, Watch
from notifications.models import Site
from protocols.rulebook import URGENCIES


@dataclass(frozen=True)
class Line:
    """What was texted in the same words, `count` times: the words as sent, and what the rules made of them.

    `benign` are the pieces nobody could explain that a reader may propose as harmless; looked for on the item alone.
    """

    reply: int
    words: str
    count: int
    first_at: datetime
    last_at: datetime
    who: str
    channel: str
    media: int
    urgency: str
    because: str
    understood: tuple[str, ...]
    unexplained: str
    translations: tuple[Translation, ...]
    benign: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """Everything unread of one patient, or of one number nobody knows. `read` says how much this page has shown."""

    task: Task
    patient: Patient | None
    sender: str
    language: str
    lines: tuple[Line, ...]
    count: int
    urgency: str
    oldest_at: datetime
    watch: Watch | None
    hour: int | None
    case: board.CaseLine | None
    reader: str
    reading_since: datetime | None
    events: tuple[TaskEvent, ...]
    matches: tuple[strangers.Possible, ...]
    read: int
    is_late: bool


@dataclass(frozen=True)
class Danger:
    """An unresolved case beside the list, and about whom."""

    name: str
    case: board.CaseLine


@dataclass(frozen=True)
class Inbox:
    """Everything one look at the inbox shows."""

    cases: tuple[Danger, ...]
    items: tuple[Item, ...]
    count: int


def look(site: Site, *, now: datetime) -> Inbox:
    """What the site has to read at `now`, and the cases that are not resolved."""
    cases = _cases(site)
    items = sorted(_items(site, _tasks().filter(site=site, done_at=None), cases, now), key=_order)
    dangers = [Danger(_name(case), board.case_line(case)) for case in cases]
    first = sorted(dangers, key=lambda one: (one.case.owner != "", board_rank(one.case), one.case.opened_at))
    return Inbox(tuple(first), tuple(items), sum(item.count for item in items))


def item(task: Task, *, now: datetime) -> Item:
    """One item, as it stands at `now`. One that a colleague finished this very moment is shown like one they finish
    the moment after: whoever acts on it is told who was first.
    """
    [found] = _items(task.site, _tasks().filter(pk=task.pk), _cases(task.site), now)
    replies = {one.reply_id: one.reply for one in task.unread.select_related("reply")}
    lines = [replace(line, benign=tuple(phrases.suggested(replies[line.reply]))) for line in found.lines]
    return replace(found, lines=tuple(lines))


def board_rank(case: board.CaseLine) -> int:
    """Emergencies before what is urgent."""
    return URGENCIES.index(case.urgency)


def _order(one: Item) -> tuple[int, datetime, int]:
    return URGENCIES.index(one.urgency), one.oldest_at, one.task.pk


def _tasks() -> QuerySet[Task]:
    beside = ("unread__reply__translations__by", "unread__finding", "events__by")
    return Task.objects.exclude(unread_from="").select_related("patient", "site").prefetch_related(*beside)


def _cases(site: Site) -> list[Escalation]:
    unresolved = Escalation.objects.filter(site=site).exclude(state=Escalation.State.RESOLVED)
    beside = ("events__finding__reply", "pages__clinician")
    return list(unresolved.select_related("owner", "patient").prefetch_related(*beside))


def _name(case: Escalation) -> str:
    return case.patient.name if case.patient else f"Unknown number {case.caller}"


def _items(site: Site, tasks: Iterable[Task], cases: Sequence[Escalation], now: datetime) -> Iterator[Item]:
    listed = list(tasks)
    about = [task.patient_id for task in listed]
    watches = {watch.patient_id: watch for watch in Watch.objects.filter(patient__in=about, closed_at=None)}
    by_sender = {case.patient_id or case.caller: board.case_line(case) for case in cases}
    for task in listed:
        case = by_sender.get(task.patient_id or task.unread_from)
        yield _item(site, task, watches.get(task.patient_id or 0), case, now)


def _item(site: Site, task: Task, watch: Watch | None, case: board.CaseLine | None, now: datetime) -> Item:
    waiting = list(task.unread.all())
    lines = tuple(_lines(unread.gravest_first(waiting)))
    urgencies = [line.urgency for line in lines] + ([case.urgency] if case else [])
    events = tuple(task.events.all())
    reading = next((event for event in reversed(events) if event.what == unread.READING), None)
    words = [line.words for line in lines]
    return Item(
        task=task,
        patient=task.patient,
        sender=waiting[-1].reply.sender,
        language=task.patient.language if task.patient else "",
        lines=lines,
        count=len(waiting),
        urgency=min(urgencies, key=URGENCIES.index),
        oldest_at=waiting[0].reply.received_at,
        watch=watch,
        hour=int((now - watch.given_at).total_seconds() // 3600) if watch else None,
        case=case,
        reader=reading.by.name if reading else "",
        reading_since=reading.at if reading else None,
        events=events,
        matches=() if task.patient else tuple(strangers.possible(site, words)),
        read=waiting[-1].pk,
        is_late=task.due_at <= now,
    )


def _lines(waiting: Sequence[Unread]) -> Iterator[Line]:
    """The same words from the same person once, with their count: what was said once is not buried under them."""
    alike: dict[tuple[str, str, int, str], list[Unread]] = {}
    for one in waiting:
        reply = one.reply
        about = (reply.body.strip().casefold(), reply.who, reply.media, unread.urgency(one))
        alike.setdefault(about, []).append(one)
    yield from (_line(same) for same in alike.values())


def _line(same: Sequence[Unread]) -> Line:
    first, finding = same[0].reply, same[0].finding
    rules: list[dict[str, Any]] = finding.rules if finding else []
    readings: list[dict[str, Any]] = finding.readings if finding else []
    explained = [f"{rule.get('why', rule['id'])}" for rule in rules if rule["id"] != "NOT-UNDERSTOOD"]
    return Line(
        reply=first.pk,
        words=first.body,
        count=len(same),
        first_at=min(one.reply.received_at for one in same),
        last_at=max(one.reply.received_at for one in same),
        who={"shared": "caregiver", "": "unknown"}.get(first.who, first.who),
        channel=first.channel,
        media=first.media,
        urgency=unread.urgency(same[0]),
        because=finding.because if finding else f"{unread.UNREADABLE.capitalize()}.",
        understood=(*dict.fromkeys(_said(reading) for reading in readings), *dict.fromkeys(explained)),
        unexplained=" ".join(_unexplained(finding.context, rules)) if finding else first.body,
        translations=tuple(row for one in same for row in one.reply.translations.all()),
    )


def _said(reading: dict[str, Any]) -> str:
    """One reading in words: what kind of thing, and the words it was read from."""
    kind = str(reading["kind"]).replace("_", " ")
    name = str(reading.get("name") or "").replace("_", " ")
    about = kind if not name or name == kind else f"{kind}, {name}"
    return f"{about}: “{reading['words']}”"


def _unexplained(context: dict[str, Any], rules: Sequence[dict[str, Any]]) -> list[str]:
    """The words nobody could explain. A finding from before they were kept has them in its rule alone."""
    if "unexplained" in context:
        return [str(word) for word in context["unexplained"]]
    return [str(rule["words"]) for rule in rules if rule["id"] == "NOT-UNDERSTOOD"]
