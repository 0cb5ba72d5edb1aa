"""Who answers now, and the hours nobody covers. A shift begins at its first moment and ends before its last."""

from datetime import datetime, timedelta

import pytest
from django.db import DataError, IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications import oncall, rotations
from notifications.models import Clinician, Role, Shift, Site
from protocols.errors import Refusal
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)


def responder(site: Site, *, phone: str | None = None) -> Clinician:
    return makers.a_clinician(site, Role.RESPONDER, phone=makers.a_phone() if phone is None else phone)


def shift(site: Site, person: Clinician, rung: int, start: float, end: float) -> Shift:
    """A shift from one hour after NOON to another."""
    return oncall.add_shift(site, person, rung, starts_at=NOON + start * HOUR, ends_at=NOON + end * HOUR)


@pytest.mark.parametrize(
    ("moment", "answers"),
    [
        (NOON - INSTANT, ""),
        (NOON, "first"),
        (NOON + 8 * HOUR - INSTANT, "first"),
        (NOON + 8 * HOUR, "second"),
        (NOON + 16 * HOUR - INSTANT, "second"),
        (NOON + 16 * HOUR, ""),
    ],
)
def test_at_the_change_of_shift_exactly_one_answers(site, moment, answers) -> None:
    people = {"first": responder(site), "second": responder(site)}
    shift(site, people["first"], 1, 0, 8)
    shift(site, people["second"], 1, 8, 16)
    assert oncall.who(site, 1, now=moment) == ([people[answers]] if answers else [])


def test_each_rung_and_each_site_has_its_own_people(site) -> None:
    other = makers.a_site()
    people = [responder(site), responder(site), responder(other)]
    shift(site, people[0], 1, 0, 8)
    shift(site, people[1], 2, 0, 8)
    shift(other, people[2], 1, 0, 8)
    assert oncall.who(site, 1, now=NOON) == [people[0]]
    assert oncall.who(site, 2, now=NOON) == [people[1]]
    assert oncall.who(other, 1, now=NOON) == [people[2]]
    assert [one.clinician for one in oncall.people_now(site, now=NOON)] == people[:2]


@pytest.mark.parametrize("why", ["left", "no phone"])
def test_somebody_who_cannot_be_reached_does_not_answer(site, why) -> None:
    person = responder(site, phone="" if why == "no phone" else None)
    shift(site, person, 1, 0, 8)
    Clinician.objects.filter(pk=person.pk).update(is_active=why != "left")
    assert oncall.who(site, 1, now=NOON) == []
    assert oncall.gaps(site, since=NOON, until=NOON + HOUR) == [oncall.Gap(1, NOON, NOON + HOUR)]


@pytest.mark.parametrize(
    ("place_of", "became", "is_called"),
    [
        ("", Role.PHARMACIST, False),
        ("", Role.LEAD, False),
        ("", Role.PRESCRIBER, True),
        (Role.NURSE, Role.NURSE, True),
        (Role.NURSE, Role.RESPONDER, False),
    ],
)
def test_who_may_not_take_a_case_there_any_more_is_a_gap(site, place_of, became, is_called) -> None:
    """They were put on the rung as a nurse; then their role changed."""
    person = makers.a_clinician(site, Role.NURSE, phone=makers.a_phone())
    shift(site, person, 1, 0, 8)
    lead = makers.a_clinician(site, Role.LEAD)
    rotations.set_rung(site, 1, title="whose was not said", role="", by=lead, now=NOON)
    rotations.set_rung(site, 1, title="at night", role=place_of, by=lead, now=NOON)
    Clinician.objects.filter(pk=person.pk).update(role=became)
    assert oncall.who(site, 1, now=NOON) == [Clinician.objects.get(pk=person.pk)] * is_called
    missing = [] if is_called else [oncall.Gap(1, NOON, NOON + HOUR)]
    assert oncall.gaps(site, since=NOON, until=NOON + HOUR) == missing


# What cannot be entered


@pytest.mark.parametrize(("start", "end"), [(0, 8), (-1, 1), (7, 9), (2, 3), (-1, 9)])
def test_two_people_never_hold_one_rung(site, start, end) -> None:
    """The database says no, so it holds for the shell, for bulk updates and for the next developer too."""
    shift(site, responder(site), 1, 0, 8)
    with pytest.raises(IntegrityError, match="one_person_per_rung"), transaction.atomic():
        shift(site, responder(site), 1, start, end)
    assert Shift.objects.count() == 1


