"""A rotation planned for later: until it begins, what is in force stays, and a new rung is no gap yet."""

import pytest

from monitoring import pulse
from notifications import oncall, rotations
from protocols.errors import Refusal
from protocols.ladder import Rung
from protocols.rotas import Gap, Hours
from stepup import rota
from tests.notifications.arranging import DAY, HOUR, START, a_plan, begin, names

pytestmark = [pytest.mark.database, pytest.mark.django_db]
LATER, END = START + 5 * DAY, START + 12 * DAY


def gaps(site, *, since=START, until=END, now=START, ladders=()) -> list[Gap]:
    return oncall.gaps(site, since=since, until=until, now=now, ladders=ladders)


def test_a_planned_successor_leaves_the_rotation_in_force_until_it_begins(site, two, lead) -> None:
    old = begin(site, two[0])
    rotations.begin(site, a_plan(two[1], since=LATER), by=lead, now=START, instead_of=old)
    assert [names(site, at) for at in (START, LATER - HOUR, LATER)] == [["Nurse N"], ["Nurse N"], ["Nurse M"]]
    assert gaps(site) == []


def test_a_second_rung_that_is_planned_is_no_gap_before_it_begins(site, two) -> None:
    begin(site, two[0])
    begin(site, two[1], rung=2, since=LATER)
    assert gaps(site) == []
    assert [len(pulse.on_call(site, now=at)) for at in (START, LATER)] == [1, 2]
    assert pulse.take(site, ladders=(), now=START).ahead == ()
    assert [oncall.rungs(site, now=at) for at in (START, LATER)] == [1, 2]


def test_from_when_it_begins_its_hours_without_anybody_are_gaps_and_the_rungs_below_it(site, two) -> None:
    begin(site, two[0])
    begin(site, two[1], rung=3, since=LATER)
    rotations.end(site.rotations.get(rung=3).pk, at=LATER + DAY, by=two[0], now=START)
    assert gaps(site) == [Gap(2, LATER, END), Gap(3, LATER + DAY, END)]
    assert gaps(site, until=LATER) == []
    assert gaps(site, since=LATER + HOUR) == [Gap(2, LATER + HOUR, END), Gap(3, LATER + DAY, END)]
    ahead = pulse.take(site, ladders=(), now=START).ahead
    assert [(gap.rung, gap.starts_at) for gap in ahead] == [(2, LATER), (3, LATER + DAY)]


def test_the_calendar_has_its_column_and_no_gap_before_it_begins(site, two) -> None:
    begin(site, two[0])
    nights = Hours(frozenset(range(7)), LATER.time(), (LATER + 12 * HOUR).time())
    begin(site, two[1], rung=2, since=LATER, hours=nights)
    sheet = rota.sheet(site, now=START)
    assert [head.rung for head in sheet.heads] == [1, 2]
    assert all(gap.rung == 2 and gap.starts_at >= LATER for gap in sheet.gaps)
    assert len(sheet.gaps) >= 5
    asked = rota.at_hour(site, at=LATER + 2 * DAY, now=START)
    assert [head.rung for head, _ in asked] == [1, 2]


def test_the_first_rung_is_a_gap_until_its_first_rotation_begins(site, two) -> None:
    begin(site, two[0], since=LATER)
    assert gaps(site) == [Gap(1, START, LATER)]


def test_a_rung_somebody_stood_on_lately_stays_a_gap_until_the_planned_one_begins(site, two) -> None:
    begin(site, two[0])
    old = begin(site, two[1], rung=2)
    rotations.end(old.pk, at=START + DAY, by=two[0], now=START)
    begin(site, two[1], rung=2, since=LATER)
    assert gaps(site) == [Gap(2, START + DAY, LATER)]


def test_a_place_that_a_ladder_was_signed_with_is_a_gap_before_it_begins_and_told_once(site, two) -> None:
    begin(site, two[0])
    begin(site, two[1], rung=2, since=LATER)
    rotations.end(site.rotations.get(rung=2).pk, at=LATER + DAY, by=two[0], now=START)
    ladder = [Rung((f"on call {n}",)) for n in (1, 2)]
    found = gaps(site, ladders=[ladder])
    assert [(gap.rung, gap.starts_at, gap.ends_at) for gap in found] == [
        (2, START, LATER),
        (2, LATER + DAY, END),
    ]


def test_a_rotation_taken_back_before_it_began_is_no_gap(site, two) -> None:
    begin(site, two[0])
    row = begin(site, two[1], rung=2, since=LATER)
    rotations.end(row.pk, at=START, by=two[0], now=START)
    assert gaps(site) == []


def test_whoever_begins_one_beside_another_is_told_how_to_plan_it(site, two, lead) -> None:
    begin(site, two[0])
    with pytest.raises(Refusal, match="Change that one and say from when"):
        rotations.begin(site, a_plan(two[1], since=LATER), by=lead, now=START)
