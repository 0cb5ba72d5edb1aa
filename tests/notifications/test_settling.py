"""Perhaps sent is settled by asking the provider; an accepted delivery nobody reports on is asked about."""

import pytest

from notifications import outbox, reconcile
from notifications.models import Account, Delivery, Lane, Message, Site
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, Line, a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.PAGE_VOICE], ids=["text", "call"])
def test_what_the_provider_holds_is_adopted_and_never_sent_twice(site, line, lane) -> None:
    line.says("unheard")
    message = a_message(site, lane=lane)
    outbox.deliver_due(now=NOON)
    reconcile.settle_ambiguous(now=NOON)
    outbox.deliver_due(now=NOON + 2 * MINUTE)
    delivery = delivery_of(message)
    assert delivery.state == State.ACCEPTED
    assert [delivery.provider_sid] == list(line.held)
    assert len(line.handed) == 1


@pytest.mark.parametrize(("seconds", "state"), [(0, "ambiguous"), (29, "ambiguous"), (30, "pending")])
def test_what_it_does_not_hold_is_sent_again_after_half_a_minute(site, line, seconds, state) -> None:
    line.says("unheard")
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    line.held.clear()
    reconcile.settle_ambiguous(now=NOON + seconds * SECOND)
    assert delivery_of(message).state == state


def test_a_text_sent_again_keeps_its_attempt_and_its_token(site, line) -> None:
    line.says("unheard")
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    line.held.clear()
    before = delivery_of(message)
    reconcile.settle_ambiguous(now=NOON + 30 * SECOND)
    outbox.deliver_due(now=NOON + 30 * SECOND)
    after = delivery_of(message)
    assert (after.attempt, after.token, after.state) == (1, before.token, State.ACCEPTED)
    assert len(line.held) == 1


def test_while_the_provider_does_not_answer_nothing_is_sent_blindly(site, line) -> None:
    line.says("unheard")
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    line.is_silent = True
    for minute in range(5):
        reconcile.settle_ambiguous(now=NOON + minute * MINUTE)
        outbox.deliver_due(now=NOON + minute * MINUTE)
    assert delivery_of(message).state == State.AMBIGUOUS
    assert len(line.handed) == 1


def test_a_provider_that_does_not_answer_is_asked_once_a_turn(site, line) -> None:
    """Each question waits for the time limit; twenty of them would stop the engine for minutes."""
    line.says("unheard", "unheard", "unheard")
    messages = [a_message(site) for _ in range(3)]
    outbox.deliver_due(now=NOON)
    line.is_silent = True
    assert reconcile.settle_ambiguous(now=NOON) == 1
    assert line.questions == 1
    line.is_silent = False
    reconcile.settle_ambiguous(now=NOON + 5 * SECOND)
    assert {delivery_of(message).state for message in messages} == {State.ACCEPTED}


def test_a_provider_that_did_not_answer_is_asked_again_after_five_seconds(site, line) -> None:
    line.says("unheard")
    a_message(site)
    outbox.deliver_due(now=NOON)
    line.is_silent = True
    asked = [reconcile.settle_ambiguous(now=NOON + seconds * SECOND) for seconds in (0, 4, 5, 9, 10)]
    assert asked == [1, 0, 1, 0, 1]


def test_what_the_provider_does_not_show_yet_is_asked_about_every_five_seconds(site, line) -> None:
    line.says("unheard")
    a_message(site)
    outbox.deliver_due(now=NOON)
    line.held.clear()
    asked = [reconcile.settle_ambiguous(now=NOON + seconds * SECOND) for seconds in (0, 4, 5, 9, 10)]
    assert asked == [1, 0, 1, 0, 1]


def by_the_second_too(message: Message, state: str) -> Delivery:
    """Another try of a page by the second account, beside the first that was perhaps sent."""
    return Delivery.objects.create(
        message=message, lane=message.deliveries.get().lane, attempt=2, state=state, account=Account.SECOND,
        due_at=NOON, fence=1, submitted_at=NOON if state == State.AMBIGUOUS else None,
    )  # fmt: skip


def test_what_turns_out_to_be_with_the_provider_is_not_said_by_the_second_account_too(site, line) -> None:
    line.says("unheard")
    page = a_message(site, lane=Lane.PAGE_TEXT)
    outbox.deliver_due(now=NOON)
    second = by_the_second_too(page, State.PENDING)
    reconcile.settle_ambiguous(now=NOON)
    second.refresh_from_db()
    assert (page.deliveries.get(attempt=1).state, second.state) == (State.ACCEPTED, State.CANCELLED)


def test_what_is_sent_again_goes_by_the_account_that_was_chosen_for_it(site, line) -> None:
    """The first try by whichever account can send by then; the second account's own by none but it."""
    line.says("unheard")
    page = a_message(site, lane=Lane.PAGE_TEXT)
    outbox.deliver_due(now=NOON)
    line.held.clear()
    Delivery.objects.update(account=Account.FIRST)
    reconcile.settle_ambiguous(now=NOON + 30 * SECOND)
    assert delivery_of(page).account == ""
    page.deliveries.update(state=State.FAILED, error_code="30003", ended_at=NOON)
    by_the_second_too(page, State.AMBIGUOUS)
    reconcile.settle_ambiguous(now=NOON + MINUTE)
    again = page.deliveries.get(attempt=2)
    assert (again.state, again.account) == (State.PENDING, Account.SECOND)


