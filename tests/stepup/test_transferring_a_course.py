"""A course goes to another site: final, refused while anything is open here, and no door opens on it afterwards."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import escalations, inbound, watches, worklist
from monitoring.models import Reaction, Task, Watch
from notifications.models import AuditEntry, Clinician, Role
from protocols.errors import Refusal
from stepup import (
    appointments,
    corrections,
    courses,
    emergency,
    holds,
    intervals,
    next_dose,
    readiness,
    reported,
    reviews,
    transfers,
    weights,
)
from stepup.models import Course, Transfer
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
TO = transfers.To("General Hospital", "Dr Grace Other", "(555) 010-7777")
LATER = NOON + 3 * DAY


@pytest.fixture
def course() -> Course:
    """One dose given and confirmed, its watch over."""
    site = makers.a_site(name="Home Hospital")
    makers.on_call(site, days=400)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course, given_at=NOON)
    over(course)
    return course


@pytest.fixture
def prescriber(course) -> Clinician:
    return makers.a_clinician(course.site, Role.PRESCRIBER, name="Dr Paul")


@pytest.fixture
def nurse(course) -> Clinician:
    return makers.a_clinician(course.site, name="Nora")


def over(course: Course) -> None:
    Watch.objects.filter(patient=course.patient, closed_at=None).update(
        closed_at=NOON + 2 * DAY, closed_why="over"
    )


def transferred(course: Course, by: Clinician, **facts: object) -> Transfer:
    """The course transferred three days after its dose, or with some facts changed."""
    said = {"reason": "moved to her daughter", "seen": appointments.seen(course), "now": LATER, "to": TO}
    facts = said | facts
    return transfers.transfer(course.pk, facts.pop("to"), by=by, **facts)


def put(course: Course, by: Clinician) -> None:
    """The next dose has an appointment two days after the transfer."""
    seen = appointments.seen(course)
    appointments.move(
        course.pk,
        at=LATER + DAY,
        seen_before=seen,
        reason="site",
        words="no chair before",
        override="the desk answers",
        by=by,
        now=NOON + 2 * DAY,
    )


# what a transfer is


def test_a_transfer_ends_the_course_and_says_to_whom_by_whom_and_why(course, prescriber) -> None:
    made = transferred(course, prescriber)
    course.refresh_from_db()
    assert course.state == Course.State.TRANSFERRED
    assert (made.to_site, made.to_person, made.to_phone) == (
        "General Hospital",
        "Dr Grace Other",
        "+15550107777",
    )
    assert (made.by, made.at, made.reason, made.gave_up) == (prescriber, LATER, "moved to her daughter", None)
    event = course.events.last()
    assert (event.what, event.by) == ("transferred", prescriber)
    assert (
        event.text == "To General Hospital; Dr Grace Other takes over, (555) 010-7777. moved to her daughter"
    )
    assert AuditEntry.objects.filter(act="transferred a course", by=prescriber).count() == 1


def test_what_stood_about_the_next_dose_is_kept_as_it_stood(course, prescriber) -> None:
    before = next_dose.decide(course, now=LATER)
    made = transferred(course, prescriber)
    assert before.because in made.next_dose
    assert "Planned: Step-up dose 2, Thu 04 Mar 2027, no time agreed" in made.next_dose
    assert "Window: Wed 03 Mar 2027 to Mon 08 Mar 2027" in made.next_dose
    assert "Dose as a sum: 0.3 mg/kg x 70 kg = 21 mg" in made.next_dose
    after = next_dose.decide(Course.objects.get(pk=course.pk), now=LATER + HOUR)
    assert after.decision == "hold"
    assert after.because == "This course was transferred to General Hospital on Thu 04 Mar 2027."


# what stands in the way


def a_watch(course: Course, by: Clinician) -> None:
    Watch.objects.filter(patient=course.patient).update(closed_at=None, closed_why="")


def a_case(course: Course, by: Clinician) -> None:
    escalations.raise_concern(
        site=course.site, patient=course.patient, urgency="urgent", headline="fever", now=LATER
    )


def a_reaction(course: Course, by: Clinician) -> None:
    Reaction.objects.create(patient=course.patient, kind="crs", grade=2, noted_at=NOON, noted_by=by)


def a_task(course: Course, by: Clinician, *, pages: bool = True) -> None:
    worklist.open_task(
        site=course.site,
        patient=course.patient,
        what="Call her",
        due_at=LATER,
        pages_when_late=pages,
        now=NOON,
    )


def a_quiet_task(course: Course, by: Clinician) -> None:
    a_task(course, by, pages=False)


def an_unchecked_dose(course: Course, by: Clinician) -> None:
    courses.record_dose(
        course.pk, step="step_up_dose_2", given_at=NOON + 2 * DAY, given_mg=Decimal(21), by=by,
        now=NOON + 2 * DAY, deviation="before the second check",
    )  # fmt: skip
    over(course)


def a_waiting_weight(course: Course, by: Clinician) -> None:
    weighing = weights.Weighing(Decimal(90), courses.local_date(course.patient, LATER), "a nurse")
    weights.record(course.pk, weighing, by=by, now=LATER)


IN_THE_WAY = [
    (a_watch, "watch-open", "The patient is being watched here until Mon 08 Mar 2027 12:00 EST."),
    (a_case, "case-open", "is open. Resolve it, then transfer the course."),
    (a_reaction, "reaction-open", "CRS grade 2 is not recorded as over."),
    (a_task, "task-open", "On the list: Call her. Finish it, then transfer the course."),
    (a_quiet_task, "task-open", "On the list: Call her. Finish it, then transfer the course."),
    (an_unchecked_dose, "unconfirmed", "The second check of Step-up dose 2 is missing."),
    (a_waiting_weight, "weight-waiting", "The weight of 90 kg waits for a second clinician."),
    (put, "appointment", "The next dose has an appointment here on Fri 05 Mar 2027 12:00 EST."),
]


@pytest.mark.parametrize(
    ("begun", "code", "sentence"), IN_THE_WAY, ids=[row[0].__name__ for row in IN_THE_WAY]
)
def test_what_is_open_here_is_finished_here(course, prescriber, *, begun, code, sentence) -> None:
    begun(course, makers.a_clinician(course.site, name="Nora"))
    with pytest.raises(Refusal) as refusal:
        transferred(course, prescriber)
    assert refusal.value.code == code
    assert sentence in refusal.value.sentence
    assert not Transfer.objects.exists()
    assert Course.objects.get(pk=course.pk).state == Course.State.ACTIVE


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"to": replace(TO, site=" ")}, "to-site"),
        ({"to": replace(TO, person=" ")}, "to-person"),
        ({"to": replace(TO, phone="the desk")}, "phone"),
        ({"reason": " "}, "reason"),
        ({"seen": "0.0"}, "changed-meanwhile"),
    ],
)
def test_a_transfer_says_to_whom_and_why_and_was_read_first(course, prescriber, facts, code) -> None:
    with pytest.raises(Refusal) as refusal:
        transferred(course, prescriber, **facts)
    assert refusal.value.code == code


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PRESCRIBER])
def test_only_a_prescriber_transfers_a_course(course, role) -> None:
    with pytest.raises(Refusal, match="A prescriber transfers"):
        transferred(course, makers.a_clinician(course.site, role))


def test_an_appointment_is_given_up_in_words_and_stays_in_the_history(course, prescriber, nurse) -> None:
    put(course, nurse)
    made = transferred(course, prescriber, gives_up=True)
    assert made.gave_up == course.appointments.get()
    what = list(course.events.values_list("what", flat=True))
    assert what[-2:] == ["appointment given up", "transferred"]
    assert "appointment Fri 05 Mar 2027 12:00 EST, made by Nora" in made.next_dose
    assert appointments.next_planned(Course.objects.get(pk=course.pk)) == (None, None)


def test_an_appointment_whose_hour_has_passed_stands_in_nobody_s_way(course, prescriber, nurse) -> None:
    put(course, nurse)
    assert transferred(course, prescriber, now=LATER + 2 * DAY).gave_up is None


def test_a_hold_goes_along_and_hinders_nothing(course, prescriber, nurse) -> None:
    holds.place(course.pk, reason="chest infection", by=nurse, now=LATER)
    assert "chest infection" in transferred(course, prescriber).next_dose


# afterwards


def readiness_of(course: Course, by: Clinician) -> None:
    readiness.state(
        course.pk, [makers.a_statement("travel", course, now=LATER)], step="step_up_dose_2", dose_number=2,
        seen=0, by=by, now=LATER,
    )  # fmt: skip


def lift_of(course: Course, by: Clinician) -> None:
    holds.lift(course.holds.get().pk, why="over", by=by, now=LATER)


def move_of(course: Course, by: Clinician, *, act: Callable[..., object] = appointments.move) -> None:
    act(course.pk, at=LATER + DAY, seen_before=appointments.seen(course), reason="site", by=by, now=LATER)


def skip_of(course: Course, by: Clinician) -> None:
    move_of(course, by, act=appointments.skip)


def dose_of(course: Course, by: Clinician) -> None:
    courses.record_dose(
        course.pk, step="step_up_dose_2", given_at=LATER, given_mg=Decimal(21), by=by, now=LATER
    )


def report_of(course: Course, by: Clinician) -> None:
    report = reported.Report(reported.ELSEWHERE, "a letter", "came late", hospital="General Hospital")
    reported.record(
        course.pk,
        step="step_up_dose_2",
        given_at=LATER,
        given_mg=Decimal(21),
        report=report,
        by=by,
        now=LATER,
    )


def weight_of(course: Course, by: Clinician) -> None:
    weighing = weights.Weighing(Decimal(71), courses.local_date(course.patient, LATER), "a nurse")
    weights.record(course.pk, weighing, by=by, now=LATER)


def interval_of(course: Course, by: Clinician) -> None:
    intervals.confirm(course.pk, phase="biweekly", response="CR", by=by, now=LATER)


DOORS = {
    "record a dose": dose_of,
    "report a dose": report_of,
    "move": move_of,
    "leave out": skip_of,
    "hold": lambda course, by: holds.place(course.pk, reason="x", by=by, now=LATER),
    "lift": lift_of,
    "stop": lambda course, by: courses.stop(course.pk, by=by, reason="x", now=LATER),
    "weigh": weight_of,
    "review": lambda course, by: reviews.record(course.pk, words="x", by=by, now=LATER),
    "confirm an interval": interval_of,
    "state readiness": readiness_of,
    "transfer": transferred,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS.keys())
def test_no_door_opens_on_a_transferred_course(course, prescriber, nurse, door) -> None:
    holds.place(course.pk, reason="chest infection", by=nurse, now=NOON + DAY)
    transferred(course, prescriber)
    with pytest.raises(Refusal) as refusal:
        door(course, prescriber)
    assert refusal.value.code == "course-transferred"
    assert refusal.value.sentence.startswith(
        "This course was transferred to General Hospital on Thu 04 Mar 2027: "
    )


def test_a_dose_is_still_set_right_opens_no_watch_and_somebody_tells_the_other_site(
    course, prescriber, nurse
) -> None:
    transferred(course, prescriber)
    dose = course.doses.get()
    facts = corrections.Facts(dose.step, LATER - HOUR, dose.given_mg)
    corrections.correct(dose.pk, facts, reason="the day was wrong", by=nurse, now=LATER + HOUR)
    assert watches.current(course.patient) is None
    task = Task.objects.get(done_at=None)
    assert task.what == "A dose was corrected after the transfer: tell Dr Grace Other, General Hospital"
    assert task.due_at == LATER + HOUR + transfers.TELL_WITHIN


def test_a_correction_on_a_course_under_way_tells_nobody_elsewhere(course, nurse) -> None:
    dose = course.doses.get()
    facts = corrections.Facts(dose.step, dose.given_at - HOUR, dose.given_mg)
    corrections.correct(dose.pk, facts, reason="the hour was wrong", by=nurse, now=LATER)
    assert not Task.objects.filter(done_at=None).exists()


def test_a_fever_texted_after_the_transfer_still_pages_here(course, prescriber) -> None:
    transferred(course, prescriber)
    inbound.receive(
        provider_sid="SM1", sender=course.patient.phone, sent_to=course.site.patient_number, body="39.1",
        now=LATER + HOUR,
    )  # fmt: skip
    assert escalations.unresolved(course.patient).pages.count() == 1


def test_the_enrolment_goes_on_until_somebody_ends_it(course, prescriber, nurse) -> None:
    transferred(course, prescriber)
    course.patient.refresh_from_db()
    assert course.patient.is_active
    courses.end_enrolment(course.patient_id, by=nurse, reason="followed elsewhere", now=LATER + DAY)


def test_somebody_who_comes_back_gets_a_new_course(course, prescriber) -> None:
    transferred(course, prescriber)
    again = makers.a_course(course.patient, now=LATER + 30 * DAY)
    assert again.state == Course.State.ACTIVE


def test_an_emergency_department_reads_who_treats_the_patient_now(course, prescriber) -> None:
    transferred(course, prescriber)
    facts = emergency.show_facts(
        course.patient_id, born_on=course.patient.born_on, callback="", now=LATER + DAY
    )
    assert facts.transfer.to_person == "Dr Grace Other"
