"""After an outage of any length the provider's log is read from before it began."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from monitoring.models import Reply
from notifications import gateway, heartbeat
from stepup import missed_texts
from stepup.missed_texts import LOOK_BACK
from tests import makers
from tests.home import Home
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


# What is in the log is taken in as if it had come to the door


class Listing:
    """The provider's log of what it received, as its interface lists it; newest first, and the same for each number."""

    def __init__(self, home: Home) -> None:
        self.home, self.texts = home, []

    def lists(self, sid: str, body: str, *, media: int = 0) -> None:
        """A text from the patient that reached the provider alone."""
        sent = {"from": self.home.patient.phone, "to": self.home.site.patient_number, "body": body}
        self.texts.insert(0, {
            "sid": sid, "direction": "inbound", "num_media": str(media), "date_sent": format_datetime(NOON), **sent,
        })  # fmt: skip

    def __call__(self, method: str, path: str, fields: Mapping[str, Any]) -> tuple[int, str]:
        listed = [text for text in self.texts if text["to"] == fields["To"]]
        return 200, json.dumps({"messages": listed, "page": 0, "next_page_uri": None})


@pytest.fixture
def listing() -> Iterator[Listing]:
    line = Listing(Home())
    with gateway.through(line):
        yield line


def test_a_picture_in_the_log_is_looked_at_by_a_person_as_one_that_came_to_the_door(listing) -> None:
    listing.lists("MM1", "98.6", media=1)
    assert missed_texts.fetch(now=NOON + HOUR) == 1
    reply = Reply.objects.get(provider_sid="MM1")
    finding = reply.findings.get()
    assert (reply.media, reply.payload["NumMedia"]) == (1, "1")
    assert (finding.urgency, finding.human_task) == ("clarify", True)
    assert listing.home.patient.tasks.filter(done_at=None).exists()
