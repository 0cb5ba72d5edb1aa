"""What each provider error means: another try after a pause, or none. A page never waits for its own phone again."""

from datetime import timedelta

import pytest

from notifications import gateway, outbox, provider_errors
from notifications.models import Delivery, Lane, Message
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, a_message, delivery_of

State = Delivery.State
PAUSES: dict[str, list[str]] = {
    # a handset that is off may be switched on
    "30003": ["5 min", "15 min"],
    # trouble at the carrier or the provider passes
    "30008": ["90 s"],
    "30410": ["90 s"],
    "30500": ["90 s"],
    "30017": ["90 s"],
    # our own queue drains
    "21611": ["30 s", "60 s", "120 s"],
    "30001": ["30 s", "60 s", "120 s"],
    "30022": ["60 s", "120 s"],
    # nothing that time could mend
    "21211 21217 21610 21614 21635 21408 21606 21617": [],
    "30002 30004 30005 30006 30007 30034 30036": [],
    "no-report busy no-answer 99999": [],
}


def spelled(pause: timedelta | None) -> str:
    seconds = int(pause.total_seconds()) if pause else 0
    return f"{seconds // 60} min" if seconds >= 180 else f"{seconds} s"


@pytest.mark.parametrize(
    ("code", "pauses"), [(code, pauses) for codes, pauses in PAUSES.items() for code in codes.split()]
)
def test_the_pauses_of_each_error(code, pauses) -> None:
    given = [provider_errors.retry_after(code, attempt=attempt) for attempt in range(1, len(pauses) + 2)]
    assert [spelled(pause) for pause in given[:-1]] == pauses
    assert given[-1] is None, "then it is final"


def test_every_error_with_another_try_is_in_this_table() -> None:
    assert {code for code, pauses in PAUSES.items() if pauses} == {
        code for code, error in provider_errors.table().items() if error.pauses
    }


MEANS = {
    "number": "21211 21217 21614 21635 30005 30006",
    "blocked": "21610 30004",
    "passing": "30003 30008 30410 30500 30017",
    "sender": "21611 30001 30022 30023 30027 21606 21703 21704 21705 30032 30034",
    "account": "20003 30002",
    "ours": "21617 21602 21408 30450 30610 30640",
    "words": "30007",
    "expired": "30036 30012",
}


def test_what_each_error_means_and_no_other_is_known() -> None:
    means = {code: kind for kind, codes in MEANS.items() for code in codes.split()}
    assert {code: error.means for code, error in provider_errors.table().items()} == means
    assert provider_errors.of("99999").means == "unknown"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ('codes = ["1", "1"]\nmeans = "number"\nsays = "x"', "two rows"),
        ('codes = ["1"]\nmeans = "hopeless"\nsays = "x"', "hopeless"),
        ('codes = ["1"]\nmeans = "number"\nsays = ""', "words"),
        ('codes = ["one"]\nmeans = "number"\nsays = "x"', "needs a number"),
        ('codes = ["1"]\nmeans = "number"\npauses = [60]\nsays = "x"', "another try"),
        ('codes = ["1"]\nmeans = "passing"\nsays = "x"', "needs its pauses"),
        ('codes = ["1"]\nmeans = "passing"\npauses = [0]\nsays = "x"', "longer than nothing"),
        ('codes = ["1"]\nmeans = "unknown"\nsays = "x"', "another try"),
    ],
)
def test_a_table_that_is_not_whole_is_refused(tmp_path, row, problem) -> None:
    broken = tmp_path / "errors.toml"
    broken.write_text(f"[[error]]\n{row}\n")
    with pytest.raises(ValueError, match=problem):
        provider_errors.table(broken)


@pytest.mark.parametrize(
    ("code", "ends"),
    [
        ("21211", True),  # not a number
        ("21610", True),  # blocked
        ("21614", True),  # not a mobile phone
        ("30004", True),  # blocked by the recipient
        ("30005", True),  # no such handset
        ("30006", True),  # a landline
        ("30003", False),  # switched off
        ("30007", False),  # these words were filtered; others may pass
        ("30034", False),  # our own registration is the trouble, not the patient's phone
        ("99999", False),
    ],
)
def test_which_errors_say_that_texts_reach_this_number_no_more(code, ends) -> None:
    assert provider_errors.ends_texting(code) is ends


