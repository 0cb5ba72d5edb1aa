"""A whole delivery against the double as its own process: whatever goes wrong, the handset rings once.

The double tells what it accepted; its reports come back over HTTP, signed, to a live server.
"""

from datetime import timedelta

import pytest

from notifications import clock, gateway, outbox, reconcile
from notifications.models import Delivery, Lane, Message, ProviderReport
from tests.notifications.sending import a_message, delivery_of
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
State = Delivery.State
ENDS = {State.DELIVERED, State.FAILED, State.EXPIRED}


@pytest.fixture
def message(provider, site, monkeypatch) -> Message:
    """One text to a patient, waiting; an answer that does not come is not waited for."""
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.5)
    return a_message(site, now=clock.now())


def carry(message: Message, *, ahead: int = 0) -> Delivery:
    """Deliver and settle, over and over, until the newest attempt has ended; `ahead` seconds from now."""

    def ended() -> Delivery | None:
        now = clock.now() + timedelta(seconds=ahead)
        outbox.deliver_due(now=now)
        reconcile.settle_all(now=now)
        newest = delivery_of(message)
        return newest if newest.state in ENDS else None

    return until(ended, f"{message} to end")


def on_the_handset(provider, message: Message) -> list[str]:
    """How every text the provider ever accepted for this phone stands."""
    return [one["status"] for one in provider.ledger()["messages"] if one["to"] == message.to]


def told(provider) -> list[int]:
    """How each report that the provider posted was answered."""
    return [one["status"] for one in provider.ledger()["webhooks"]]


def test_a_text_arrives_and_is_reported_as_delivered(provider, message) -> None:
    delivery = carry(message)
    assert (delivery.state, delivery.provider_status) == (State.DELIVERED, "delivered")
    assert provider.texts_to(message.to) == [message.body]
    assert ProviderReport.objects.filter(token=delivery.token, applied_at=None).count() == 0


@pytest.mark.parametrize(
    ("fault", "ahead"),
    [
        ("429", 3),
        ("500_before", 31),
        ("problem_500", 31),
        ("html_502", 31),
        ("redirect_302", 31),
        ("reset", 31),
        ("500_after", 0),
        ("reset_after", 0),
        ("timeout_after", 0),
        ("malformed_201", 0),
        ("empty_201", 0),
        ("braces_201", 0),
        ("slow:0.2", 0),
        ("early_callback", 0),
        ("duplicate_callback", 0),
        ("reorder_callbacks", 0),
        ("late_callback:0.3", 0),
    ],
)
def test_whatever_goes_wrong_once_the_text_arrives_once(provider, message, fault, ahead) -> None:
    provider.faults({"match": {"to": message.to}, "do": fault, "times": 1})
    outbox.deliver_due(now=clock.now())
    assert carry(message, ahead=ahead).state == State.DELIVERED
    assert on_the_handset(provider, message) == ["delivered"]


def test_while_the_provider_is_down_the_text_waits_and_then_arrives_once(
    provider, message, settings, free_port
) -> None:
    there = settings.TWILIO_API_BASE
    settings.TWILIO_API_BASE = there.rpartition(":")[0] + ":9"
    outbox.deliver_due(now=clock.now())
    assert delivery_of(message).state == State.PENDING
    settings.TWILIO_API_BASE = there
    assert carry(message, ahead=3).state == State.DELIVERED
    assert on_the_handset(provider, message) == ["delivered"]


@pytest.mark.parametrize("fault", ["no_callback", "bad_signature"])
def test_a_text_without_a_believable_report_is_asked_about(provider, message, fault) -> None:
    provider.faults({"match": {"to": message.to}, "do": fault})
    outbox.deliver_due(now=clock.now())
    until(lambda: on_the_handset(provider, message) == ["delivered"], "the text to arrive")
    refused = 3 if fault == "bad_signature" else 0
    until(lambda: told(provider) == [403] * refused, "every forged report to be refused")
    assert delivery_of(message).state == State.ACCEPTED, "nobody has told us"
    assert carry(message, ahead=61).state == State.DELIVERED
    assert not ProviderReport.objects.exists()


def test_a_phone_that_was_off_is_tried_again_in_five_minutes(provider, message) -> None:
    provider.faults({"match": {"to": message.to}, "do": "undelivered:30003", "times": 1})
    outbox.deliver_due(now=clock.now())
    until(lambda: message.deliveries.count() == 2, "the second attempt to be queued")
    assert carry(message, ahead=301).state == State.DELIVERED
    assert on_the_handset(provider, message) == ["undelivered", "delivered"]


@pytest.mark.parametrize("code", ["30004", "30005", "30006", "30007", "30034"])
def test_a_final_error_is_told_and_not_tried_again(provider, message, code) -> None:
    provider.faults({"match": {"to": message.to}, "do": f"undelivered:{code}"})
    delivery = carry(message)
    assert (delivery.state, delivery.error_code) == (State.FAILED, code)
    assert on_the_handset(provider, message) == ["undelivered"]


def test_a_phone_that_is_not_answered_ends_as_failed(provider, site) -> None:
    message = a_message(site, lane=Lane.PAGE_VOICE, now=clock.now())
    outbox.deliver_due(now=clock.now())
    until(lambda: provider.calls_to(message.to), "the phone to ring")
    [call] = provider.calls_to(message.to)
    provider._send("POST", f"/double/calls/{call['sid']}/decline", {})
    delivery = carry(message)
    assert (delivery.state, delivery.error_code) == (State.FAILED, "busy")


def test_many_texts_with_a_provider_that_fails_every_third_time(provider, site, monkeypatch) -> None:
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.5)
    provider.faults(
        {"do": "500_after", "probability": 0.2, "seed": 1},
        {"do": "reset", "probability": 0.2, "seed": 2},
        {"do": "429", "probability": 0.2, "seed": 3},
        {"do": "duplicate_callback", "probability": 0.5, "seed": 4},
    )
    messages = [a_message(site, now=clock.now(), valid_for=timedelta(hours=9)) for _ in range(12)]
    outbox.deliver_due(now=clock.now())
    provider.faults()
    for message in messages:
        carry(message, ahead=40)
    assert [on_the_handset(provider, message) for message in messages] == [["delivered"]] * 12
