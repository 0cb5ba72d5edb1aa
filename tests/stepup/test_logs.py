"""What a log line says about a failure: its kind and its place, and nothing of anybody."""

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter

from monitoring.models import Reply
from notifications import gateway, outbox, reconcile
from protocols import triage
from stepup import engine
from stepup.logs import Discreet, Structured
from tests.home import Home
from tests.makers import NOON
from tests.notifications.sending import Line

WORDS = "38.6 and shaking, call +12155550142"
ODD = Discreet("{levelname} {name} {message}", style="{"), Structured()


def _fails() -> None:
    try:
        int(WORDS)
    except ValueError as problem:
        raise RuntimeError(f"could not read {WORDS}") from problem


def test_a_failure_is_logged_without_the_words_it_failed_on(caplog) -> None:
    logger = logging.getLogger("stepup.test")
    try:
        _fails()
    except RuntimeError:
        logger.exception("Reply 7 could not be understood.")
    [record] = caplog.records
    record.exc_text = None
    line = Discreet("{levelname} {message}", style="{").format(record)
    assert line.startswith("ERROR Reply 7 could not be understood.")
    assert all(part in line for part in ("ValueError", "RuntimeError", "_fails", "test_logs.py"))
    assert "shaking" not in line.replace("int(WORDS)", "")
    assert "2155550142" not in line


# Addresses that are secrets

SAYS_NOTHING = {
    "protocol": "of a label and a pathway", "protocol-sign": "of a label and a pathway",
    "texts-of": "a language", "withdraw-texts": "a language", "approve-texts": "a language",
    "emergency-texts": "a language", "approve-emergency-texts": "a language",
    "reports-csv": "part of a report", "week-of": "a day",
}  # fmt: skip
SECRET = "GA6SC8KA"


def _with_words(patterns: list[URLPattern | URLResolver]) -> Iterator[tuple[str, dict[str, str]]]:
    """Every address that has anything but numbers in it, by its name, with a secret in each such place."""
    for one in patterns:
        if isinstance(one, URLResolver):
            yield from _with_words(one.url_patterns)
        elif words := {
            name: SECRET
            for name, read in one.pattern.converters.items()
            if not isinstance(read, IntConverter)
        }:
            yield one.name, words


ADDRESSES = dict(_with_words(get_resolver().url_patterns))


@pytest.mark.parametrize("name", sorted(ADDRESSES.keys() - SAYS_NOTHING.keys()))
@pytest.mark.parametrize("written", ODD, ids=["a line", "an object"])
def test_no_line_has_the_secret_of_an_address_in_it(name, written) -> None:
    path = reverse(name, kwargs=ADDRESSES[name])
    record = logging.LogRecord("django.request", 30, "", 0, "Unprocessable Entity: %s", (path,), None)
    assert SECRET in path
    assert SECRET not in written.format(record)


def test_the_addresses_that_may_be_read_in_the_log_are_there() -> None:
    assert ADDRESSES.keys() >= SAYS_NOTHING.keys()
    assert {"emergency", "take-link", "calendar-feed", "delivery-report", "call-key"} <= ADDRESSES.keys()


# A whole night

MINUTE = timedelta(minutes=1)
SAID = [
    "38.6 and shaking, this is Rosalind Vermilion",
    "Please ring my daughter at +12155550142, I am so dizzy",
    "necesito hablar con la doctora, tengo escalofrios",
    "STOP",
]


@pytest.mark.database
@pytest.mark.django_db
def test_a_night_in_which_everything_goes_wrong_names_nobody_in_the_log(caplog, client, monkeypatch) -> None:
    """Real replies through the operations behind the doors, a provider that fails in every way, a fault in triage."""
    caplog.set_level(logging.DEBUG)
    home, line = Home(), Line()
    type(home.patient).objects.update(name="Rosalind Vermilion", caregiver_name="Torvald Vermilion")
    home.patient.refresh_from_db()
    for name in ("send_text", "place_call", "status", "texts_sent", "calls_placed", "is_well"):
        monkeypatch.setattr(gateway, name, getattr(line, name))
    line.says(gateway.NotTaken("429"), gateway.Unknown("500"), gateway.RefusedForGood("30006"), "unheard")
    for n, words in enumerate(SAID):
        home.hears(words, at=NOON + n * MINUTE)
        home.hears(words, at=NOON + n * MINUTE, sender="+12155550177")
        _turn(NOON + n * MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr(triage, "assess", _quotes)
        home.hears(SAID[0], at=NOON + 9 * MINUTE)
    line.is_silent = True
    for n in range(10, 40, 5):
        _turn(NOON + n * MINUTE)
    client.post(reverse("inbound-text"), {"From": home.patient.phone, "Body": SAID[0], "MessageSid": "SM1"})
    logging.getLogger("stepup").warning("A library wrote of %s.", home.patient.phone)
    lines = [written.format(record) for record in caplog.records for written in ODD]
    assert len(lines) >= 12, "the failures were logged, each in both ways"
    assert any("_quotes" in one for one in lines), "the fault in triage among it"
    assert [one for one in lines for secret in _secrets(home) if secret in one.lower()] == []
    for record in caplog.records:
        facts = json.loads(Structured().format(record))
        assert {"at", "level", "logger", "message"} <= set(facts)


def _turn(at) -> None:
    engine.act(now=at)
    outbox.deliver_due(now=at)
    reconcile.settle_all(now=at)


def _quotes(*given: object, **_: object) -> None:
    raise ValueError(f"cannot read {given}")


def _secrets(home: Home) -> set[str]:
    people = [home.patient, *home.doctors]
    numbers = {one.phone for one in people} | {home.patient.caregiver_phone, "+12155550177", "+12155550142"}
    names = {part for one in people for part in one.name.split() if len(part) > 2}
    words = {"rosalind", "vermilion", "torvald", "dizzy", "doctora", "escalofrios", "daughter"}
    words |= {one.body.lower() for one in Reply.objects.all() if len(one.body) > 4}
    return {number.removeprefix("+") for number in numbers} | {name.lower() for name in names} | words