@pytest.mark.database
class TestOnTheQueue:
    """The same, seen on the rows."""

    def test_a_retry_is_a_new_attempt_with_a_time_of_its_own(self, site, line) -> None:
        line.says(gateway.RefusedForGood("21611"))
        message = a_message(site)
        outbox.deliver_due(now=NOON)
        first, second = message.deliveries.order_by("attempt")
        assert (first.state, first.error_code) == (State.FAILED, "21611")
        assert (second.state, second.attempt, second.due_at) == (State.PENDING, 2, NOON + 30 * SECOND)
        assert second.token != first.token, "reports on one attempt say nothing about the other"
        assert not outbox.has_failed(message), "one attempt is still to come"

    def test_the_tries_run_out(self, site, line) -> None:
        line.says(*[gateway.RefusedForGood("21611")] * 4)
        message = a_message(site)
        for minute in range(6):
            outbox.deliver_due(now=NOON + minute * MINUTE)
        assert [d.state for d in message.deliveries.order_by("attempt")] == [State.FAILED] * 4
        assert outbox.has_failed(message)

    def test_no_try_is_queued_that_would_come_too_late(self, site, line) -> None:
        line.says(gateway.RefusedForGood("21611"))
        message = a_message(site, valid_for=30 * SECOND)
        outbox.deliver_due(now=NOON)
        assert message.deliveries.count() == 1
        assert outbox.has_failed(message)

    @pytest.mark.parametrize("lane", [Lane.PAGE_VOICE, Lane.PAGE_TEXT])
    def test_a_page_is_not_tried_again_on_the_same_phone(self, site, line, lane) -> None:
        line.says(gateway.RefusedForGood("30008"))
        message = a_message(site, lane=lane)
        outbox.deliver_due(now=NOON)
        assert message.deliveries.count() == 1, "its other channel and the next person are faster"
        assert outbox.has_failed(message)

    def test_a_final_error_is_final(self, site, line) -> None:
        line.says(gateway.RefusedForGood("30006"))
        message = a_message(site)
        outbox.deliver_due(now=NOON)
        assert [d.state for d in message.deliveries.all()] == [State.FAILED]

    def test_a_cancelled_message_is_not_tried_again(self, site, line) -> None:
        message = a_message(site)
        outbox.deliver_due(now=NOON)
        message.cancelled_at = NOON
        message.save()
        outbox.fail(message.deliveries.all(), message, code="30003", now=NOON + MINUTE)
        assert message.deliveries.count() == 1

    def test_what_is_not_wanted_any_more_has_not_failed(self, site, line) -> None:
        message = a_message(site)
        outbox.deliver_due(now=NOON)
        outbox.fail(message.deliveries.all(), message, code="30003", now=NOON + MINUTE)
        outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON + MINUTE)
        message.refresh_from_db()
        assert delivery_of(message).state == State.CANCELLED
        assert not outbox.has_failed(message)

    def test_failing_twice_queues_one_retry(self, site, line) -> None:
        message = a_message(site)
        outbox.deliver_due(now=NOON)
        row = Delivery.objects.filter(pk=delivery_of(message).pk)
        assert outbox.fail(row, message, code="30008", now=NOON + MINUTE)
        assert not outbox.fail(row, message, code="30008", now=NOON + MINUTE)
        assert message.deliveries.count() == 2

    @pytest.mark.parametrize(
        ("states", "failed"),
        [
            ([State.FAILED], True),
            ([State.EXPIRED], True),
            ([State.FAILED, State.EXPIRED], True),
            ([State.FAILED, State.CANCELLED], True),
            ([State.FAILED, State.PENDING], False),
            ([State.FAILED, State.DELIVERED], False),
            ([State.CANCELLED], False),
            ([State.AMBIGUOUS], False),
        ],
        ids=str,
    )
    def test_when_nobody_will_hear_a_message(self, site, states, failed) -> None:
        message = a_message(site)
        message.deliveries.all().delete()
        over = {State.FAILED, State.EXPIRED, State.DELIVERED, State.CANCELLED}
        for attempt, state in enumerate(states, start=1):
            Delivery.objects.create(
                message=message,
                attempt=attempt,
                state=state,
                lane=message.lane,
                due_at=NOON,
                submitted_at=NOON,
                ended_at=NOON if state in over else None,
            )
        assert outbox.has_failed(message) is failed