@pytest.mark.parametrize(
    ("rung", "start", "end", "elsewhere"),
    [(2, 0, 8, False), (1, 8, 9, False), (1, -1, 0, False), (1, 0, 8, True)],
)
def test_shifts_beside_each_other_are_welcome(site, rung, start, end, elsewhere) -> None:
    shift(site, responder(site), 1, 0, 8)
    place = makers.a_site() if elsewhere else site
    shift(place, responder(place), rung, start, end)
    assert Shift.objects.count() == 2


def test_a_shift_cannot_be_stretched_over_another(site) -> None:
    shift(site, responder(site), 1, 0, 8)
    later = shift(site, responder(site), 1, 8, 16)
    with pytest.raises(IntegrityError, match="one_person_per_rung"), transaction.atomic():
        Shift.objects.filter(pk=later.pk).update(period=DateTimeTZRange(NOON, NOON + HOUR))


@pytest.mark.parametrize(("hours", "problem"), [(0, IntegrityError), (-1, DataError)])
def test_a_shift_ends_after_it_starts(site, hours, problem) -> None:
    with pytest.raises(problem), transaction.atomic():
        shift(site, responder(site), 1, 0, hours)


def test_another_site_s_people_are_not_paged_for_strangers(site) -> None:
    with pytest.raises(Refusal, match="another site"):
        shift(site, responder(makers.a_site()), 1, 0, 8)


def test_there_is_no_rung_below_the_first(site) -> None:
    with pytest.raises(IntegrityError, match="starts_at_one"), transaction.atomic():
        shift(site, responder(site), 0, 0, 8)


# Gaps


def gaps(site: Site, hours: float = 24) -> list[tuple[int, float, float]]:
    """Rung, first and last hour of each gap after NOON."""

    def hour(at: datetime) -> float:
        return (at - NOON) / HOUR

    found = oncall.gaps(site, since=NOON, until=NOON + hours * HOUR)
    return [(gap.rung, hour(gap.starts_at), hour(gap.ends_at)) for gap in found]


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        ([], [(1, 0, 24)]),
        ([(0, 24)], []),
        ([(-8, 32)], []),
        ([(0, 8), (8, 24)], []),
        ([(8, 24), (0, 8)], []),
        ([(0, 8), (9, 24)], [(1, 8, 9)]),
        ([(1, 23)], [(1, 0, 1), (1, 23, 24)]),
        ([(-8, 0), (24, 32)], [(1, 0, 24)]),
        ([(-8, 2), (4, 6), (20, 40)], [(1, 2, 4), (1, 6, 20)]),
    ],
    ids=str,
)
def test_every_hour_nobody_covers_is_found(site, shifts, expected) -> None:
    for start, end in shifts:
        shift(site, responder(site), 1, start, end)
    assert gaps(site) == expected


def test_every_rung_of_the_list_must_be_covered(site) -> None:
    shift(site, responder(site), 1, 0, 24)
    shift(site, responder(site), 3, 0, 8)
    assert gaps(site) == [(2, 0, 24), (3, 8, 24)]


def test_a_ladder_always_has_a_foot(site) -> None:
    assert oncall.rungs(site, now=makers.NOON) == 1
    shift(site, responder(site), 3, 0, 8)
    assert oncall.rungs(site, now=makers.NOON) == 3


@pytest.mark.parametrize(("days", "ends"), [(300, 300), (400, None)])
def test_an_end_is_looked_for_within_a_year_and_no_further(site, days, ends) -> None:
    """The same person goes straight on; their turn was read up to the tenth day only."""
    person = responder(site)
    shift(site, person, 1, 0, 240)
    shift(site, person, 1, 240, days * 24)
    [read, *_] = oncall.stints(site, since=NOON, until=NOON + 240 * HOUR)
    assert oncall.goes_on_until(read) == (None if ends is None else NOON + ends * 24 * HOUR)


def test_a_colleague_who_comes_on_next_or_a_pause_ends_a_turn(site) -> None:
    first, second = responder(site), responder(site)
    for person, rung, start, end in (
        (first, 1, 0, 8),
        (second, 1, 8, 16),
        (first, 2, 8, 16),
        (first, 1, 17, 24),
    ):
        shift(site, person, rung, start, end)
    assert oncall.goes_on_until(oncall.people_now(site, now=NOON)[0]) == NOON + 8 * HOUR


@pytest.mark.parametrize(("ago", "rungs"), [(14, 2), (15, 1)], ids=["two weeks", "longer"])
def test_a_rung_nobody_has_stood_on_for_two_weeks_is_retired(site, ago, rungs) -> None:
    shift(site, responder(site), 2, 0, 8)
    assert oncall.rungs(site, now=NOON + 8 * HOUR + ago * 24 * HOUR) == rungs
