"""The service's own finder of gaps over a whole year of rows, through both changes of the clocks, against an oracle.

The oracle walks a quarter of an hour at a time and asks for each alone whose turn it is (`tests/protocols/test_rotas`).
Every time of these rows is on a quarter of an hour, so nothing can hide between two of its steps.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications import oncall, rotations
from notifications.models import Clinician, Override, Role, Site, TimeOff
from protocols.rotas import Hours
from tests import makers
from tests.makers import NOON
from tests.protocols import test_rotas as oracle

pytestmark = [pytest.mark.database, pytest.mark.django_db]
QUARTER, HOUR, DAY = timedelta(minutes=15), timedelta(hours=1), timedelta(days=1)
YEAR = 366 * DAY
RUNGS = (1, 2)


def quarters(zone: str) -> Iterator[tuple[datetime, datetime]]:
    """Each quarter of an hour of the year, and what a clock of that zone shows that never goes back."""
    place, shown, now = ZoneInfo(zone), datetime.min, NOON - DAY
    while now < NOON + YEAR:
        shown = max(shown, now.astimezone(place).replace(tzinfo=None))
        if now >= NOON:
            yield now, shown
        now += QUARTER


class At:
    """Spans of one rung, asked moment after moment. They may not overlap."""

    def __init__(self, rung: int, spans: Sequence[Any]) -> None:
        self.spans = sorted((one for one in spans if one.rung == rung), key=lambda one: one.starts_at)
        assert all(a.ends_at <= b.starts_at for a, b in pairwise(self.spans))
        self._place = 0

    def now(self, moment: datetime) -> Any:
        """The span that holds a moment, if any; moments only go forward."""
        while self._place < len(self.spans) and self.spans[self._place].ends_at <= moment:
            self._place += 1
        here = self.spans[self._place] if self._place < len(self.spans) else None
        return here if here and here.starts_at <= moment else None


def a_year(zone: str) -> tuple[Site, set[int]]:
    """Nights and weekends on rung 1, days to 17:00 by hand in some weeks, weekly turns on rung 2 with a change of
    rotations in between, leave and overrides; one of the people has no phone. The site, and who cannot be paged.
    """
    site = makers.a_site(time_zone=zone)
    lead = makers.a_clinician(site, Role.LEAD)
    people = [makers.a_clinician(site, name=f"Nurse {n}", phone=makers.a_phone()) for n in range(5)]
    nights = Hours(frozenset(range(5)), time(16, 30), time(2, 15))
    weekend = Hours(frozenset({5, 6}), time(2, 15), time(2, 15))
    plans = [
        (1, 1, people[:3], nights, 24, time(2, 15), NOON + DAY),
        (1, 2, people[2:4], weekend, 168, time(2, 30), NOON + DAY),
        (2, 1, people[3:], None, 168, time(1, 45), NOON + 2 * DAY),
    ]
    made = [
        rotations.begin(
            site,
            rotations.Plan(
                rung=rung, layer=layer, name=f"{rung}.{layer}", people=tuple(turns), starts_on=date(2027, 3, 1),
                hand_over=hand_over, turn_hours=hours, since=since, hours=opens,
            ),
            by=lead, now=NOON,
        )
        for rung, layer, turns, opens, hours, hand_over, since in plans
    ]  # fmt: skip
    rotations.end(made[2].pk, at=NOON + 200 * DAY, by=lead, now=NOON)
    for week in range(0, 52, 3):
        at = NOON + week * 7 * DAY + 20 * HOUR
        oncall.add_shift(site, people[week % 5], 1, starts_at=at, ends_at=at + 9 * HOUR)
    for person, rung, day, hours in [(4, 2, 199, 60), (0, 1, 30, 30), (3, 2, 250, 500)]:
        period = DateTimeTZRange(NOON + day * DAY, NOON + day * DAY + hours * HOUR)
        about = {"site": site, "clinician": people[person], "why": "a swap", "made_by": lead, "made_at": NOON}
        Override.objects.create(rung=rung, period=period, **about)
    for person, day, hours in [(1, 40, 400), (3, 245, 300)]:
        period = DateTimeTZRange(NOON + day * DAY, NOON + day * DAY + hours * HOUR)
        TimeOff.objects.create(site=site, clinician=people[person], period=period, made_by=lead, made_at=NOON)
    Clinician.objects.filter(pk=people[2].pk).update(phone="")
    return site, {people[2].pk}


@pytest.mark.parametrize("zone", ["America/New_York", "Australia/Lord_Howe", "Europe/Berlin", "Asia/Kolkata"])
def test_every_quarter_of_a_year_is_covered_as_declared_or_found_as_a_gap(zone: str) -> None:
    site, silent = a_year(zone)
    read = oncall.read(site, since=NOON, until=NOON + YEAR)
    stints = [At(rung, read.stints(NOON, NOON + YEAR)) for rung in RUNGS]
    gaps = [At(rung, oncall.gaps(site, since=NOON, until=NOON + YEAR)) for rung in RUNGS]
    assert all(len(one.spans) > 20 for one in stints)
    assert all(len(one.spans) > 1 for one in gaps)
    for now, shown in quarters(zone):
        for rung, on, missing in zip(RUNGS, stints, gaps, strict=True):
            must = oracle.expected(read.rota, rung, now, shown)
            person = on.now(now)
            assert (person.clinician.pk if person else None) == must, f"rung {rung} at {now}"
            assert (missing.now(now) is not None) == (must is None or must in silent), f"rung {rung} at {now}"
