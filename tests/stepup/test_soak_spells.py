"""A spell of undelivered texts in a soak begins, is in force for its time and for whom it names, and ends."""

from collections.abc import Iterator

import pytest

from notifications.double.options import Options
from notifications.double.server import Double
from stepup.soak.house import House
from stepup.soak.spells import Spells

OURS, ANOTHER_OF_OURS, DORA, EVA = "+15550180001", "+15550180002", "+15550110003", "+15550110004"


@pytest.fixture
def double() -> Iterator[Double]:
    double = Double(Options(account_sid="AC" + "4" * 32, auth_token="x", webhook_base="http://127.0.0.1:9"))
    double.start()
    yield double
    double.stop()


@pytest.fixture
def spells(double) -> Spells:
    return Spells(House(None, {"DATABASE_URL": "", "REDIS_URL": ""}, double.url))


def befalls(double: Double, *, sender: str = OURS, to: str = DORA, kind: str = "message") -> list[str]:
    return double.exchange.faults.strike(kind=kind, sender=sender, to=to)


def test_every_text_and_no_call_fails_until_its_time_is_over(double, spells) -> None:
    spells.begin("30003", until=8.0)
    for elapsed in (1.0, 7.9):
        spells.let_go(elapsed)
        assert befalls(double) == befalls(double, to=EVA) == ["undelivered:30003"]
    assert befalls(double, kind="call") == []
    spells.let_go(8.0)
    assert befalls(double) == []


def test_a_landline_is_one_phone_and_outlasts_what_ends_before_it(double, spells) -> None:
    spells.begin("30006", until=40.0, to=DORA)
    spells.begin("30034", until=8.0, **{"from": OURS})
    assert befalls(double) == ["undelivered:30006", "undelivered:30034"]
    assert befalls(double, to=EVA, sender=ANOTHER_OF_OURS) == []
    spells.let_go(9.0)
    assert (befalls(double), befalls(double, to=EVA)) == (["undelivered:30006"], [])
    spells.let_go(41.0)
    assert befalls(double) == []


def test_at_the_end_nothing_is_left_and_nothing_comes_back(double, spells) -> None:
    spells.begin("30006", until=40.0, to=DORA)
    spells.end()
    spells.let_go(9.0)
    assert befalls(double) == []


def test_what_a_provider_that_is_away_could_not_be_told_to_end_is_ended_later(double, spells) -> None:
    spells.begin("30003", until=8.0)
    base, spells._house._double = spells._house._double, "http://127.0.0.1:9"
    spells.let_go(9.0)
    spells._house._double = base
    assert befalls(double) == ["undelivered:30003"]
    spells.let_go(10.0)
    assert befalls(double) == []
