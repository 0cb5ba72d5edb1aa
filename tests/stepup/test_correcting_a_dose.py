"""A correction keeps the original visible, only the newest counts, and the watch follows the truth."""

from datetime import timedelta
from decimal import Decimal

import pytest

from monitoring import checkins, watches
from monitoring.models import CheckIn, Task, Watch
from notifications.models import Role
from protocols.errors import Refusal
from stepup import appointments, arranged, corrections, courses, next_dose
from stepup.corrections import Facts
from stepup.models import Course, Dose
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FIRST = "step_up_dose_1"


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_course(makers.a_patient(site))


def correct(dose, *, now=NOON + HOUR, by=None, reason="read off the pump", **facts):
    was = {"step": dose.step, "given_at": dose.given_at, "given_mg": dose.given_mg}
    by = by or makers.a_clinician(dose.course.site)
    return corrections.correct(dose.pk, Facts(**(was | facts)), reason=reason, by=by, now=now)


def strike(dose, kind="never_given", *, now=NOON + HOUR):
    return corrections.strike(
        dose.pk, kind=kind, reason="she had gone home", by=makers.a_clinician(dose.course.site), now=now
    )


def test_only_the_row_in_its_place_counts_and_the_first_one_is_kept(course) -> None:
    dose = makers.a_dose(course)
    made = correct(dose, given_mg=Decimal(4))
    assert list(course.doses.all()) == [made]
    assert list(Dose.with_struck.filter(course=course)) == [dose, made]
    assert (dose.correction.reason, made.replaces.dose) == ("read off the pump", dose)
    assert made.deviation == "read off the pump", "4 mg is not what the plan says"
    assert "Amount from 4.2 mg to 4 mg." in course.events.get(what="dose corrected").text


def test_another_amount_wants_another_second_check_and_another_time_does_not(course) -> None:
    dose = makers.a_dose(course)
    moved = correct(dose, given_at=NOON - HOUR)
    assert moved.confirmed_by == dose.confirmed_by
    changed = correct(moved, given_mg=Decimal(4))
    assert changed.confirmed_by is None
    assert (
        next_dose.decide(course, now=NOON + 3 * DAY).because
        == "The second check of Step-up dose 1 is missing."
    )


def test_whoever_checked_a_dose_and_then_corrects_it_has_not_checked_it(course) -> None:
    dose = makers.a_dose(course)
    assert correct(dose, given_at=NOON - HOUR, by=dose.confirmed_by).confirmed_at is None


