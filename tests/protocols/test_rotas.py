"""Who is on call by rotation, minute by minute, through every change of the clocks; gaps and double bookings.

The oracle knows no spans: it walks through the minutes, reads the site's clock as one that never goes back, and asks
for each minute alone whose turn it is.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import rotas
from protocols.rotas import EVERY_DAY, Away, Hours, Rota, Rotation, Stint
from tests.examples import examples, some

MINUTE = timedelta(minutes=1)
HOUR, DAY = 60 * MINUTE, 24 * 60 * MINUTE
NEW_YORK, LORD_HOWE = "America/New_York", "Australia/Lord_Howe"
ZONES = [NEW_YORK, LORD_HOWE, "Europe/Berlin", "America/Santiago", "Asia/Kolkata", "Africa/Casablanca"]
YEAR = datetime(2027, 1, 1, tzinfo=UTC)
EVER = datetime(2020, 1, 1, tzinfo=UTC)
WEEKDAYS, WEEKEND = frozenset(range(5)), frozenset({5, 6})


def a_rotation(*people: int, rung: int = 1, layer: int = 1, days: int = 7, **facts: object) -> Rotation:
    """A weekly rotation from Monday 4 January 2027, 08:00 in New York, unless something else is said."""
    defaults: dict[str, object] = {
        "id": 10 * rung + layer, "rung": rung, "layer": layer, "zone": NEW_YORK, "people": people,
        "starts_on": date(2027, 1, 4), "hand_over": time(8), "turn_hours": 24 * days, "since": EVER,
    }  # fmt: skip
    return Rotation(**(defaults | facts))  # type: ignore[arg-type]


def at(words: str, zone: str = NEW_YORK) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def who(rota: Rota, moment: datetime) -> dict[int, int]:
    return {stint.rung: stint.person for stint in rota.at(moment)}


# The oracle


def minutes(since: datetime, until: datetime, zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Each minute, and what a clock of that zone shows that never goes back."""
    place, shown = ZoneInfo(zone), datetime.min
    now = since - 2 * DAY  # so that a change of clocks just before is known
    while now < until:
        shown = max(shown, now.astimezone(place).replace(tzinfo=None))
        if now >= since:
            yield now, shown
        now += MINUTE


def named(rotation: Rotation, now: datetime, shown: datetime) -> int | None:
    """Whom this rotation names for one minute."""
    begun = datetime.combine(rotation.starts_on, rotation.hand_over)
    if now < rotation.since or (rotation.until is not None and now >= rotation.until) or shown < begun:
        return None
    if rotation.hours is not None and not is_open(rotation.hours, shown):
        return None
    turn = (shown - begun) // (rotation.turn_hours * HOUR)
    return rotation.people[turn % len(rotation.people)]


def is_open(hours: Hours, shown: datetime) -> bool:
    today, yesterday = shown.weekday(), (shown.weekday() - 1) % 7
    if hours.opens < hours.closes:
        return today in hours.weekdays and hours.opens <= shown.time() < hours.closes
    evening = today in hours.weekdays and shown.time() >= hours.opens
    return evening or (yesterday in hours.weekdays and shown.time() < hours.closes)


def expected(rota: Rota, rung: int, now: datetime, shown: datetime) -> int | None:
    """Who must be on a rung in one minute, or nobody."""
    for kind in (rotas.OVERRIDE, rotas.SHIFT):
        for one in rota.fixed:
            if (one.rung, one.kind) == (rung, kind) and one.starts_at <= now < one.ends_at:
                return None if is_away(rota, one.person, now) else one.person
    for rotation in sorted(rota.rotations, key=lambda one: one.layer):
        person = named(rotation, now, shown) if rotation.rung == rung else None
        if person is not None:
            return None if is_away(rota, person, now) else person
    return None


def is_away(rota: Rota, person: int, now: datetime) -> bool:
    return any(one.person == person and one.starts_at <= now < one.ends_at for one in rota.away)


