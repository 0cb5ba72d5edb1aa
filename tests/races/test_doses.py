"""Two nurses at one bedside: a dose is recorded once, checked once, and watched once."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from monitoring import checkins, watches
from monitoring.models import CheckIn, Patient, Watch
from notifications import clock
from notifications.models import Clinician, Message, Role
from protocols.errors import Refusal
from stepup import appointments, arranged, courses, holds
from stepup.models import Appointment, Course, Dose
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def course(site, now) -> Course:
    return makers.a_course(makers.a_patient(site, now=now), now=now)


def test_a_dose_recorded_by_two_is_one_dose_and_one_watch(site, course, now) -> None:
    planned = courses.plan(course)[0]
    nurses = [makers.a_clinician(site) for _ in range(4)]
    results = at_once(
        *[
            lambda by=by: courses.record_dose(
                course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(1), by=by, now=now
            )
            for by in nurses
        ]
    )  # fmt: skip
    assert [type(problem) for problem in problems(results)] == [Refusal] * 3
    assert Dose.objects.count() == 1
    assert Watch.objects.count() == 1
    assert Message.objects.filter(key__startswith="watch.opened").count() == 1


def test_a_second_check_by_two_names_one_of_them(site, course, now) -> None:
    planned = courses.plan(course)[0]
    dose = courses.record_dose(
        course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(1),
        by=makers.a_clinician(site), now=now,
    ).dose  # fmt: skip
    checkers = [makers.a_clinician(site, Role.PHARMACIST) for _ in range(3)]
    results = at_once(
        *[
            lambda by=by: courses.confirm_dose(dose.pk, by=by, figure_mg=dose.given_mg, now=now)
            for by in checkers
        ]
    )
    dose.refresh_from_db()
    refused = problems(results)
    assert len(refused) == 2
    assert all(dose.confirmed_by.name in problem.sentence for problem in refused)


def test_a_course_opened_by_two_is_one_course(site, now) -> None:
    patient: Patient = makers.a_patient(site, now=now)
    protocol = makers.an_approved_protocol(site, now=now)
    today = courses.local_date(patient, now)

    def open_one() -> Course:
        return courses.open_course(
            patient, protocol, regimen="", start_on=today, weight_kg=Decimal(70), weighed_on=today,
            weighed_by="a nurse", by=patient_nurse, now=now, uncovered_why="no rota in this test",
        )  # fmt: skip

    patient_nurse = makers.a_clinician(site)
    results = at_once(open_one, open_one, open_one)
    assert len(problems(results)) == 2
    assert Course.objects.count() == 1


def test_check_ins_due_are_asked_once_however_many_look(site, course, now) -> None:
    makers.a_dose(course, given_at=now)
    watch = watches.current(course.patient)
    first = watch.checkins.order_by("due_at")[0]
    results = at_once(*[lambda: checkins.ask_due(now=first.due_at)] * 5)
    assert problems(results) == []
    assert sum(results) == 1
    assert CheckIn.objects.filter(watch=watch, state=CheckIn.State.ASKED).count() == 1
    assert Message.objects.filter(key__startswith=f"checkin:{first.pk}:").count() == 1


def test_a_dose_moved_by_two_stands_where_the_first_put_it_and_the_other_is_told(
    site, doctors, course, now
) -> None:
    looked_at = appointments.seen(course)

    def move(nurse: Clinician, days: int) -> Appointment:
        return appointments.move(
            course.pk, at=now + timedelta(days=days), seen_before=looked_at, reason="patient",
            words="as agreed", by=nurse, now=now,
        )  # fmt: skip

    nurses = [makers.a_clinician(site) for _ in range(3)]
    results = at_once(
        *[lambda nurse=nurse, days=days: move(nurse, days) for days, nurse in enumerate(nurses, 2)]
    )
    stands = course.appointments.get()
    refused = problems(results)
    assert len(refused) == 2
    for problem in refused:
        assert isinstance(problem, Refusal)
        assert f"Meanwhile {stands.by.name} put this dose on" in problem.sentence


def test_a_dose_recorded_while_it_is_moved_leaves_no_appointment_behind(site, doctors, course, now) -> None:
    """Whoever is second sees what the first one did; the dose after it stands on the plan's own day."""
    looked_at = appointments.seen(course)
    planned = courses.plan(course)[0]
    at_once(
        lambda: courses.record_dose(
            course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(1),
            by=makers.a_clinician(site), now=now, deviation="it was here",
        ),
        lambda: appointments.move(
            course.pk, at=now + timedelta(days=3), seen_before=looked_at, reason="patient", words="as agreed",
            by=makers.a_clinician(site), now=now,
        ),
    )  # fmt: skip
    assert course.doses.count() == 1
    assert arranged.appointment(course) is None


def test_a_hold_lifted_by_two_names_one_of_them(site, course, now) -> None:
    hold = holds.place(course.pk, reason="infection", by=makers.a_clinician(site), now=now)
    people = [makers.a_clinician(site, Role.PHARMACIST) for _ in range(3)]
    results = at_once(*[lambda by=by: holds.lift(hold.pk, why="over", by=by, now=now) for by in people])
    hold.refresh_from_db()
    refused = problems(results)
    assert len(refused) == 2
    assert all(hold.lifted_by.name in problem.sentence for problem in refused)
    assert course.events.filter(what="hold lifted").count() == 1


def test_a_course_held_twice_at_once_for_one_reason_is_held_once(site, course, now) -> None:
    results = at_once(
        *[lambda: holds.place(course.pk, reason="infection", by=makers.a_clinician(site), now=now)] * 3
    )
    assert all(isinstance(problem, Refusal) for problem in problems(results))
    assert course.holds.count() == 1
    assert course.events.filter(what="held").count() == 1
