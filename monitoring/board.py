"""The board: frozen rows for the worklist. Danger first, and the oldest unanswered danger at the very top.

One patient stands on one row, in the highest section that is true of them. A filter narrows the quiet sections;
it never hides a case.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Max, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from monitoring import board_filter, deaths, names, quiet, readings, stays
from monitoring.models import CheckIn, CloserQuestions, DeathNotice, Escalation, Patient, Reply, Task, Watch
from notifications.models import Site

SECTIONS = {
    "open": _("Nobody has it yet"),
    "taken": _("Somebody has it"),
    "silent": _("No answer"),
    "task": _("To read or do"),
    "watch": _("Watched, nothing open"),
    "rest": _("Not being watched"),
}
NEXT_STEP = {
    CheckIn.Stage.FIRST: _("asks again"),
    CheckIn.Stage.AGAIN: _("asks the caregiver"),
    CheckIn.Stage.CAREGIVER: _("calls the patient's phone"),
    CheckIn.Stage.VOICE: _("pages a person"),
    CheckIn.Stage.PERSON: _("pages a person"),
}
# A board of hundreds reads no more of each row than it shows.
OF_A_PATIENT = ("name", "born_on", "identifier", "language", "texting_ended_why")
OF_A_WATCH = ("patient", "drug", "step", "given_at", "ends_at")


@dataclass(frozen=True)
class CaseLine:
    """What the board says about an unresolved case."""

    id: int
    code: str
    urgency: str
    state: str
    said: str
    headline: str
    opened_at: datetime
    owner: str
    next_at: datetime | None
    next_act: str
    paged: str


@dataclass(frozen=True)
class WatchLine:
    """The dose that is being watched: `given_at` and `ends_at` bound the hours."""

    drug: str
    step: str
    given_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class TaskLine:
    """One thing to read or do, with the time by which."""

    id: int
    what: str
    said: str
    due_at: datetime
    is_late: bool
    pages_when_late: bool


@dataclass(frozen=True)
class Row:
    """One patient (or one unknown caller) on the board."""

    key: str
    section: str
    patient: int | None
    name: str
    initials: str
    born_on: date | None
    identifier: str
    language: str
    like: str
    case: CaseLine | None
    watch: WatchLine | None
    reading: readings.Temperature | None
    tasks: tuple[TaskLine, ...]
    heard_at: datetime | None
    next_act: str
    next_at: datetime | None
    texting_ended: str
    stay: stays.Line | None = None
    death: DeathNotice | None = None
    closer_since: datetime | None = None
    texting: quiet.Line | None = None


@dataclass(frozen=True)
class Section:
    """Rows that belong together, in the order in which they want attention."""

    key: str
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Board:
    """Everything one look at the board shows."""

    sections: tuple[Section, ...]
    made_at: datetime
    zone: str
    open_cases: int
    taken_cases: int
    watched: int
    drugs: tuple[str, ...]
    people: tuple[str, ...]
    words: str


def look(site: Site, *, now: datetime, chosen: board_filter.Filter = board_filter.ALL) -> Board:
    """The site's board at `now`. Everything is read in a fixed number of queries, however many patients."""
    rows = _with_cautions(_rows(site, now))
    kept = [row for row in rows if row.case is not None or chosen.keeps(_facts_of(row, now))]
    sections = tuple(
        Section(key, str(title), tuple(sorted((r for r in kept if r.section == key), key=_order)))
        for key, title in SECTIONS.items()
        if any(row.section == key for row in kept)
    )
    return Board(
        sections=sections,
        made_at=now,
        zone=site.time_zone,
        open_cases=sum(row.section == "open" for row in rows),
        taken_cases=sum(row.section == "taken" for row in rows),
        watched=sum(row.watch is not None for row in rows),
        drugs=tuple(sorted({row.watch.drug for row in rows if row.watch})),
        people=tuple(sorted({name for row in rows for name in _with_whom(row)})),
        words=chosen.words(),
    )


def _facts_of(row: Row, now: datetime) -> board_filter.Facts:
    watch = row.watch
    hours = (now - watch.given_at) / timedelta(hours=1) if watch else None
    return board_filter.Facts(watch.drug if watch else "", hours, _with_whom(row))


def _with_whom(row: Row) -> tuple[str, ...]:
    """Who has the patient's case, and who is writing with them."""
    return tuple(
        name for name in (row.case.owner if row.case else "", row.texting.by if row.texting else "") if name
    )


