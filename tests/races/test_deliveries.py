"""Many carriers, one queue: whoever carries, each handset rings once. The provider's own ledger is the witness."""

from datetime import timedelta

import pytest

from notifications import audit, clock, gateway, outbox, reconcile
from notifications.models import AuditEntry, AuditSeal, Channel, Delivery, Lane, Message, ProviderReport
from tests import makers
from tests.races.crowd import at_once, problems
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
State = Delivery.State
TEXTS = 30


def queue(site, *, key: str = "", to: str = "") -> Message:
    to = to or makers.a_phone()
    return outbox.queue(
        site=site, key=key or f"to:{to}", lane=Lane.CHECKIN, channel=Channel.TEXT, to=to, body="How are you?",
        valid_for=timedelta(hours=1), now=clock.now(),
    )  # fmt: skip


def received(provider) -> list[str]:
    """The phones the provider accepted a text for, one entry a text."""
    return sorted(message["to"] for message in provider.ledger()["messages"])


def come_to_rest(*, ahead: int = 0) -> None:
    """Carry on until the provider has reported on everything; `ahead` seconds from now."""

    def quiet() -> bool:
        now = clock.now() + timedelta(seconds=ahead)
        outbox.deliver_due(now=now)
        reconcile.settle_all(now=now)
        return not Delivery.objects.filter(state__in=Delivery.LIVE).exists()

    until(quiet, "every text to arrive")


def test_ten_carriers_send_each_text_once(provider, site) -> None:
    messages = [queue(site) for _ in range(TEXTS)]
    results = at_once(*[lambda: outbox.deliver_due(now=clock.now())] * 10)
    assert problems(results) == []
    assert sum(results) == TEXTS
    come_to_rest()
    assert received(provider) == sorted(message.to for message in messages)


def test_nor_does_a_provider_that_loses_answers_make_them_send_twice(provider, site, monkeypatch) -> None:
    """Carriers, settlers and late answers all at once, with a third of the answers lost or late."""
    monkeypatch.setattr(gateway, "READ_SECONDS", 0.5)
    messages = [queue(site) for _ in range(TEXTS)]
    provider.faults(
        {"do": "500_after", "probability": 0.15, "seed": 1},
        {"do": "reset_after", "probability": 0.1, "seed": 2},
        {"do": "reset", "probability": 0.1, "seed": 3},
        {"do": "429", "probability": 0.1, "seed": 4},
        {"do": "early_callback", "probability": 0.2, "seed": 5},
    )

    def carry() -> None:
        for ahead in (0, 3, 31, 35, 66, 70):
            now = clock.now() + timedelta(seconds=ahead)
            outbox.deliver_due(now=now)
            reconcile.settle_ambiguous(now=now)

    assert problems(at_once(*[carry] * 6)) == []
    provider.faults()

    come_to_rest(ahead=40)
    assert received(provider) == sorted(message.to for message in messages)
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DELIVERED}


def test_one_key_queued_by_many_is_one_message(site) -> None:
    results = at_once(*[lambda: queue(site, key="page:1", to="+15550300001")] * 8)
    assert problems(results) == []
    assert Message.objects.count() == Delivery.objects.count() == 1


def test_a_text_cancelled_while_carriers_take_it_is_either_sent_or_cancelled(provider, site) -> None:
    messages = [queue(site) for _ in range(12)]
    results = at_once(
        *[lambda: outbox.deliver_due(now=clock.now())] * 3,
        lambda: outbox.cancel(Message.objects.all(), now=clock.now()),
    )
    assert problems(results) == []
    come_to_rest()
    cancelled = set(Delivery.objects.filter(state=State.CANCELLED).values_list("message__to", flat=True))
    assert sorted(cancelled | set(received(provider))) == sorted(message.to for message in messages)
    assert not cancelled & set(received(provider))


def test_one_report_many_times_at_once_fails_once_and_is_tried_again_once(provider, site) -> None:
    message = queue(site)
    provider.faults({"do": "no_callback"})
    outbox.deliver_due(now=clock.now())
    [delivery] = Delivery.objects.all()
    payload = {"MessageSid": delivery.provider_sid, "MessageStatus": "undelivered", "ErrorCode": "30008"}
    results = at_once(*[lambda: reconcile.store_report(delivery.token, payload, now=clock.now())] * 8)
    assert problems(results) == []
    assert ProviderReport.objects.filter(applied_at=None).count() == 0
    assert list(message.deliveries.order_by("attempt").values_list("state", flat=True)) == [
        "failed",
        "pending",
    ]


def test_many_sealers_leave_one_unbroken_chain(site) -> None:
    for number in range(40):
        audit.record("opened a page", f"patient:{number}", site=site, by=None, now=clock.now())

    def write_and_seal() -> None:
        for number in range(5):
            audit.record("opened a page", f"patient:{number}", site=site, by=None, now=clock.now())
            audit.seal(limit=7)

    assert problems(at_once(*[write_and_seal] * 5)) == []
    while audit.seal():
        pass
    assert AuditSeal.objects.count() == AuditEntry.objects.count()
    assert list(audit.broken_seals()) == []
