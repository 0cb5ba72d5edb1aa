"""Two people say something of the same item, or one states what the other's dose has overtaken."""

import pytest

from notifications import clock
from protocols.errors import Refusal
from stepup import courses, readiness
from stepup.models import ReadinessStatement
from stepup.readiness import MET, OPEN, Said
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
FIRST = "step_up_dose_1"


def test_of_two_who_say_the_opposite_one_is_kept_and_the_other_told(site) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    seen = readiness.of(course, step=FIRST, now=now).seen
    nora, noah = makers.a_clinician(site, name="Nora"), makers.a_clinician(site, name="Noah")
    acts = [(nora, Said("infection", MET)), (noah, Said("infection", OPEN, reason="38.2"))]
    results = at_once(
        *[
            lambda by=by, said=said: readiness.state(
                course.pk, [said], step=FIRST, dose_number=1, seen=seen, by=by, now=now
            )
            for by, said in acts
        ]
    )
    [refused] = problems(results)
    assert isinstance(refused, Refusal)
    assert refused.code == "said-meanwhile"
    assert ReadinessStatement.objects.filter(pk__gt=seen).count() == 1


def test_a_dose_recorded_at_the_same_moment_never_takes_the_statement_along(site) -> None:
    now = clock.now()
    makers.on_call(site, since=now)
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    listed, nurse = readiness.of(course, step=FIRST, now=now), makers.a_clinician(site)
    planned = courses.plan(course)[0]
    at_once(
        lambda: courses.record_dose(
            course.pk, step=FIRST, given_at=now, given_mg=planned.calculated_mg, by=nurse, now=now
        ),
        lambda: readiness.state(
            course.pk,
            [Said("infection", MET)],
            step=FIRST,
            dose_number=1,
            seen=listed.seen,
            by=nurse,
            now=now,
        ),
    )
    assert course.doses.count() == 1
    assert set(course.readiness_statements.values_list("dose_number", flat=True)) == {1}
