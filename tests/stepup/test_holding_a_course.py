"""Hold, lift, skip, change of interval, review: five acts with five meanings, and none of them is a flag."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Reaction
from notifications import clock
from notifications.models import Clinician, Role
from protocols.errors import Refusal
from stepup import appointments, arranged, courses, holds, intervals, next_dose, reviews
from stepup.models import Course, Hold
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEKLY = [0, 3, 6, 13, 20]  # days on which the doses of the step-up and two weekly ones are given


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site, days=400)
    return makers.a_course(makers.a_patient(site))


@pytest.fixture
def prescriber(course) -> Clinician:
    return makers.a_clinician(course.site, Role.PRESCRIBER, name="Dr Paul")


@pytest.fixture
def nurse(course) -> Clinician:
    return makers.a_clinician(course.site, name="Nora")


def give(course: Course, days: list[int], steps: list[str] | None = None) -> None:
    """The doses of the plan, given on these days."""
    for place, day in enumerate(days):
        step = steps[place] if steps else courses.plan(course)[0].step
        makers.a_dose(course, given_at=NOON + day * DAY, step=step)


def answer(course: Course, now) -> tuple[str, str]:
    decision = next_dose.decide(makers.ready(course, now=now), now=now)
    return decision.decision, decision.step


def lines(course: Course) -> list[str]:
    """The course's history, without what was said about readiness."""
    return list(course.events.exclude(what="readiness stated").values_list("what", flat=True))


# hold and lift


def test_a_hold_answers_hold_and_names_who_and_why(course, nurse) -> None:
    assert answer(course, NOON)[0] == "give"
    holds.place(course.pk, reason="chest infection, culture sent", by=nurse, now=NOON)
    held = next_dose.decide(course, now=NOON + HOUR)
    assert (held.decision, held.because) == (
        "hold",
        "Held by Nora since Mon 01 Mar 2027 12:00 EST: chest infection, culture sent.",
    )


def test_after_lifting_the_days_that_passed_decide(course, nurse, prescriber) -> None:
    give(course, [0])
    hold = holds.place(course.pk, reason="infection", by=nurse, now=NOON + DAY)
    assert holds.after_lifting(hold, now=NOON + 9 * DAY).step == "step_up_dose_1"
    hold.refresh_from_db()
    assert hold.lifted_at is None, "looking ahead changes nothing"
    holds.lift(hold.pk, why="afebrile for three days, culture negative", by=prescriber, now=NOON + 9 * DAY)
    assert answer(course, NOON + 9 * DAY) == ("give", "step_up_dose_1")
    assert lines(course)[-2:] == ["held", "hold lifted"]


def test_each_hold_is_lifted_by_itself(course, nurse, prescriber) -> None:
    first = holds.place(course.pk, reason="infection", by=nurse, now=NOON)
    second = holds.place(course.pk, reason="hepatitis B result outstanding", by=prescriber, now=NOON)
    holds.lift(first.pk, why="over", by=prescriber, now=NOON + HOUR)
    assert "hepatitis B" in next_dose.decide(course, now=NOON + HOUR).because
    assert holds.after_lifting(second, now=NOON + HOUR).decision == "give"


def test_lifting_a_hold_does_not_end_what_else_is_open(course, nurse, prescriber) -> None:
    hold = holds.place(course.pk, reason="fever", by=nurse, now=NOON)
    Reaction.objects.create(patient=course.patient, kind="infection", grade=2, noted_at=NOON, noted_by=nurse)
    holds.lift(hold.pk, why="fever gone", by=prescriber, now=NOON + HOUR)
    assert answer(course, NOON + HOUR)[0] == "hold"


@pytest.mark.parametrize(
    ("role", "may"),
    [(Role.NURSE, False), (Role.RESPONDER, False), (Role.PHARMACIST, True), (Role.PRESCRIBER, True)],
)
def test_whoever_stops_a_dose_is_not_always_who_lets_it_go_on(course, role, may) -> None:
    somebody = makers.a_clinician(course.site, role)
    hold = holds.place(course.pk, reason="infection", by=somebody, now=NOON)
    if may:
        assert holds.lift(hold.pk, why="over", by=somebody, now=NOON).lifted_by == somebody
        return
    with pytest.raises(Refusal, match="A prescriber or a pharmacist lifts a hold"):
        holds.lift(hold.pk, why="over", by=somebody, now=NOON)
    assert arranged.holds(course) == [hold]


