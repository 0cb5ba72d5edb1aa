"""Chairs and hours: who finds one, when a day is full, and both nights on which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import chairs
from protocols.chairs import Day, Stay

NEW_YORK = "America/New_York"
MONDAY = date(2027, 3, 1)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)


def a_day(places: int = 2, on: date = MONDAY, opens: str = "08:00", closes: str = "16:00") -> Day:
    return Day(on, NEW_YORK, time.fromisoformat(opens), time.fromisoformat(closes), places)


def a_stay(n: int, at: str = "", minutes: int | None = 60) -> Stay:
    moment = chairs.moment(MONDAY, time.fromisoformat(at), NEW_YORK, last=False) if at else None
    return Stay((n, 1), moment, minutes)


@pytest.mark.parametrize(
    ("others", "new", "codes"),
    [
        ([], a_stay(9, "08:00"), []),
        ([], a_stay(9, "15:00"), []),
        ([], a_stay(9, "15:01"), ["outside-hours"]),
        ([], a_stay(9, "07:59"), ["outside-hours"]),
        ([], a_stay(9, "16:00", None), ["outside-hours"]),
        ([a_stay(1, "10:00")], a_stay(9, "10:30"), []),
        ([a_stay(1, "10:00"), a_stay(2, "10:30")], a_stay(9, "10:45"), ["chairs-full"]),
        ([a_stay(1, "10:00"), a_stay(2, "10:30")], a_stay(9, "11:00"), []),
        ([a_stay(1, "10:00"), a_stay(2, "10:30")], a_stay(9, "09:30"), []),
        ([a_stay(1, "10:00"), a_stay(2, "10:30")], a_stay(9, "09:31"), ["chairs-full"]),
        ([a_stay(1, "10:00", None), a_stay(2, "11:00", None)], a_stay(9, "14:00", None), ["chairs-full"]),
        ([a_stay(1, minutes=480), a_stay(2, minutes=420)], a_stay(9, "12:00"), ["chairs-full"]),
        ([a_stay(1, minutes=480), a_stay(2, minutes=420)], a_stay(9, "08:00"), []),
        ([a_stay(1, minutes=480), a_stay(2, minutes=420)], a_stay(9, "15:00"), []),
    ],
)
def test_what_stands_against_a_place(others, new, codes) -> None:
    assert [one.code for one in chairs.against(a_day(), others, new)] == codes


def test_nothing_stands_against_a_place_where_nobody_entered_hours() -> None:
    nowhere = Day(MONDAY, NEW_YORK, known=False)
    assert chairs.against(nowhere, [a_stay(1, "10:00")] * 9, a_stay(9, "03:00")) == []


def test_a_dose_of_its_own_length_holds_its_chair_for_it() -> None:
    day = Day(MONDAY, NEW_YORK, time(8), time(16), 1, minutes=30, by_step={("a", "first"): 240})
    assert (day.minutes_of("a", "first"), day.minutes_of("a", "second"), day.minutes_of("b", "first")) == (
        240,
        30,
        30,
    )


@pytest.mark.parametrize(
    ("on", "at", "last", "utc"),
    [
        (SPRING, time(1, 59), False, datetime(2027, 3, 14, 6, 59, tzinfo=UTC)),
        (SPRING, time(2, 0), False, datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        (SPRING, time(2, 30), False, datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        (SPRING, time(3, 0), False, datetime(2027, 3, 14, 7, 0, tzinfo=UTC)),
        (SPRING, time(8, 0), False, datetime(2027, 3, 14, 12, 0, tzinfo=UTC)),
        (AUTUMN, time(1, 30), False, datetime(2027, 11, 7, 5, 30, tzinfo=UTC)),
        (AUTUMN, time(1, 30), True, datetime(2027, 11, 7, 6, 30, tzinfo=UTC)),
        (AUTUMN, time(8, 0), True, datetime(2027, 11, 7, 13, 0, tzinfo=UTC)),
    ],
)
def test_wall_clocks_on_the_days_they_change(on, at, last, utc) -> None:
    assert chairs.moment(on, at, NEW_YORK, last=last) == utc


@pytest.mark.parametrize(("on", "hours"), [(SPRING, 7), (AUTUMN, 9), (MONDAY, 8)])
def test_a_night_of_change_is_as_long_as_it_is(on, hours) -> None:
    day = a_day(on=on, opens="00:00", closes="08:00")
    assert day.closes_at - day.opens_at == timedelta(hours=hours)


STAYS = st.lists(st.tuples(st.integers(0, 1380), st.integers(5, 240)), max_size=12)


@given(STAYS, st.integers(1, 6))
def test_nobody_shares_a_chair_and_nobody_stands_beside_a_free_one(drawn, places) -> None:
    day = Day(MONDAY, NEW_YORK, time(0), time(23, 59), places)
    stays = [Stay((n, 1), day.opens_at + timedelta(minutes=at), long) for n, (at, long) in enumerate(drawn)]
    seated = chairs.seats(day, stays)
    for one in stays:
        for other in stays:
            if one is not other and seated[one.key] and seated[one.key] == seated[other.key]:
                (start, end), (begins, ends) = chairs.span(day, one), chairs.span(day, other)
                assert end <= begins or ends <= start
        if not seated[one.key]:
            assert (
                chairs.free(day, [s for s in stays if seated[s.key]], one.at, one.at + timedelta(minutes=1))
                == 0
            )


@given(STAYS, st.integers(1, 6), st.integers(0, 1380), st.integers(5, 240))
def test_what_nothing_stands_against_lies_in_the_hours_and_in_a_chair(drawn, places, at, long) -> None:
    day = Day(MONDAY, NEW_YORK, time(8), time(17), places)
    base = chairs.moment(MONDAY, time(0), NEW_YORK, last=False)
    others = [Stay((n, 1), base + timedelta(minutes=m), length) for n, (m, length) in enumerate(drawn)]
    new = Stay((99, 1), base + timedelta(minutes=at), long)
    if not chairs.against(day, others, new):
        start, end = chairs.span(day, new)
        assert day.opens_at <= start < end <= day.closes_at
        together = [chairs.span(day, one) for one in [*others, new]]
        moments = [start, *(s for s, _ in together if start <= s < end)]
        assert all(sum(s <= one < e for s, e in together) <= places for one in moments)
