"""A site that goes by another clock: turns to come move with it, turns that have passed stay where they were."""

from datetime import time

import pytest

from notifications import oncall, rotations
from notifications.models import Rotation, Site
from protocols.rotas import Hours
from stepup import staff
from tests.notifications.arranging import DAY, HOUR, START, a_plan, begin

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NOW = START + 3 * DAY + 2 * HOUR


def moved(site: Site, lead) -> None:
    """To Chicago, whose clocks are an hour behind New York's."""
    said = {name: getattr(site, name) for name in staff.OF_A_PROVIDER} | {"time_zone": "America/Chicago"}
    staff.change_numbers(site.pk, said=said, seen_at=0, why="put in wrongly", by=lead, now=NOW)
    site.refresh_from_db()


def turns(site: Site, since, until, rung: int = 1) -> list[tuple]:
    read = oncall.stints(site, since=since, until=until)
    return [(one.clinician.name, one.starts_at, one.ends_at) for one in read if one.rung == rung]


def test_turns_that_have_passed_stay_and_those_to_come_go_by_the_other_clock(site, two, lead) -> None:
    """Daily turns from 12:00: on Friday at 14:00 in New York the third is two hours old, in Chicago one."""
    begin(site, *two)
    before = turns(site, START, NOW)
    moved(site, lead)
    assert turns(site, START, NOW) == before
    [(now_on, *_), (_next, starts_at, ends_at), *_more] = turns(site, NOW, NOW + 3 * DAY)
    assert (now_on, starts_at, ends_at - starts_at) == ("Nurse M", START + 4 * DAY + HOUR, DAY)
    assert oncall.gaps(site, since=START, until=NOW + 9 * DAY, now=START) == []


def test_a_rotation_that_is_over_keeps_its_clock(site, two, lead) -> None:
    row = begin(site, *two)
    rotations.end(row.pk, at=START + 2 * DAY, by=lead, now=START)
    before = turns(site, START, NOW)
    moved(site, lead)
    assert turns(site, START, NOW) == before
    assert Rotation.objects.count() == 1


def test_one_that_is_planned_and_one_with_an_end_and_hours_are_kept(site, two, lead) -> None:
    nights = Hours(frozenset({4, 5, 6}), time(20), time(8))
    old = begin(site, *two, hours=nights)
    plan = a_plan(two[1], since=START + 9 * DAY, name="planned")
    rotations.begin(site, plan, by=lead, now=START, instead_of=old)
    moved(site, lead)
    standing = Rotation.objects.exclude(until__lte=NOW).filter(time_zone="America/Chicago").order_by("since")
    [first, second] = standing
    assert (first.since, first.until, first.hours) == (NOW, START + 9 * DAY, nights)
    assert (second.name, second.since, second.until) == ("planned", START + 9 * DAY, None)
    assert [turn.clinician for turn in first.turns.all()] == list(two)
    tonight = turns(site, NOW, NOW + DAY)
    assert [(a, b) for _who, a, b in tonight] == [(START + 3 * DAY + 9 * HOUR, START + 3 * DAY + 21 * HOUR)]


def test_the_same_clock_touches_no_rotation(site, two, lead) -> None:
    begin(site, *two)
    assert rotations.follow_zone(site, by=lead, now=NOW) == []
    assert Rotation.objects.count() == 1