def check_every_minute(rota: Rota, zone: str, since: datetime, until: datetime) -> None:
    """Each minute of each rung has exactly the declared person, and where it has nobody the finder knows it."""
    stints = rota.stints(since, until)
    for rung in (1, 2):
        mine = [one for one in stints if one.rung == rung]
        holes = rotas.gaps(stints, [rung], since, until)
        place = hole = 0
        for now, shown in minutes(since, until, zone):
            while place < len(mine) and mine[place].ends_at <= now:
                place += 1
            while hole < len(holes) and holes[hole].ends_at <= now:
                hole += 1
            found = mine[place].person if place < len(mine) and mine[place].starts_at <= now else None
            must = expected(rota, rung, now, shown)
            assert found == must, f"rung {rung} at {now} ({shown} on the wall): {found}, not {must}"
            missing = hole < len(holes) and holes[hole].starts_at <= now
            assert missing == (must is None), f"rung {rung} at {now}: a gap the finder missed or made up"


# Every minute

CLOCKS = st.times(max_value=time(23, 59)).map(lambda one: one.replace(second=0, microsecond=0))
NIGHTS = st.sampled_from(
    [time(0), time(0, 30), time(1), time(1, 45), time(2), time(2, 15), time(2, 30), time(3)]
)


@st.composite
def hours_of_a_week(draw: st.DrawFn) -> Hours:
    return Hours(
        frozenset(draw(st.sets(st.integers(0, 6), min_size=1))), draw(CLOCKS | NIGHTS), draw(CLOCKS | NIGHTS)
    )


@st.composite
def rotations(draw: st.DrawFn, zone: str) -> Rotation:
    since = YEAR + draw(st.integers(-30, 300)) * DAY
    lasts = draw(st.none() | st.integers(0, 60 * 24))
    return a_rotation(
        *draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)),
        rung=draw(st.sampled_from([1, 2])), layer=draw(st.integers(1, 99)), zone=zone,
        starts_on=(YEAR + draw(st.integers(-30, 300)) * DAY).date(), hand_over=draw(CLOCKS | NIGHTS),
        turn_hours=draw(st.sampled_from([1, 7, 12, 24, 72, 168, 336])), since=since,
        until=None if lasts is None else since + lasts * HOUR, hours=draw(st.none() | hours_of_a_week()),
    )  # fmt: skip


@st.composite
def spans(draw: st.DrawFn, since: datetime) -> tuple[datetime, datetime]:
    starts_at = since + draw(st.integers(-600, 7000)) * MINUTE
    return starts_at, starts_at + draw(st.integers(1, 3000)) * MINUTE


@st.composite
def years(draw: st.DrawFn) -> tuple[Rota, str, datetime]:
    """A rota in some zone, and a day of the year: often one on which the clocks change."""
    zone = draw(st.sampled_from(ZONES))
    since = YEAR + draw(st.integers(0, 364) | st.sampled_from(changes(zone) or [0])) * DAY - DAY
    layers = {(one.rung, one.layer): one for one in draw(st.lists(rotations(zone), min_size=1, max_size=4))}
    fixed = tuple(
        Stint(draw(st.sampled_from([1, 2])), draw(st.integers(1, 4)), *draw(spans(since)), kind, n)
        for n, kind in enumerate((rotas.OVERRIDE, rotas.SHIFT))
        if draw(st.booleans())
    )
    away = tuple(Away(draw(st.integers(1, 4)), *draw(spans(since))) for _ in range(draw(st.integers(0, 2))))
    return Rota(tuple(layers.values()), fixed, away), zone, since


def changes(zone: str) -> list[int]:
    """The days of the year on which the clocks of a zone change."""
    offsets = [(YEAR + n * DAY).astimezone(ZoneInfo(zone)).utcoffset() for n in range(366)]
    return [n for n in range(365) if offsets[n] != offsets[n + 1]]


@examples(60)
@given(years())
def test_every_minute_has_exactly_the_declared_person(drawn: tuple[Rota, str, datetime]) -> None:
    rota, zone, since = drawn
    check_every_minute(rota, zone, since, since + 4 * DAY)


