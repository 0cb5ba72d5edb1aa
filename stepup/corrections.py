"""Corrections of doses: the row as recorded stays, struck and with the reason; only the row in its place counts.

A corrected time or step moves the watch. A dose struck altogether leaves its watch open: somebody may have been given
something, so it goes on until its end, or until a prescriber ends it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import watches, worklist
from monitoring.models import Patient, Watch
from notifications import audit
from notifications.models import Clinician
from protocols import delays, dosing, watching
from protocols.errors import Refusal
from protocols.pathway import Protocol
from protocols.regimens import Given
from stepup import approvals, arranged, courses, reported, transfers, versions
from stepup.models import Course, Dose, DoseCorrection, DoseReport

Kind = DoseCorrection.Kind
RECORD_WITHIN = timedelta(minutes=15)
ON_THE_RIGHT_RECORD = "A dose entered on this record was given to somebody else: record it on theirs now"


@dataclass(frozen=True)
class Facts:
    """A dose as it really was: which, when, how much."""

    step: str
    given_at: datetime
    given_mg: Decimal


@transaction.atomic
def correct(dose_id: int, facts: Facts, *, reason: str, by: Clinician, now: datetime) -> Dose:
    """Put the dose as it really was in the place of the row as recorded, and let its watch follow."""
    dose = _to_correct(dose_id, reason)
    _may_be(dose, facts, now)
    _is_known_now(dose, facts)
    course, protocol = dose.course, approvals.content(dose.course.protocol)
    said = changes(dose, facts)
    correction = _strike(dose, Kind.CORRECTED, reason, by=by, now=now)
    if course.doses.filter(given_at=facts.given_at).exists():
        raise Refusal("same-moment", _("Another dose is recorded at that very minute. Correct the time."))
    amount = courses.amount_of(course, facts.step, _kg(dose))
    on = courses.local_date(course.patient, facts.given_at)
    checked = _still_checked(dose, facts, by)
    made = Dose.objects.create(
        course=course,
        step=facts.step,
        given_at=facts.given_at,
        given_on=on,
        planned_mg=amount.to_give,
        given_mg=facts.given_mg,
        sum=dose.sum if facts.step == dose.step else amount.sum[:120],
        weight=dose.weight,
        deviation=dose.deviation or (reason.strip() if _is_off_plan(course, facts, on, amount) else ""),
        recorded_by=by,
        recorded_at=now,
        confirmed_by=dose.confirmed_by if checked else None,
        confirmed_at=dose.confirmed_at if checked else None,
        watch=_watch(dose, facts, protocol, now),
        replaces=correction,
    )
    report = DoseReport.objects.filter(dose=dose).first()
    if report is not None:
        report.pk, report.dose = None, made
        if facts.given_at != dose.given_at:
            report.time_known = True
        report.save(force_insert=True)
    courses.note(course, "dose corrected", f"{said} {reason.strip()}", by=by, now=now)
    audit.record("corrected a dose", str(course.patient), site=course.site, by=by, now=now, dose=made.pk)
    return made


@transaction.atomic
def strike(dose_id: int, *, kind: str, reason: str, by: Clinician, now: datetime) -> DoseCorrection:
    """The dose was never given, or not to this patient. Its watch goes on: see `end_watch`."""
    if kind not in {Kind.NEVER_GIVEN, Kind.WRONG_PATIENT}:
        raise Refusal("kind", _("Choose what is wrong with this dose."))
    dose = _to_correct(dose_id, reason)
    course = dose.course
    correction = _strike(dose, kind, reason, by=by, now=now)
    if kind == Kind.WRONG_PATIENT:
        worklist.open_task(
            site=course.site,
            patient=course.patient,
            what=ON_THE_RIGHT_RECORD,
            due_at=now + RECORD_WITHIN,
            pages_when_late=True,
            now=now,
        )
    said = (
        f"{dose.step}, {dosing.format_mg(dose.given_mg)}: {correction.get_kind_display()}. {reason.strip()}"
    )
    courses.note(course, "dose struck", said, by=by, now=now)
    audit.record("struck a dose", str(course.patient), site=course.site, by=by, now=now, dose=dose.pk)
    return correction


def without_dose(watch: Watch | None) -> bool:
    """Whether this open watch runs on a dose that does not count any more."""
    if watch is None or watch.closed_at is not None:
        return False
    return Dose.with_struck.filter(watch=watch).exists() and not Dose.objects.filter(watch=watch).exists()


def watches_of_struck_doses(patient: Patient) -> set[int]:
    """The watches of this patient all of whose doses were struck."""
    of_patient = {"course__patient": patient, "watch__isnull": False}
    counting = Dose.objects.filter(**of_patient).values_list("watch", flat=True)
    return set(Dose.with_struck.filter(**of_patient).values_list("watch", flat=True)) - set(counting)


@transaction.atomic
def end_watch(watch_id: int, *, reason: str, by: Clinician, now: datetime) -> None:
    """End the watch of a dose that was struck; the last dose that counts is watched again for what is left of it."""
    if not reason.strip():
        raise Refusal("reason", _("Say how you know that nothing was given."))
    struck = Dose.with_struck.filter(watch=watch_id).select_related("course").order_by("-pk").first()
    if struck is None:
        raise Refusal("not-struck", _("This watch has a dose: it ends by itself."))
    course = _hold(struck.course_id)
    if not without_dose(Watch.objects.get(pk=watch_id)):
        raise Refusal("not-struck", _("This watch has a dose, or has ended already."))
    watches.end_without_dose(watch_id, why=f"its dose was struck: {reason.strip()}", now=now)
    courses.note(course, "watch ended", reason.strip(), by=by, now=now)
    audit.record("ended a watch", str(course.patient), site=course.site, by=by, now=now, watch=watch_id)
    last = arranged.last_dose(course)
    if last is not None:
        protocol = approvals.content(versions.of_dose(last, course))
        reported.watch_of(course.patient, protocol, last.step, last.given_at, now)


def changes(dose: Dose, facts: Facts) -> str:
    """What a correction changes, in words: the old beside the new."""
    zone = ZoneInfo(dose.course.site.time_zone)
    said = []
    if facts.step != dose.step:
        said.append(f"Dose from {dose.step} to {facts.step}.")
    if facts.given_at != dose.given_at:
        old, new = (f"{at.astimezone(zone):%a %d %b %Y %H:%M %Z}" for at in (dose.given_at, facts.given_at))
        said.append(f"Time from {old} to {new}.")
    if facts.given_mg != dose.given_mg:
        said.append(f"Amount from {dosing.format_mg(dose.given_mg)} to {dosing.format_mg(facts.given_mg)}.")
    return " ".join(said)


def _hold(course_id: int) -> Course:
    return versions.hold(course_id)


def _to_correct(dose_id: int, reason: str) -> Dose:
    """The dose, its course locked, if it still counts; whoever is second reads who was first and why."""
    course = _hold(Dose.with_struck.values_list("course", flat=True).get(pk=dose_id))
    dose = Dose.with_struck.select_related("weight", "confirmed_by", "watch").get(pk=dose_id)
    dose.course = versions.as_given(dose, course)
    if not reason.strip():
        raise Refusal("reason", _("Say what was wrong and how you know."))
    struck = DoseCorrection.objects.filter(dose=dose).select_related("by").first()
    if struck is not None:
        raise Refusal(
            "corrected-meanwhile",
            _(
                "Meanwhile %(by)s corrected this dose: %(reason)s. Look at what stands now, then "
                "correct that if you must."
            )
            % {"by": struck.by.name, "reason": struck.reason.rstrip(".")},
        )
    return dose


def _may_be(dose: Dose, facts: Facts, now: datetime) -> None:
    if facts == Facts(dose.step, dose.given_at, dose.given_mg):
        raise Refusal("nothing-changed", _("That is what is recorded already. Change what was wrong."))
    if facts.given_at > now:
        raise Refusal("future-dose", _("That time is still to come."))
    if now - facts.given_at > reported.OLDEST:
        raise Refusal("old-dose", _("That is more than ten years ago. Check the year."))


def _is_known_now(dose: Dose, facts: Facts) -> None:
    """The dose is judged by the version it was given under, and the plan goes on by the one the course runs on now."""
    now_on = Course.objects.select_related("protocol").get(pk=dose.course_id)
    then = versions.as_given(dose, now_on)
    if versions.knows_dose(then, facts.step) and not versions.knows_dose(now_on, facts.step):
        raise Refusal(
            "unknown-there",
            _(
                "The version this course has moved to does not know that dose. Move the course back, then correct it."
            ),
        )


def _strike(dose: Dose, kind: str, reason: str, *, by: Clinician, now: datetime) -> DoseCorrection:
    transfers.tell(dose.course, "A dose was corrected", now=now)
    return DoseCorrection.objects.create(dose=dose, kind=kind, reason=reason.strip(), by=by, at=now)


def _kg(dose: Dose) -> Decimal | None:
    """The weight that this dose's sum was made with, if it is known."""
    if dose.weight is not None:
        return dose.weight.kg
    report = DoseReport.objects.filter(dose=dose).first()
    return report.weight_kg if report else None