def test_whoever_took_it_is_asked_about_it(site, line) -> None:
    page = a_message(site, lane=Lane.PAGE_TEXT)
    outbox.deliver_due(now=NOON)
    Delivery.objects.update(account=Account.SECOND)
    line.silent = {Account.FIRST}
    line.statuses[delivery_of(page).provider_sid] = ("delivered", "")
    reconcile.ask_about_silent(now=NOON + 2 * MINUTE)
    assert delivery_of(page).state == State.DELIVERED


def two_perhaps_sent(site: Site, line: Line) -> tuple[Message, Message]:
    """A text to a patient, and a page after it."""
    line.says("unheard", "unheard")
    text = a_message(site)
    outbox.deliver_due(now=NOON)
    page = a_message(site, lane=Lane.PAGE_TEXT, now=NOON + SECOND)
    outbox.deliver_due(now=NOON + SECOND)
    return text, page


def test_a_page_perhaps_sent_is_asked_about_before_texts_to_patients(site, line, monkeypatch) -> None:
    """As many as one turn asks about, and a page that became doubtful after them."""
    monkeypatch.setattr(reconcile, "A_TURN", 1)
    text, page = two_perhaps_sent(site, line)
    reconcile.settle_ambiguous(now=NOON + SECOND)
    assert delivery_of(page).state == State.ACCEPTED
    assert delivery_of(text).state == State.AMBIGUOUS
    reconcile.settle_ambiguous(now=NOON + SECOND)
    assert delivery_of(text).state == State.ACCEPTED


def test_an_account_that_does_not_answer_keeps_no_question_from_the_other(site, line) -> None:
    text, page = two_perhaps_sent(site, line)
    Delivery.objects.filter(message=page).update(account=Account.SECOND, due_at=NOON - SECOND)
    line.silent = {Account.SECOND}
    reconcile.settle_ambiguous(now=NOON + SECOND)
    assert delivery_of(text).state == State.ACCEPTED
    assert delivery_of(page).state == State.AMBIGUOUS


def test_two_equal_texts_perhaps_sent_adopt_one_id_each(site, line) -> None:
    line.says("unheard", "unheard")
    messages = [a_message(site, to="+15550300001") for _ in range(2)]
    outbox.deliver_due(now=NOON)
    reconcile.settle_ambiguous(now=NOON)
    assert {delivery_of(message).provider_sid for message in messages} == set(line.held)


def test_what_was_guessed_from_the_list_gives_way_to_the_answer(site, line) -> None:
    """Two calls to one phone cannot be told apart in the list; the answer to our own request can tell them apart."""
    line.says("unheard")
    lost = a_message(site, lane=Lane.PAGE_VOICE, to="+15550300001")
    outbox.deliver_due(now=NOON)
    line.held.clear()  # it was never taken

    def guess(sid: str, given: dict[str, object]) -> None:
        reconcile.settle_ambiguous(now=NOON + 10 * SECOND)
        assert delivery_of(lost).provider_sid == sid, "a wrong guess"

    line.says(guess)
    other = a_message(site, lane=Lane.PAGE_VOICE, to="+15550300001", now=NOON + 10 * SECOND)
    behind = a_message(site, lane=Lane.PAGE_VOICE, now=NOON + 10 * SECOND)
    outbox.deliver_due(now=NOON + 10 * SECOND)
    assert [delivery_of(one).state for one in (other, behind)] == [State.ACCEPTED] * 2
    assert delivery_of(lost).state == State.AMBIGUOUS
    reconcile.settle_ambiguous(now=NOON + 30 * SECOND)
    outbox.deliver_due(now=NOON + 30 * SECOND)
    assert [delivery_of(one).provider_sid for one in (other, behind, lost)] == list(line.held)


def test_an_earlier_text_with_the_same_words_is_not_taken_for_this_one(site, line) -> None:
    for minute, answer in ((0, None), (1, "unheard")):
        line.says(answer)
        message = a_message(site, to="+15550300001", now=NOON + minute * MINUTE)
        outbox.deliver_due(now=NOON + minute * MINUTE)
    line.held.popitem()  # the second never arrived
    reconcile.settle_ambiguous(now=NOON + 2 * MINUTE)
    assert delivery_of(message).state == State.PENDING


def test_what_has_grown_too_old_meanwhile_expires(site, line) -> None:
    line.says("unheard")
    message = a_message(site, valid_for=20 * SECOND)
    outbox.deliver_due(now=NOON)
    line.held.clear()
    reconcile.settle_ambiguous(now=NOON + 30 * SECOND)
    outbox.deliver_due(now=NOON + 30 * SECOND)
    assert delivery_of(message).state == State.EXPIRED
    assert len(line.handed) == 1


