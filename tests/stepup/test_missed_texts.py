"""After an outage of any length the provider's log is read from before it began."""

from datetime import datetime, timedelta

import pytest

from notifications import gateway, heartbeat
from stepup import missed_texts
from stepup.missed_texts import LOOK_BACK
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)


class Log:
    """The provider's log: empty, unreadable for the numbers in `away`; remembers since when it was asked."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.since: list[datetime] = []
        self.asked: set[tuple[str, str]] = set()

    def texts_received(self, *, to: str, since: datetime, account: str) -> list[dict[str, str]]:
        self.since.append(since)
        self.asked.add((to, str(account)))
        if to in self.away:
            raise gateway.Unknown("no answer")
        return []


@pytest.fixture
def log(monkeypatch) -> Log:
    log = Log()
    monkeypatch.setattr(gateway, "texts_received", log.texts_received)
    makers.a_site()
    return log


def test_the_first_fetch_looks_back_half_an_hour(log) -> None:
    missed_texts.fetch(now=NOON)
    assert set(log.since) == {NOON - LOOK_BACK}


def test_the_second_account_s_log_is_read_for_its_own_number(log, settings) -> None:
    settings.TWILIO_SECOND_ACCOUNT_SID = "AC" + "2" * 32
    makers.a_site(fallback_number="+15550160001")
    missed_texts.fetch(now=NOON)
    assert [number for number, account in log.asked if account == "second"] == ["+15550160001"]


def test_after_three_hours_away_it_looks_back_to_before_they_began(log) -> None:
    missed_texts.fetch(now=NOON)
    log.since.clear()
    missed_texts.fetch(now=NOON + 3 * HOUR)
    assert set(log.since) == {NOON - LOOK_BACK}


def test_a_fetch_that_could_not_read_every_number_does_not_count(log) -> None:
    missed_texts.fetch(now=NOON)
    log.away = {missed_texts.our_numbers()[0][0]}
    missed_texts.fetch(now=NOON + HOUR)
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) == NOON
    log.away.clear()
    log.since.clear()
    missed_texts.fetch(now=NOON + 2 * HOUR)
    assert set(log.since) == {NOON - LOOK_BACK}
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) == NOON + 2 * HOUR


def test_a_clock_set_back_leaves_no_gap(log) -> None:
    missed_texts.fetch(now=NOON)
    log.since.clear()
    missed_texts.fetch(now=NOON - HOUR)
    assert set(log.since) == {NOON - HOUR - LOOK_BACK}
