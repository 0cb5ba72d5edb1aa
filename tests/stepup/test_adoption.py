"""Gradual adoption: which doses a stage refuses, and one dose let beyond it."""

from datetime import timedelta

import pytest

from notifications.models import AuditEntry, Clinician, Role
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import adoption, appointments, approvals, corrections, courses, next_dose, plans, stages
from stepup.models import Course, StageOverride
from tests import makers
from tests.makers import NOON
from tests.stepup.adopting import back, put, stage

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
MAINTENANCE, LATER, ALL = Stage.MAINTENANCE, Stage.LATER, Stage.ALL


@pytest.fixture
def course(site) -> Course:
    """A course on which the first step is due at NOON."""
    makers.on_call(site, days=90)
    return makers.a_course(makers.a_patient(site))


# what a stage means for a dose


def test_a_site_that_has_set_nothing_refuses_nothing(site, course) -> None:
    assert stage(site) is None
    assert next_dose.decide(course, now=NOON).decision == "give"


@pytest.mark.parametrize(("standing", "decision"), [(MAINTENANCE, "hold"), (LATER, "hold"), (ALL, "give")])
def test_the_first_step_goes_home_only_once_every_dose_does(site, people, course, standing, decision) -> None:
    put(site, people["lead"], stage=standing)
    assert next_dose.decide(course, now=NOON).decision == decision


@pytest.mark.parametrize(("standing", "decision"), [(MAINTENANCE, "hold"), (LATER, "give"), (ALL, "give")])
def test_a_later_step_goes_home_from_the_second_stage_on(site, people, course, standing, decision) -> None:
    makers.a_dose(course)
    put(site, people["lead"], stage=standing, at=NOON + HOUR)
    when = NOON + 3 * DAY
    makers.ready(course, now=when - HOUR)
    answer = next_dose.decide(course, now=when)
    assert (answer.decision, answer.step) == (decision, "step_up_dose_2")


def test_the_answer_says_which_stage_is_open_how_far_it_is_and_what_to_do(site, people, course) -> None:
    put(site, people["lead"], least_given=10, least_days=40, most_grave_reactions=0)
    answer = next_dose.decide(course, now=NOON)
    assert (answer.decision, answer.source, answer.amount) == ("hold", stages.RULE, "")
    for said in (
        "Step-up dose 1 is beyond what this site gives at home: maintenance doses only, since Sat 30 Jan 2027.",
        "Towards the next stage (later steps and maintenance doses): 0 of 10 doses given at home",
        "30 of 40 days since this stage began",
        "0 reactions of grade 3 or 4 after a dose at home (at most 0)",
        "Give it in hospital, on a protocol that says so; or a prescriber overrides the stage",
    ):
        assert said in answer.because, answer.because


def test_a_stage_adds_to_what_holds_a_dose_and_takes_nothing_away(site, people) -> None:
    """Beyond the stage the dose is held before readiness is asked; overridden, readiness still holds it."""
    course = makers.a_course(makers.a_patient(site), is_ready=False)
    put(site, people["lead"])
    assert next_dose.decide(course, now=NOON).not_ready == ()
    adoption.override(
        course.pk, step="step_up_dose_1", reason="lives next door", by=people["prescriber"], now=NOON
    )
    answer = next_dose.decide(course, now=NOON)
    assert answer.decision == "hold"
    assert answer.not_ready


def test_a_dose_that_the_protocol_gives_in_hospital_is_beyond_no_stage(site, people) -> None:
    put(site, people["lead"])
    row = approvals.propose(site, makers.TECLISTAMAB, "inpatient-us")
    for role in (Role.PHARMACIST, Role.PRESCRIBER):
        row = approvals.approve(row.pk, by=makers.a_clinician(site, role), now=NOON)
    course = courses.open_course(
        makers.a_patient(site), row, regimen="", start_on=NOON.date(), weight_kg=makers.Decimal(70),
        weighed_on=NOON.date(), weighed_by="n", by=people["prescriber"], now=NOON, uncovered_why="no rota here",
    )  # fmt: skip
    assert stages.beyond(course, step="step_up_dose_1", now=NOON) is None


def test_a_course_opens_although_its_first_dose_is_beyond_the_stage(site, people) -> None:
    put(site, people["lead"])
    makers.a_course(makers.a_patient(site))


def test_no_dose_is_put_on_a_date_beyond_the_stage_without_an_override(site, people, course) -> None:
    put(site, people["lead"])
    at = NOON + DAY
    with pytest.raises(Refusal, match="beyond what this site gives at home") as refusal:
        appointments.preview(course, at=at, now=NOON)
    assert refusal.value.code == stages.CODE
    with pytest.raises(Refusal, match="beyond"):
        move(course, at, people["pharmacist"])
    adoption.override(course.pk, step="step_up_dose_1", reason="next door", by=people["prescriber"], now=NOON)
    assert move(course, at, people["pharmacist"]).step == "step_up_dose_1"


def move(course: Course, at, by: Clinician):
    return appointments.move(
        course.pk, at=at, seen_before=appointments.seen(course), reason="patient", words="at the sister's",
        override="known", by=by, now=NOON,
    )  # fmt: skip