@pytest.mark.parametrize(
    ("zone", "from_day", "days"), [(LORD_HOWE, 0, 365), (NEW_YORK, 70, 5), (NEW_YORK, 308, 5)]
)
def test_nights_and_weekends_minute_by_minute(zone: str, from_day: int, days: int) -> None:
    """Turns and nights end inside the hours that are missing and come twice; weekends are another's."""
    nights = Hours(WEEKDAYS, time(17), time(2, 15))
    weekend = Hours(WEEKEND, time(2, 15), time(2, 15))
    rota = Rota(
        (
            a_rotation(1, 2, 3, zone=zone, hours=nights, hand_over=time(2, 15), days=1),
            a_rotation(4, 5, zone=zone, layer=2, hours=weekend, hand_over=time(1, 45)),
            a_rotation(6, 7, zone=zone, rung=2, days=10),
        ),
        away=(Away(6, YEAR + 40 * DAY, YEAR + 47 * DAY),),
    )
    days = max(len(some(range(days))), 5)
    check_every_minute(rota, zone, YEAR + from_day * DAY, YEAR + (from_day + days) * DAY)


# What people rely on, one line each


@pytest.mark.parametrize(
    ("moment", "person"),
    [
        ("2027-01-04T07:59", None),
        ("2027-01-04T08:00", 1),
        ("2027-01-11T07:59", 1),
        ("2027-01-11T08:00", 2),
        ("2027-01-18T08:00", 3),
        ("2027-01-25T08:00", 1),
        ("2027-03-15T07:59", 1),  # the clocks went forward the day before
        ("2027-03-15T08:00", 2),
        ("2027-11-08T07:59", 2),  # the clocks went back the day before
        ("2027-11-08T08:00", 3),
    ],
)
def test_a_weekly_rotation_hands_over_at_its_hour_of_the_clock(moment: str, person: int | None) -> None:
    assert who(Rota((a_rotation(1, 2, 3),)), at(moment)).get(1) == person


def test_a_turn_that_begins_in_a_missing_hour_begins_when_the_clocks_change() -> None:
    rota = Rota((a_rotation(1, 2, days=1, starts_on=date(2027, 3, 13), hand_over=time(2, 30)),))
    change = datetime(2027, 3, 14, 7, 0, tzinfo=UTC)
    assert (who(rota, change - MINUTE), who(rota, change)) == ({1: 1}, {1: 2})


def test_a_turn_that_begins_in_an_hour_that_comes_twice_begins_the_first_time() -> None:
    rota = Rota((a_rotation(1, 2, days=1, starts_on=date(2027, 11, 6), hand_over=time(1, 30)),))
    first = datetime(2027, 11, 7, 5, 30, tzinfo=UTC)
    assert [who(rota, first + n * HOUR) for n in (-1, 0, 1)] == [{1: 1}, {1: 2}, {1: 2}]


def test_a_lower_layer_speaks_first_and_the_next_where_it_is_silent() -> None:
    nights = Hours(EVERY_DAY, time(20), time(8))
    rota = Rota((a_rotation(9, layer=1, hours=nights), a_rotation(1, layer=2)))
    assert who(rota, at("2027-02-01T19:59")) == {1: 1}
    assert who(rota, at("2027-02-01T20:00")) == {1: 9}
    assert who(rota, at("2027-02-02T08:00")) == {1: 1}


def test_an_override_goes_before_a_shift_and_a_shift_before_a_rotation() -> None:
    noon, evening = at("2027-02-01T12:00"), at("2027-02-01T18:00")
    shift = Stint(1, 7, noon, evening, rotas.SHIFT, 1)
    override = Stint(1, 8, noon + HOUR, noon + 2 * HOUR, rotas.OVERRIDE, 2)
    rota = Rota((a_rotation(1),), fixed=(shift, override))
    assert [who(rota, noon + n * HOUR)[1] for n in (-1, 0, 1, 2, 6)] == [1, 7, 8, 7, 1]


