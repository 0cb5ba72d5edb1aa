"""Two who answer for one course at once, and a dose recorded while it moves: one is first, nobody is lost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from stepup import courses, next_dose, version_choices, versions
from stepup.models import Course, Dose, VersionChoice
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_of_two_who_answer_for_a_course_one_is_told(site) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    newer = makers.a_newer_version(course.protocol, now=now)
    seen = version_choices.seen(course)
    people = [makers.a_clinician(site, Role.PRESCRIBER) for _ in range(3)]
    results = at_once(
        *[
            lambda by=by: version_choices.move(
                course.pk, to=newer, seen_before=seen, why="w", by=by, now=now + timedelta(seconds=1)
            )
            for by in people[:2]
        ],
        lambda: version_choices.stay(
            course.pk, offered=newer, seen_before=seen, why="w", by=people[2], now=now
        ),
    )
    told = problems(results)
    assert [type(problem) for problem in told] == [Refusal] * 2
    assert {problem.code for problem in told} == {"answered-meanwhile"}
    made = VersionChoice.objects.get()
    course.refresh_from_db()
    assert course.protocol == made.runs_on


def test_a_dose_and_a_move_at_once_are_both_answered_and_the_dose_is_of_one_version(site) -> None:
    """Whichever is first: a move that finds a dose is told, and a dose that finds a move is given under it."""
    now = clock.now()
    old = makers.an_approved_protocol(site, now=now)
    newer = makers.a_newer_version(old, now=now)
    for _ in range(4):
        course = makers.a_course(makers.a_patient(site, now=now), now=now)
        decided, by = next_dose.decide(course, now=now), makers.a_clinician(site, Role.PRESCRIBER)
        assert decided.decision == "give"
        seen = version_choices.seen(course)
        dose, moved = at_once(
            lambda course=course, by=by: courses.record_dose(
                course.pk,
                step="step_up_dose_1",
                given_at=now,
                given_mg=Decimal("4.2"),
                by=by,
                now=clock.now(),
            ),
            lambda course=course, seen=seen, by=by: version_choices.move(
                course.pk, to=newer, seen_before=seen, why="w", by=by, now=clock.now()
            ),
        )
        assert isinstance(dose, courses.Recorded), dose
        course = Course.objects.select_related("protocol").get(pk=course.pk)
        under = versions.of_dose(Dose.objects.get(course=course), course)
        assert dose.dose.watch is not None
        assert dose.dose.watch.protocol.startswith(under.protocol_id)
        if isinstance(moved, VersionChoice):
            assert course.protocol == newer
        else:
            assert isinstance(moved, Refusal), moved
            assert course.protocol == old
