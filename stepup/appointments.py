"""Putting the next dose on another date: what that changes, shown before it is saved, and the saving.

The preview and the act use one function, so they cannot differ. Hard rules refuse: a stop, a date below the label's
minimum, a time that has passed, a dose at home beyond the site's stage, an hour of the watch nobody on call covers
without a recorded override. Everything else is allowed, shown, and answered with a reason.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import stays
from notifications import audit, oncall
from notifications.models import Clinician
from protocols import delays, moving
from protocols.errors import Refusal
from protocols.model import Label
from protocols.moving import Objection
from protocols.planning import PlannedDose
from stepup import (
    approvals,
    arranged,
    closures,
    courses,
    cover,
    ended,
    next_dose,
    plans,
    readiness_rules,
    stages,
    unit,
    versions,
)
from stepup.models import Appointment, Course

FARTHEST = timedelta(days=365)
Kind, Reason = Appointment.Kind, Appointment.Reason


@dataclass(frozen=True)
class Preview:
    """Everything a date and time for the next dose changes. `seen` names what was looked at when this was made."""

    at: datetime
    moved: moving.Moved
    now_on: date | None
    now_at: datetime | None
    kind: str
    gaps: tuple[oncall.Gap, ...]
    closed: dict[date, str]
    objections: tuple[Objection, ...]
    seen: str

    @property
    def rows(self) -> list[tuple[moving.Line, str]]:
        """Every dose of the new plan, with the name of its day where it is a weekend or a closed day."""
        return [
            (line, self.closed.get(line.dose.on, "") if line.dose.on else "") for line in self.moved.lines
        ]


def preview(course: Course, *, at: datetime, now: datetime, skip: bool = False) -> Preview:
    """What putting the next dose at `at` would change; a Refusal where a hard rule forbids it.

    With `skip` the dose planned now is left out, and the one at `at` is the next.
    """
    may_be_planned(course, at, now)
    course = arranged.seen(course)
    protocol, given = approvals.content(course.protocol), next_dose.given(course)
    on = courses.local_date(course.patient, at)
    put, last = arranged.appointment(course), arranged.last_dose(course)
    before = plans.as_arranged(course)
    if skip:
        _may_be_skipped(protocol.label, course, before[0], on)
    moved = moving.move(
        protocol,
        given,
        moving.Plans(own=plans.own(course)[0], before=before, after=plans.on(course, on)),
        on=on,
        at=at,
        regimen=course.regimen,
        phase=arranged.phase(course),
        weight_kg=course.weight_kg,
        hours=Decimal((at - last.given_at).total_seconds()) / 3600 if last else None,
    )
    if moved.step:
        stages.check(course, step=moved.step, now=now)
    closed = closures.among(course.site, [line.dose.on for line in moved.lines])
    return Preview(
        at=at,
        moved=moved,
        now_on=before[0].on,
        now_at=put.planned_at if put else None,
        kind=Kind.SKIPPED if skip else _kind(on, before[0].on),
        gaps=tuple(cover.of_course(course, since=at, until=moved.ends_at, now=now)),
        closed=closed,
        objections=(*moved.objections, *_day(on, closed), *_of_the_unit(course, moved.step, at, on)),
        seen=seen(course),
    )


def _of_the_unit(course: Course, step: str, at: datetime, on: date) -> Iterator[Objection]:
    """What the unit's chairs and the patient's whereabouts have against a dose at that time."""
    yield from _chairs(course, step, at, on)
    yield from in_hospital(course, step)


def seen(course: Course) -> str:
    """What stands now: the last dose and the newest appointment. Whoever saves says what they had looked at."""
    last, put = arranged.last_dose(course), arranged.appointment(course)
    return f"{last.pk if last else 0}.{put.number if put else 0}"


def next_planned(course: Course) -> tuple[PlannedDose | None, Appointment | None]:
    """The next dose of the plan and where somebody put it; nothing after a stop or where no date can be written."""
    if course.state != Course.State.ACTIVE:
        return None, None
    try:
        planned = plans.as_arranged(course)
    except Refusal:
        return None, arranged.appointment(course)
    return (planned[0] if planned else None), arranged.appointment(course)


def move(
    course_id: int,
    *,
    at: datetime,
    seen_before: str,
    reason: str,
    words: str = "",
    override: str = "",
    by: Clinician,
    now: datetime,
) -> Appointment:
    """Put the next dose at `at`, with who, when and why; refuse what the rules forbid or leave unanswered.

    `seen_before` is what the mover had looked at (`seen`): of two at once the second is told who was first.
    """
    why = _Why(reason, words.strip(), override.strip())
    return _put(course_id, at=at, seen_before=seen_before, why=why, by=by, now=now, skip=False)


def skip(
    course_id: int,
    *,
    at: datetime,
    seen_before: str,
    reason: str,
    words: str = "",
    override: str = "",
    by: Clinician,
    now: datetime,
) -> Appointment:
    """Leave the planned dose of a repeated interval out and put the next one at `at`. Never a step-up dose."""
    why = _Why(reason, words.strip(), override.strip())
    return _put(course_id, at=at, seen_before=seen_before, why=why, by=by, now=now, skip=True)


@dataclass(frozen=True)
class _Why:
    """What somebody said for a date: a reason of the list, words, and why an uncovered watch is accepted."""

    reason: str
    words: str
    override: str


@transaction.atomic
def _put(
    course_id: int, *, at: datetime, seen_before: str, why: _Why, by: Clinician, now: datetime, skip: bool
) -> Appointment:
    course = versions.hold(course_id)
    _is_still_so(course, seen_before)
    shown = preview(course, at=at, now=now, skip=skip)
    _is_answered(shown, why)
    made = Appointment.objects.create(
        course=course,
        number=course.appointments.count() + 1,
        after=arranged.last_dose(course),
        kind=shown.kind,
        step=shown.moved.step,
        planned_at=at,
        planned_on=shown.moved.on,
        instead_of=shown.now_on,
        reason=why.reason,
        words=why.words,
        objections=" ".join(one.code for one in shown.objections),
        uncovered=len(shown.gaps),
        override=why.override if shown.gaps else "",
        by=by,
        at=now,
    )
    courses.note(course, f"dose {made.get_kind_display()}", said(made), by=by, now=now)
    did = "skipped a dose" if skip else "moved a dose"
    audit.record(did, str(course.patient), site=course.site, by=by, now=now, appointment=made.pk)
    return made


def said(made: Appointment) -> str:
    """An appointment as one line of the history: the dose, from when to when, why, and what was accepted."""
    zone = ZoneInfo(made.course.site.time_zone)
    was = (
        f"from {made.instead_of:%a %d %b %Y} "
        if made.instead_of and made.instead_of != made.planned_on
        else ""
    )
    why = f"{made.get_reason_display()}. {made.words}".strip()
    dose = made.step.replace("step_up", "step-up").replace("_", " ")
    line = f"{dose}, {was}to {made.planned_at.astimezone(zone):%a %d %b %Y %H:%M %Z}: {why}"
    if made.uncovered:
        line += f" Hours without on-call cover accepted: {made.override}"
    return line


def interval_days(course: Course) -> int:
    """Days between two doses of the interval the next dose belongs to; 0 for a step-up dose."""
    label = approvals.content(course.protocol).label
    phase = delays.regimen_of(label, course.regimen).phase(plans.as_arranged(course)[0].step)
    return phase.interval_days if phase else 0


def _kind(on: date, was: date | None) -> str:
    if was is None or on > was:
        return Kind.DELAYED
    return Kind.EARLIER if on < was else Kind.TIMED


def may_be_planned(course: Course, at: datetime, now: datetime) -> None:
    """Refuse what no date could mend: the hard rules that need no rota and no row for a certain day."""
    ended.refuse(course, "no dose can be planned on it.")
    if at <= now:
        raise Refusal("past-time", _("That time has passed. Choose one that is still to come."))
    if at - now > FARTHEST:
        raise Refusal("too-far", _("That is more than a year ahead. Check the date."))
    decision = next_dose.decide(course, now=now)
    if decision.decision == "stop":
        raise Refusal(
            "label-says-stop",
            _("No further dose may be planned. %(because)s") % {"because": decision.because},
        )


def _may_be_skipped(label: Label, course: Course, planned: PlannedDose, on: date) -> None:
    """Only a dose of a repeated interval can be left out, and what comes instead is later."""
    if delays.regimen_of(label, course.regimen).phase(planned.step) is None:
        raise Refusal(
            "step-up-dose", _("A step-up dose is never left out. Delay it, and see what that changes.")
        )
    if planned.on is None or on <= planned.on:
        raise Refusal(
            "not-later", _("The dose after the one left out comes later than it. Choose a later date.")
        )


def _day(on: date, closed: dict[date, str]) -> list[Objection]:
    """A weekend or a closed day asks for a reason."""
    if on not in closed:
        return []
    return [Objection("closed-day", f"{on:%a %d %b %Y} is not a usual day for doses here ({closed[on]}).")]


def _chairs(course: Course, step: str, at: datetime, on: date) -> list[Objection]:
    """A time outside the unit's hours, or at which no chair is free, asks for a reason."""
    return [Objection(one.code, one.sentence) for one in unit.against(course, step=step, at=at, on=on)]