def test_time_off_opens_a_gap_and_nobody_steps_in_unasked() -> None:
    noon = at("2027-02-01T12:00")
    rota = Rota((a_rotation(1), a_rotation(2, layer=2)), away=(Away(1, noon, noon + 3 * HOUR),))
    assert rotas.gaps(rota.stints(noon - DAY, noon + DAY), [1], noon - DAY, noon + DAY) == [
        rotas.Gap(1, noon, noon + 3 * HOUR)
    ]
    covered = Rota(rota.rotations, (Stint(1, 3, noon, noon + 3 * HOUR, rotas.OVERRIDE, 1),), rota.away)
    assert rotas.gaps(covered.stints(noon, noon + DAY), [1], noon, noon + DAY) == []


def test_one_person_on_two_rungs_is_a_double_booking() -> None:
    since = at("2027-01-04T08:00")
    rota = Rota((a_rotation(1, 2), a_rotation(2, 3, rung=2, hand_over=time(20))))
    found = rotas.doubles(rota.stints(since, since + 21 * DAY))
    assert found == [rotas.Double(2, (1, 2), since + 7 * DAY, since + 7 * DAY + 12 * HOUR)]


def test_a_rung_nobody_ever_stood_on_is_one_long_gap() -> None:
    since = at("2027-02-01T12:00")
    assert rotas.gaps([], [1, 2], since, since + DAY) == [rotas.Gap(n, since, since + DAY) for n in (1, 2)]


def test_whoever_stands_there_only_before_or_after_a_span_leaves_its_gap_as_long_as_it_is() -> None:
    noon = at("2027-02-01T12:00")
    beside = [
        Stint(1, 7, noon + a * HOUR, noon + (a + 1) * HOUR, rotas.SHIFT, n) for n, a in enumerate((-2, 2))
    ]
    assert rotas.gaps(beside, [1], noon, noon + HOUR) == [rotas.Gap(1, noon, noon + HOUR)]


def test_who_comes_on_answers_from_the_very_moment_and_not_before() -> None:
    rota, change = Rota((a_rotation(1, 2),)), at("2027-01-11T08:00")
    before = change - timedelta(microseconds=1)
    assert [(one.person, one.starts_at) for one in rota.at(before)] == [(1, before)]
    assert [(one.person, one.starts_at) for one in rota.at(change)] == [(2, change)]


@pytest.mark.parametrize(("hour", "first"), [(7, None), (8, 1)])
def test_before_the_first_turn_a_rotation_names_nobody(hour: int, first: int | None) -> None:
    rota = Rota((a_rotation(1, 2, rung=1),))
    assert who(rota, at(f"2027-01-04 {hour:02}:00")).get(1) == first


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("on", [date.min, date.max])
def test_a_day_at_an_end_of_the_calendar_can_be_read(zone: str, on: date) -> None:
    """There it is no moment in every zone."""
    read = who(Rota((a_rotation(1, zone=zone, starts_on=on, hand_over=time(20)),)), YEAR)
    assert read == ({1: 1} if on == date.min else {})


def test_a_rotation_with_nobody_in_it_names_nobody() -> None:
    since = at("2027-02-01T12:00")
    assert Rota((a_rotation(),)).stints(since, since + DAY) == []
    assert Rota((a_rotation(1, since=since, until=since),)).stints(since, since + DAY) == []


def test_whoever_leaves_one_rung_as_they_come_on_another_is_not_booked_twice() -> None:
    noon = at("2027-02-01T12:00")
    spans = ((1, noon, noon + HOUR), (2, noon + HOUR, noon + 2 * HOUR))
    assert rotas.doubles([Stint(rung, 7, a, b, rotas.SHIFT, rung) for rung, a, b in spans]) == []


@pytest.mark.parametrize(
    ("since", "until", "found"),
    [(8, 20, 1), (7, 8, 0), (7, 8.1, 1), (20, 21, 0), (19.9, 21, 1), (9, 10, 1), (-16, 34, 3), (-4, 32, 1)],
    ids=str,
)
def test_a_turn_or_an_opening_is_found_by_what_it_touches(since: float, until: float, found: int) -> None:
    """Both from 8 to 20 of each day; a span that only ends where they begin, or begins where they end, has none."""
    midnight = at("2027-02-01T00:00")
    span = midnight + since * HOUR, midnight + until * HOUR
    days = Hours(EVERY_DAY, time(8), time(20)).spans(NEW_YORK, *span)
    turns = a_rotation(1, 2, starts_on=date(2027, 1, 31), turn_hours=12).turns(*span)
    assert len([one for one in turns if one.person == 1]) == len(list(days)) == found


