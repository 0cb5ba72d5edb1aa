"""What the board and the question at the start of a turn say of the list: whole turns, and one person on two rungs."""

from datetime import date, datetime, time, timedelta

import pytest
from django.urls import reverse

from monitoring import drills, pulse
from monitoring.models import ReachTest
from notifications import clock, oncall, rotations
from notifications.models import Clinician, Role, Site
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nurse N", phone=makers.a_phone())


def shift(nurse: Clinician, since: datetime, until: datetime, rung: int = 1) -> None:
    oncall.add_shift(nurse.site, nurse, rung, starts_at=since, ends_at=until)


@pytest.mark.parametrize(
    ("spans", "days"),
    [([(0, 3)], 3), ([(0, 14)], 14), ([(0, 30)], 30), ([(0, 20), (20, 45)], 45), ([(0, 20), (21, 45)], 20)],
    ids=["short", "as far as is read", "longer", "straight on", "a day off"],
)
def test_a_turn_ends_when_it_ends_and_not_where_the_list_was_read_to(site, nurse, spans, days) -> None:
    for since, until in spans:
        shift(nurse, NOON + since * DAY, NOON + until * DAY)
    [rung] = pulse.on_call(site, now=NOON)
    assert rung.until == NOON + days * DAY
    drills.begin_due(now=NOON)
    assert ReachTest.objects.get().ends_at == NOON + days * DAY


def test_a_rotation_of_one_has_no_end_and_says_so(site, nurse) -> None:
    now = clock.now()
    plan = rotations.Plan(
        rung=1, layer=1, name="one", people=[nurse], starts_on=date(2026, 1, 5), hand_over=time(8), turn_hours=168,
        since=now,
    )  # fmt: skip
    rotations.begin(site, plan, by=nurse, now=now)
    [rung] = pulse.on_call(site, now=now)
    assert (rung.name, rung.until) == ("Nurse N", None)
    client = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    assert "no end in sight for a year" in client.get(reverse("on-call")).content.decode()
    for name in ("board", "status", "downtime"):
        assert client.get(reverse(name)).status_code == 200, name


@pytest.mark.parametrize(
    ("starts", "found"), [(13, True), (15, False)], ids=["ahead", "too far to matter yet"]
)
def test_one_person_on_two_rungs_stands_on_the_board(site, nurse, starts, found) -> None:
    now = clock.now()
    shift(nurse, now - HOUR, now + 40 * DAY)
    shift(makers.a_clinician(site, phone=makers.a_phone()), now - HOUR, now + starts * DAY, rung=2)
    shift(nurse, now + starts * DAY, now + 40 * DAY, rung=2)
    board = makers.signed_in(nurse).get(reverse("board")).content.decode()
    said = "One person stands on two rungs in 1 span of the next 14 days"
    assert (said in board, "first Nurse N on rungs 1 and 2" in board) == (found, found)
