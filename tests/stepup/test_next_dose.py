"""What a reaction leaves behind: a stop for ever, anything else until a dose after it was given on plan."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring import checkins, escalations, silence, worklist
from monitoring.models import Escalation, Patient, Reaction
from notifications.models import Clinician
from stepup import arranged, courses, next_dose, obstacles
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SECOND_DOSE = NOON + 3 * DAY
THIRD_DOSE = SECOND_DOSE + 3 * DAY


@pytest.fixture
def patient() -> Patient:
    site = makers.a_site()
    makers.on_call(site)
    return makers.a_patient(site)


@pytest.fixture
def course(patient) -> Course:
    """Teclistamab: rows for neurotoxicity and infection were read, those for CRS and ICANS were not."""
    return makers.a_course(patient)


def react(
    patient: Patient,
    kind: str,
    grade: int,
    at: datetime,
    *,
    over_at: datetime | None = None,
    case: Escalation | None = None,
) -> Reaction:
    """A reaction graded at `at`, over an hour later unless told otherwise."""
    nurse = makers.a_clinician(patient.site)
    return Reaction.objects.create(
        patient=patient, escalation=case, kind=kind, grade=grade, noted_at=at, noted_by=nurse,
        over_at=over_at or at + HOUR, over_by=nurse,
    )  # fmt: skip


def a_resolved_case(patient: Patient, by: Clinician, now: datetime) -> Escalation:
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="fever", now=now
    )
    escalations.take(case.pk, by=by, now=now, how="screen")
    escalations.reach(case.pk, by=by, now=now)
    return escalations.resolve(case.pk, by=by, now=now, outcome="no concern")


def answer(course: Course, now: datetime) -> str:
    """The decision with everything ready, so that the reaction alone decides."""
    makers.ready(course, now=now)
    return next_dose.decide(course, now=now).decision


def reopened(course: Course, *, now: datetime) -> Course:
    """The course was stopped, and the same patient starts a new one on the same protocol."""
    nurse, today = makers.a_clinician(course.site), courses.local_date(course.patient, now)
    courses.stop(course.pk, by=nurse, reason="changed plan", now=now)
    return courses.open_course(
        course.patient, course.protocol, regimen="", start_on=today, weight_kg=course.weight_kg,
        weighed_on=today, weighed_by="a nurse", by=nurse, now=now, uncovered_why="no rota in this test",
    )  # fmt: skip


# Whatever is open holds


def test_a_task_that_pages_when_late_holds_the_next_dose_until_it_is_done(course) -> None:
    makers.a_dose(course)
    task = worklist.open_task(
        site=course.site, patient=course.patient, what="Call: ask how they are", due_at=SECOND_DOSE,
        pages_when_late=True, now=NOON,
    )  # fmt: skip
    held = next_dose.decide(course, now=SECOND_DOSE)
    assert (held.decision, "ask how they are" in held.because) == ("hold", True)
    worklist.finish(task.pk, by=makers.a_clinician(course.site), outcome="well", now=SECOND_DOSE)
    assert answer(course, SECOND_DOSE) == "give"


def test_a_task_that_only_turns_red_holds_nothing(course) -> None:
    makers.a_dose(course)
    worklist.open_task(
        site=course.site,
        patient=course.patient,
        what="a new photo",
        due_at=NOON,
        pages_when_late=False,
        now=NOON,
    )
    assert answer(course, SECOND_DOSE) == "give"


def test_a_climbing_silence_holds_the_next_dose_and_an_open_question_does_not(course) -> None:
    makers.a_dose(course)
    checkins.ask_due(now=NOON + 4 * HOUR)
    assert answer(course, SECOND_DOSE) == "give"
    silence.climb(now=NOON + 4 * HOUR + timedelta(minutes=20))
    held = next_dose.decide(course, now=SECOND_DOSE)
    assert (held.decision, held.source) == ("hold", "no dose while a silence is climbing")


# A stop is never forgotten


def test_a_stop_outlives_a_dose_given_all_the_same(course) -> None:
    makers.a_dose(course)
    react(course.patient, "neurotoxicity", 4, NOON + DAY)
    assert answer(course, SECOND_DOSE) == "stop"
    makers.a_dose(course, given_at=SECOND_DOSE, deviation="given elsewhere before the grade was known")
    assert answer(course, THIRD_DOSE) == "stop"


def test_a_stop_outlives_even_a_dose_that_was_on_plan(course) -> None:
    """Graded in the minute in which somebody else recorded the dose: neither saw the other."""
    makers.a_dose(course)
    makers.a_dose(course, given_at=SECOND_DOSE)
    react(course.patient, "neurotoxicity", 4, NOON + DAY)
    assert answer(course, THIRD_DOSE) == "stop"


def test_a_new_course_begins_with_the_stop_of_the_one_before(course) -> None:
    makers.a_dose(course)
    react(course.patient, "neurotoxicity", 4, NOON + DAY)
    again = reopened(course, now=NOON + 60 * DAY)
    first = next_dose.decide(again, now=NOON + 60 * DAY)
    assert (first.decision, first.review) == ("stop", True)
    assert "discontinue" in first.because


# What the label does not answer stays a question


def test_a_question_nobody_could_answer_is_asked_again_before_every_dose(course) -> None:
    makers.a_dose(course)
    react(course.patient, "crs", 1, NOON + DAY)
    assert answer(course, SECOND_DOSE) == "ask"
    makers.a_dose(course, given_at=SECOND_DOSE, deviation="the pharmacist read the table: grade 1, go on")
    assert answer(course, THIRD_DOSE) == "ask"


def test_the_first_dose_of_a_new_course_asks_about_an_earlier_grade_4(course) -> None:
    makers.a_dose(course)
    react(course.patient, "crs", 4, NOON + DAY)
    again = reopened(course, now=NOON + 60 * DAY)
    assert answer(again, NOON + 60 * DAY) == "ask"


def test_a_reaction_before_any_dose_counts_too(patient) -> None:
    """Transferred in: the reaction was graded before the course was opened here."""
    react(patient, "icans", 2, NOON - DAY)
    assert answer(makers.a_course(patient), NOON) == "ask"


# What the label does answer is settled by the dose it allowed


def test_a_reaction_is_settled_by_a_dose_on_plan(patient) -> None:
    course = makers.a_course(patient, label=makers.ELRANATAMAB)
    makers.a_dose(course)
    react(patient, "crs", 1, NOON + DAY)
    before = next_dose.decide(makers.ready(course, now=SECOND_DOSE), now=SECOND_DOSE)
    assert (before.decision, len(before.notes) > 0) == ("give", True)
    makers.a_dose(course, given_at=SECOND_DOSE)
    assert next_dose.decide(course, now=THIRD_DOSE).notes == ()


def test_nobody_with_an_uneventful_past_is_asked_about(course) -> None:
    first = next_dose.decide(course, now=NOON)
    assert (first.decision, first.step, first.notes) == ("give", "step_up_dose_1", ())


# Recurrent means another episode


@pytest.mark.parametrize(
    ("earlier", "over_after", "decision"),
    [
        (3, 1 * HOUR, "stop"),
        (2, 1 * HOUR, "give"),
        (3, 12 * HOUR, "give"),
    ],
    ids=["as bad, and over", "a lesser one before", "the same night: not over yet"],
)
def test_grade_3_again_is_a_stop_only_after_an_episode_as_bad_that_was_over(
    course, earlier, over_after, decision
) -> None:
    makers.a_dose(course)
    night = NOON + 10 * HOUR
    react(course.patient, "neurotoxicity", earlier, night, over_at=night + over_after)
    react(course.patient, "neurotoxicity", 3, night + 6 * HOUR)
    assert answer(course, SECOND_DOSE) == decision


def test_a_milder_second_episode_is_still_a_second_one(course) -> None:
    """No row read speaks of a recurrent grade 2."""
    makers.a_dose(course)
    react(course.patient, "neurotoxicity", 3, NOON + DAY)
    react(course.patient, "neurotoxicity", 2, NOON + 2 * DAY)
    assert answer(course, SECOND_DOSE) == "ask"


def test_one_case_graded_twice_is_one_episode(course) -> None:
    makers.a_dose(course)
    night = NOON + 10 * HOUR
    doctor = makers.a_clinician(course.site, "responder")
    case = a_resolved_case(course.patient, doctor, night)
    react(course.patient, "neurotoxicity", 3, night, case=case, over_at=night)
    react(course.patient, "neurotoxicity", 3, night + HOUR, case=case)
    assert answer(course, SECOND_DOSE) == "give"
    react(
        course.patient,
        "neurotoxicity",
        3,
        night + 12 * HOUR,
        case=a_resolved_case(course.patient, doctor, night),
    )
    assert answer(course, SECOND_DOSE) == "stop"


def test_two_reactions_without_a_case_are_two_episodes(course) -> None:
    makers.a_dose(course)
    react(course.patient, "neurotoxicity", 3, NOON + DAY)
    react(course.patient, "neurotoxicity", 3, NOON + 2 * DAY)
    assert answer(course, SECOND_DOSE) == "stop"


def test_another_kind_before_makes_nothing_recurrent(course) -> None:
    makers.a_dose(course)
    react(course.patient, "infection", 2, NOON + DAY)
    react(course.patient, "neurotoxicity", 2, NOON + 2 * DAY)
    assert answer(course, SECOND_DOSE) == "give"


# What one decision reads


def test_a_decision_reads_the_doses_once_and_whoever_holds_the_course_reads_anew(course) -> None:
    makers.ready(course, now=NOON)
    with CaptureQueriesContext(connection) as asked:
        first = next_dose.decide(course, now=NOON)
    read = [one["sql"] for one in asked if 'FROM "stepup_dose" ' in one["sql"]]
    assert (first.decision, len(read)) == ("give", 1), read
    makers.a_dose(course)
    later = next_dose.decide(course, now=NOON + HOUR)
    assert (later.decision, later.step != first.step) == ("wait", True)


def test_one_statement_says_that_nothing_stands_against_a_dose(course) -> None:
    seen = arranged.seen(course)
    with CaptureQueriesContext(connection) as asked:
        assert obstacles.every(seen) == []
    assert len(asked) == 1, asked.captured_queries
    assert set(obstacles.STANDS_FOR.values()) == obstacles.STANDS.names
