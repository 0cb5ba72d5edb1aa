"""Whether the service acts, finds faults in itself and its test alarm comes through stands on every screen."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from monitoring import canary, pulse
from notifications import clock, heartbeat
from notifications.models import Role, Site
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SCREENS = ("tasks", "on-call", "status", "reports", "board")
NOT_ACTING, FAULTS, TEXTS = (
    "The service is not acting.",
    "The service found faults in itself:",
    "Texts may not arrive.",
)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def lead(site) -> Client:
    return makers.signed_in(makers.a_clinician(site, Role.LEAD))


def alive(at: datetime, **broken: int) -> None:
    """Every part of the engine has just signed in, having found these."""
    for part in heartbeat.parts():
        heartbeat.sign_in(part, now=at, broken=broken)


def said(client: Client, screen: str) -> list[str]:
    """What of the service a screen says, each as often as it does."""
    page = client.get(reverse(screen)).content.decode()
    return [words for words in (NOT_ACTING, FAULTS, TEXTS) for _ in range(page.count(words))]


@pytest.mark.parametrize("screen", SCREENS)
def test_each_screen_says_once_what_is_wrong_and_nothing_while_all_is_well(site, lead, screen) -> None:
    now = clock.now()
    alive(now)
    assert said(lead, screen) == []
    alive(now - timedelta(minutes=2))
    assert said(lead, screen) == [NOT_ACTING]
    alive(now, I3=2)
    assert said(lead, screen) == [FAULTS]
    alive(now, I11=4)
    assert said(lead, screen) == [], "hours nobody covers are no fault of the service"
    makers.a_dose(makers.a_course(makers.a_patient(site, now=now), now=now), given_at=now, now=now)
    site.watches.update(given_at=now - canary.LATE_AFTER, opened_at=now - canary.LATE_AFTER)
    assert said(lead, screen) == [TEXTS]


def test_it_costs_a_page_one_statement_and_somebody_signed_out_none(lead) -> None:
    alive(clock.now())

    def asked(client: Client, screen: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(screen))
        return sum("notifications_heartbeat" in one["sql"] for one in queries)

    assert asked(lead, "tasks") == 1
    assert asked(lead, "board-rows") == 1, "the board's own; the part that refreshes itself has no frame"
    assert asked(Client(), "sign-in") == 0


def test_the_board_and_every_other_screen_say_the_same_of_the_service(site) -> None:
    now = clock.now()
    alive(now - timedelta(minutes=2), I3=1)
    board, signs = pulse.take(site, ladders=(), now=now), pulse.signs(site, now=now)
    assert {name: getattr(board, name) for name in vars(signs)} == vars(signs)
    assert (signs.engine_late, signs.broken, signs.canary_at) == (True, (("I3", 1),), None)
    assert signs.engine_late == heartbeat.is_late(heartbeat.ENGINE, now=now)
    assert signs.canary_late == canary.is_late(site, now=now)
