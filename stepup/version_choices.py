"""Stay or move: what a prescriber answers for one course when another version of its protocol is offered.

A newer version asks and never applies itself; another pathway of the same drug and regimen is chosen the same way.
Staying is always allowed, with a reason. Moving is refused while anything is open, where the other version does not
know what was given, and where the dose that is planned already could not stand.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from monitoring import people
from notifications import audit, roles
from notifications.models import Clinician
from protocols import delays
from protocols.errors import Refusal
from stepup import appointments, approvals, arranged, courses, ended, obstacles, versions
from stepup.models import Course, Dose, SiteProtocol, VersionChoice


def seen(course: Course) -> str:
    """What stands now: the last dose, the newest appointment, what was said of readiness, the newest answer."""
    newest = course.version_choices.order_by("-number").first()
    said = course.readiness_statements.order_by("-pk").first()
    shown = f"{appointments.seen(course)}.{said.pk if said else 0}"
    return f"{shown}.{newest.number if newest else 0}.{course.protocol_id}"


@transaction.atomic
def move(
    course_id: int, *, to: SiteProtocol, seen_before: str, why: str, by: Clinician, now: datetime
) -> VersionChoice:
    """The course runs on `to` from now on. Doses given and watches under way keep what they were given under."""
    course = _asked(course_id, to, seen_before, why=why, by=by)
    may_move(course, to, now=now)
    return _keep(course, to, runs_on=to, why=why, by=by, now=now)


@transaction.atomic
def stay(
    course_id: int, *, offered: SiteProtocol, seen_before: str, why: str, by: Clinician, now: datetime
) -> VersionChoice:
    """The course stays on its version although a newer one was offered. It can be asked again at any time."""
    course = _asked(course_id, offered, seen_before, why=why, by=by)
    if not versions.follows(offered, course.protocol):
        raise Refusal(
            "not-newer", _("That is no newer version of this course's protocol: there is nothing to answer.")
        )
    return _keep(course, offered, runs_on=course.protocol, why=why, by=by, now=now)


def may_move(course: Course, to: SiteProtocol, *, now: datetime) -> None:
    """Refused while a course may not move to `to`: with what stands in the way and what to do first."""
    standing = obstacles.before_moving(course)
    if standing is not None:
        raise Refusal(
            "something-open",
            _("%(because)s Settle that first: %(rule)s.")
            % {"because": standing.because, "rule": standing.rule},
        )
    _knows_the_past(course, to)
    _appointment_stands(course, to, now)


@transaction.atomic
def after_moving(course: Course, to: SiteProtocol, *, by: Clinician, now: datetime) -> Course:
    """The course as it would run, for use inside a transaction that is undone: the act itself without its refusals."""
    made = Course.objects.select_related("patient__site", "site", "protocol").get(pk=course.pk)
    _carry_out(made, to, runs_on=to, why="looking ahead", by=by, now=now)
    return made


def _asked(course_id: int, to: SiteProtocol, seen_before: str, *, why: str, by: Clinician) -> Course:
    """The course, locked, if this question can be put at all; whoever is second reads what the first one did."""
    if not roles.may(by, "answer a version"):
        raise Refusal("role", _("A prescriber answers stay or move."))
    if not why.strip():
        raise Refusal("why", _("Say why in a few words."))
    course = versions.hold(course_id)
    people.hold(course.patient_id)  # no case about this patient opens meanwhile
    ended.refuse(course, "it neither stays nor moves.")
    if to.site_id != course.site_id or not to.is_approved:
        raise Refusal("not-approved", _("A pharmacist and a prescriber must approve this version first."))
    _is_still_so(course, seen_before)
    if to.pk == course.protocol_id:
        raise Refusal("same-version", _("The course runs on this version already."))
    return course


def _is_still_so(course: Course, seen_before: str) -> None:
    if seen_before == seen(course):
        return
    newest = course.version_choices.select_related("by").order_by("-number").first()
    if newest is not None and not seen_before.endswith(f".{newest.number}.{course.protocol_id}"):
        did = "moved this course" if newest.is_move else "answered that this course stays"
        raise Refusal(
            "answered-meanwhile",
            _("Meanwhile %(by)s %(did)s. Look at what stands now, then answer.")
            % {"by": newest.by.name, "did": did},
        )
    last = arranged.last_dose(course)
    if last is not None and not seen_before.startswith(f"{last.pk}."):
        raise Refusal(
            "given-meanwhile",
            _("Meanwhile %(recorded_by)s recorded a dose. Look at what changes from here.")
            % {"recorded_by": last.recorded_by.name},
        )
    raise Refusal(
        "changed-meanwhile",
        _(
            "Meanwhile the next dose was put on another date, or something was stated before it. Look at what changes"
            " from here."
        ),
    )


def _knows_the_past(course: Course, to: SiteProtocol) -> None:
    """The other version must have the regimen, every dose that was given, and the interval that was confirmed."""
    then, now_ = approvals.content(to).label, approvals.content(course.protocol).label
    if then.drug != now_.drug:
        raise Refusal(
            "another-drug",
            _("That is a protocol for %(then)s. A course keeps its drug: open a new one.")
            % {"then": then.name},
        )
    if not versions.knows_regimen(approvals.content(to), course):
        raise Refusal(
            "unknown-there",
            _("That version has no regimen %(regimen)s: this course cannot move to it.")
            % {"regimen": course.regimen},
        )
    regimen = delays.regimen_of(then, course.regimen)
    wanted = [dose.step for dose in course.doses.all()] + [arranged.phase(course) or ""]
    missing = [step for step in dict.fromkeys(wanted) if step and regimen.dose(step) is None]
    if missing:
        said = ", ".join(step.replace("_", " ") for step in missing)
        raise Refusal(
            "unknown-there",
            _("That version does not know %(said)s: this course cannot move to it.") % {"said": said},
        )


def _appointment_stands(course: Course, to: SiteProtocol, now: datetime) -> None:
    """The next dose, where it was put, must be possible on the other version, with its whole watch covered as now."""
    put = arranged.appointment(course)
    if put is None or put.planned_at <= now:
        return
    try:
        after = appointments.preview(_on(course, to), at=put.planned_at, now=now)
    except Refusal as refusal:
        raise Refusal(
            "appointment",
            _("The next dose could not stay where it was put. %(sentence)s Move that dose first.")
            % {"sentence": refusal.sentence},
        ) from refusal
    try:
        before = appointments.preview(course, at=put.planned_at, now=now)
        known, gaps = {one.code for one in before.objections}, before.gaps
    except Refusal:  # where it stands now it could not stand either: the move may be the remedy
        known, gaps = set(), ()
    against = [one for one in after.objections if one.code not in known]
    if against:
        said = " ".join(one.sentence for one in against)
        raise Refusal(
            "appointment",
            _("Against the date of the next dose would stand: %(said)s Move that dose first.")
            % {"said": said},
        )
    if after.gaps != gaps and after.gaps:
        raise Refusal(
            "uncovered",
            _(
                "On that version nobody is on call for part of the watch after the next dose. Fill the on-call list"
                " first, or move that dose."
            ),
        )


def _on(course: Course, to: SiteProtocol) -> Course:
    """The course as if it ran on `to`, for looking only: never saved."""
    other = Course.objects.select_related("patient__site", "site", "protocol").get(pk=course.pk)
    other.protocol = to
    return other


def _keep(
    course: Course, to: SiteProtocol, *, runs_on: SiteProtocol, why: str, by: Clinician, now: datetime
) -> VersionChoice:
    made = _carry_out(course, to, runs_on=runs_on, why=why, by=by, now=now)
    courses.note(course, "version moved" if made.is_move else "version stays", said(made), by=by, now=now)
    did = "moved a course to another version" if made.is_move else "kept a course on its version"
    audit.record(did, str(course.patient), site=course.site, by=by, now=now, choice=made.pk)
    return made


def _carry_out(
    course: Course, to: SiteProtocol, *, runs_on: SiteProtocol, why: str, by: Clinician, now: datetime
) -> VersionChoice:
    """The answer as a row, and the course moved by one guarded update where it moves."""
    was = course.protocol
    made = VersionChoice.objects.create(
        course=course,
        number=course.version_choices.count() + 1,
        was=was,
        offered=to,
        runs_on=runs_on,
        after=Dose.with_struck.filter(course=course).order_by("-pk").first(),
        why=why.strip(),
        by=by,
        at=now,
    )
    if made.is_move:
        if not Course.objects.filter(pk=course.pk, protocol=was).update(protocol=runs_on):
            raise Refusal(
                "answered-meanwhile", _("Meanwhile somebody moved this course. Look at what stands now.")
            )
        course.protocol = runs_on
    return made


def said(made: VersionChoice) -> str:
    """An answer as one line of the history."""
    if made.is_move:
        return f"from {versions.named(made.was)} to {versions.named(made.offered)}: {made.why}"
    return f"on {versions.named(made.was)}, offered {versions.named(made.offered)}: {made.why}"


@dataclass(frozen=True)
class Asked:
    """One course a version asks about: what it runs on, and the newest answer, if there is one."""

    course: Course
    runs_on: str
    answer: VersionChoice | None

    @property
    def state(self) -> str:
        if self.answer is None:
            return "asked"
        return "moved" if self.answer.is_move else "stays"


def about(row: SiteProtocol) -> list[Asked]:
    """Every course in progress on an earlier version of this one or moved to it, those without an answer first."""
    rows = Course.objects.filter(site=row.site, state=Course.State.ACTIVE)
    moves = VersionChoice.objects.filter(offered=row, runs_on=row).values("course")
    found = rows.filter(
        Q(protocol__in=[one.pk for one in versions.earlier(row)]) | Q(protocol=row, pk__in=moves)
    ).select_related("patient__site", "site", "protocol__draft")
    said = Prefetch("version_choices", queryset=_said_about(row), to_attr="said_about_it")
    asked = [
        Asked(one, versions.named(one.protocol), _standing(one.said_about_it, one))
        for one in found.order_by("patient__name").prefetch_related(said)
    ]
    fit = [one for one in asked if versions.knows_regimen(approvals.content(row), one.course)]
    return sorted(fit, key=lambda one: one.answer is not None)


def answer(course: Course, row: SiteProtocol) -> VersionChoice | None:
    """The newest answer given for this course about this version, while it is of what the course runs on now."""
    return _standing(_said_about(row).filter(course=course)[:1], course)


def _said_about(row: SiteProtocol) -> QuerySet[VersionChoice]:
    """Every answer about this version, of each course the newest first."""
    return VersionChoice.objects.filter(offered=row).select_related("by", "was").order_by("-number")


def _standing(said: Iterable[VersionChoice], course: Course) -> VersionChoice | None:
    """The newest of what was said, while it is of what the course runs on now."""
    newest = next(iter(said), None)
    return newest if newest is not None and newest.runs_on_id == course.protocol_id else None


@dataclass(frozen=True)
class Standing:
    """What a course runs on; the newer version it is asked about, and its answer; whether there are others."""

    now_on: str
    newer: SiteProtocol | None
    newer_name: str
    answer: VersionChoice | None
    has_others: bool


def standing(course: Course) -> Standing:
    """How a course stands to the versions of its protocol."""
    newer = versions.newer(course)
    return Standing(
        now_on=versions.named(course.protocol),
        newer=newer,
        newer_name=versions.named(newer) if newer else "",
        answer=answer(course, newer) if newer else None,
        has_others=bool(versions.others(course)),
    )


def unanswered(row: SiteProtocol) -> int:
    """How many courses in progress on an earlier version still wait for an answer about this one."""
    return sum(one.answer is None for one in about(row))
