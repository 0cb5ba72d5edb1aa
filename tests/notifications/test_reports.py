"""The provider's reports: kept as they came, applied by rank, whatever their order and number."""

from itertools import permutations

import pytest
from django.db import OperationalError

from notifications import outbox, reconcile
from notifications.models import Delivery, Lane, Message, ProviderReport
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


@pytest.fixture
def sent(site, line) -> Message:
    """One text that the provider has taken."""
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    return message


def report(message: Message, status: str, *, code: str = "", sid: str = "", after: int = 1) -> Delivery:
    """The provider reports on the newest attempt; what has become of it then."""
    delivery = delivery_of(message)
    payload = {"MessageSid": sid or delivery.provider_sid or "", "MessageStatus": status, "ErrorCode": code}
    reconcile.store_report(delivery.token, payload, now=NOON + after * SECOND)
    delivery.refresh_from_db()
    return delivery


def test_a_report_is_kept_exactly_as_it_came(sent) -> None:
    token = delivery_of(sent).token
    payload = {"MessageSid": "SM1", "MessageStatus": "sent", "Unannounced": "ü", "Blank": ""}
    reconcile.store_report(token, payload, now=NOON)
    kept = ProviderReport.objects.get()
    assert (kept.payload, kept.token, kept.received_at) == (payload, token, NOON)
    assert kept.applied_at == NOON


@pytest.mark.parametrize(
    "said",
    [{"MessageStatus": "delivered\x00"}, {"MessageStatus": "s" * 90}, {"ErrorCode": "9" * 90}, {"MessageSid": "S" * 90},
     {"Unannounced": "\ud83d"}, {"CallSid": "CA\x00"}],
)  # fmt: skip
def test_a_report_is_kept_whatever_its_fields_hold(sent, said) -> None:
    reconcile.store_report(
        delivery_of(sent).token, {"MessageSid": "SM1", "MessageStatus": "sent", **said}, now=NOON
    )
    kept = ProviderReport.objects.get()
    assert kept.applied_at == NOON
    assert kept.payload.keys() >= said.keys()


def test_a_report_is_stored_before_anything_is_done_with_it(sent, monkeypatch) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(reconcile, "_applied", fail)
    assert report(sent, "delivered").state == State.ACCEPTED, "all that follows from it, or nothing"
    assert ProviderReport.objects.get().applied_at is None, "kept for the next turn, and seen by an invariant"
    monkeypatch.undo()
    reconcile.apply_reports(now=NOON + MINUTE)
    assert delivery_of(sent).state == State.DELIVERED


@pytest.mark.parametrize(
    "error", [RuntimeError(), OperationalError("deadlock detected")], ids=["fault", "lock"]
)
def test_one_report_that_cannot_be_applied_does_not_hold_up_the_others(
    site, line, sent, monkeypatch, error
) -> None:
    other = a_message(site)
    outbox.deliver_due(now=NOON)
    real = reconcile._apply

    def fail_for_the_first(delivery: Delivery, *rest: object) -> None:
        if delivery.message_id == sent.pk:
            raise error
        real(delivery, *rest)

    monkeypatch.setattr(reconcile, "_apply", fail_for_the_first)
    report(sent, "undelivered")
    assert report(other, "undelivered", code="30006").state == State.FAILED
    assert list(ProviderReport.objects.filter(applied_at=None).values_list("token", flat=True)) == [
        delivery_of(sent).token
    ]


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["queued", "sending", "sent"], State.ACCEPTED),
        (["queued", "sending", "sent", "delivered"], State.DELIVERED),
        (["delivered", "sent", "sending"], State.DELIVERED),
        (["delivered", "delivered", "delivered"], State.DELIVERED),
        (["delivered", "undelivered"], State.DELIVERED),
        (["undelivered", "sent"], State.FAILED),
        (["failed", "delivered"], State.DELIVERED),
        (["read"], State.DELIVERED),
        (["delivered", "read"], State.DELIVERED),
        (["canceled"], State.FAILED),
        (["a word nobody knows"], State.ACCEPTED),
        ([""], State.ACCEPTED),
    ],
    ids=" ".join,
)
def test_texts_stand_where_the_highest_report_puts_them(sent, statuses, state) -> None:
    for status in statuses:
        report(sent, status[:20])
    assert delivery_of(sent).state == state


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (["initiated", "ringing"], State.ACCEPTED),
        (["ringing", "in-progress"], State.ACCEPTED),
        (["completed"], State.DELIVERED),
        (["completed", "in-progress", "ringing"], State.DELIVERED),
        (["busy"], State.FAILED),
        (["no-answer"], State.FAILED),
        (["failed"], State.FAILED),
    ],
    ids=" ".join,
)
def test_calls_stand_where_the_highest_report_puts_them(site, line, statuses, state) -> None:
    message = a_message(site, lane=Lane.PAGE_VOICE)
    outbox.deliver_due(now=NOON)
    delivery = delivery_of(message)
    for status in statuses:
        payload = {"CallSid": delivery.provider_sid, "CallStatus": status}
        reconcile.store_report(delivery.token, payload, now=NOON + SECOND)
    assert delivery_of(message).state == state


@pytest.mark.parametrize(
    "order", list(permutations(["queued", "sending", "sent", "delivered"])), ids=" ".join
)
def test_the_order_of_arrival_makes_no_difference(sent, order) -> None:
    for status in order:
        report(sent, status)
    delivery = delivery_of(sent)
    assert (delivery.state, delivery.provider_status) == (State.DELIVERED, "delivered")


