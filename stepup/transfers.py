"""Transferring a course to another site: refused while anything is open here, and final.

An appointment that stands is not taken off silently: whoever transfers says that it is given up, because nobody else
can tell the patient not to come. The enrolment goes on until somebody ends it: a patient who texts a fever to the
number they know is heard here, transferred or not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext

from monitoring import assessments, escalations, grading, people, stays, watches, worklist
from monitoring.models import Assessment, Patient, Reaction, Task
from notifications import audit, phones, roles
from notifications.models import Clinician
from protocols.errors import Refusal
from stepup import appointments, courses, ended, handover, obstacles, versions, weights
from stepup.models import Appointment, Course, Transfer

TELL_WITHIN = timedelta(minutes=60)


@dataclass(frozen=True)
class To:
    """Which site goes on with the course, and who takes over there. The phone is as people type it."""

    site: str
    person: str
    phone: str


@transaction.atomic
def transfer(
    course_id: int,
    to: To,
    *,
    reason: str,
    seen: str,
    by: Clinician,
    now: datetime,
    gives_up: bool = False,
) -> Transfer:
    """End a course here because another site goes on with it; refused with what to do first.

    `seen` is what stood when the hand-over was read (`appointments.seen`); `gives_up` says that the appointment in it
    is given up.
    """
    if not roles.may(by, "transfer a course"):
        raise Refusal("role", gettext("A prescriber transfers a course."))
    phone = _is_said(to, reason)
    course = versions.hold(course_id)
    ended.refuse(course, "it cannot be transferred again.")
    people.hold(course.patient_id)
    _refuse_while_open(course)
    gave_up = _was_read(course, seen, gives_up=gives_up, now=now)
    made = Transfer.objects.create(
        course=course,
        to_site=to.site.strip(),
        to_person=to.person.strip(),
        to_phone=phone,
        reason=reason.strip(),
        next_dose="\n".join(handover.next_dose_lines(course, now=now, given_up=gave_up is not None)),
        gave_up=gave_up,
        by=by,
        at=now,
    )
    course.state = Course.State.TRANSFERRED
    course.save(update_fields=["state"])
    _note(made)
    return made


def _was_read(course: Course, seen: str, *, gives_up: bool, now: datetime) -> Appointment | None:
    """The appointment that is given up; refused where the record changed since, or nobody said that it is."""
    if seen != appointments.seen(course):
        raise Refusal(
            "changed-meanwhile", gettext("A dose was recorded or moved meanwhile. Read the hand-over again.")
        )
    gave_up = standing(course, now=now)
    if gave_up is not None and not gives_up:
        raise Refusal("appointment", _stands(course, gave_up))
    return gave_up


def standing(course: Course, *, now: datetime) -> Appointment | None:
    """The appointment of the next dose that is still to come, if one was made."""
    _, put = appointments.next_planned(course)
    return put if put is not None and put.planned_at > now else None


@transaction.atomic
def record_reaction(patient_id: int, seen: grading.Seen, *, by: Clinician, now: datetime) -> Reaction:
    """Record a reaction; where the patient's course was transferred, somebody must tell whoever goes on with it."""
    reaction = grading.record(patient_id, seen, by=by, now=now)
    _tell_of(patient_id, f"{reaction.named[:60]} was recorded", now=now)
    return reaction


@transaction.atomic
def record_assessment(
    patient_id: int,
    sheet: assessments.Worksheet,
    *,
    seen: int,
    why: str,
    over: Mapping[str, bool],
    by: Clinician,
    now: datetime,
) -> Assessment:
    """Keep a worksheet; where the patient's course was transferred, somebody must tell whoever goes on with it."""
    row = assessments.record(patient_id, sheet, seen=seen, why=why, over=over, by=by, now=now)
    _tell_of(patient_id, "an assessment of CRS and ICANS was kept", now=now)
    return row


