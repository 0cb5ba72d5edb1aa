"""One place reads the clock. A demo may move it forward; a production never can."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications import clock
from notifications.models import DemoClock
from protocols.errors import Refusal

pytestmark = [pytest.mark.database, pytest.mark.django_db]
A_MOMENT = timedelta(seconds=5)


def real() -> datetime:
    return datetime.now(UTC)


def test_it_is_now_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - real()) < A_MOMENT


def test_a_demo_moves_its_clock_forward_for_everybody_who_asks() -> None:
    assert clock.advance(3600) == 3600
    assert clock.advance(60) == 3660
    assert clock.offset_seconds() == 3660
    assert abs(clock.now() - real() - timedelta(seconds=3660)) < A_MOMENT
    assert DemoClock.objects.count() == 1


@pytest.mark.parametrize("seconds", [0, -1, -3600, 7 * 24 * 3600 + 1])
def test_time_never_moves_back_nor_leaps(seconds) -> None:
    clock.advance(60)
    with pytest.raises(Refusal, match="forward, by at most 7 days"):
        clock.advance(seconds)
    assert clock.offset_seconds() == 60


def test_a_week_at_once_is_the_most() -> None:
    assert clock.advance(7 * 24 * 3600) == 7 * 24 * 3600


class TestProduction:
    """Where patients are real, the clock is the machine's."""

    @pytest.fixture(autouse=True)
    def _production(self, settings) -> None:
        settings.DEMO_CLOCK = False

    def test_it_refuses_to_move(self) -> None:
        with pytest.raises(Refusal, match="Only a demo"):
            clock.advance(60)
        assert not DemoClock.objects.exists()

    def test_a_row_left_behind_by_a_demo_is_never_read(self, django_assert_num_queries) -> None:
        DemoClock.objects.create(offset_seconds=86400)
        with django_assert_num_queries(0):
            assert clock.offset_seconds() == 0
            assert abs(clock.now() - real()) < A_MOMENT
