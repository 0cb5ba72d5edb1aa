"""After an outage of any length the provider's log is read from before it began."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.db import OperationalError, connection

from monitoring import hearing, inbound
from monitoring.models import Escalation, Reply, Task
from notifications import gateway, heartbeat
from stepup import missed_texts
from stepup.logs import Discreet
from stepup.missed_texts import LOOK_BACK, NOT_STORED
from tests import makers
from tests.home import FEVER, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


class Log:
    """The provider's log: empty, unreadable for the numbers in `away`; remembers since when it was asked."""

    def __init__(self) -> None:
        self.away: set[str] = set()
        self.since: list[datetime] = []
        self.since_of: dict[str, datetime] = {}
        self.asked: set[tuple[str, str]] = set()

    def texts_received(self, *, to: str, since: datetime, account: str) -> list[dict[str, str]]:
        self.since.append(since)
        self.since_of[to] = since
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
    away = missed_texts.our_numbers()[0][0]
    log.away = {away}
    missed_texts.fetch(now=NOON + HOUR)
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) == NOON
    log.away.clear()
    missed_texts.fetch(now=NOON + 2 * HOUR)
    assert log.since_of[away] == NOON - LOOK_BACK
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) == NOON + 2 * HOUR


def test_a_number_that_can_never_be_read_does_not_lengthen_what_is_read_of_the_others(log) -> None:
    """As one in an account that was closed: each minute the others' logs would be read from before that."""
    missed_texts.fetch(now=NOON)
    away, other = (number for number, _ in missed_texts.our_numbers())
    log.away = {away}
    for day in (1, 2):
        missed_texts.fetch(now=NOON + day * 24 * HOUR)
    assert log.since_of == {away: NOON - LOOK_BACK, other: NOON + 24 * HOUR - LOOK_BACK}


def test_a_number_that_was_never_read_is_read_from_where_all_others_were(log) -> None:
    missed_texts.fetch(now=NOON)
    new = makers.a_site().patient_number
    missed_texts.fetch(now=NOON + HOUR)
    assert log.since_of[new] == NOON - LOOK_BACK


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

    def lists(self, sid: str, body: str, *, media: int = 0, is_named: bool = True) -> None:
        """A text from the patient, or from nobody the log names, that reached the provider alone."""
        sender = self.home.patient.phone if is_named else None
        sent = {"from": sender, "to": self.home.site.patient_number, "body": body}
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


def test_a_text_of_which_the_log_does_not_say_who_sent_it_is_heard_too(listing) -> None:
    listing.lists("SM1", "my husband cannot breathe", is_named=False)
    assert missed_texts.fetch(now=NOON + HOUR) == 1
    assert Escalation.objects.get().caller == hearing.NO_SENDER


UNSTORABLE = "SM" + "9" * 70  # no column is as long


def test_a_text_that_cannot_be_stored_costs_no_other_and_a_person_reads_it_where_it_lies(listing) -> None:
    listing.lists(UNSTORABLE, "I am so dizzy")
    listing.lists("SM2", FEVER)
    assert missed_texts.fetch(now=NOON + HOUR) == 1
    assert Escalation.objects.get().urgency == "urgent"
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) == NOON + HOUR
    task = Task.objects.get(what=NOT_STORED.format(sid=UNSTORABLE[:60]))
    assert (task.site, task.pages_when_late, task.due_at < NOON + 2 * HOUR) == (listing.home.site, True, True)


def test_a_text_that_cannot_be_stored_is_told_once(listing) -> None:
    listing.lists(UNSTORABLE, "I am so dizzy")
    missed_texts.fetch(now=NOON + HOUR)
    Task.objects.update(done_at=NOON + HOUR, outcome="read and answered")
    missed_texts.fetch(now=NOON + HOUR + MINUTE)
    assert Task.objects.count() == 1


def test_its_words_are_in_no_line_of_the_log(listing, caplog) -> None:
    listing.lists(UNSTORABLE, "I am so dizzy")
    missed_texts.fetch(now=NOON + HOUR)
    lines = [Discreet("{message}", style="{").format(record) for record in caplog.records]
    assert any("could not be taken in" in line for line in lines)
    assert [line for line in lines if "dizzy" in line or listing.home.patient.phone in line] == []


@pytest.mark.parametrize(
    ("body", "stored"),
    [("38.6 \ud83d and shaking", "38.6 \ufffd and shaking"), ("38.6 \x00and shaking", "38.6 and shaking")],
    ids=["half a character", "a null character"],
)
def test_what_the_database_cannot_hold_costs_the_text_no_other_word(listing, body, stored) -> None:
    listing.lists("SM1", body)
    assert missed_texts.fetch(now=NOON + HOUR) == 1
    assert Reply.objects.get(provider_sid="SM1").body == stored
    assert Escalation.objects.get().urgency == "emergency"
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_under_a_text_ends_the_fetch(listing, monkeypatch) -> None:
    tried = []

    def taken_away(**text: object) -> None:
        tried.append(text["provider_sid"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    for sid in ("SM1", "SM2"):
        listing.lists(sid, FEVER)
    monkeypatch.setattr(inbound, "receive", taken_away)
    with pytest.raises(OperationalError):
        missed_texts.fetch(now=NOON + HOUR)
    connection.close()
    assert tried == ["SM1"], "the other is not tried in vain"
    assert heartbeat.last_at(heartbeat.MISSED_TEXTS) is None