def in_hospital(course: Course, step: str) -> list[Objection]:
    """A dose that would send the patient home afterwards, planned while they are in hospital, asks for a reason."""
    stay = stays.of(course.patient)
    if stay is None or not readiness_rules.goes_home(approvals.content(course.protocol).pathway, step):
        return []
    return [Objection("ward", f"The patient is in hospital now: {stay.hospital}, {stay.ward}.")]


def _is_still_so(course: Course, seen_before: str) -> None:
    """Whoever was second at the same dose is told what the first one did."""
    if seen_before == seen(course):
        return
    put = arranged.appointment(course)
    last = arranged.last_dose(course)
    if last is not None and not seen_before.startswith(f"{last.pk}."):
        raise Refusal(
            "given-meanwhile",
            _("Meanwhile %(recorded_by)s recorded a dose. Look at the new plan first.")
            % {"recorded_by": last.recorded_by},
        )
    what = f"put this dose on {put.planned_on:%a %d %b %Y}" if put else "changed this dose"
    who = put.by.name if put else "somebody"
    raise Refusal(
        "moved-meanwhile",
        _("Meanwhile %(who)s %(what)s. Look at what stands now, then move it if you must.")
        % {"who": who, "what": what},
    )


def _is_answered(shown: Preview, why: _Why) -> None:
    if why.reason not in Reason.values:
        raise Refusal("reason", _("Choose the reason."))
    if (shown.objections or why.reason == Reason.OTHER) and not why.words:
        raise Refusal("reason-words", _("Say in a few words why this date is right all the same."))
    if shown.gaps and not why.override:
        raise Refusal(
            "uncovered",
            _(
                "Nobody is on call for part of this watch. Fill the on-call list first, choose another time, or say why"
                " the dose is planned all the same."
            ),
        )
