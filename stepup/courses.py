"""Courses and doses: the plan as the label says it, what was given, and what may be given next."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import patients, people, pocket, watches
from monitoring.models import Patient, Watch
from monitoring.rules import WatchRules
from notifications import audit, oncall, once, written
from notifications.models import Clinician
from protocols import delays, dosing, planning, watching
from protocols.errors import Refusal
from protocols.model import Label
from protocols.pathway import Protocol
from stepup import approvals, arranged, cover, ended, next_dose, plans, versions, weights
from stepup.models import Course, CourseEvent, Dose, DoseCorrection, SiteProtocol

OLDEST_RECORD = timedelta(days=180)
TOLERANCE = Decimal("0.05")  # a figure typed to one decimal equals the unrounded sum


@transaction.atomic
def open_course(
    patient: Patient,
    protocol: SiteProtocol,
    *,
    regimen: str,
    start_on: date,
    weight_kg: Decimal,
    weighed_on: date,
    weighed_by: str,
    by: Clinician,
    now: datetime,
    weighed_how: str = "",
    uncovered_why: str = "",
) -> Course:
    """Start a patient on an approved protocol of their own site; refuse with what to correct.

    `uncovered_why` is kept where hours of the first dose's watch have nobody on call, and needed only there.
    """
    _may_open(patient, protocol)
    if weighed_on > local_date(patient, now):
        raise Refusal("weighed-on", _("The weight cannot be from the future."))
    content = approvals.content(protocol)
    # The plan is made once here so that an impossible weight, regimen or date is refused before anything is kept.
    first = planning.plan(content.label, start_on, regimen=regimen or None, weight_kg=weight_kg)[0]
    gaps = cover.gaps(patient.site, content.pathway, step=first.step, on=start_on, now=now)
    course = once.add(
        Course,
        site=patient.site,
        patient=patient,
        protocol=protocol,
        regimen=regimen or content.label.regimens[0].id,
        start_on=start_on,
        opened_by=by,
        opened_at=now,
        uncovered=len(gaps),
        uncovered_why=cover.answered(gaps, zone=patient.site.time_zone, reason=uncovered_why),
    )
    weights.first(course, weights.Weighing(weight_kg, weighed_on, weighed_by, weighed_how), by=by, now=now)
    _note_opened(course, gaps, by=by, now=now)
    return course


def _note_opened(course: Course, gaps: list[oncall.Gap], *, by: Clinician, now: datetime) -> None:
    said = f"{course.protocol.protocol_id}, first dose planned for {course.start_on}"
    note(course, "opened", said, by=by, now=now)
    cover.note(course, gaps, by=by, now=now)
    facts = {"course": course.pk, "uncovered": len(gaps)}
    audit.record("opened a course", str(course.patient), site=course.site, by=by, now=now, **facts)


def _may_open(patient: Patient, protocol: SiteProtocol) -> None:
    if protocol.site_id != patient.site_id or not protocol.is_approved:
        raise Refusal("not-approved", _("A pharmacist and a prescriber must approve this protocol first."))
    if not people.hold(patient.pk).is_active:  # two nurses at once: the second is told
        raise Refusal("enrolment-ended", _("This enrolment has ended: no course can start on it."))
    if _under_way.exists(patient=patient.pk):
        raise Refusal("course-open", _("This patient already has a course under way."))


@written.Query
def _under_way(*, patient: int) -> QuerySet[Course]:
    """The patient's course under way."""
    return Course.objects.filter(patient=patient, state=Course.State.ACTIVE)


def plan(course: Course) -> tuple[planning.PlannedDose, ...]:
    """What is still to come: from the start or from the doses given so far, the next one where it was put."""
    return plans.as_arranged(course)


@dataclass(frozen=True)
class Recorded:
    """A dose as recorded, and hours of its watch that nobody on call covers."""

    dose: Dose
    gaps: list[oncall.Gap]


@transaction.atomic
def record_dose(
    course_id: int,
    *,
    step: str,
    given_at: datetime,
    given_mg: Decimal,
    by: Clinician,
    now: datetime,
    deviation: str = "",
) -> Recorded:
    """Record a dose as given and open its watch, in one transaction.

    What has happened is recorded even when it breaks the plan, then only with a reason. A time in the future is
    refused: that dose has not happened yet.
    """
    course = versions.hold(course_id)
    people.hold(course.patient_id)
    seen = arranged.seen(course)
    _may_have_happened(seen, given_at, now)
    protocol = approvals.content(course.protocol)
    decision = next_dose.decide(seen, now=given_at)
    weight = weights.used_at(seen, given_at)
    planned = amount_of(course, step, weight.kg)
    off_plan = _off_plan(seen, decision, step, planned.to_give, given_mg)
    dose = once.add(
        Dose,
        course=course,
        step=step,
        given_at=given_at, given_on=local_date(course.patient, given_at),
        planned_mg=planned.to_give, given_mg=given_mg,
        sum=planned.sum, weight=weight,
        deviation=_why_off_plan(off_plan, deviation),
        recorded_by=by, recorded_at=now,
        watch=open_watch(course.patient, protocol, step, given_at, now),
    )  # fmt: skip
    gaps = _gaps(course, watching.ends_at(protocol.pathway, step, given_at), now)
    _note_given(dose, gaps, by=by, now=now)
    return Recorded(dose, gaps)