def test_a_struck_row_is_neither_corrected_nor_checked_again(course) -> None:
    dose = makers.a_dose(course)
    correct(dose, given_mg=Decimal(4), by=makers.a_clinician(course.site, name="Nora"))
    with pytest.raises(Refusal, match="Meanwhile Nora corrected this dose: read off the pump"):
        correct(dose, given_mg=Decimal(5))
    with pytest.raises(Refusal, match="Nora corrected this dose"):
        courses.confirm_dose(dose.pk, by=makers.a_clinician(course.site), figure_mg=Decimal("4.2"), now=NOON)


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({}, "nothing-changed"),
        ({"given_at": NOON + 2 * HOUR}, "future-dose"),
        ({"step": "step_up_dose_9"}, "unknown-step"),
        ({"given_mg": Decimal(4), "reason": " "}, "reason"),
        ({"given_at": NOON - 4000 * DAY}, "old-dose"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_correction_that_cannot_be_is_refused_and_nothing_is_struck(course, facts, code) -> None:
    dose = makers.a_dose(course)
    with pytest.raises(Refusal) as refusal:
        correct(dose, **facts)
    assert refusal.value.code == code
    assert course.doses.get() == dose


def test_two_doses_never_stand_at_one_minute(course) -> None:
    makers.a_dose(course)
    second = makers.a_dose(course, given_at=NOON + 2 * DAY)
    with pytest.raises(Refusal) as refusal:
        correct(second, given_at=NOON, now=NOON + 2 * DAY)
    assert refusal.value.code == "same-moment"


# The watch


def test_a_corrected_time_moves_the_check_ins_to_come_and_asks_what_is_due(course) -> None:
    """Recorded at noon as given then; it had been given at three in the morning, nine hours before."""
    dose = makers.a_dose(course)
    made = correct(dose, given_at=NOON - 9 * HOUR)
    watch = watches.current(course.patient)
    assert (made.watch, watch.given_at, watch.ends_at) == (watch, NOON - 9 * HOUR, NOON + 159 * HOUR)
    rows = watch.checkins.exclude(state="cancelled").order_by("due_at")
    assert [(row.hour, row.state) for row in rows[:3]] == [(4, "missed"), (8, "waiting"), (12, "waiting")]
    assert rows[1].next_at == NOON + HOUR, "asked at once"
    assert rows[2].due_at == NOON + 3 * HOUR


def test_an_open_question_stays_open_when_the_time_is_corrected(course) -> None:
    dose = makers.a_dose(course)
    checkins.ask_due(now=NOON + 4 * HOUR)
    asked = CheckIn.objects.get(state="asked")
    correct(dose, given_at=NOON - HOUR, now=NOON + 4 * HOUR + timedelta(minutes=5))
    asked.refresh_from_db()
    assert (asked.state, asked.silent_since) == ("asked", NOON + 4 * HOUR)
    assert watches.current(course.patient).checkins.filter(state="waiting").earliest("due_at").hour == 8


def test_a_dose_recorded_before_it_was_given_is_watched_from_the_later_time(course) -> None:
    dose = makers.a_dose(course)
    correct(dose, given_at=NOON + 2 * HOUR, now=NOON + 3 * HOUR)
    watch = watches.current(course.patient)
    assert (watch.given_at, watch.opened_at) == (NOON + 2 * HOUR, NOON + 2 * HOUR)


def test_a_date_typed_a_week_too_early_opens_the_watch_when_it_is_corrected(course) -> None:
    dose = makers.a_dose(course, given_at=NOON - 8 * DAY, now=NOON, deviation="before the course was opened")
    assert dose.watch is None
    made = correct(dose, given_at=NOON - HOUR, now=NOON)
    assert made.watch == watches.current(course.patient)


def test_a_struck_dose_leaves_its_watch_open_until_a_prescriber_ends_it(course) -> None:
    dose = makers.a_dose(course)
    strike(dose)
    assert course.doses.count() == 0
    assert next_dose.decide(course, now=NOON + HOUR).step == FIRST
    watch = watches.current(course.patient)
    assert corrections.without_dose(watch)
    by = makers.a_clinician(course.site, Role.PRESCRIBER)
    corrections.end_watch(watch.pk, reason="the syringe is here, full", by=by, now=NOON + 2 * HOUR)
    assert watches.current(course.patient) is None
    with pytest.raises(Refusal, match="has ended already"):
        corrections.end_watch(watch.pk, reason="again", by=by, now=NOON + 2 * HOUR)


def test_ending_the_watch_of_a_struck_dose_goes_on_with_the_dose_before(course) -> None:
    first = makers.a_dose(course)
    second = makers.a_dose(course, given_at=NOON + 2 * DAY)
    strike(second, now=NOON + 2 * DAY + HOUR)
    by = makers.a_clinician(course.site, Role.PRESCRIBER)
    corrections.end_watch(second.watch_id, reason="not given", by=by, now=NOON + 2 * DAY + HOUR)
    watch = watches.current(course.patient)
    assert (watch.given_at, watch.step) == (first.given_at, first.step)


def test_a_watch_with_a_dose_or_an_open_question_is_not_ended(course) -> None:
    dose = makers.a_dose(course)
    by = makers.a_clinician(course.site, Role.PRESCRIBER)
    with pytest.raises(Refusal, match="has a dose"):
        corrections.end_watch(dose.watch_id, reason="x", by=by, now=NOON + HOUR)
    strike(dose)
    checkins.ask_due(now=NOON + 4 * HOUR)
    with pytest.raises(Refusal, match="still open"):
        corrections.end_watch(dose.watch_id, reason="x", by=by, now=NOON + 4 * HOUR)
    assert Watch.objects.get().closed_at is None


def test_a_dose_of_another_patient_becomes_a_task_that_pages(course) -> None:
    strike(makers.a_dose(course), "wrong_patient")
    task = Task.objects.get(patient=course.patient)
    assert (task.what, task.due_at, task.pages_when_late) == (
        corrections.ON_THE_RIGHT_RECORD, NOON + HOUR + timedelta(minutes=15), True,
    )  # fmt: skip


# What hangs on a dose


def test_an_appointment_outlives_a_correction_of_the_dose_before_it(course) -> None:
    dose = makers.a_dose(course)
    put = appointments.move(
        course.pk, at=NOON + 4 * DAY, seen_before=appointments.seen(course), reason="patient", words="asked",
        override="agreed", by=makers.a_clinician(course.site), now=NOON,
    )  # fmt: skip
    correct(correct(dose, given_at=NOON - HOUR), given_mg=Decimal(4))
    assert arranged.appointment(course) == put


def test_what_was_said_before_a_dose_is_not_taken_for_the_next_when_doses_are_renumbered(course) -> None:
    """Doses 1 and 2 were both step-up dose 1, and dose 1 turns out never to have been given."""
    first = makers.a_dose(course)
    again = NOON + 9 * DAY
    makers.ready(course, now=again - HOUR)
    courses.record_dose(
        course.pk, step=FIRST, given_at=again, given_mg=Decimal("4.2"), by=course.opened_by, now=again
    )
    strike(first, now=again + HOUR)
    courses.confirm_dose(
        course.doses.get().pk, by=makers.a_clinician(course.site), figure_mg=Decimal("4.2"), now=again
    )
    last = course.doses.get()
    said = course.readiness_statements.filter(at__lt=last.given_at, dose_number=2)
    assert said.exists()
    answer = next_dose.decide(course, now=again + 30 * DAY)
    assert answer.decision == "hold"
    assert "caregiver" in " ".join(answer.not_ready)