# Nobody reports


@pytest.mark.parametrize(
    ("lane", "status", "becomes"),
    [
        (Lane.REPLY, "delivered", (State.DELIVERED, "")),
        (Lane.REPLY, "read", (State.DELIVERED, "")),
        (Lane.REPLY, "undelivered", (State.FAILED, "undelivered")),
        (Lane.REPLY, "queued", (State.ACCEPTED, "")),
        (Lane.PAGE_TEXT, "sent", (State.FAILED, "no-report")),
        (Lane.PAGE_VOICE, "completed", (State.DELIVERED, "")),
        (Lane.PAGE_VOICE, "no-answer", (State.FAILED, "no-answer")),
        (Lane.PAGE_VOICE, "ringing", (State.FAILED, "no-report")),
        (Lane.PAGE_VOICE, "in-progress", (State.ACCEPTED, "")),
    ],
)
def test_the_provider_is_asked_when_its_report_is_overdue(site, line, lane, status, becomes) -> None:
    message = a_message(site, lane=lane)
    outbox.deliver_due(now=NOON)
    delivery = delivery_of(message)
    line.statuses[delivery.provider_sid] = (status, "")
    assert reconcile.ask_about_silent(now=delivery.deadline_at - SECOND) == 0
    assert reconcile.ask_about_silent(now=delivery.deadline_at) == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error_code) == becomes


def test_a_patients_text_may_be_on_its_way_for_as_long_as_it_is_worth_reading(site, line) -> None:
    message = a_message(site, lane=Lane.REPLY)
    outbox.deliver_due(now=NOON)
    line.statuses[delivery_of(message).provider_sid] = ("sent", "")
    reconcile.ask_about_silent(now=message.not_after - SECOND)
    assert delivery_of(message).state == State.ACCEPTED
    reconcile.ask_about_silent(now=message.not_after)
    assert (delivery_of(message).state, delivery_of(message).error_code) == (State.FAILED, "no-report")


def test_the_provider_s_own_error_code_is_kept(site, line) -> None:
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    line.statuses[delivery_of(message).provider_sid] = ("undelivered", "30006")
    reconcile.ask_about_silent(now=NOON + MINUTE)
    assert delivery_of(message).error_code == "30006"


def test_somebody_is_on_the_phone_and_the_call_gets_more_time(site, line) -> None:
    message = a_message(site, lane=Lane.PAGE_VOICE)
    outbox.deliver_due(now=NOON)
    line.statuses[delivery_of(message).provider_sid] = ("in-progress", "")
    reconcile.ask_about_silent(now=NOON + MINUTE)
    assert delivery_of(message).deadline_at == NOON + MINUTE + outbox.CALL_DEADLINE


def test_what_the_provider_will_not_confirm_counts_as_failed(site, line) -> None:
    message = a_message(site, lane=Lane.PAGE_TEXT)
    outbox.deliver_due(now=NOON)
    reconcile.ask_about_silent(now=NOON + MINUTE)
    assert outbox.has_failed(message)


def test_a_silent_provider_costs_one_question_a_turn(site, line) -> None:
    for _ in range(3):
        a_message(site)
    outbox.deliver_due(now=NOON)
    line.is_silent = True
    assert reconcile.ask_about_silent(now=NOON + MINUTE) == 1
    assert line.questions == 1


def test_a_page_nobody_reports_on_is_asked_about_before_texts_to_patients(site, line, monkeypatch) -> None:
    """Where no report gets through, the check-ins of a whole morning wait to be asked about as well."""
    monkeypatch.setattr(reconcile, "A_TURN", 1)
    text = a_message(site)
    outbox.deliver_due(now=NOON)
    page = a_message(site, lane=Lane.PAGE_TEXT, now=NOON + SECOND)
    outbox.deliver_due(now=NOON + SECOND)
    assert reconcile.ask_about_silent(now=NOON + 2 * MINUTE) == 1
    assert outbox.has_failed(page), "the next channel and the next person are due"
    assert delivery_of(text).state == State.ACCEPTED


def test_a_silent_account_keeps_no_question_from_the_other(site, line) -> None:
    page, text = a_message(site, lane=Lane.PAGE_TEXT), a_message(site)
    outbox.deliver_due(now=NOON)
    Delivery.objects.filter(message=page).update(account=Account.SECOND)
    line.silent = {Account.SECOND}
    line.statuses[delivery_of(text).provider_sid] = ("delivered", "")
    reconcile.ask_about_silent(now=NOON + 2 * MINUTE)
    assert delivery_of(text).state == State.DELIVERED


def test_one_turn_settles_everything(site, line) -> None:
    line.says("unheard")
    lost, dead = a_message(site), a_message(site, body="other words")
    outbox.deliver_due(now=NOON)
    Delivery.objects.filter(message=dead).update(
        state=State.SUBMITTING, provider_sid=None, deadline_at=None, lease_until=NOON
    )
    reconcile.settle_all(now=NOON + SECOND)
    assert {delivery_of(message).state for message in (lost, dead)} == {State.ACCEPTED}