def test_an_hour_late_is_not_too_late(sent) -> None:
    assert report(sent, "delivered", after=3600).state == State.DELIVERED


def test_a_failure_keeps_the_provider_s_code_and_a_later_one_without_a_code_does_not_erase_it(sent) -> None:
    report(sent, "undelivered", code="30006")
    report(sent, "failed")
    delivery = delivery_of(sent)
    assert (delivery.state, delivery.error_code) == (State.FAILED, "30006")


def test_a_failure_without_a_code_says_what_it_was_called(sent) -> None:
    assert report(sent, "undelivered").error_code == "undelivered"


def test_a_report_about_nothing_we_sent_changes_nothing(sent) -> None:
    before = Delivery.objects.values().get()
    reconcile.store_report("somebody-elses", {"MessageSid": "SM9", "MessageStatus": "failed"}, now=NOON)
    assert Delivery.objects.values().get() == before
    assert ProviderReport.objects.get().applied_at == NOON, "kept, and nothing waits on it"


# Reports that overtake the answer to our own request


def test_a_report_before_the_answer_proves_that_the_request_got_through(site, line) -> None:
    message = a_message(site)

    def overtake(sid: str, given: dict[str, object]) -> None:
        report(message, "sent", sid=sid)
        assert delivery_of(message).state == State.ACCEPTED

    line.says(overtake)
    outbox.deliver_due(now=NOON)
    delivery = delivery_of(message)
    assert delivery.provider_sid in line.held
    assert report(message, "delivered").state == State.DELIVERED


def test_even_the_last_report_may_come_before_the_answer(site, line) -> None:
    message = a_message(site)
    line.says(lambda sid, given: report(message, "delivered", sid=sid))
    outbox.deliver_due(now=NOON)
    assert delivery_of(message).state == State.DELIVERED, "the answer does not move it back"


@pytest.mark.parametrize("minutes", [0, 1], ids=["perhaps sent", "waiting to be sent again"])
def test_a_report_settles_what_we_never_heard_of(site, line, minutes) -> None:
    line.says("unheard")
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    [sid] = line.held
    taken = line.held.pop(sid)  # not in the provider's list yet
    reconcile.settle_ambiguous(now=NOON + minutes * MINUTE)
    line.held[sid] = taken
    delivery = report(message, "sent", sid=sid)
    assert (delivery.state, delivery.provider_sid) == (State.ACCEPTED, sid)
    outbox.deliver_due(now=NOON + 2 * MINUTE)
    assert len(line.held) == 1, "it is not sent a second time"


@pytest.mark.parametrize("given_up", [State.EXPIRED, State.CANCELLED])
@pytest.mark.parametrize(
    ("statuses", "becomes"),
    [(["sent"], None), (["sent", "delivered"], State.DELIVERED), (["sent", "undelivered"], None)],
    ids=["on its way", "delivered", "undelivered"],
)
def test_what_was_given_up_and_went_out_all_the_same_is_ours(site, line, given_up, statuses, becomes) -> None:
    line.says("unheard")
    message = a_message(site, valid_for=2 * MINUTE)
    outbox.deliver_due(now=NOON)
    [sid] = line.held
    line.held.clear()  # not in the provider's list yet
    reconcile.settle_ambiguous(now=NOON + MINUTE)
    if given_up == State.CANCELLED:
        outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON + MINUTE)
    outbox.deliver_due(now=NOON + 2 * MINUTE)
    assert delivery_of(message).state == given_up
    for status in statuses:
        delivery = report(message, status, sid=sid, after=180)
    assert (delivery.state, delivery.provider_sid) == (becomes or given_up, sid)
    assert (delivery.provider_status, message.deliveries.count()) == (statuses[-1], 1)


def test_a_match_from_the_provider_s_list_gives_way_to_a_report(site, line) -> None:
    """Two calls to one phone cannot be told apart in the list; the token in a report can tell them apart."""
    line.says("unheard", "unheard")
    mine, other = (a_message(site, lane=Lane.PAGE_VOICE, to="+15550300001") for _ in "ab")
    outbox.deliver_due(now=NOON)
    sid_of_mine, sid_of_other = line.held
    line.held = {sid_of_other: line.held[sid_of_other], sid_of_mine: line.held[sid_of_mine]}
    Delivery.objects.filter(message=other).update(due_at=NOON + MINUTE)
    reconcile.settle_ambiguous(now=NOON + SECOND)
    assert delivery_of(mine).provider_sid == sid_of_other, "a wrong guess"
    payload = {"CallSid": sid_of_other, "CallStatus": "ringing"}
    reconcile.store_report(delivery_of(other).token, payload, now=NOON + 2 * SECOND)
    reconcile.settle_ambiguous(now=NOON + 3 * SECOND)
    assert delivery_of(other).provider_sid == sid_of_other
    assert delivery_of(mine).provider_sid == sid_of_mine


def test_what_arrived_after_all_is_not_said_twice(site, line) -> None:
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    first = delivery_of(message)
    report(message, "undelivered", code="30003", sid=first.provider_sid)
    assert delivery_of(message).attempt == 2, "another try waits"
    payload = {"MessageSid": first.provider_sid, "MessageStatus": "delivered"}
    reconcile.store_report(first.token, payload, now=NOON + MINUTE)
    first.refresh_from_db()
    assert first.state == State.DELIVERED
    assert delivery_of(message).state == State.CANCELLED