def amount_of(course: Course, step: str, weight_kg: Decimal | None) -> dosing.Amount:
    """How much of `step` this course gives at a weight: the label's sum, or a row of the site's approved table.

    Refused for a step that is not a dose of the course's regimen.
    """
    label = label_of(course)
    dose = delays.dose_of(label, delays.regimen_of(label, course.regimen), step)
    return dosing.amount(label, dose, weight_kg, regimen=course.regimen)


def _why_off_plan(off_plan: str, deviation: str) -> str:
    """The reason kept with a dose that was off the plan; refused where there is none, empty where none is needed."""
    if off_plan and not deviation.strip():
        said = f"{off_plan} If it was given all the same, say why, and it is recorded."
        raise Refusal("not-the-next-dose", said)
    return deviation.strip() if off_plan else ""


def _gaps(course: Course, ends_at: datetime, now: datetime) -> list[oncall.Gap]:
    return cover.of_course(course, since=now, until=ends_at, now=now)


def _note_given(dose: Dose, gaps: list[oncall.Gap], *, by: Clinician, now: datetime) -> None:
    course = dose.course
    audit.record("recorded a dose", str(course.patient), site=course.site, by=by, now=now, dose=dose.pk)
    said = f"{dose.step}, {dosing.format_mg(dose.given_mg)}. {dose.deviation}".strip()
    note(dose.course, "dose given", said, by=by, now=now)
    if gaps:
        said = f"{len(gaps)} spans of this watch had nobody on call when {dose.step} was recorded."
        note(dose.course, "hours not covered", said, by=by, now=now)


def _may_have_happened(course: Course, given_at: datetime, now: datetime) -> None:
    ended.refuse(course, "no dose can be recorded on it. Open a new one to go on here.")
    if given_at > now:
        raise Refusal("future-dose", _("That time is still to come. Record a dose after it was given."))
    if now - given_at > OLDEST_RECORD:
        raise Refusal(
            "old-dose",
            _(
                "That is more than 180 days ago. Check the date. A dose of a past course is recorded as one given"
                " elsewhere or in the past."
            ),
        )
    last = arranged.last_dose(course)
    if last and given_at <= last.given_at:
        raise Refusal(
            "before-the-last",
            _(
                "A dose given at %(given_at)s UTC is recorded already. If this one was given before "
                "it, record it as one given elsewhere or in the past; if that one is wrong, correct "
                "it."
            )
            % {"given_at": f"{last.given_at:%Y-%m-%d %H:%M}"},
        )


def _off_plan(
    course: Course, decision: next_dose.NextDose, step: str, planned_mg: Decimal | None, given_mg: Decimal
) -> str:
    """Why this dose is not what the plan allows; empty when it is."""
    if decision.decision != "give":
        return f"The answer for this dose is {decision.decision}: {decision.because}"
    if decision.step != step:
        return f"The next dose is {decision.step}, not {step}: {decision.because}"
    if decision.review and not arranged.reviews(course):
        return "The label wants benefit and risk reviewed before this dose, and no review is recorded."
    if planned_mg is None:
        return "No amount can be calculated for this dose from what was read of the label."
    if abs(planned_mg - given_mg) > TOLERANCE:
        return f"The plan says {dosing.format_mg(planned_mg)}, and {dosing.format_mg(given_mg)} was given."
    return ""


def open_watch(
    patient: Patient, protocol: Protocol, step: str, given_at: datetime, now: datetime
) -> Watch | None:
    """The watch of this dose, unless its hours had all passed before anybody recorded it."""
    ends_at = watching.ends_at(protocol.pathway, step, given_at)
    if ends_at <= now:
        return None
    times = watching.check_times(protocol.pathway, step, given_at)
    return watches.open_(
        patient,
        drug=protocol.label.drug,
        step=step,
        protocol=f"{protocol.id} {protocol.fingerprint[:12]}",
        rules=WatchRules.of(protocol.pathway),
        given_at=given_at,
        ends_at=ends_at,
        times=[watches.Due(due.due_at, Decimal(due.hour), due.ask) for due in times],
        now=now,
    )


