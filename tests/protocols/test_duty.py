"""What being on call asks of each person: counted by hand for single turns, and who has more than an equal share."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from protocols import duty
from protocols.rotas import ROTATION, Stint

ZONE = "America/New_York"
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(days=7)
N, M, P = 1, 2, 3  # nurses


def at(shown: str) -> datetime:
    """A moment by the site's clock: Monday is 1 March 2027."""
    return datetime.fromisoformat(shown).replace(tzinfo=ZoneInfo(ZONE))


def turn(since: str, until: str, *, person: int = N, rung: int = 1) -> Stint:
    return Stint(rung, person, at(since), at(until), ROTATION, 1)


@pytest.mark.parametrize(
    ("since", "until", "hours", "nights", "weekend"),
    [
        ("2027-03-01 08:00", "2027-03-01 20:00", 12, 0, 0),
        ("2027-03-01 20:00", "2027-03-02 08:00", 12, 1, 0),
        ("2027-03-01 20:00", "2027-03-02 02:00", 6, 1, 0),
        ("2027-03-01 20:00", "2027-03-02 01:59", 6, 0, 0),
        ("2027-03-02 02:00", "2027-03-02 08:00", 6, 1, 0),
        ("2027-03-05 20:00", "2027-03-06 08:00", 12, 1, 8),
        ("2027-03-07 20:00", "2027-03-08 08:00", 12, 1, 4),
        ("2027-03-01 08:00", "2027-03-08 08:00", 168, 7, 48),
        ("2027-03-13 20:00", "2027-03-14 08:00", 11, 1, 11),  # the clocks go forward
        ("2027-03-13 21:30", "2027-03-14 01:30", 4, 1, 4),  # half of that night
        ("2027-03-14 00:00", "2027-03-15 08:00", 31, 2, 23),  # and that Sunday
        ("2027-11-06 20:00", "2027-11-07 08:00", 13, 1, 13),  # the clocks go back
    ],
)
def test_hours_pass_and_nights_and_weekends_are_the_clock_s(since, until, hours, nights, weekend) -> None:
    found = duty.of([turn(since, until)], ZONE)[N]
    assert (round(found.hours / HOUR), found.nights, found.weekend / HOUR) == (hours, nights, weekend)


def test_two_rungs_at_once_and_turns_that_follow_each_other_are_one_time_on_call() -> None:
    stints = [
        turn("2027-03-02 08:00", "2027-03-03 08:00"),
        turn("2027-03-01 08:00", "2027-03-02 08:00"),
        turn("2027-03-02 10:00", "2027-03-02 12:00", rung=2),
        turn("2027-03-04 08:00", "2027-03-04 12:00"),
    ]
    found = duty.of(stints, ZONE)[N]
    assert (found.hours, found.longest, found.nights) == (52 * HOUR, 48 * HOUR, 2)


def test_each_person_is_counted_alone() -> None:
    stints = [
        turn("2027-03-01 08:00", "2027-03-01 20:00"),
        turn("2027-03-01 20:00", "2027-03-02 08:00", person=M),
    ]
    found = duty.of(stints, ZONE)
    assert [(found[one].hours, found[one].nights) for one in (N, M)] == [(12 * HOUR, 0), (12 * HOUR, 1)]
    assert duty.of([], ZONE) == {}


def weeks(*people: int, rung: int = 1) -> list[Stint]:
    """A week each, in this order."""
    start = datetime(2027, 3, 1, 13, tzinfo=UTC)
    return [
        Stint(rung, one, start + n * WEEK, start + (n + 1) * WEEK, ROTATION, 1)
        for n, one in enumerate(people)
    ]


@pytest.mark.parametrize(
    ("turns", "over"),
    [
        (weeks(N, M, P, N, M, P, N), {}),  # once more than the others
        (weeks(*[N] * 6, M, M, M), {N: 1.5}),
        (weeks(*[N] * 4, M, P), {N: 2}),
        (weeks(*[N] * 4, M, M), {}),  # a week more, and no longer
        (weeks(*[N] * 10, *[M] * 6), {}),  # a quarter more, and nothing above it
        (weeks(*[N] * 11, *[M] * 6), {N: 2.5}),
        (weeks(*[N] * 30), {}),  # alone: with nobody to share it
        ([*weeks(*[N] * 30), *weeks(*[M, P] * 4, rung=2)], {}),
        ([*weeks(*[N] * 6, M, M, M), *weeks(*[N] * 30, rung=2)], {N: 1.5}),  # what is alone hides nothing
        ([*weeks(N, N, N, M, rung=1), *weeks(N, N, N, M, rung=2)], {N: 2}),  # both rungs together
        ([*weeks(N, N, N, M, rung=1), *weeks(M, M, M, N, rung=2)], {}),  # one makes up for the other
        ([], {}),
    ],
)
def test_who_has_more_than_an_equal_share(turns, over) -> None:
    assert {who: more / WEEK for who, more in duty.over_share(turns).items()} == over


def test_who_has_a_rung_alone() -> None:
    assert duty.alone([*weeks(N, M), *weeks(P, P, rung=2)]) == {2: P}


@pytest.mark.parametrize(
    ("shown", "night"),
    [("21:59", False), ("22:00", True), ("03:00", True), ("05:59", True), ("06:00", False)],
)
def test_a_page_at_night_is_one_by_the_clock_of_the_site(shown, night) -> None:
    assert duty.is_at_night(at(f"2027-03-01 {shown}"), ZONE) == night
