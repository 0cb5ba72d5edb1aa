"""Handing over: pages first, each row by one holder, and every outcome a state."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications import gateway, heartbeat, outbox, reconcile
from notifications.models import Channel, Delivery, Lane, Message
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


def claim(now: datetime = NOON) -> Delivery:
    """What a worker does first; here it dies, or dawdles, before the second step."""
    [held] = outbox._claim(now, tuple(Lane), timedelta(0))
    return held


def test_h16_pages_go_before_replies_and_replies_before_check_ins(site, line) -> None:
    for lane in reversed(Lane):
        a_message(site, lane=lane, body=lane.label, to=f"+1555030000{lane}")
    outbox.deliver_due(now=NOON)
    assert [given["to"][-1] for given in line.handed] == ["1", "2", "3", "4"]


def test_within_a_lane_the_oldest_goes_first(site, line) -> None:
    a_message(site, body="later", now=NOON + SECOND)
    a_message(site, body="sooner", now=NOON)
    outbox.deliver_due(now=NOON + MINUTE)
    assert line.bodies() == ["sooner", "later"]


def test_a_worker_carries_its_own_lanes_only(site, line) -> None:
    a_message(site, lane=Lane.CHECKIN)
    assert outbox.deliver_due(now=NOON, lanes=[Lane.PAGE_VOICE, Lane.PAGE_TEXT]) == 0
    assert outbox.deliver_due(now=NOON, lanes=[Lane.CHECKIN]) == 1


def test_nothing_goes_before_its_time_nor_before_patience_runs_out(site, line) -> None:
    a_message(site, now=NOON)
    assert outbox.deliver_due(now=NOON - SECOND) == 0
    assert outbox.deliver_due(now=NOON + 2 * SECOND, patience=3 * SECOND) == 0
    assert outbox.deliver_due(now=NOON + 3 * SECOND, patience=3 * SECOND) == 1


def test_what_the_provider_took_has_its_id_and_a_time_by_which_to_hear_of_it(site, line) -> None:
    text, call = a_message(site), a_message(site, lane=Lane.PAGE_VOICE)
    outbox.deliver_due(now=NOON)
    for message, waits in ((text, outbox.TEXT_DEADLINE), (call, outbox.CALL_DEADLINE)):
        delivery = delivery_of(message)
        assert delivery.state == State.ACCEPTED
        assert line.held[delivery.provider_sid]["to"] == message.to
        assert delivery.deadline_at == NOON + waits
        assert delivery.lease_until is None


def test_a_text_carries_what_is_left_of_its_time_and_an_address_for_its_reports(site, line, settings) -> None:
    settings.PUBLIC_BASE_URL = "https://stepup.example"
    message = a_message(site, valid_for=10 * MINUTE)
    outbox.deliver_due(now=NOON + 4 * MINUTE)
    [given] = line.handed
    assert given["valid_seconds"] == 6 * 60
    assert given["callback"] == f"https://stepup.example/webhooks/twilio/status/{delivery_of(message).token}"


@pytest.mark.parametrize(
    ("answer", "becomes"),
    [
        (gateway.NotTaken("20429"), (State.PENDING, "", NOON + 2 * SECOND)),
        (gateway.NotTaken("no connection"), (State.PENDING, "", NOON + 2 * SECOND)),
        (gateway.RefusedForGood("21211"), (State.FAILED, "21211", NOON)),
        (gateway.Unknown("ReadTimeout"), (State.AMBIGUOUS, "", NOON)),
        (gateway.Unknown("500"), (State.AMBIGUOUS, "", NOON)),
        (gateway.Unknown("no id"), (State.AMBIGUOUS, "", NOON)),
    ],
    ids=["rate limit", "refused connection", "4xx", "time-out", "5xx", "empty 201"],
)
def test_every_outcome_is_a_state(site, line, answer, becomes) -> None:
    line.says(answer)
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    delivery = delivery_of(message)
    assert (delivery.state, delivery.error_code) == becomes[:2]
    assert becomes[2] - SECOND < delivery.due_at <= becomes[2]
    assert delivery.provider_sid is None
    assert delivery.lease_until is None


def test_not_taken_for_now_is_tried_again_and_sent_once(site, line) -> None:
    line.says(gateway.NotTaken("20429"), gateway.NotTaken("20429"))
    message = a_message(site)
    for seconds in (0, 1, 2, 4):
        outbox.deliver_due(now=NOON + seconds * SECOND)
    assert len(line.handed) == 3, "at 0, 2 and 4 seconds"
    assert len(line.held) == 1
    assert delivery_of(message).state == State.ACCEPTED


def test_what_was_too_many_at_once_does_not_come_back_all_at_once(site, line) -> None:
    line.says(*[gateway.NotTaken("20429")] * 8)
    messages = [a_message(site, lane=Lane.PAGE_TEXT) for _ in range(8)]
    outbox.deliver_due(now=NOON)
    due = {delivery_of(message).due_at for message in messages}
    assert len(due) > 4
    assert NOON + SECOND < min(due) <= max(due) <= NOON + 2 * SECOND


@pytest.mark.parametrize(
    ("lane", "longest"), [(Lane.PAGE_TEXT, [2] * 5), (Lane.REPLY, [2] * 5), (Lane.CHECKIN, [2, 4, 8, 16, 16])]
)
def test_a_check_in_that_is_not_taken_makes_room_and_what_somebody_waits_for_does_not(
    site, line, lane, longest
) -> None:
    line.says(*[gateway.NotTaken("20429")] * 5)
    message, now, waited = a_message(site, lane=lane), NOON, []
    for _ in longest:
        outbox.deliver_due(now=now)
        due_at = delivery_of(message).due_at
        waited.append((due_at - now).total_seconds())
        now = due_at
    assert all(0.6 * most <= took <= most for most, took in zip(longest, waited, strict=True)), waited


def test_h20_what_is_too_old_expires_instead_of_being_sent_late(site, line) -> None:
    message = a_message(site, valid_for=5 * MINUTE)
    outbox.deliver_due(now=NOON + 5 * MINUTE)
    assert line.handed == []
    delivery = delivery_of(message)
    assert (delivery.state, delivery.ended_at) == (State.EXPIRED, NOON + 5 * MINUTE)
    assert outbox.has_failed(message)


def test_a_case_taken_between_the_claim_and_the_post_is_not_paged(site, line, monkeypatch) -> None:
    message = a_message(site, lane=Lane.PAGE_TEXT)
    held = claim()
    outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON)
    outbox._hand_over(held, NOON)
    assert line.handed == []
    assert delivery_of(message).state == State.CANCELLED


def test_a_holder_has_half_a_minute_and_a_report_on_a_text_a_whole_one(site, line) -> None:
    a_message(site)
    assert claim().lease_until == NOON + 30 * SECOND
    text = a_message(site)
    outbox.deliver_due(now=NOON)
    assert delivery_of(text).deadline_at == NOON + 60 * SECOND


# A worker dies


def test_a_row_whose_holder_died_before_the_post_is_due_again(site, line) -> None:
    message = a_message(site)
    claim()
    assert outbox.deliver_due(now=NOON + SECOND) == 0, "somebody holds it"
    reconcile.recover_leases(now=NOON + outbox.LEASE)
    assert outbox.deliver_due(now=NOON + outbox.LEASE) == 1
    assert delivery_of(message).state == State.ACCEPTED


def test_a_holder_that_wakes_up_late_is_refused(site, line) -> None:
    a_message(site)
    late = claim()
    reconcile.recover_leases(now=NOON + outbox.LEASE)
    claim(NOON + outbox.LEASE)
    outbox._hand_over(late, NOON + outbox.LEASE)
    assert line.handed == [], "its fence is stale; the second holder sends"


def test_a_row_whose_holder_died_in_the_post_is_perhaps_sent(site, line) -> None:
    def die(*_: object) -> None:
        raise SystemExit

    line.says(die)
    message = a_message(site)
    with pytest.raises(SystemExit):
        outbox.deliver_due(now=NOON)
    assert delivery_of(message).state == State.SUBMITTING
    reconcile.recover_leases(now=NOON + outbox.LEASE)
    assert delivery_of(message).state == State.AMBIGUOUS
    reconcile.settle_ambiguous(now=NOON + outbox.LEASE)
    assert delivery_of(message).state == State.ACCEPTED
    assert len(line.held) == 1, "the provider had it; it was not sent twice"


def test_a_holder_that_died_while_the_clock_was_ahead_keeps_nothing_once_it_is_right(site, line) -> None:
    message = a_message(site, now=NOON + 60 * MINUTE)
    claim(NOON + 60 * MINUTE)
    reconcile.recover_leases(now=NOON)
    assert outbox.deliver_due(now=NOON) == 1
    assert delivery_of(message).state == State.ACCEPTED


def test_what_was_being_handed_over_while_the_clock_was_ahead_is_sent_again_in_time(site, line) -> None:
    message = a_message(site, now=NOON + 60 * MINUTE)
    handed_over = {"state": State.SUBMITTING, "submitted_at": NOON + 60 * MINUTE}
    Delivery.objects.update(lease_until=NOON + 60 * MINUTE + outbox.LEASE, **handed_over)
    for seconds in (0, 30):
        reconcile.recover_leases(now=NOON)
        reconcile.settle_ambiguous(now=NOON + seconds * SECOND)
    assert delivery_of(message).state == State.PENDING


def test_a_holder_whose_clock_is_a_little_ahead_keeps_its_lease(site, line) -> None:
    a_message(site)
    claim(NOON + heartbeat.AHEAD)
    assert reconcile.recover_leases(now=NOON) == 0


def test_an_answer_after_the_lease_ran_out_takes_the_row_out_of_the_queue_again(site, line) -> None:
    """The provider was slow: by the time it answered, the row was being readied for a second try."""
    after = NOON + outbox.LEASE + reconcile.SETTLE_AFTER

    def meanwhile(sid: str, given: dict[str, object]) -> None:
        taken = line.held.pop(sid)  # not in the provider's list yet
        reconcile.recover_leases(now=after)
        reconcile.settle_ambiguous(now=after)
        line.held[sid] = taken

    line.says(meanwhile)
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    assert delivery_of(message).state == State.ACCEPTED
    assert outbox.deliver_due(now=after) == 0
    assert len(line.held) == 1


# A provider takes its time


@pytest.fixture
def slow(line, monkeypatch):
    """Each hand-over takes eight seconds of real time, without anybody waiting for them."""
    passed = {"seconds": 0.0}
    monkeypatch.setattr(outbox, "time", SimpleNamespace(monotonic=lambda: passed["seconds"]))

    def dawdle(*_: object) -> None:
        passed["seconds"] += 8

    line.says(*[dawdle] * 10)
    return line


def test_a_lease_counts_from_the_hand_over_and_not_from_the_start_of_the_turn(site, slow) -> None:
    first, second = a_message(site), a_message(site)
    outbox.deliver_due(now=NOON)
    assert delivery_of(first).submitted_at == NOON
    assert delivery_of(second).submitted_at == NOON + 8 * SECOND


def test_a_slow_provider_does_not_keep_the_engine_from_its_other_work(site, slow) -> None:
    for _ in range(6):
        a_message(site)
    assert outbox.deliver_due(now=NOON) == outbox.BATCH
    assert Delivery.objects.filter(state=State.PENDING).count() == 6 - outbox.BATCH, "due for the next turn"


@pytest.mark.parametrize(("seconds", "handed"), [(2, 4), (5, 2)])
def test_a_turn_begins_nothing_new_once_its_five_seconds_are_over(site, line, seconds, handed) -> None:
    for _ in range(4):
        a_message(site)
    passed = iter([0.0, 0.0, 0.0, 0.0, 0.0, *[float(seconds)] * 9])
    outbox.deliver_due(now=NOON, passed=lambda: next(passed))
    assert len(line.handed) == handed


def test_two_hand_overs_at_the_time_limit_stay_within_one_lease() -> None:
    worst = gateway.CONNECT_SECONDS + gateway.READ_SECONDS
    assert outbox.BATCH * worst <= outbox.LEASE.total_seconds()
    assert worst < reconcile.SETTLE_AFTER.total_seconds(), "never settled while still in the post"


def test_a_call_is_told_where_its_words_are(site, line, settings) -> None:
    settings.PUBLIC_BASE_URL = "https://stepup.example"
    message = a_message(site, lane=Lane.PAGE_VOICE)
    outbox.deliver_due(now=NOON)
    token = delivery_of(message).token
    assert line.handed[0]["words_at"] == f"https://stepup.example/webhooks/twilio/voice/{token}"
    assert message.channel == Channel.VOICE


def test_a_text_on_its_way_asks_seven_times(site, line) -> None:
    a_message(site)
    with CaptureQueriesContext(connection) as asked:
        outbox.deliver_due(now=NOON)
    delivery = Delivery.objects.get()
    payload = {"MessageSid": delivery.provider_sid or "", "MessageStatus": "delivered"}
    with CaptureQueriesContext(connection) as then:
        reconcile.store_report(delivery.token, payload, now=NOON + SECOND)
    said = [one["sql"].split()[:2] for one in [*asked, *then]]
    assert len([one for one in said if "SAVEPOINT" not in one]) == 7, said