def test_a_hold_needs_a_reason_and_is_placed_once_for_it(course, nurse, prescriber) -> None:
    with pytest.raises(Refusal, match="Say why no dose"):
        holds.place(course.pk, reason="  ", by=nurse, now=NOON)
    hold = holds.place(course.pk, reason="infection", by=nurse, now=NOON)
    with pytest.raises(Refusal, match="held for this reason already"):
        holds.place(course.pk, reason="infection", by=prescriber, now=NOON)
    with pytest.raises(Refusal, match="Say why doses may go on"):
        holds.lift(hold.pk, why=" ", by=prescriber, now=NOON)
    holds.lift(hold.pk, why="over", by=prescriber, now=NOON)
    with pytest.raises(Refusal, match="Dr Paul has lifted this hold already"):
        holds.lift(hold.pk, why="over", by=prescriber, now=NOON)
    assert holds.place(course.pk, reason="infection", by=nurse, now=NOON + DAY).pk != hold.pk, (
        "and again later"
    )


def test_a_dose_given_under_a_hold_is_recorded_with_its_reason(course, nurse) -> None:
    holds.place(course.pk, reason="infection", by=nurse, now=NOON)
    with pytest.raises(Refusal, match="The answer for this dose is hold"):
        makers.a_dose(course)
    assert makers.a_dose(course, deviation="given before the call came").deviation
    assert Hold.objects.get().lifted_at is None, "and the hold stands"


def test_a_stopped_course_is_not_held(course, nurse) -> None:
    courses.stop(course.pk, by=nurse, reason="progression", now=NOON)
    with pytest.raises(Refusal, match="no dose to hold"):
        holds.place(course.pk, reason="infection", by=nurse, now=NOON)


# skip


def skip(course: Course, day: int, nurse: Clinician, *, now=None, **said: str):
    facts = {"reason": "patient", "words": "away", "seen_before": appointments.seen(course), **said}
    return appointments.skip(course.pk, at=NOON + day * DAY, by=nurse, now=now or NOON + 21 * DAY, **facts)


def test_a_weekly_dose_is_left_out_and_the_next_one_stands_a_week_later(course, nurse) -> None:
    give(course, WEEKLY)
    made = skip(course, 34, nurse)
    assert (made.kind, made.instead_of, made.planned_on) == ("skipped", date(2027, 3, 28), date(2027, 4, 4))
    assert courses.plan(course)[0].on == date(2027, 4, 4)
    assert answer(course, NOON + 27 * DAY)[0] == "wait"
    assert answer(course, NOON + 34 * DAY) == ("give", "weekly")
    assert lines(course)[-1] == "dose skipped"


def test_h25_a_step_up_dose_is_never_left_out(course, nurse) -> None:
    give(course, [0])
    with pytest.raises(Refusal) as refusal:
        skip(course, 6, nurse, now=NOON + HOUR)
    assert refusal.value.code == "step-up-dose"


def test_a_skip_that_makes_the_label_restart_says_so_and_what_stands_before_is_no_skip(course, nurse) -> None:
    give(course, WEEKLY)
    shown = appointments.preview(course, at=NOON + 50 * DAY, now=NOON + 21 * DAY, skip=True)
    assert (shown.moved.outcome, shown.moved.step, shown.kind) == ("restarts", "step_up_dose_2", "skipped")
    with pytest.raises(Refusal) as refusal:
        skip(course, 27, nurse)
    assert refusal.value.code == "not-later"
    with pytest.raises(Refusal, match="Say in a few words"):
        skip(course, 34, nurse, words="")


# intervals


def test_a_longer_interval_is_offered_and_never_taken_by_itself(course, prescriber) -> None:
    give(course, WEEKLY[:3])
    assert intervals.offered(course) is None, "not before a weekly dose"
    give(course, [13])
    offer = intervals.offered(course)
    assert (offer.now_on.id, offer.phase.id, offer.is_reached) == ("weekly", "biweekly", True)
    assert "complete response" in offer.phase.entry
    assert {dose.step for dose in courses.plan(course)} == {"weekly"}
    assert answer(course, NOON + 20 * DAY) == ("give", "weekly")


