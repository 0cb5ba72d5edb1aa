"""Putting the next dose on another date: hard rules refuse, everything else is shown and answered with a reason."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from monitoring.models import Reaction
from notifications.models import Shift
from protocols.errors import Refusal
from stepup import appointments, closures, courses, downtime, next_dose
from stepup.models import Appointment, Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
# NOON is Monday 1 March 2027, 12:00 in New York; step-up dose 2 is planned for Thursday the 4th.


@pytest.fixture
def course() -> Course:
    """Teclistamab, step-up dose 1 given on Monday at noon, one person on call for a month."""
    site = makers.a_site()
    makers.on_call(site)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


def decided(course: Course, now: datetime) -> next_dose.NextDose:
    """The answer for a patient who is ready."""
    return next_dose.decide(makers.ready(course, now=now), now=now)


def look(course: Course, at: datetime, now: datetime = NOON + HOUR) -> appointments.Preview:
    return appointments.preview(course, at=at, now=now)


def move(course: Course, at: datetime, *, now: datetime = NOON + HOUR, **said: str) -> Appointment:
    facts = {"reason": "patient", "seen_before": appointments.seen(course), **said}
    return appointments.move(
        course.pk, at=at, by=makers.a_clinician(course.site, name="Nora"), now=now, **facts
    )


def codes(preview: appointments.Preview) -> list[str]:
    return [objection.code for objection in preview.objections]


def test_ux3a_the_preview_shows_every_later_date_and_the_hours_of_the_watch(course) -> None:
    shown = look(course, NOON + 4 * DAY)
    dates = [(line.dose.step, line.was_on, line.dose.on) for line in shown.moved.lines[:3]]
    assert dates == [
        ("step_up_dose_2", date(2027, 3, 4), date(2027, 3, 5)),
        ("first_treatment_dose", date(2027, 3, 7), date(2027, 3, 8)),
        ("weekly", date(2027, 3, 14), date(2027, 3, 15)),
    ]
    assert all(line.is_shifted for line in shown.moved.lines)
    assert shown.moved.lines[1].dose.earliest_on == date(2027, 3, 7), "its window moved along"
    assert (shown.moved.outcome, shown.moved.days, shown.kind, codes(shown)) == ("proceeds", 4, "delayed", [])
    assert shown.moved.premedicate == "yes"
    assert [due.hour for due in shown.moved.checkins][:2] == [4, 8]
    assert shown.moved.checkins[0].due_at == NOON + 4 * DAY + 4 * HOUR
    assert shown.moved.ends_at == NOON + 4 * DAY + 168 * HOUR


def test_doses_that_only_come_into_sight_at_the_end_of_the_plan_are_not_called_added(course) -> None:
    again, *rest = look(course, NOON + 20 * DAY).moved.lines
    assert (again.dose.step, again.was_on) == ("step_up_dose_1", None)
    assert all(line.was_on for line in rest)
    assert rest[-1].was_on == courses.plan(course)[-1].on


@pytest.mark.parametrize(
    ("days", "outcome", "step", "against"),
    [
        (2, "proceeds", "step_up_dose_2", []),
        (7, "proceeds", "step_up_dose_2", ["review"]),
        (8, "restarts", "step_up_dose_1", ["restarts"]),
        (29, "restarts", "step_up_dose_1", ["restarts"]),
    ],
)
def test_ux3a_a_date_past_the_window_shows_what_the_label_then_gives(
    course, days, outcome, step, against
) -> None:
    shown = look(course, NOON + days * DAY)
    assert (shown.moved.outcome, shown.moved.step, codes(shown)) == (outcome, step, against)


def test_a_repeated_step_up_dose_is_shown_as_added(course) -> None:
    makers.a_dose(course, given_at=NOON + 3 * DAY)
    shown = look(course, NOON + 11 * DAY, NOON + 4 * DAY)
    assert (shown.moved.outcome, shown.moved.step) == ("repeats", "step_up_dose_2")
    first, second = shown.moved.lines[:2]
    assert (first.dose.step, first.was_on) == ("step_up_dose_2", None)
    assert (second.dose.step, second.was_on) == ("first_treatment_dose", date(2027, 3, 7))


def test_a_date_the_label_does_not_answer_is_asked_about_and_not_refused() -> None:
    site = makers.a_site()
    makers.on_call(site)
    unread = makers.a_course(makers.a_patient(site), label="elranatamab-us-2025-07")
    makers.a_dose(unread)
    shown = look(unread, NOON + 4 * DAY)
    assert (shown.moved.outcome, codes(shown)) == ("asks", ["asks"])
    assert "has not been read" in shown.objections[0].sentence
    with pytest.raises(Refusal) as refusal:
        move(unread, NOON + 4 * DAY)
    assert refusal.value.code == "reason-words"
    move(unread, NOON + 4 * DAY, words="the pharmacist is reading section 2.4")
    assert next_dose.decide(unread, now=NOON + 4 * DAY).decision == "ask"


@pytest.mark.parametrize(
    ("at", "code"),
    [
        (NOON + DAY, "too-soon"),
        (NOON + 2 * DAY - HOUR, "too-soon"),
        (NOON, "past-time"),
        (NOON + 400 * DAY, "too-far"),
    ],
    ids=["a day after", "two dates but 47 hours after", "in the past", "next year"],
)
def test_ux3a_hard_rules_refuse(course, at, code) -> None:
    with pytest.raises(Refusal) as refusal:
        move(course, at, words="because", override="because")
    assert refusal.value.code == code
    assert not course.appointments.exists()


def test_a_stopped_course_and_a_label_that_says_stop_refuse(course) -> None:
    Reaction.objects.create(
        patient=course.patient, kind="neurotoxicity", grade=4, noted_at=NOON + HOUR,
        noted_by=makers.a_clinician(course.site), over_at=NOON + 2 * HOUR,
        over_by=makers.a_clinician(course.site),
    )  # fmt: skip
    with pytest.raises(Refusal, match="No further dose may be planned"):
        move(course, NOON + 3 * DAY)
    courses.stop(course.pk, by=makers.a_clinician(course.site), reason="changed plan", now=NOON + HOUR)
    with pytest.raises(Refusal) as refusal:
        move(course, NOON + 3 * DAY)
    assert refusal.value.code == "course-stopped"


def test_a_hold_does_not_keep_a_dose_from_being_delayed(course) -> None:
    Reaction.objects.create(
        patient=course.patient, kind="infection", grade=2, noted_at=NOON + HOUR,
        noted_by=makers.a_clinician(course.site),
    )  # fmt: skip
    assert move(course, NOON + 4 * DAY, reason="reaction").kind == "delayed"


def test_ux3a_a_soft_rule_wants_words_and_the_list_alone_is_not_enough(course) -> None:
    with pytest.raises(Refusal) as refusal:
        move(course, NOON + 7 * DAY, reason="reaction")
    assert refusal.value.code == "reason-words"
    made = move(course, NOON + 7 * DAY, reason="reaction", words="rash, resolving")
    assert (made.objections, made.words) == ("review", "rash, resolving")


@pytest.mark.parametrize(("reason", "code"), [("", "reason"), ("whim", "reason"), ("other", "reason-words")])
def test_a_move_always_has_a_reason_from_the_list(course, reason, code) -> None:
    with pytest.raises(Refusal) as refusal:
        move(course, NOON + 4 * DAY, reason=reason)
    assert refusal.value.code == code


# weekends, closed days, on-call


def test_ux3a_a_weekend_and_a_closed_day_ask_for_a_reason(course) -> None:
    assert codes(look(course, NOON + 5 * DAY)) == ["review", "closed-day"]
    assert "Saturday" in look(course, NOON + 5 * DAY).objections[1].sentence
    friday = date(2027, 3, 5)
    nurse = makers.a_clinician(course.site)
    closures.add(course.site, on=friday, name="Founders' day", by=nurse, today=NOON.date(), now=NOON)
    assert codes(look(course, NOON + 4 * DAY)) == ["closed-day"]
    with pytest.raises(Refusal, match="why this date is right"):
        move(course, NOON + 4 * DAY)
    assert move(course, NOON + 4 * DAY, words="chair kept open for her").objections == "closed-day"


def test_later_doses_on_weekends_are_named_in_the_new_plan(course) -> None:
    named = {line.dose.on: name for line, name in look(course, NOON + 3 * DAY).rows if name}
    assert named[date(2027, 3, 7)] == "Sunday"


def test_another_sites_closed_day_is_not_ours(course) -> None:
    other = makers.a_site()
    nurse = makers.a_clinician(other)
    closures.add(other, on=date(2027, 3, 5), name="Theirs", by=nurse, today=NOON.date(), now=NOON)
    assert codes(look(course, NOON + 4 * DAY)) == []


def test_no_dose_is_put_into_a_watch_with_an_uncovered_hour_without_a_recorded_override(course) -> None:
    """Invariant 14. The list ends in the middle of the watch."""
    Shift.objects.filter(site=course.site, rung=1).update(period=(NOON - DAY, NOON + 6 * DAY))
    gap = look(course, NOON + 4 * DAY).gaps[0]
    assert (gap.rung, gap.starts_at, gap.ends_at) == (1, NOON + 6 * DAY, NOON + 11 * DAY)
    with pytest.raises(Refusal) as refusal:
        move(course, NOON + 4 * DAY, words="a reason for the date is none for the hours")
    assert refusal.value.code == "uncovered"
    made = move(course, NOON + 4 * DAY, override="the list for next week is written tomorrow")
    assert (made.uncovered, made.override) == (1, "the list for next week is written tomorrow")
    assert "without on-call cover accepted" in course.events.last().text


def test_a_rung_whose_list_ended_long_before_the_date_is_a_gap_and_not_retired(course) -> None:
    """Rung 3 is in use now; three weeks after its last shift it would count as given up."""
    makers.a_responder(course.site, 3, name="Dr B", days=3)
    far = look(course, NOON + 21 * DAY)
    assert {gap.rung for gap in far.gaps} == {3}


def test_an_override_is_only_kept_where_it_was_needed(course) -> None:
    assert move(course, NOON + 4 * DAY, override="just in case").override == ""


# what uses the moved date


def test_the_plan_the_next_dose_and_the_downtime_list_use_the_moved_date(course) -> None:
    made = move(course, NOON + 4 * DAY)
    assert [dose.on for dose in courses.plan(course)][:2] == [date(2027, 3, 5), date(2027, 3, 8)]
    early = decided(course, NOON + 3 * DAY)
    assert (early.decision, "Fri 05 Mar 2027 12:00 EST by Nora" in early.because) == ("wait", True)
    due = decided(course, NOON + 4 * DAY)
    assert (due.decision, due.step) == ("give", "step_up_dose_2")
    assert due.notes[0].startswith("Put on Fri 05 Mar 2027 12:00 EST by Nora: the patient cannot come")
    line = downtime.make(course.site, now=NOON + HOUR).lines[0]
    assert (line.next_dose.on, line.next_dose.at) == (date(2027, 3, 5), made.planned_at)


def test_the_hour_of_the_appointment_is_not_a_window(course) -> None:
    """Put on noon, given at ten: that is the day it was put on."""
    move(course, NOON + 4 * DAY)
    assert decided(course, NOON + 4 * DAY - 2 * HOUR).decision == "give"


def test_a_dose_given_before_the_day_it_was_put_on_is_recorded_with_its_reason(course) -> None:
    move(course, NOON + 4 * DAY)
    facts = {"step": "step_up_dose_2", "given_mg": Decimal(21), "by": makers.a_clinician(course.site)}
    at = NOON + 3 * DAY
    with pytest.raises(Refusal, match="The answer for this dose is wait"):
        courses.record_dose(course.pk, given_at=at, now=at, **facts)
    recorded = courses.record_dose(course.pk, given_at=at, now=at, deviation="she came a day early", **facts)
    assert recorded.dose.deviation == "she came a day early"


def test_what_the_label_wants_is_stricter_than_an_appointment(course) -> None:
    """Put on day 4, and the day has passed unnoticed: the days that went by decide, not the appointment."""
    move(course, NOON + 4 * DAY)
    late = decided(course, NOON + 9 * DAY)
    assert (late.decision, late.step) == ("give", "step_up_dose_1")


def test_giving_the_dose_ends_its_appointment(course) -> None:
    move(course, NOON + 4 * DAY)
    makers.a_dose(course, given_at=NOON + 4 * DAY)
    assert courses.plan(course)[0].on == date(2027, 3, 8)
    assert decided(course, NOON + 6 * DAY).decision == "give"


def test_the_first_dose_is_moved_like_any_other() -> None:
    site = makers.a_site()
    makers.on_call(site)
    fresh = makers.a_course(makers.a_patient(site))
    assert look(fresh, NOON + 2 * DAY).moved.outcome == "first"
    move(fresh, NOON + 2 * DAY)
    assert [dose.on for dose in courses.plan(fresh)][:2] == [date(2027, 3, 3), date(2027, 3, 6)]
    assert decided(fresh, NOON + DAY).decision == "wait"
    assert decided(fresh, NOON + 2 * DAY).decision == "give"


def test_moving_again_keeps_what_was_said_before(course) -> None:
    move(course, NOON + 4 * DAY)
    again = move(course, NOON + 3 * DAY + HOUR)
    assert (again.number, again.kind, again.instead_of) == (2, "earlier", date(2027, 3, 5))
    assert move(course, NOON + 3 * DAY + 2 * HOUR).kind == "timed"
    assert course.appointments.count() == 3
    assert courses.plan(course)[0].on == date(2027, 3, 4)


def test_whoever_had_looked_at_something_older_is_told_who_was_first(course) -> None:
    looked_at = appointments.seen(course)
    move(course, NOON + 4 * DAY)
    with pytest.raises(Refusal, match="Meanwhile Nora put this dose on Fri 05 Mar 2027"):
        move(course, NOON + 3 * DAY, seen_before=looked_at)
    makers.a_dose(course, given_at=NOON + 4 * DAY)
    with pytest.raises(Refusal, match="recorded a dose"):
        move(course, NOON + 7 * DAY, seen_before=looked_at, now=NOON + 4 * DAY + HOUR)
    assert course.appointments.count() == 1


def test_hours_of_the_watch_are_elapsed_hours_across_a_clock_change(course) -> None:
    """Clocks go forward on Sunday 14 March 2027."""
    makers.a_dose(course, given_at=NOON + 3 * DAY)
    makers.a_dose(course, given_at=NOON + 6 * DAY)
    saturday = datetime(2027, 3, 20, 16, 0, tzinfo=UTC)
    shown = look(course, saturday - 7 * DAY + HOUR + DAY, NOON + 7 * DAY)
    hours = [due.due_at - shown.at for due in shown.moved.checkins]
    assert hours == [timedelta(hours=due.hour) for due in shown.moved.checkins]
    assert (shown.moved.on, shown.moved.days) == (date(2027, 3, 14), 7)


def test_two_dates_apart_are_48_hours_apart_also_where_an_hour_is_missing() -> None:
    """Given on Friday at noon EST; Sunday noon EDT is 47 hours later, and the label's two days are held to 48."""
    friday = datetime(2027, 3, 12, 17, 0, tzinfo=UTC)
    site = makers.a_site()
    makers.on_call(site, since=friday)
    course = makers.a_course(makers.a_patient(site), now=friday)
    makers.a_dose(course, given_at=friday)
    with pytest.raises(Refusal, match="too soon"):
        look(course, datetime(2027, 3, 14, 16, 0, tzinfo=UTC), friday + HOUR)
    assert look(course, datetime(2027, 3, 14, 17, 0, tzinfo=UTC), friday + HOUR).moved.days == 2


# closed days


def test_a_closed_day_is_named_once_and_not_in_the_past(course) -> None:
    nurse, site = makers.a_clinician(course.site), course.site
    day = closures.add(
        site, on=date(2027, 7, 5), name="Independence Day", by=nurse, today=NOON.date(), now=NOON
    )
    for on, name, code in [
        (date(2027, 7, 5), "again", "closed-already"),
        (date(2027, 2, 1), "over", "past-day"),
        (date(2027, 7, 6), " ", "no-name"),
    ]:
        with pytest.raises(Refusal) as refusal:
            closures.add(site, on=on, name=name, by=nurse, today=NOON.date(), now=NOON)
        assert refusal.value.code == code
    assert "working day again" in closures.remove(day.pk, by=nurse, now=NOON)
    assert closures.coming(site, today=NOON.date()) == []