def _order(row: Row) -> tuple[object, ...]:
    """Inside a section: emergencies first, then the longest waiting; the watched by the time since last heard."""
    if row.case is not None:
        return (row.case.urgency != "emergency", row.case.opened_at)
    if row.section == "task":
        return (row.tasks[0].due_at,)
    if row.section in {"silent", "watch"}:
        heard = row.heard_at or (row.watch.given_at if row.watch else None)
        return (heard.timestamp() if heard else 0.0,)
    return (row.name.casefold(),)


@dataclass(frozen=True)
class _Facts:
    """The rows of the database behind one board, by patient."""

    cases: dict[int, Escalation]
    watches: dict[int, Watch]
    asked: dict[int, CheckIn]
    coming: dict[int, CheckIn]
    tasks: dict[int, list[Task]]
    heard: dict[int, datetime]
    temperatures: dict[int, readings.Temperature]
    stays: dict[int, stays.Line]
    deaths: dict[int, DeathNotice]
    closer: dict[int, datetime]
    quiets: dict[int, quiet.Line]


def _rows(site: Site, now: datetime) -> list[Row]:
    enrolled = Patient.objects.filter(site=site, is_active=True)
    patients = list(enrolled.only(*OF_A_PATIENT))
    unresolved = list(
        Escalation.objects.filter(site=site)
        .exclude(state=Escalation.State.RESOLVED)
        .select_related("owner")
        .prefetch_related("events__finding__reply", "pages__clinician")
    )
    tasks = list(
        Task.objects.filter(site=site, done_at=None).select_related("reply").order_by("due_at", "pk")
    )
    facts = _facts(site, enrolled, unresolved, tasks, now)
    known = [_row(patient, facts, now) for patient in patients]
    callers = [_caller(case) for case in unresolved if case.patient_id is None]
    loose = [_loose(task, now) for task in tasks if task.patient_id is None]
    return known + callers + loose


def _facts(
    site: Site,
    enrolled: QuerySet[Patient],
    unresolved: Sequence[Escalation],
    tasks: Sequence[Task],
    now: datetime,
) -> _Facts:
    ids = enrolled.values_list("pk", flat=True)  # a question inside the others: hundreds of numbers cost time
    open_watches = Watch.objects.filter(site=site, closed_at=None)
    watches = {watch.patient_id: watch for watch in open_watches.only(*OF_A_WATCH)}
    whose = {watch.pk: pk for pk, watch in watches.items()}
    # A watch has weeks of check-ins to come: only the earliest of each kind is read.
    checkins = (
        CheckIn.objects.filter(watch__in=open_watches.values("pk"), state__in=CheckIn.OPEN)
        .order_by("watch", "state", "next_at", "pk")
        .distinct("watch", "state")
        .only("watch", "state", "stage", "next_at")
    )
    first = {
        (whose[checkin.watch_id], checkin.state): checkin for checkin in checkins if checkin.watch_id in whose
    }
    by_patient: dict[int, list[Task]] = {}
    for task in tasks:
        if task.patient_id is not None:
            by_patient.setdefault(task.patient_id, []).append(task)
    closer = CloserQuestions.objects.filter(watch__in=open_watches.values("pk"), ended_at=None)
    heard = Reply.objects.filter(patient__in=ids).values_list("patient").annotate(last=Max("received_at"))
    return _Facts(
        cases={case.patient_id: case for case in unresolved if case.patient_id is not None},
        watches=watches,
        asked={pk: one for (pk, state), one in first.items() if state == CheckIn.State.ASKED},
        coming={pk: one for (pk, state), one in first.items() if state == CheckIn.State.WAITING},
        tasks=by_patient,
        heard={int(pk): last for pk, last in heard},
        temperatures=readings.last_temperatures(ids, now=now),
        stays=stays.lines(ids, now=now),
        deaths=deaths.lines(ids),
        closer={row.watch_id: row.began_at for row in closer},
        quiets=quiet.lines(ids, now=now),
    )


def _row(patient: Patient, facts: _Facts, now: datetime) -> Row:
    case, watch = facts.cases.get(patient.pk), facts.watches.get(patient.pk)
    asked, coming = facts.asked.get(patient.pk), facts.coming.get(patient.pk)
    tasks = tuple(task_line(task, now) for task in facts.tasks.get(patient.pk, []))
    stay = facts.stays.get(patient.pk)
    next_act, next_at = _next(watch, asked, coming, stay)
    return Row(
        key=f"patient-{patient.pk}",
        section=_section(case, watch, asked, tasks),
        patient=patient.pk,
        name=patient.name,
        initials=initials(patient.name),
        born_on=patient.born_on,
        identifier=patient.identifier,
        language="" if patient.language == "en" else patient.language,
        like="",
        case=case_line(case) if case else None,
        watch=WatchLine(watch.drug, watch.step, watch.given_at, watch.ends_at) if watch else None,
        reading=facts.temperatures.get(patient.pk),
        tasks=tasks,
        heard_at=facts.heard.get(patient.pk),
        next_act=next_act,
        next_at=next_at,
        texting_ended=patient.texting_ended_why,
        stay=stay,
        death=facts.deaths.get(patient.pk),
        closer_since=facts.closer.get(watch.pk) if watch else None,
        texting=facts.quiets.get(patient.pk),
    )


