"""Two nurses setting the record of one dose right at once: one wins, the other is told."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from monitoring import checkins
from monitoring.models import CheckIn, Watch
from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from stepup import corrections, courses, reported
from stepup.models import Course, Dose
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)
TOLD = reported.Report("here", "the paper chart", "the service was away")


@pytest.fixture
def now() -> datetime:
    return clock.now()


@pytest.fixture
def course(site, now) -> Course:
    return makers.a_course(makers.a_patient(site, now=now), now=now)


def test_a_dose_corrected_by_three_is_corrected_once(site, course, now) -> None:
    dose = makers.a_dose(course, given_at=now)
    nurses = [makers.a_clinician(site) for _ in range(3)]
    results = at_once(
        *[
            lambda by=by, hours=hours: corrections.correct(
                dose.pk,
                corrections.Facts(dose.step, now - hours * HOUR, dose.given_mg),
                reason="read off the pump",
                by=by,
                now=now,
            )
            for hours, by in enumerate(nurses, 1)
        ]
    )
    refused = problems(results)
    made = course.doses.get()
    assert len(refused) == 2
    for problem in refused:
        assert isinstance(problem, Refusal)
        assert f"Meanwhile {made.recorded_by.name} corrected this dose" in problem.sentence
    assert Watch.objects.get().given_at == made.given_at


def test_a_dose_checked_while_it_is_corrected_never_has_a_check_of_another_amount(site, course, now) -> None:
    planned = courses.plan(course)[0]
    dose = courses.record_dose(
        course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(1),
        by=makers.a_clinician(site), now=now,
    ).dose  # fmt: skip
    corrector, checker = makers.a_clinician(site), makers.a_clinician(site, Role.PHARMACIST)
    at_once(
        lambda: corrections.correct(
            dose.pk, corrections.Facts(dose.step, now, Decimal(4)), reason="misread", by=corrector, now=now
        ),
        lambda: courses.confirm_dose(dose.pk, by=checker, figure_mg=dose.given_mg, now=now),
    )
    made = course.doses.get()
    assert (made.given_mg, made.confirmed_at) == (Decimal(4), None)


def test_one_dose_recorded_through_both_doors_at_once_is_one_dose(site, course, now) -> None:
    planned = courses.plan(course)[0]
    facts = {"step": planned.step, "given_at": now, "given_mg": planned.calculated_mg, "now": now}
    one, other = makers.a_clinician(site), makers.a_clinician(site)
    results = at_once(
        lambda: courses.record_dose(course.pk, by=one, **facts),
        lambda: reported.record(course.pk, by=other, report=TOLD, **facts),
    )
    [problem] = problems(results)
    assert isinstance(problem, Refusal)
    assert Dose.objects.count() == 1


def test_a_time_corrected_while_a_check_in_is_asked_loses_no_question(site, course, now) -> None:
    dose = makers.a_dose(course, given_at=now)
    then = now + 4 * HOUR
    results = at_once(
        lambda: checkins.ask_due(now=then),
        lambda: corrections.correct(
            dose.pk, corrections.Facts(dose.step, now - HOUR, dose.given_mg), reason="read off the pump",
            by=makers.a_clinician(site), now=then,
        ),
    )  # fmt: skip
    assert problems(results) == []
    checkins.ask_due(now=then)
    assert CheckIn.objects.filter(state="asked").count() == 1
