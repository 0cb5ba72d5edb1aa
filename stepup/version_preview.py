"""What another version would change for one course: everything as it stands beside everything as it would be.

The other side is the act itself, carried out in a transaction that is undone, so that what is shown and what happens
cannot differ.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction

from monitoring import watches
from monitoring.models import Watch
from notifications.models import Clinician
from protocols import comparing, drafting, watching
from protocols.errors import Refusal
from protocols.pathway import Pathway
from protocols.planning import PlannedDose
from stepup import approvals, arranged, care_entries, next_dose, plans, readiness, version_choices, versions
from stepup.models import Course, SiteProtocol

Side = dict[str, dict[str, str]]
DOSES = 6
USUAL_HOUR = time(12)
ABSENT = "not there"
CALLING = [
    *drafting.NUMBERS,
    *drafting.AMOUNTS,
    "pocket_dexamethasone",
]


@dataclass(frozen=True)
class Row:
    """One thing as it is and as it would be."""

    name: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True)
class Part:
    """What belongs together, in rows."""

    title: str
    rows: tuple[Row, ...]

    @property
    def changed(self) -> list[Row]:
        return [row for row in self.rows if row.differs]

    @property
    def same(self) -> list[Row]:
        return [row for row in self.rows if not row.differs]


@dataclass(frozen=True)
class Preview:
    """A course on its version and on another. `refused` says why it cannot move now; `seen` what was looked at."""

    to: SiteProtocol
    old: str
    new: str
    is_newer: bool
    parts: tuple[Part, ...]
    differences: tuple[comparing.Group, ...]
    watch: Watch | None
    refused: str
    seen: str

    @property
    def changes(self) -> int:
        """How many rows differ for this patient."""
        return sum(len(part.changed) for part in self.parts)


def of(course: Course, to: SiteProtocol, *, by: Clinician, now: datetime) -> Preview:
    """Everything that moving the course to `to` would change from now on. Nothing of it is kept."""
    before = _side(course, now)
    with transaction.atomic():
        after = _side(version_choices.after_moving(course, to, by=by, now=now), now)
        transaction.set_rollback(True)
    parts = [_part(title, before.get(title, {}), after.get(title, {})) for title in _both(before, after)]
    return Preview(
        to=to,
        old=versions.named(course.protocol),
        new=versions.named(to),
        is_newer=versions.follows(to, course.protocol),
        parts=tuple(sorted(parts, key=lambda part: not part.changed)),  # what differs is read first
        differences=comparing.differences(approvals.content(course.protocol), approvals.content(to)),
        watch=watches.current(course.patient),
        refused=_refused(course, to, now),
        seen=version_choices.seen(course),
    )


def _refused(course: Course, to: SiteProtocol, now: datetime) -> str:
    try:
        version_choices.may_move(course, to, now=now)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def _part(title: str, before: Mapping[str, str], after: Mapping[str, str]) -> Part:
    rows = (Row(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in _both(before, after))
    return Part(title, tuple(rows))


def _both(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*before, *after]))


def _side(course: Course, now: datetime) -> Side:
    """Everything a ward sees of a course, in words, as it runs now."""
    pathway = approvals.content(course.protocol).pathway
    decision, planned, why = next_dose.decide(course, now=now), *_planned(course, now)
    step = decision.step or (planned[0].step if planned else "")
    at = _at(course, planned, now)
    return {
        "The next dose": _decision(decision),
        "Dates and windows": _dates(planned, why),
        "Amounts": {dose.name: f"{dose.sum}; {dose.volume}" for dose in planned},
        "Before and after a dose": _around(planned),
        "The watch after the next dose": _watch(pathway, step, at, course) if step else {},
        "What must be true before the next dose": _readiness(course, step, planned, now) if step else {},
        "Supportive care": {item.name: item.asks for item in care_entries.items(course)},
        "Silence, calling people and limits": _calling(pathway),
    }


def _planned(course: Course, now: datetime) -> tuple[tuple[PlannedDose, ...], str]:
    try:
        return plans.of(course, now=now)[:DOSES], ""
    except Refusal as refusal:
        return (), refusal.sentence


def _decision(decision: next_dose.NextDose) -> dict[str, str]:
    return {
        "Answer now": decision.decision,
        "Dose": _words(decision.step) or "none",
        "Amount": decision.amount or "none",
        "Premedication": decision.premedicate,
        "Benefit and risk to be reviewed": "yes" if decision.review else "no",
        "Because": decision.because,
        "Notes": " ".join(decision.notes) or "none",
        "Rule": decision.source,
    }


def _dates(planned: tuple[PlannedDose, ...], why: str) -> dict[str, str]:
    if why:
        return {"Dates": why}
    return {
        f"{place}. dose from now": f"{dose.name}, {_day(dose.on)}; "
        f"window {_day(dose.earliest_on)} to {_day(dose.latest_on)}"
        for place, dose in enumerate(planned, start=1)
    }


def _around(planned: tuple[PlannedDose, ...]) -> dict[str, str]:
    said: dict[str, str] = {}
    for dose in planned:
        said[f"{dose.name}: before"], said[f"{dose.name}: after"] = dose.premedication, dose.observation
    return said


def _at(course: Course, planned: tuple[PlannedDose, ...], now: datetime) -> datetime:
    """The time the watch is counted from: the appointment's, else the planned day at the hour of the last dose."""
    put, last, zone = (
        arranged.appointment(course),
        arranged.last_dose(course),
        ZoneInfo(course.site.time_zone),
    )
    if put is not None and put.planned_at > now:
        return put.planned_at
    on = planned[0].on if planned and planned[0].on else now.astimezone(zone).date()
    hour = last.given_at.astimezone(zone).time() if last else USUAL_HOUR
    return datetime.combine(on, hour.replace(second=0, microsecond=0), zone)


def _watch(pathway: Pathway, step: str, at: datetime, course: Course) -> dict[str, str]:
    zone = ZoneInfo(course.site.time_zone)
    due = watching.check_times(pathway, step, at)
    said = {
        "If it is given": _clock(at, zone),
        "Watched until": _clock(watching.ends_at(pathway, step, at), zone),
        "Check-ins": str(len(due)),
    }
    return said | {
        f"Hour {one.hour}": f"{_clock(one.due_at, zone)}: {_words(', '.join(one.ask))}" for one in due
    }


def _readiness(course: Course, step: str, planned: tuple[PlannedDose, ...], now: datetime) -> dict[str, str]:
    planned_on = planned[0].on if planned and planned[0].step == step else None
    listed = readiness.of(course, step=step, now=now, planned_on=planned_on)
    return {
        readiness.name_of(
            item.rule
        ).capitalize(): f"{item.state}. {item.why_open or item.said or item.reason}".strip()
        for item in listed.items
    }


def _calling(pathway: Pathway) -> dict[str, str]:
    content = json.loads(pathway.text)
    return {
        drafting.called(value).capitalize(): drafting.worded(drafting.get(content, value))
        for value in CALLING
    }


def _words(text: str) -> str:
    return text.replace("step_up", "step-up").replace("_", " ")


def _day(on: date | None) -> str:
    return f"{on:%a %d %b %Y}" if on else "ask"


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%a %d %b %H:%M %Z}"
