"""Two people decide about a stage, or override it, at one moment: one did, and the other is told who."""

from datetime import timedelta

import pytest

from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from protocols.staging import Stage
from stepup import adoption
from stepup.models import AdoptionStage, StageOverride
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def begun(site, *, stage: Stage = Stage.MAINTENANCE) -> None:
    """A stage whose numbers have been met."""
    adoption.set_numbers(
        site, stage=stage, numbers={"least_days": 10}, why="our board", seen_before=0,
        by=makers.a_clinician(site, Role.PRESCRIBER), now=clock.now() - timedelta(days=20),
    )  # fmt: skip


def test_a_stage_opened_by_two_goes_on_by_one(site) -> None:
    begun(site)
    leads = [makers.a_clinician(site, Role.LEAD) for _ in range(3)]
    results = at_once(
        *[lambda by=by: adoption.open_next(site, seen_before=1, by=by, now=clock.now()) for by in leads]
    )
    newest = AdoptionStage.objects.get(kind="opened")
    assert (newest.number, newest.stage) == (2, "later")
    assert [type(problem) for problem in problems(results)] == [Refusal] * 2
    assert all(newest.by.name in problem.sentence for problem in problems(results))


def test_opening_and_going_back_at_once_leave_one_of_them(site) -> None:
    begun(site, stage=Stage.LATER)
    leads = [makers.a_clinician(site, Role.LEAD) for _ in range(2)]
    results = at_once(
        lambda: adoption.open_next(site, seen_before=1, by=leads[0], now=clock.now()),
        lambda: adoption.go_back(
            site, to=Stage.MAINTENANCE, why="bad nights", seen_before=1, by=leads[1], now=clock.now()
        ),
    )
    assert len(problems(results)) == 1
    assert AdoptionStage.objects.count() == 2


def test_a_dose_overridden_by_two_is_overridden_once(site, doctors) -> None:
    now = clock.now()
    begun(site)
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    prescribers = [makers.a_clinician(site, Role.PRESCRIBER) for _ in range(2)]
    results = at_once(
        *[
            lambda by=by: adoption.override(
                course.pk, step="step_up_dose_1", reason="next door", by=by, now=now
            )
            for by in prescribers
        ]
    )
    [problem] = problems(results)
    assert StageOverride.objects.get().by.name in problem.sentence