def test_a_confirmed_interval_counts_from_the_next_dose_on(course, prescriber) -> None:
    give(course, WEEKLY)
    now = NOON + 21 * DAY
    change = intervals.confirm(
        course.pk, phase="biweekly", response="CR since August", by=prescriber, now=now
    )
    assert (change.response, change.by) == ("CR since August", prescriber)
    planned = courses.plan(course)[:3]
    assert [(dose.step, dose.on) for dose in planned] == [
        ("biweekly", date(2027, 3, 28)),
        ("biweekly", date(2027, 4, 11)),
        ("biweekly", date(2027, 4, 25)),
    ]
    assert answer(course, NOON + 27 * DAY) == ("give", "biweekly")
    assert intervals.offered(course) is None, "it is the last one"
    with pytest.raises(Refusal, match="not the next one"):
        intervals.confirm(course.pk, phase="biweekly", response="again", by=prescriber, now=now)


def test_a_step_up_dose_given_since_begins_anew_and_asks_again(course, prescriber) -> None:
    give(course, WEEKLY)
    intervals.confirm(course.pk, phase="biweekly", response="CR", by=prescriber, now=NOON + 21 * DAY)
    restarted = NOON + 55 * DAY
    assert answer(course, restarted) == ("give", "step_up_dose_2")
    reviews.record(course.pk, words="goes on", by=prescriber, now=restarted)
    dose = courses.record_dose(
        course.pk,
        step="step_up_dose_2",
        given_at=restarted,
        given_mg=Decimal(21),
        by=prescriber,
        now=restarted,
    ).dose
    courses.confirm_dose(dose.pk, by=makers.a_clinician(course.site), figure_mg=Decimal(21), now=restarted)
    assert arranged.interval(course) is None
    assert answer(course, restarted + 3 * DAY) == ("give", "first_treatment_dose")
    assert {dose.step for dose in courses.plan(course)[1:]} == {"weekly"}


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PRESCRIBER])
def test_only_a_prescriber_confirms_an_interval_or_reviews(course, role) -> None:
    give(course, WEEKLY)
    somebody = makers.a_clinician(course.site, role)
    with pytest.raises(Refusal, match="A prescriber confirms"):
        intervals.confirm(course.pk, phase="biweekly", response="CR", by=somebody, now=NOON + 21 * DAY)
    with pytest.raises(Refusal, match="A prescriber reviews"):
        reviews.record(course.pk, words="fine", by=somebody, now=NOON + 21 * DAY)


def test_an_interval_printed_for_some_weeks_is_not_cut_short(prescriber) -> None:
    """Elranatamab: weekly through week 24."""
    site = prescriber.site
    early = makers.a_course(makers.a_patient(site), label=makers.ELRANATAMAB)
    give(early, [0, 3, 7, 14])
    offer = intervals.offered(early)
    assert (offer.is_reached, offer.from_on) == (False, date(2027, 3, 1) + timedelta(weeks=24))
    with pytest.raises(Refusal) as refusal:
        intervals.confirm(early.pk, phase="biweekly", response="PR", by=prescriber, now=NOON + 15 * DAY)
    assert refusal.value.code == "too-early"


def test_an_interval_reached_late_is_kept_for_its_own_weeks_first(prescriber) -> None:
    """Elranatamab 2025-07: every 4 weeks after week 48 and after 24 weeks of every 2 weeks, whichever is later."""
    course = makers.a_course(makers.a_patient(prescriber.site), label=makers.ELRANATAMAB_ASKS)
    makers.a_dose(course)
    for week in (30, 32):
        courses.record_dose(
            course.pk, step="biweekly", given_at=NOON + week * 7 * DAY, given_mg=Decimal(76), by=course.opened_by,
            deviation="as given elsewhere", now=NOON + week * 7 * DAY,
        )  # fmt: skip
    offer = intervals.offered(course)
    assert (offer.phase.id, offer.is_reached) == ("every_4_weeks", False)
    assert offer.from_on == date(2027, 3, 1) + timedelta(weeks=30 + 24)


