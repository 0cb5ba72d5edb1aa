"""Two people say something of one item at once: one is first, the other reads it before theirs is kept."""

import pytest

from notifications import clock
from notifications.models import Role
from protocols.errors import Refusal
from stepup import care_entries, care_rules, courses
from stepup.care_entries import Result
from stepup.models import CareEntry, CareRule, Course
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def course(site) -> Course:
    now = clock.now()
    return makers.a_course(makers.a_patient(site, now=now), now=now)


def test_of_two_who_record_the_same_item_one_is_told_and_nothing_is_doubled(site, course) -> None:
    now = clock.now()
    today = courses.local_date(course.patient, now)
    people = [makers.a_clinician(site) for _ in range(2)]
    results = at_once(
        *[
            lambda by=by: care_entries.record(
                course.pk, "igg", on=today, result=Result("512", by.name), seen=0, by=by, now=now
            )
            for by in people
        ]
    )
    [told] = problems(results)
    row = CareEntry.objects.get()
    assert isinstance(told, Refusal)
    assert told.code == "said-meanwhile"
    assert row.by.name in told.sentence


def test_of_two_who_take_an_entry_back_one_is_told(site, course) -> None:
    now = clock.now()
    people = [makers.a_clinician(site) for _ in range(2)]
    today = courses.local_date(course.patient, now)
    row = care_entries.record(course.pk, "igg", on=today, result=Result(), seen=0, by=people[0], now=now)
    results = at_once(
        *[lambda by=by: care_entries.take_back(row.pk, words="wrong", by=by, now=now) for by in people]
    )
    [told] = problems(results)
    assert isinstance(told, Refusal)
    assert told.code == "back-already"


def test_of_two_who_set_the_same_rule_one_is_told(site) -> None:
    now = clock.now()
    people = [makers.a_clinician(site, role) for role in (Role.PHARMACIST, Role.PRESCRIBER)]
    results = at_once(
        *[
            lambda by=by, days=days: care_rules.set_rule(
                site, "cmv", every_days=days, option="", words="", source="m", seen=0, by=by, now=now
            )
            for by, days in zip(people, (14, 28), strict=True)
        ]
    )
    [told] = problems(results)
    assert isinstance(told, Refusal)
    assert told.code == "set-meanwhile"
    assert CareRule.objects.count() == 1
