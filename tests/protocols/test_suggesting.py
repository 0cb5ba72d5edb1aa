"""Dates that satisfy every rule: a table, and the two promises a search must keep against looking at every minute."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import chairs, suggesting
from protocols.chairs import Against, Day, Stay
from protocols.suggesting import Limit, Offer, Uncovered

ZONE = "America/New_York"
MONDAY = date(2027, 3, 1)
OPENS = datetime(2027, 3, 1, 13, tzinfo=UTC)  # 08:00 EST
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
WEEK = timedelta(hours=168)


def an_offer(n: int = 0, *, places: int = 1, minutes: int | None = 60, **facts: object) -> Offer:
    day = Day(MONDAY + n * DAY, ZONE, time(8), time(10), places)
    return Offer(day, minutes, WEEK, **facts)


def a_stay(at: datetime, minutes: int | None = 60) -> Stay:
    return Stay((9, 1), at, minutes)


def clocks(found: suggesting.Suggested) -> list[str]:
    return [f"{at:%d %H:%M}" for at in found.slots]


def test_a_free_day_has_every_quarter_hour_from_opening_until_the_last_that_fits() -> None:
    assert clocks(suggesting.suggest([an_offer()])) == [
        "01 13:00",
        "01 13:15",
        "01 13:30",
        "01 13:45",
        "01 14:00",
    ]


def test_the_moment_a_chair_becomes_free_is_found_between_two_quarters() -> None:
    found = suggesting.suggest([an_offer(others=(a_stay(OPENS, 52),))])
    assert clocks(found) == ["01 13:52", "01 14:00"]
    assert found.sentence == "The first that satisfies every rule: Mon 01 Mar 2027 08:52 EST."


def test_a_watch_may_begin_only_where_its_last_hour_is_covered() -> None:
    gap = Uncovered(1, OPENS + WEEK + HOUR / 2, OPENS + WEEK + 9 * HOUR)
    assert clocks(suggesting.suggest([an_offer()], gaps=[gap])) == ["01 13:00", "01 13:15", "01 13:30"]


def test_not_before_the_hours_the_label_wants_are_over() -> None:
    limit = Limit(OPENS + 50 * MINUTE, Against("label", "48 hours"))
    assert clocks(suggesting.suggest([an_offer()], limits=[limit])) == ["01 13:50", "01 14:00"]


FULL = (a_stay(OPENS, None),)
ALL_WEEK = Uncovered(2, OPENS - DAY, OPENS + 30 * DAY)
PAST = Limit(OPENS + DAY, Against("past", "That time has passed."))


@pytest.mark.parametrize(
    ("offers", "more", "codes", "sentence"),
    [
        ([an_offer(others=FULL)], {}, ["chairs-full"], "Mon 01 Mar 2027 08:00 EST with a free chair."),
        ([an_offer(closed="closed: Fair")], {}, ["closed-day"], "with opening on a closed day."),
        ([an_offer(minutes=180)], {}, ["outside-hours"], "with longer hours of the unit."),
        ([an_offer(label=("Two weeks late.",))], {}, ["label"], "with an answer to what the label wants for that day."),
        ([an_offer()], {"gaps": [ALL_WEEK]}, ["uncovered"], "with somebody on call for its whole watch."),
        (
            [an_offer(others=FULL)], {"gaps": [ALL_WEEK]}, ["chairs-full", "uncovered"],
            "with a free chair and somebody on call for its whole watch.",
        ),
        ([an_offer()], {"limits": [PAST]}, ["past"], "none would if one gave way: see each day."),
    ],
    ids=["chairs", "closed", "hours", "label", "on call", "two at once", "over"],
)  # fmt: skip
def test_without_a_date_each_day_names_its_rule_and_the_sentence_what_would_give_one(
    offers, more, codes, sentence
) -> None:
    found = suggesting.suggest(offers, **more)
    assert found.slots == ()
    assert [one.code for one in found.days[0].against] == codes
    assert found.sentence.startswith("No date satisfies every rule")
    assert found.sentence.endswith(sentence)


def test_every_single_rule_that_would_do_is_named_with_its_first_moment() -> None:
    found = suggesting.suggest(
        [an_offer(others=FULL, closed="Monday"), an_offer(1, closed="Tuesday"), an_offer(2, others=FULL)]
    )
    assert found.sentence == (
        "No date satisfies every rule. Possible would be Tue 02 Mar 2027 08:00 EST with opening on a closed day;"
        " or Wed 03 Mar 2027 08:00 EST with a free chair."
    )


def test_where_nobody_entered_hours_a_day_has_its_usual_time_and_a_weekend_none() -> None:
    unknown = Day(MONDAY, ZONE, known=False)
    assert clocks(suggesting.suggest([Offer(unknown, None, WEEK, usual=time(9, 40))])) == ["01 14:40"]
    assert suggesting.suggest([Offer(unknown, None, WEEK, closed="Saturday")]).slots == ()


def test_a_weekday_without_hours_has_no_date() -> None:
    shut = Day(MONDAY, ZONE)
    found = suggesting.suggest([Offer(shut, 60, WEEK, closed="Monday")])
    assert [one.code for one in found.days[0].against] == ["closed-day"]


def test_an_hour_that_comes_twice_is_two_moments() -> None:
    night = Day(date(2027, 11, 7), ZONE, time(0), time(3), 1)
    found = suggesting.suggest([Offer(night, 60, WEEK)])
    assert len(found.slots) == len(set(found.slots)) == 13, (
        "four hours on a clock of three, an hour in the chair"
    )


# Against looking at every five minutes of every day

FIVE = 5 * MINUTE
spans = st.tuples(st.integers(0, 40), st.integers(1, 30))
stays = st.lists(st.tuples(st.integers(0, 36), st.one_of(st.none(), st.integers(1, 24))), max_size=4)
untimed = st.lists(st.integers(1, 24), max_size=2)
days = st.lists(
    st.tuples(st.integers(1, 2), stays, st.sampled_from(["", "", "", "closed"]), st.sampled_from([(), (), ("late",)])),
    min_size=1, max_size=3,
)  # fmt: skip


def _drawn(drawn: list, minutes: int | None, loose: list[int]) -> list[Offer]:
    offers = []
    for n, (places, taken, closed, label) in enumerate(drawn):
        base = OPENS + n * DAY
        timed = [Stay((k, 1), base + at * FIVE, m and m * 5) for k, (at, m) in enumerate(taken)]
        waiting = [Stay((k, 2), None, m * 5) for k, m in enumerate(loose)]
        day = Day(MONDAY + n * DAY, ZONE, time(8), time(11), places)
        offers.append(Offer(day, minutes, DAY, label, closed, (*timed, *waiting)))
    return offers


def _is_clear(offer: Offer, at: datetime, limit: datetime, gaps: list[Uncovered]) -> bool:
    """The rules once more, written from the other side."""
    stay = Stay((99, 9), at, offer.minutes)
    covered = not any(gap.starts_at < at + offer.watch and at < gap.ends_at for gap in gaps)
    plain = not offer.closed and not offer.label and at >= limit
    return plain and covered and chairs.against(offer.day, offer.others, stay) == []


@given(
    days, st.one_of(st.none(), st.integers(1, 24)), st.lists(spans, max_size=2), st.integers(0, 60), untimed
)
def test_whatever_is_suggested_nothing_stands_against_and_nothing_is_missed(
    drawn, minutes, away, begins, loose
) -> None:
    offers = _drawn(drawn, minutes and minutes * 5, loose)
    gaps = [Uncovered(1, OPENS + a * 4 * HOUR, OPENS + a * 4 * HOUR + b * FIVE) for a, b in away]
    limit = OPENS + begins * FIVE
    found = suggesting.suggest(offers, limits=[Limit(limit, Against("past", "over"))], gaps=gaps)
    by_day = {offer.day.on: offer for offer in offers}
    for day in found.days:
        assert all(_is_clear(by_day[day.on], at, limit, gaps) for at in day.slots)
        assert day.slots or day.against, "a day without a time says why"
        step = FIVE if not loose else 15 * MINUTE
        whole = [by_day[day.on].day.opens_at + n * step for n in range(int(3 * HOUR / step))]
        clear = [at for at in whole if _is_clear(by_day[day.on], at, limit, gaps)]
        assert bool(clear) <= bool(day.slots), f"missed {clear[:1]}"
    assert found.sentence.startswith("No date") is not bool(found.slots)