def test_a_dose_that_was_given_is_recorded_off_the_plan_with_its_reason(site, people, course) -> None:
    put(site, people["lead"])
    planned = courses.plan(course)[0]
    given = {
        "step": planned.step, "given_at": NOON, "given_mg": planned.calculated_mg, "by": people["prescriber"],
        "now": NOON,
    }  # fmt: skip
    with pytest.raises(Refusal, match="beyond what this site gives at home"):
        courses.record_dose(course.pk, **given)
    dose = courses.record_dose(course.pk, **given, deviation="given in the day hospital").dose
    assert dose.deviation == "given in the day hospital"
    assert dose.watch is not None


def test_a_dose_is_judged_by_the_stage_of_its_hour(site, people, course) -> None:
    """A stage set after a dose was given does not put it off the plan when it is recorded late."""
    put(site, people["lead"], at=NOON + 2 * HOUR)
    makers.a_dose(course, given_at=NOON + HOUR, now=NOON + 3 * HOUR)
    assert course.doses.get().deviation == ""


# overriding it for one dose


def test_an_override_counts_for_its_step_and_for_one_dose(site, people, course) -> None:
    put(site, people["lead"])
    row = adoption.override(
        course.pk, step="step_up_dose_1", reason=" next door ", by=people["prescriber"], now=NOON
    )
    assert (row.reason, row.after) == ("next door", None)
    assert next_dose.decide(course, now=NOON).decision == "give"
    assert stages.beyond(course, step="step_up_dose_2", now=NOON), "not for another step"
    other = makers.a_course(makers.a_patient(site))
    assert stages.beyond(other, step="step_up_dose_1", now=NOON), "not for another course"
    makers.a_dose(course)
    assert stages.beyond(course, step="step_up_dose_1", now=NOON + HOUR), "not for the same step once more"
    assert course.events.filter(what="stage overridden", by=people["prescriber"]).exists()
    assert AuditEntry.objects.get(act="overrode a stage").detail == {
        "override": row.pk,
        "step": "step_up_dose_1",
    }


def test_a_corrected_dose_leaves_the_override_after_it_as_it_was(site, people, course) -> None:
    put(site, people["lead"])
    asked = {"reason": "next door", "by": people["prescriber"]}
    adoption.override(course.pk, step="step_up_dose_1", now=NOON, **asked)
    dose = makers.a_dose(course)
    adoption.override(course.pk, step="step_up_dose_2", now=NOON + HOUR, **asked)
    facts = corrections.Facts(dose.step, NOON - MINUTE, dose.given_mg)
    corrections.correct(dose.pk, facts, reason="a minute earlier", by=dose.recorded_by, now=NOON + 2 * HOUR)
    assert stages.beyond(course, step="step_up_dose_2", now=NOON + 3 * HOUR) is None


def test_going_back_ends_the_overrides_made_before(site, people, course) -> None:
    put(site, people["lead"], stage=LATER)
    adoption.override(course.pk, step="step_up_dose_1", reason="next door", by=people["prescriber"], now=NOON)
    put(site, people["lead"], stage=LATER, at=NOON + MINUTE, least_given=3)
    assert not stages.beyond(course, step="step_up_dose_1", now=NOON + MINUTE), "new numbers end nothing"
    back(site, people["other"], at=NOON + 2 * MINUTE)
    assert stages.beyond(course, step="step_up_dose_1", now=NOON + 2 * MINUTE)


@pytest.mark.parametrize(
    ("who", "given", "code"),
    [
        ("lead", ("step_up_dose_1", "next door"), "role"),
        ("pharmacist", ("step_up_dose_1", "next door"), "role"),
        ("prescriber", ("step_up_dose_1", "  "), "reason"),
        ("prescriber", ("weekly", "next door"), "not-beyond"),
        ("prescriber", ("no_such_dose", "next door"), "unknown-step"),
    ],
)
def test_an_override_is_refused(people, course, who, given, code) -> None:
    step, reason = given
    put(course.site, people["lead"])
    with pytest.raises(Refusal) as refusal:
        adoption.override(course.pk, step=step, reason=reason, by=people[who], now=NOON)
    assert refusal.value.code == code
    assert not StageOverride.objects.exists()


def test_an_override_is_refused_where_none_is_needed_or_one_stands(site, people, course) -> None:
    asked = {"step": "step_up_dose_1", "reason": "next door", "by": people["prescriber"], "now": NOON}
    with pytest.raises(Refusal, match="needs no override"):
        adoption.override(course.pk, **asked)
    put(site, people["lead"])
    adoption.override(course.pk, **asked)
    with pytest.raises(Refusal, match="Dr prescriber has overridden"):
        adoption.override(course.pk, **asked)
    courses.stop(course.pk, by=people["prescriber"], reason="moved", now=NOON)
    with pytest.raises(Refusal, match="was stopped"):
        adoption.override(course.pk, **asked)


def test_a_plan_that_begins_again_asks_the_stage_of_the_first_step(site, people, course) -> None:
    """After a long pause the label begins again: what goes home is judged by the dose that comes, not by the last."""
    makers.a_dose(course)
    put(site, people["lead"], stage=LATER, at=NOON + HOUR)
    late = NOON + 20 * DAY
    step = plans.of(course, now=late)[0].step
    assert step == "step_up_dose_1"
    makers.ready(course, now=late - HOUR)
    assert "Step-up dose 1 is beyond" in next_dose.decide(course, now=late).because