def _section(
    case: Escalation | None, watch: Watch | None, asked: CheckIn | None, tasks: Sequence[TaskLine]
) -> str:
    if case is not None:
        return "open" if case.state == Escalation.State.OPEN else "taken"
    if asked is not None and asked.stage > CheckIn.Stage.FIRST:
        return "silent"
    if tasks:
        return "task"
    return "watch" if watch is not None else "rest"


def _next(
    watch: Watch | None, asked: CheckIn | None, coming: CheckIn | None, stay: stays.Line | None
) -> tuple[str, datetime | None]:
    """What the service itself does next about this patient, and when."""
    if stay is not None and stay.is_resting:
        said = gettext("in hospital, the ward watches; somebody must say by then: still in")
        return said, stay.rests_until
    if asked is not None:
        step = NEXT_STEP[CheckIn.Stage(asked.stage)]
        return gettext("asked, no answer yet; %(step)s") % {"step": step}, asked.next_at
    if coming is not None:
        return gettext("next check-in"), coming.next_at
    return (gettext("watch ends"), watch.ends_at) if watch is not None else ("", None)


def _empty(key: str, section: str, name: str) -> Row:
    return Row(
        key, section, None, name, "?", None, "", "", "", None, None, None, (), None, "", None, ""
    )  # fmt: skip


def _caller(case: Escalation) -> Row:
    section = "open" if case.state == Escalation.State.OPEN else "taken"
    row = _empty(f"case-{case.pk}", section, gettext("Unknown number %(caller)s") % {"caller": case.caller})
    return replace(row, case=case_line(case), heard_at=case.opened_at)


def _loose(task: Task, now: datetime) -> Row:
    return replace(
        _empty(f"task-{task.pk}", "task", gettext("No patient known")), tasks=(task_line(task, now),)
    )


def task_line(task: Task, now: datetime) -> TaskLine:
    """A task as screens show it."""
    said = task.reply.body if task.reply else ""
    return TaskLine(task.pk, task.what, said, task.due_at, task.due_at <= now, task.pages_when_late)


def case_line(case: Escalation) -> CaseLine:
    """A case as lists show it: the newest words, who has it, and what happens next at what time."""
    events = sorted(case.events.all(), key=lambda event: (event.at, event.pk))
    spoken = [event.finding.reply.body for event in events if event.finding and event.finding.reply]
    paged = [page for page in case.pages.all() if page.generation == case.generation]
    names = list(dict.fromkeys(page.clinician.name for page in sorted(paged, key=lambda page: page.at)))
    return CaseLine(
        id=case.pk,
        code=case.code,
        urgency=case.urgency,
        state=case.get_state_display(),
        said=spoken[-1] if spoken else "",
        headline=case.headline,
        opened_at=case.opened_at,
        owner=case.owner.name if case.owner else "",
        next_at=case.next_at,
        next_act=next_act(case),
        paged="; ".join(names),
    )


def next_act(case: Escalation) -> str:
    """What happens to an unresolved case at its next time."""
    owner = case.owner.name if case.owner else ""
    return {
        Escalation.State.OPEN: gettext("the next person is called"),
        Escalation.State.TAKEN: gettext("%(owner)s must have reached the patient, or it opens again")
        % {"owner": owner},
        Escalation.State.REACHED: gettext("%(owner)s must have recorded the outcome") % {"owner": owner},
    }.get(Escalation.State(case.state), "")


def _with_cautions(rows: Sequence[Row]) -> list[Row]:
    """Both rows of two similar names say so, naming the other."""
    alike = names.alike({row.key: row.name for row in rows if row.patient is not None})
    return [replace(row, like=alike[row.key]) if row.key in alike else row for row in rows]


def initials(name: str) -> str:
    """`R. A.` for Rosa Alvarez: all that a wall shows."""
    return " ".join(f"{part[0].upper()}." for part in name.split()) or "?"
