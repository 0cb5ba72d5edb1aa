"""Pages leave by the second account while the first cannot send, and by both only where the first gives no answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from celery import current_app

from notifications import accounts, clock, gateway, outbox, reconcile
from notifications.double.options import Options
from notifications.double.server import Double
from notifications.models import Account, Delivery, Lane, Message, Site
from tests import makers
from tests.conftest import ACCOUNT, TOKEN
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, Line, a_message, delivery_of
from tests.provider import ProviderDouble

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State
SECOND_SID = "AC" + "2" * 32
STAND_IN = "+15550160001"
SILENT = gateway.Unknown("ReadTimeout")


@pytest.fixture
def site(settings) -> Site:
    settings.TWILIO_SECOND_ACCOUNT_SID = SECOND_SID
    return makers.a_site(fallback_number=STAND_IN)


def a_page(site: Site, *, lane: Lane = Lane.PAGE_TEXT, now: datetime = NOON) -> Message:
    return a_message(site, lane=lane, body="URGENT case 4821", valid_for=15 * MINUTE, now=now)


def accounts_of(line: Line) -> list[tuple[str, str]]:
    """Every hand-over: by which account, from which number."""
    return [(given["account"], given["sender"]) for given in line.handed]


def test_while_the_first_account_sends_nothing_leaves_by_the_second(site, line) -> None:
    for lane in (Lane.PAGE_TEXT, Lane.PAGE_VOICE, Lane.REPLY):
        a_message(site, lane=lane)
    outbox.deliver_due(now=NOON)
    assert {account for account, _ in accounts_of(line)} == {"first"}
    assert accounts.out() == {}


@pytest.mark.parametrize("lane", [Lane.PAGE_TEXT, Lane.PAGE_VOICE])
@pytest.mark.parametrize("code", ["20003", "30002"])
def test_an_account_that_is_refused_hands_its_page_to_the_second_at_once(site, line, lane, code) -> None:
    line.says(gateway.RefusedForGood(code))
    message = a_page(site, lane=lane)
    outbox.deliver_due(now=NOON)
    assert accounts_of(line) == [("first", site.page_number), ("second", STAND_IN)]
    assert [d.state for d in message.deliveries.order_by("attempt")] == [State.FAILED, State.ACCEPTED]
    assert accounts.out() == {"first": f"error {code}"}
    a_page(site, lane=lane)
    outbox.deliver_due(now=NOON + SECOND)
    assert accounts_of(line)[2:] == [("second", STAND_IN)], "the next one asks the first no more"


@pytest.mark.parametrize("code", ["30034", "21606", "21611"])
def test_a_number_that_may_not_send_costs_one_page_the_way_and_not_the_whole_account(
    site, line, code
) -> None:
    line.says(gateway.RefusedForGood(code))
    a_page(site)
    outbox.deliver_due(now=NOON)
    a_page(site)
    outbox.deliver_due(now=NOON + SECOND)
    assert [account for account, _ in accounts_of(line)] == ["first", "second", "first"]


def test_another_error_is_no_reason_to_change(site, line) -> None:
    line.says(gateway.RefusedForGood("30003"))
    a_page(site)
    outbox.deliver_due(now=NOON)
    assert [account for account, _ in accounts_of(line)] == ["first"]


def test_two_hand_overs_in_a_row_without_an_answer_put_an_account_out(site, line) -> None:
    line.says(SILENT, None, SILENT, SILENT)
    for _ in range(5):
        a_page(site)
    outbox.deliver_due(now=NOON)
    assert [account for account, _ in accounts_of(line)] == ["first"] * 4 + ["second"]


def test_a_page_that_surely_did_not_leave_goes_by_the_second_without_a_pause(site, line) -> None:
    line.says(gateway.NoConnection("no connection"), gateway.NoConnection("no connection"))
    message = a_page(site)
    outbox.deliver_due(now=NOON)
    outbox.deliver_due(now=NOON + outbox.NOT_TAKEN_PAUSE)
    assert [account for account, _ in accounts_of(line)] == ["first", "first", "second"]
    assert (message.deliveries.count(), delivery_of(message).account) == (1, "second")


def test_a_rate_limit_is_no_doubt(site, line) -> None:
    line.says(*[gateway.NotTaken("20429")] * 3)
    a_page(site)
    for second in range(5):
        outbox.deliver_due(now=NOON + 2 * second * SECOND)
    assert [account for account, _ in accounts_of(line)] == ["first"] * 4


def test_patients_are_never_texted_by_the_second(site, line) -> None:
    accounts.note_out(Account.FIRST, "error 30002", now=NOON)
    a_message(site, lane=Lane.REPLY)
    outbox.deliver_due(now=NOON)
    assert accounts_of(line) == [("first", site.patient_number)]
    assert accounts.out() == {}, "and when the first takes it, it is well again"


@pytest.mark.parametrize("missing", ["account", "number"])
def test_without_a_second_account_or_a_number_of_it_the_first_is_tried_on(
    site, line, settings, missing
) -> None:
    if missing == "account":
        settings.TWILIO_SECOND_ACCOUNT_SID = ""
    else:
        Site.objects.update(fallback_number="")
    line.says(gateway.RefusedForGood("20003"))
    first, again = a_page(site), a_page(site)
    outbox.deliver_due(now=NOON)
    assert [account for account, _ in accounts_of(line)] == ["first", "first"]
    assert (delivery_of(first).state, delivery_of(again).state) == (State.FAILED, State.ACCEPTED)


def test_when_both_are_out_the_first_is_tried_on(site, line) -> None:
    for account in Account:
        accounts.note_out(account, "error 30002", now=NOON)
    a_page(site)
    outbox.deliver_due(now=NOON)
    assert [account for account, _ in accounts_of(line)] == ["first"]


# A page of which nobody knows whether the first took it


@pytest.fixture
def doubtful(site, line) -> Message:
    """Handed to the first account, which gave no answer and is out."""
    line.says("unheard")
    message = a_page(site)
    outbox.deliver_due(now=NOON)
    accounts.note_out(Account.FIRST, "ReadTimeout", now=NOON)
    line.unwell.add("first")
    return message


def settle(line: Line, seconds: int) -> None:
    reconcile.settle_all(now=NOON + seconds * SECOND)
    outbox.deliver_due(now=NOON + seconds * SECOND)


def test_where_the_first_cannot_be_asked_a_second_page_is_preferred_to_a_lost_one(doubtful, line) -> None:
    line.is_silent = True
    settle(line, 29)
    assert len(line.handed) == 1, "it may still say whether it took it"
    for seconds in (35, 40, 45):
        settle(line, seconds)
    assert [account for account, _ in accounts_of(line)] == ["first", "second"], (
        "once, and not every five seconds"
    )


def test_once_the_first_page_is_known_to_have_arrived_the_second_does_not_leave(doubtful, line) -> None:
    line.is_silent = True
    reconcile.settle_all(now=NOON + 35 * SECOND)
    first, second = doubtful.deliveries.order_by("attempt")
    assert (first.state, second.state) == (State.AMBIGUOUS, State.PENDING)
    for status in ("sent", "delivered"):
        payload = {"MessageSid": next(iter(line.held)), "MessageStatus": status}
        reconcile.store_report(first.token, payload, now=NOON + 36 * SECOND)
    assert [one.state for one in doubtful.deliveries.order_by("attempt")] == [
        State.DELIVERED,
        State.CANCELLED,
    ]


def test_where_the_first_says_that_it_took_it_nothing_leaves_by_the_second(doubtful, line) -> None:
    settle(line, 35)
    assert len(line.handed) == 1
    assert delivery_of(doubtful).account == "first"


@pytest.fixture
def not_needed(doubtful, line) -> Message:
    """Queued for the second account while the first gave no answer; withdrawn once the first said that it has it."""
    line.is_silent = True
    reconcile.settle_all(now=NOON + 35 * SECOND)
    line.is_silent = False
    reconcile.settle_all(now=NOON + 40 * SECOND)
    first, second = doubtful.deliveries.order_by("attempt")
    assert (first.state, second.state) == (State.ACCEPTED, State.CANCELLED)
    return doubtful


def fails(message: Message, code: str) -> None:
    first = message.deliveries.get(attempt=1)
    payload = {"MessageSid": first.provider_sid or "", "MessageStatus": "undelivered", "ErrorCode": code}
    reconcile.store_report(first.token, payload, now=NOON + 50 * SECOND)


def test_a_page_whose_one_try_has_failed_and_the_other_never_left_has_failed(not_needed) -> None:
    assert not outbox.has_failed(not_needed)
    fails(not_needed, "30003")
    assert outbox.has_failed(not_needed), "the next person is due at once"


def test_a_page_that_never_left_by_the_second_may_still_do_so(not_needed, line) -> None:
    fails(not_needed, "30034")
    outbox.deliver_due(now=NOON + 50 * SECOND)
    assert [account for account, _ in accounts_of(line)] == ["first", "second"]


def test_a_guess_that_was_wrong_is_tried_again_though_the_second_was_withdrawn_for_it(
    not_needed, line
) -> None:
    first = not_needed.deliveries.get(attempt=1)
    other = a_page(not_needed.site, now=NOON)
    Delivery.objects.filter(message=other).update(account=Account.FIRST)
    [sid] = line.held
    payload = {"MessageSid": sid, "MessageStatus": "sent"}
    reconcile.store_report(other.deliveries.get().token, payload, now=NOON + 50 * SECOND)
    reconcile.settle_ambiguous(now=NOON + 50 * SECOND)
    first.refresh_from_db()
    assert (first.state, first.error_code) == (State.PENDING, "")


def test_a_first_that_comes_back_is_not_handed_the_same_page_again(doubtful, line) -> None:
    line.is_silent = True
    settle(line, 35)
    line.is_silent = False
    line.held = {sid: given for sid, given in line.held.items() if given["account"] == "second"}
    settle(line, 45)
    assert [account for account, _ in accounts_of(line)] == ["first", "second"]
    first = doubtful.deliveries.get(attempt=1)
    assert (first.state, first.error_code) == (State.FAILED, "not-taken")


def test_an_error_of_the_first_says_nothing_of_the_second_that_carries_the_page_now(doubtful, line) -> None:
    line.is_silent = True
    settle(line, 35)
    first = doubtful.deliveries.get(attempt=1)
    payload = {"MessageSid": next(iter(line.held)), "MessageStatus": "failed", "ErrorCode": "30002"}
    accounts.note_taken(account=Account.FIRST)
    reconcile.store_report(first.token, payload, now=NOON + 36 * SECOND)
    assert accounts.out() == {"first": "error 30002"}
    a_page(doubtful.site, now=NOON + 37 * SECOND)
    outbox.deliver_due(now=NOON + 37 * SECOND)
    assert [account for account, _ in accounts_of(line)] == ["first", "second", "second"]


def test_one_taken_meanwhile_is_not_paged_by_the_second(doubtful, line) -> None:
    line.is_silent = True
    outbox.cancel(Message.objects.filter(pk=doubtful.pk), now=NOON + 10 * SECOND)
    settle(line, 35)
    assert len(line.handed) == 1


@pytest.mark.parametrize(
    ("minutes", "cancelled", "paged"),
    [(14, False, True), (15, False, False), (20, False, False), (14, True, False), (20, True, False)],
)
def test_a_page_that_is_over_is_not_carried_by_the_second_either(
    site, line, minutes, cancelled, paged
) -> None:
    message = a_page(site)
    message.cancelled_at = NOON if cancelled else None
    assert outbox.page_by_second(message, now=NOON + minutes * MINUTE) is paged
    assert message.deliveries.count() == 1 + paged


def test_whoever_carries_the_lane_is_nudged_for_the_second_account_too(
    site, line, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    message = a_page(site, lane=Lane.PAGE_VOICE)
    nudged: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudged.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        for _ in range(2):
            outbox.page_by_second(message, now=NOON)
    assert nudged == ["notifications.deliver_page_calls"], "once, as it is queued once"


# Back again


def test_the_first_is_asked_every_half_minute_and_used_again_once_it_is_well(site, line) -> None:
    accounts.note_out(Account.FIRST, "error 30002", now=NOON)
    line.unwell.add("first")
    assert accounts.look_after(now=NOON + 29 * SECOND) == 0
    assert accounts.look_after(now=NOON + 30 * SECOND) == 1
    assert accounts.is_out(Account.FIRST)
    line.unwell.clear()
    assert accounts.look_after(now=NOON + 45 * SECOND) == 0
    assert accounts.look_after(now=NOON + 60 * SECOND) == 1
    a_page(site)
    outbox.deliver_due(now=NOON + MINUTE)
    assert [account for account, _ in accounts_of(line)] == ["first"]


# Through the provider's own library


@pytest.fixture
def doubles(site, settings) -> Iterator[list[ProviderDouble]]:
    """Two providers, one for each account."""
    common = {"auth_token": TOKEN, "webhook_base": "http://127.0.0.1:9", "inbound_pauses": ()}
    running = [Double(Options(account_sid=sid, **common)) for sid in (ACCOUNT, SECOND_SID)]
    for double in running:
        double.start()
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_API_BASE, settings.TWILIO_SECOND_API_BASE = (double.url for double in running)
    settings.TWILIO_SECOND_AUTH_TOKEN = TOKEN
    yield [ProviderDouble(double.url) for double in running]
    for double in running:
        double.stop()


def paged_by_the_second_while(error: str, site: Site, doubles: Sequence[ProviderDouble]) -> list[Message]:
    """A text and a call that leave while the first provider answers with this error: both by the second, at once."""
    first, second = doubles
    first.faults({"do": f"error:{error}"})
    now = clock.now()
    text, call = (a_page(site, lane=lane, now=now) for lane in (Lane.PAGE_TEXT, Lane.PAGE_VOICE))
    outbox.deliver_due(now=now)
    taken = second.ledger()["messages"]
    assert [(sent["sender"], sent["to"]) for sent in taken] == [(STAND_IN, text.to)]
    assert [placed["to"] for placed in second.calls()] == [call.to]
    return [text, call]


def test_an_outage_of_the_first_provider_costs_a_page_seconds(site, doubles) -> None:
    paged = paged_by_the_second_while("20003", site, doubles)
    assert not gateway.is_well(Account.FIRST)
    doubles[0].faults()
    assert gateway.is_well(Account.FIRST)
    accounts.look_after(now=clock.now() + MINUTE)
    assert accounts.out() == {}
    by_second = Delivery.objects.filter(message__in=paged, account="second")
    assert by_second.filter(state=State.ACCEPTED).count() == 2


def test_a_number_whose_queue_is_full_hands_its_page_to_the_second_at_once(site, doubles) -> None:
    paged_by_the_second_while("21611", site, doubles)
    assert accounts.out() == {}, "the rest of the account is well"


def test_what_the_second_account_holds_is_asked_of_the_second(site, doubles) -> None:
    first, second = doubles
    first.faults({"do": "error:20003"})
    second.faults({"do": "500_after", "times": 1})
    now = clock.now()
    message = a_page(site, now=now)
    outbox.deliver_due(now=now)
    assert delivery_of(message).state == State.AMBIGUOUS
    reconcile.settle_ambiguous(now=now + SECOND)
    assert delivery_of(message).state == State.ACCEPTED
    assert len(second.ledger()["messages"]) == 1