def _tell_of(patient_id: int, what: str, *, now: datetime) -> None:
    moved = Course.objects.filter(patient=patient_id, state=Course.State.TRANSFERRED)
    for course in moved.select_related("site"):
        tell(course, what, now=now)


def tell(course: Course, what: str, *, now: datetime) -> None:
    """Something of the record changed: after a transfer somebody must tell whoever goes on with the course."""
    made = Transfer.objects.filter(course=course).first()
    if made is None:
        return
    worklist.open_task(
        site=course.site,
        patient=course.patient,
        what=f"{what} after the transfer: tell {made.to_person[:50]}, {made.to_site[:60]}",
        due_at=now + TELL_WITHIN,
        pages_when_late=False,
        now=now,
    )


def _is_said(to: To, reason: str) -> str:
    """The phone as E.164; refused while it is not said to whom the course goes, or why."""
    if not to.site.strip():
        raise Refusal("to-site", gettext("Say which hospital or practice goes on with the course."))
    if not to.person.strip():
        raise Refusal("to-person", gettext("Say who takes over there: the person you spoke with."))
    if not reason.strip():
        raise Refusal("reason", gettext("Say why the course is transferred."))
    return phones.e164(to.phone)


def _refuse_while_open(course: Course) -> None:
    """What was begun here is finished here: nobody at the other site would know of it or be paged about it."""
    patient = course.patient
    _refuse_watch_or_case(course, patient)
    reaction = Reaction.objects.filter(patient=patient, over_at=None).first()
    if reaction is not None:
        said = f"{reaction.named[0].upper()}{reaction.named[1:]} is not recorded as over."
        raise Refusal(
            "reaction-open",
            gettext("%(said)s Record that it is over, then transfer the course.") % {"said": said},
        )
    task = Task.objects.filter(patient=patient, done_at=None).first()
    if task is not None:
        raise Refusal(
            "task-open",
            gettext("On the list: %(what)s. Finish it, then transfer the course.") % {"what": task.what},
        )
    unchecked = obstacles.unchecked_dose(course)
    if unchecked is not None:
        raise Refusal(
            "unconfirmed",
            gettext("%(because)s A colleague does it, then transfer the course.")
            % {"because": unchecked.because},
        )
    weight = weights.waiting(course)
    if weight is not None:
        said = f"The weight of {weights.in_kg(weight.kg)} waits for a second clinician."
        raise Refusal(
            "weight-waiting", gettext("%(said)s When it is answered, transfer the course.") % {"said": said}
        )


def _refuse_watch_or_case(course: Course, patient: Patient) -> None:
    case, watch = escalations.unresolved(patient), watches.current(patient)
    if case is not None:
        raise Refusal(
            "case-open",
            gettext("Case %(code)s is open. Resolve it, then transfer the course.") % {"code": case.code},
        )
    if watch is not None:
        until = handover.day_and_time(course, watch.ends_at)
        said = f"The patient is being watched here until {until}."
        raise Refusal(
            "watch-open", gettext("%(said)s Transfer the course when the watch is over.") % {"said": said}
        )
    if stays.of(patient) is not None:
        raise Refusal(
            "stay-open",
            gettext("The patient is in hospital. Record the discharge, then transfer the course."),
        )


def _stands(course: Course, put: Appointment) -> str:
    at = handover.day_and_time(course, put.planned_at)
    return f"The next dose has an appointment here on {at}. Tell the patient, then say that it is given up."


def _note(made: Transfer) -> None:
    course, by, now = made.course, made.by, made.at
    if made.gave_up is not None:
        at = handover.day_and_time(course, made.gave_up.planned_at)
        courses.note(course, "appointment given up", f"{at}, with the transfer", by=by, now=now)
    said = (
        f"To {made.to_site}; {made.to_person} takes over, {phones.for_reading(made.to_phone)}. {made.reason}"
    )
    courses.note(course, "transferred", said, by=by, now=now)
    audit.record(
        "transferred a course", str(course.patient), site=course.site, by=by, now=now, transfer=made.pk
    )
