"""A quiet night and a dead worker look alike from inside; a missing signature tells them apart."""

from datetime import timedelta

import pytest

from notifications import heartbeat
from notifications.models import Heartbeat
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)


def test_whoever_never_signed_in_is_late() -> None:
    assert heartbeat.age(heartbeat.ENGINE, now=NOON) is None
    assert heartbeat.is_late(heartbeat.ENGINE, now=NOON)


@pytest.mark.parametrize(("silent_for", "late"), [(0, False), (15, False), (16, True), (86400, True)])
def test_fifteen_seconds_of_silence_are_enough(silent_for, late) -> None:
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON)
    now = NOON + silent_for * SECOND
    assert heartbeat.age(heartbeat.ENGINE, now=now) == silent_for * SECOND
    assert heartbeat.is_late(heartbeat.ENGINE, now=now) is late


def test_the_worker_does_not_speak_for_the_engine() -> None:
    heartbeat.sign_in(heartbeat.WORKER, now=NOON)
    assert heartbeat.is_late(heartbeat.ENGINE, now=NOON)
    assert not heartbeat.is_late(heartbeat.WORKER, now=NOON)


def test_only_the_last_sign_of_life_is_kept_with_its_figures() -> None:
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON, broken={"I1": 2})
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON + SECOND, broken={})
    kept = Heartbeat.objects.get()
    assert (kept.at, kept.detail) == (NOON + SECOND, {"broken": {}})


def test_what_was_last_reported_can_be_read() -> None:
    assert heartbeat.figures(heartbeat.ENGINE) == {}
    assert heartbeat.last_at(heartbeat.ENGINE) is None
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON, broken={"I1": 2})
    assert heartbeat.figures(heartbeat.ENGINE) == {"broken": {"I1": 2}}
    assert heartbeat.last_at(heartbeat.ENGINE) == NOON


@pytest.mark.parametrize(("ahead", "late"), [(5, False), (6, True), (3600, True)])
def test_a_sign_from_the_future_is_no_sign_of_life(ahead, late) -> None:
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON + ahead * SECOND)
    assert heartbeat.is_late(heartbeat.ENGINE, now=NOON) is late


def test_a_clock_set_back_gives_no_negative_age() -> None:
    heartbeat.sign_in(heartbeat.ENGINE, now=NOON)
    assert heartbeat.age(heartbeat.ENGINE, now=NOON - SECOND) == timedelta(0)
