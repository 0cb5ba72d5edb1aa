"""Two people answer one weight, or weigh while a dose is recorded: one order of things, and each is told."""

import threading
from decimal import Decimal

import pytest
from django.db import transaction

from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from stepup import courses, weights
from stepup.models import Course, WeightAnswer
from stepup.weights import Weighing
from tests import makers
from tests.races.crowd import at_once, problems, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def course(site) -> Course:
    now = clock.now()
    makers.on_call(site, since=now)
    return makers.a_course(makers.a_patient(site, now=now), now=now)


def test_a_weight_answered_by_two_has_one_answer(site, course) -> None:
    now = clock.now()
    today = courses.local_date(course.patient, now)
    weight = weights.record(
        course.pk, Weighing(Decimal(60), today, "a nurse"), by=makers.a_clinician(site), now=now
    )
    checkers = [makers.a_clinician(site, Role.PHARMACIST) for _ in range(3)]
    results = at_once(
        *[
            lambda by=by, use=use: weights.answer(weight.pk, use=use, by=by, now=now)
            for by, use in zip(checkers, (True, False, True), strict=True)
        ]
    )
    given = WeightAnswer.objects.get(weight=weight)
    assert [type(problem) for problem in problems(results)] == [Refusal] * 2
    assert all(given.by.name in problem.sentence for problem in problems(results))


def test_a_dose_and_a_weight_at_the_same_moment_take_turns(site, course) -> None:
    """Either the dose came first, on the old weight, or it is told that a weight waits."""
    now = clock.now()
    today, nurse = courses.local_date(course.patient, now), makers.a_clinician(site)
    dose, weight = at_once(
        lambda: courses.record_dose(
            course.pk, step="step_up_dose_1", given_at=now, given_mg=Decimal("4.2"), by=nurse, now=now
        ),
        lambda: weights.record(course.pk, Weighing(Decimal(60), today, "a nurse"), by=nurse, now=now),
    )
    assert weights.waiting(course) == weight
    if isinstance(dose, Refusal):
        assert "waits for a second clinician" in dose.sentence
    else:
        assert dose.dose.weight.kg == 70


def test_an_answer_waits_for_the_weight_that_overtakes_it(site, course) -> None:
    """The second weighing is not committed yet when somebody answers the first."""
    now = clock.now()
    today, nurse = courses.local_date(course.patient, now), makers.a_clinician(site)
    slip = weights.record(course.pk, Weighing(Decimal(107), today, "a nurse"), by=nurse, now=now)
    again = threading.Event()

    def weigh_again() -> None:
        with transaction.atomic():
            weights.record(course.pk, Weighing(Decimal(60), today, "a nurse"), by=nurse, now=now)
            again.set()
            until(somebody_waits, "the answer to run into the course")

    def answer() -> None:
        again.wait(10)
        weights.answer(slip.pk, use=True, by=makers.a_clinician(site, Role.PHARMACIST), now=now)

    [refused] = problems(at_once(weigh_again, answer))
    assert isinstance(refused, Refusal)
    assert refused.code == "weight-answered"
    assert course.weight.kg == 70
