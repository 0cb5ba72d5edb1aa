"""A row of the board in words, and its markup: what `_row.html` and `_who.html` are made from, and nothing else.

A board of hundreds renews itself every few seconds, and between two of these hardly a word changes. So the templates
get only values that are compared by what they say, and a row that says the same is not written again.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from monitoring import board
from monitoring.templatetags import ward

KEPT = 4096  # rows: those of a large ward, as some people read them at their desks and a wall shows them
TASKS_SHOWN = 2


@dataclass(frozen=True)
class CaseWords:
    """An unresolved case; `said` and `headline` stay empty on a wall."""

    id: int
    code: str
    urgency: str
    opened: str
    said: str
    headline: str
    owner: str
    paged: str
    next_clock: str
    next_in: str
    next_act: str


@dataclass(frozen=True)
class TaskWords:
    """One thing to read or do; on a wall only that there is something, and by when."""

    said: str
    what: str
    due: str
    is_late: bool


@dataclass(frozen=True)
class Words:
    """One row. On a wall it has no name but initials, no birthday, no number, and nothing that was said."""

    key: str
    section: str
    wall: bool
    patient: int | None
    name: str
    born: str
    identifier: str
    like: str
    language: str
    death: str
    stay: str
    stay_rests: bool
    texting_ended: str
    case: CaseWords | None
    tasks: tuple[TaskWords, ...]
    more_tasks: int
    heard: str
    dose: str
    given: str
    ends: str
    ends_in: str
    closer: str
    sent: str
    other: str
    sent_ago: str
    masked: bool
    next_act: str
    next_clock: str
    next_in: str
    quiet_until: str
    quiet_by: str
    quiet_wrote: str


def row(one: board.Row, *, now: datetime, zone: str, wall: bool) -> SafeString:
    """The markup of one row of the worklist, as it reads at `now` on the clock of `zone`."""
    return _markup("monitoring/_row.html", of(one, now=now, zone=zone, wall=wall), translation.get_language())


def who(one: board.Row, *, now: datetime, zone: str, wall: bool) -> SafeString:
    """The markup of who it is, alone: for those who are not being watched."""
    return _markup("monitoring/_who.html", of(one, now=now, zone=zone, wall=wall), translation.get_language())


@lru_cache(maxsize=KEPT)
def _markup(template: str, words: Words, language: str | None) -> SafeString:
    return render_to_string(template, {"row": words})


def forget() -> None:
    """Write every row anew when it is next asked for."""
    _markup.cache_clear()


def _nothing(_: str) -> str:
    """What a wall shows of words that tell whose row it is."""
    return ""


def of(one: board.Row, *, now: datetime, zone: str, wall: bool) -> Words:
    """The words of one row."""
    watch, reading, texting = one.watch, one.reading, one.texting
    named = _nothing if wall else str
    return Words(
        key=one.key,
        section=one.section,
        wall=wall,
        patient=None if wall else one.patient,
        name=one.initials if wall else one.name,
        born=named(ward.born(one.born_on)),
        identifier=named(one.identifier),
        like=named(one.like),
        language=named(ward.language(one.language) if one.language else ""),
        death=named(_death(one)),
        stay=named(one.stay.where if one.stay else ""),
        stay_rests=bool(one.stay and one.stay.is_resting),
        texting_ended=named(one.texting_ended),
        case=_case(one.case, now, zone, wall) if one.case else None,
        tasks=tuple(_task(task, zone, wall) for task in one.tasks[:TASKS_SHOWN]),
        more_tasks=max(0, len(one.tasks) - TASKS_SHOWN),
        heard=ward.since(one.heard_at, now),
        dose=f"{watch.drug}, {ward.step_words(watch.step)}" if watch else "",
        given=ward.since(watch.given_at, now) if watch else "",
        ends=ward.day_clock(watch.ends_at, zone) if watch else "",
        ends_in=ward.until(watch.ends_at, now) if watch else "",
        closer=ward.since(one.closer_since, now),
        sent=reading.sent if reading else "",
        other=reading.other if reading else "",
        sent_ago=ward.since(reading.at, now) if reading else "",
        masked=bool(reading and reading.masked),
        next_act=one.next_act,
        next_clock=ward.day_clock(one.next_at, zone),
        next_in=ward.until(one.next_at, now),
        quiet_until=ward.at_clock(texting.until, zone) if texting else "",
        quiet_by=named(texting.by if texting else ""),
        quiet_wrote=ward.since(texting.wrote_at, now) if texting else "",
    )


def _death(one: board.Row) -> str:
    if one.death is None:
        return ""
    return "known" if one.death.by else "told by a text"


def _case(case: board.CaseLine, now: datetime, zone: str, wall: bool) -> CaseWords:
    return CaseWords(
        id=case.id,
        code=case.code,
        urgency=case.urgency,
        opened=ward.since(case.opened_at, now),
        said="" if wall else case.said,
        headline="" if wall else case.headline,
        owner=case.owner,
        paged=case.paged,
        next_clock=ward.at_clock(case.next_at, zone),
        next_in=ward.until(case.next_at, now),
        next_act=case.next_act,
    )


def _task(task: board.TaskLine, zone: str, wall: bool) -> TaskWords:
    said, what = ("", "") if wall else (task.said, task.what)
    return TaskWords(said, what, ward.day_clock(task.due_at, zone), task.is_late)