def _still_checked(dose: Dose, facts: Facts, by: Clinician) -> bool:
    """The second check was of the dose and the amount: it holds while both do, and never for whoever corrects."""
    same = (facts.step, facts.given_mg) == (dose.step, dose.given_mg)
    return same and dose.confirmed_by is not None and dose.confirmed_by_id != by.pk


def _is_off_plan(course: Course, facts: Facts, on: date, amount: dosing.Amount) -> bool:
    """Whether the dose as it really was is not what the label gives after those before it."""
    if amount.to_give is None or abs(amount.to_give - facts.given_mg) > courses.TOLERANCE:
        return True
    label = approvals.content(course.protocol).label
    before = [Given(one.step, one.given_on) for one in course.doses.filter(given_at__lt=facts.given_at)]
    if not before:
        return facts.step != delays.regimen_of(label, course.regimen).steps[0].id
    answer = delays.resume_course(label, before, on=on, phase=arranged.phase(course), regimen=course.regimen)
    return answer.decision != "give" or answer.step != facts.step


def _watch(dose: Dose, facts: Facts, protocol: Protocol, now: datetime) -> Watch | None:
    """The watch of the corrected dose: the open one moved, one opened late, or the one it had."""
    if (facts.step, facts.given_at) == (dose.step, dose.given_at):
        return dose.watch
    if dose.course.state == Course.State.TRANSFERRED:
        return dose.watch  # whoever goes on with the course watches; a task says to tell them
    if dose.watch is None or dose.watch.closed_at is not None:
        return reported.watch_of(dose.course.patient, protocol, facts.step, facts.given_at, now) or dose.watch
    times = watching.check_times(protocol.pathway, facts.step, facts.given_at)
    watches.move(
        dose.watch.pk,
        step=facts.step,
        given_at=facts.given_at,
        ends_at=watching.ends_at(protocol.pathway, facts.step, facts.given_at),
        times=[watches.Due(due.due_at, Decimal(due.hour), due.ask) for due in times],
        now=now,
    )
    return dose.watch