def confirm_dose(dose_id: int, *, by: Clinician, figure_mg: Decimal, now: datetime) -> Dose:
    """The second check: another clinician, signed in as themselves, with a figure of their own.

    A figure that differs stops here: nothing is confirmed, and both figures are kept in the course's history, which is
    why the refusal comes only after that line has been committed.
    """
    with transaction.atomic():
        dose = _to_confirm(dose_id, by)
        recorded, own = dosing.format_mg(dose.given_mg), dosing.format_mg(figure_mg)
        agree = abs(dose.given_mg - figure_mg) <= TOLERANCE
        if agree:
            dose.confirmed_by, dose.confirmed_at = by, now
            once.change(dose, "confirmed_by", "confirmed_at")
            note(dose.course, "dose confirmed", f"{dose.step}, {own}", by=by, now=now)
        else:
            said = f"{dose.step}: {recorded} was recorded, the second figure is {own}"
            note(dose.course, "figures differ", said, by=by, now=now)
        act = "confirmed a dose" if agree else "had another figure for a dose"
        audit.record(act, str(dose.course.patient), site=dose.course.site, by=by, now=now, dose=dose.pk)
    if not agree:
        raise Refusal(
            "figures-differ",
            _(
                "The figures differ: %(recorded)s was recorded, you have %(own)s. Nothing is "
                "confirmed. Find out together which is right."
            )
            % {"recorded": recorded, "own": own},
        )
    return dose


@written.Query
def _held(*, dose: int) -> QuerySet[Dose]:
    """The dose, locked, struck or not; with its patient and its site."""
    rows = Dose.with_struck.select_for_update(of=("self",)).filter(pk=dose)
    return rows.select_related("course__patient", "course__site")


@written.Query
def _corrections(*, dose: int) -> QuerySet[DoseCorrection]:
    """The correction that struck a dose, with who made it."""
    return DoseCorrection.objects.filter(dose=dose).select_related("by")


def _to_confirm(dose_id: int, by: Clinician) -> Dose:
    held = _held.rows(dose=dose_id)
    if not held:
        raise Dose.DoesNotExist(f"There is no dose {dose_id}.")
    [dose], struck = held, _corrections.first(dose=dose_id)
    if struck is not None:
        raise Refusal(
            "corrected-meanwhile",
            _("%(by)s corrected this dose. Look at the record again.") % {"by": struck.by.name},
        )
    if dose.confirmed_at is not None:
        raise Refusal(
            "confirmed-already",
            _("%(confirmed_by)s has already confirmed this dose.") % {"confirmed_by": dose.confirmed_by},
        )
    if dose.recorded_by_id == by.pk:
        raise Refusal("same-person", _("The second check is another person's: ask a colleague to sign in."))
    return dose


@transaction.atomic
def stop(course_id: int, *, by: Clinician, reason: str, now: datetime) -> Course:
    """Stop a course for good. An open watch goes on: the last dose is still in the patient."""
    if not reason.strip():
        raise Refusal("reason", _("Say why the course is stopped."))
    rows = Course.objects.select_for_update(of=("self",)).select_related("patient", "site")
    course = rows.get(pk=course_id)
    # Two people at once: the second is told.
    ended.refuse(course, "it has ended already. Its history says by whom and why.")
    course.state = Course.State.STOPPED
    course.save(update_fields=["state"])
    pocket.end_with_course(course.patient, why="the course was stopped", by=by, now=now)
    note(course, "stopped", reason, by=by, now=now)
    audit.record("stopped a course", str(course.patient), site=course.site, by=by, now=now)
    return course


@transaction.atomic
def end_enrolment(patient_id: int, *, by: Clinician, reason: str, now: datetime) -> Patient:
    """End a patient's enrolment. Refused while a course is under way, and wherever `patients.end` refuses."""
    people.hold(patient_id)
    if _under_way.exists(patient=patient_id):
        raise Refusal("course-open", _("A course is under way. Stop it, then end the enrolment."))
    return patients.end(patient_id, by=by, reason=reason, now=now)


def note(course: Course, what: str, text: str, *, by: Clinician | None, now: datetime) -> None:
    """Add one line to the course's history."""
    once.add(CourseEvent, course=course, at=now, by=by, what=what, text=text[:400])


def label_of(course: Course) -> Label:
    """The label this course started on."""
    return approvals.content(course.protocol).label


def local_date(patient: Patient, at: datetime) -> date:
    """The calendar date at the treating site, which is what the label's whole days are counted in."""
    return at.astimezone(ZoneInfo(patient.site.time_zone)).date()