def test_a_confirmation_needs_the_response_in_words(course, prescriber) -> None:
    give(course, WEEKLY)
    with pytest.raises(Refusal, match="Say which response"):
        intervals.confirm(course.pk, phase="biweekly", response=" ", by=prescriber, now=NOON + 21 * DAY)


# review


def test_a_review_speaks_of_the_dose_that_comes_next(course, prescriber) -> None:
    give(course, [0])
    with pytest.raises(Refusal, match="Say what was weighed"):
        reviews.record(course.pk, words="", by=prescriber, now=NOON + DAY)
    review = reviews.record(course.pk, words="rash gone, goes on", by=prescriber, now=NOON + 6 * DAY)
    assert arranged.reviews(course) == [review]
    makers.a_dose(course, given_at=NOON + 6 * DAY, step="step_up_dose_2")
    assert arranged.reviews(course) == []


def test_a_dose_the_label_wants_reviewed_is_off_the_plan_without_a_review(course, prescriber) -> None:
    give(course, [0])
    with pytest.raises(Refusal, match="wants benefit and risk reviewed") as refused:
        makers.a_dose(course, given_at=NOON + 6 * DAY, step="step_up_dose_2")
    assert refused.value.code == "not-the-next-dose"
    reviews.record(course.pk, words="rash gone, goes on", by=prescriber, now=NOON + 6 * DAY)
    assert makers.a_dose(course, given_at=NOON + 6 * DAY, step="step_up_dose_2").deviation == ""


def test_a_stopped_course_is_not_stopped_again(course, prescriber) -> None:
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON)
    with pytest.raises(Refusal, match="has ended already"):
        courses.stop(course.pk, by=prescriber, reason="another reason", now=NOON)
    assert course.events.filter(what="stopped").count() == 1


def test_a_stopped_course_is_not_reviewed(course, prescriber) -> None:
    courses.stop(course.pk, by=prescriber, reason="progression", now=NOON)
    with pytest.raises(Refusal, match="no dose to review"):
        reviews.record(course.pk, words="x", by=prescriber, now=NOON)


# what is seen of it


def shown(reader: Clinician, name: str, pk: int) -> str:
    client = Client()
    client.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    return client.get(reverse(name, args=[pk])).content.decode().replace("\u00a0", " ")


def test_the_recording_of_a_dose_shows_its_review_or_that_there_is_none(
    course, nurse, prescriber, monkeypatch
) -> None:
    give(course, [0])
    late = NOON + 6 * DAY
    monkeypatch.setattr(clock, "now", lambda: late)
    assert "No review of benefit and risk is recorded" in shown(nurse, "record-dose", course.pk)
    reviews.record(course.pk, words="rash gone, goes on", by=prescriber, now=late)
    page = shown(nurse, "record-dose", course.pk)
    assert "No review of benefit and risk is recorded" not in page
    assert "<b>Dr Paul</b>" in page
    assert "rash gone, goes on" in page


def test_the_record_offers_each_act_only_where_it_may_be_done(course, nurse, prescriber, monkeypatch) -> None:
    give(course, WEEKLY)
    monkeypatch.setattr(clock, "now", lambda: NOON + 21 * DAY)
    holds.place(course.pk, reason="infection", by=nurse, now=NOON + 21 * DAY)
    for_nurse, for_prescriber = (shown(one, "patient", course.patient_id) for one in (nurse, prescriber))
    for page in (for_nurse, for_prescriber):
        assert "Move this dose" in page
        assert "Leave this dose out" in page
        assert "Dose every 2 weeks comes next, only if a prescriber confirms" in page
    assert "Lift the hold of Nora" in for_prescriber
    assert "Lift the hold" not in for_nurse
    assert "Confirm the longer interval" in for_prescriber
    assert "Confirm the longer interval" not in for_nurse


def test_a_step_up_dose_is_not_offered_to_be_left_out(course, nurse, monkeypatch) -> None:
    give(course, [0])
    monkeypatch.setattr(clock, "now", lambda: NOON + DAY)
    assert "Leave this dose out" not in shown(nurse, "patient", course.patient_id)