def test_days_that_a_zone_left_out_are_nobodys_turn() -> None:
    """Samoa went from 29 to 31 December 2011: the turn of the 30th had no time at all."""
    rota = Rota((a_rotation(1, 2, 3, days=1, zone="Pacific/Apia", starts_on=date(2011, 12, 29), hand_over=time(0),
                            since=datetime(2011, 1, 1, tzinfo=UTC)),))  # fmt: skip
    since = at("2011-12-29T12:00", "Pacific/Apia")
    assert [one.person for one in rota.stints(since, since + DAY)] == [1, 3]
    assert [one.person for one in rota.rotations[0].turns(since, since + DAY)] == [1, 3]


def test_hours_that_fall_into_a_missing_one_open_nothing_that_day() -> None:
    """On 14 March 2027 New York has no time between two and three."""
    since = at("2027-03-13T12:00")
    found = list(Hours(EVERY_DAY, time(2), time(2, 30)).spans(NEW_YORK, since, since + 2 * DAY))
    assert found == [(at("2027-03-15T02:00"), at("2027-03-15T02:30"))]


def test_a_turn_that_ends_as_an_override_does_is_not_begun_for_no_time() -> None:
    change = at("2027-01-11T08:00")
    override = Stint(1, 9, change - HOUR, change, rotas.OVERRIDE, 1)
    found = Rota((a_rotation(1, 2),), (override,)).declared(change - 2 * HOUR, change + HOUR)
    assert [(one.person, one.ends_at) for one in found] == [
        (1, change - HOUR), (9, change), (2, change + HOUR)
    ]  # fmt: skip


def span(since: int, until: int) -> tuple[datetime, datetime]:
    """So many hours after an evening, from and to."""
    evening = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
    return evening + timedelta(hours=since), evening + timedelta(hours=until)


def a_stint(person: int, since: int, until: int, *, rung: int = 1) -> Stint:
    return Stint(rung, person, *span(since, until), "shift", 1)


@pytest.mark.parametrize(
    ("before", "after", "gained"),
    [
        ([], [a_stint(1, 0, 4)], [a_stint(1, 0, 4)]),
        ([a_stint(1, 0, 4)], [a_stint(1, 0, 4)], []),
        ([a_stint(2, 0, 4)], [a_stint(1, 0, 4)], [a_stint(1, 0, 4)]),
        ([a_stint(1, 0, 4, rung=2)], [a_stint(1, 0, 4)], [a_stint(1, 0, 4)]),
        ([a_stint(1, 1, 2)], [a_stint(1, 0, 4)], [a_stint(1, 0, 1), a_stint(1, 2, 4)]),
        ([a_stint(1, 0, 4)], [a_stint(1, 1, 2)], []),
    ],
    ids=[
        "nobody before",
        "the same",
        "another person",
        "another rung",
        "a part was theirs",
        "less than before",
    ],
)
def test_what_somebody_gains_is_what_was_not_theirs_on_that_rung(before, after, gained) -> None:
    assert rotas.gained(before, after) == gained


@pytest.mark.parametrize(
    ("spans", "united"),
    [
        ([], []),
        ([span(2, 3), span(0, 1)], [span(0, 1), span(2, 3)]),
        ([span(0, 1), span(1, 2)], [span(0, 2)]),
        ([span(0, 4), span(1, 2)], [span(0, 4)]),
        ([span(1, 3), span(0, 2), span(5, 6)], [span(0, 3), span(5, 6)]),
    ],
    ids=["none", "apart", "meeting", "one inside the other", "overlapping"],
)
def test_spans_that_overlap_or_meet_are_one(spans, united) -> None:
    assert rotas.united(spans) == united
