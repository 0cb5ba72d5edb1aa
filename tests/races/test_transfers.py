"""A dose and a transfer at one moment: either the dose is in the hand-over's course, or it was never recorded here."""

from decimal import Decimal

import pytest

from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from stepup import appointments, courses, transfers
from stepup.models import Course, Dose, Transfer
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def test_of_a_dose_and_two_transfers_at_once_one_happens_and_the_others_are_told(site) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    planned, seen = courses.plan(course)[0], appointments.seen(course)
    nurse, *doctors = [
        makers.a_clinician(site, role) for role in (Role.NURSE, Role.PRESCRIBER, Role.PRESCRIBER)
    ]

    def give() -> object:
        return courses.record_dose(
            course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(1), by=nurse, now=now
        )  # fmt: skip

    def transfer(by: object) -> Transfer:
        to = transfers.To("General Hospital", "Dr Grace Other", "+1 555 010 7777")
        return transfers.transfer(course.pk, to, reason="moved", seen=seen, by=by, now=now)

    results = at_once(give, *[lambda by=by: transfer(by) for by in doctors])
    assert [type(problem) for problem in problems(results)] == [Refusal] * 2
    assert Dose.objects.count() + Transfer.objects.count() == 1
    course.refresh_from_db()
    assert (course.state == Course.State.TRANSFERRED) == Transfer.objects.exists()
