"""The provider's log and our rows, compared in both directions against the double as its own process."""

from datetime import timedelta

import pytest

from monitoring.models import Task
from notifications import clock, gateway, heartbeat, outbox, reconcile
from notifications.models import Account, Delivery, Lane, LogDifference, Site
from stepup import log_differences, missed_texts
from stepup.log_differences import SETTLED_AFTER, TOLD
from tests import makers
from tests.notifications.sending import a_message, delivery_of
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
State = Delivery.State
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site(provider) -> Site:
    return makers.a_site()


def sent(site: Site) -> Delivery:
    """A text of ours that arrived."""
    message = a_message(site, now=clock.now())
    outbox.deliver_due(now=clock.now())

    def arrived() -> bool:
        reconcile.settle_all(now=clock.now())
        return delivery_of(message).state == State.DELIVERED

    until(arrived, "the text to arrive")
    return delivery_of(message)


def sent_by_somebody(site: Site) -> str:
    """A text that left with our keys, past every door of ours."""
    return gateway.send_text(
        sender=site.page_number, to=makers.a_phone(), body="hello", callback="", valid_seconds=60
    ).sid


def compared(*, minutes: int = 4) -> list[tuple[str, str]]:
    log_differences.find(now=clock.now() + timedelta(minutes=minutes))
    return list(LogDifference.objects.order_by("pk").values_list("kind", "provider_sid"))


def test_logs_that_agree_differ_in_nothing(site) -> None:
    sent(site)
    assert compared() == []
    assert heartbeat.last_at(heartbeat.LOG_COMPARED) is not None


def test_a_text_in_our_name_that_is_not_ours_is_noted_once_and_told_to_a_person(site) -> None:
    sid = sent_by_somebody(site)
    assert compared() == [("unknown", sid)]
    assert compared(minutes=5) == [("unknown", sid)]
    assert [task.what for task in Task.objects.filter(site=site)] == [TOLD["unknown"]]


def test_what_was_handed_over_just_now_may_still_be_settling(site) -> None:
    sent_by_somebody(site)
    assert compared(minutes=0) == []
    assert timedelta(minutes=4) > SETTLED_AFTER


def unsettled(site: Site, state: str, lane: Lane, **facts: object) -> None:
    """One of ours of which nobody knows yet whether the provider has it."""
    one = delivery_of(a_message(site, lane=lane, now=clock.now()))
    Delivery.objects.filter(pk=one.pk).update(state=state, account=Account.FIRST, **facts)


def test_while_one_of_ours_is_perhaps_sent_no_text_is_called_unknown(site) -> None:
    doubtful = sent(site)
    assert compared(minutes=0) == []
    sid, whole_at = doubtful.provider_sid, heartbeat.last_at(heartbeat.LOG_COMPARED)
    perhaps = {"state": State.AMBIGUOUS, "provider_sid": None, "ended_at": None, "due_at": clock.now()}
    Delivery.objects.filter(pk=doubtful.pk).update(**perhaps)
    assert compared() == []
    assert heartbeat.last_at(heartbeat.LOG_COMPARED) == whole_at, "it has not been compared yet"
    Delivery.objects.filter(pk=doubtful.pk).update(state=State.FAILED, ended_at=clock.now())
    assert compared(minutes=90) == [("unknown", sid)], "however long that took"


@pytest.mark.parametrize("state", [State.SUBMITTING, State.AMBIGUOUS])
def test_on_a_line_that_is_never_still_a_text_that_is_not_ours_is_told_all_the_same(site, state) -> None:
    sid = sent_by_somebody(site)
    handed_over = {"submitted_at": clock.now() + 4 * MINUTE, "lease_until": clock.now() + 5 * MINUTE}
    unsettled(site, state, Lane.PAGE_TEXT, **handed_over)
    assert compared() == [("unknown", sid)]
    assert heartbeat.last_at(heartbeat.LOG_COMPARED) is not None


@pytest.mark.parametrize("lane", [Lane.REPLY, Lane.PAGE_VOICE], ids=["by another number", "a call"])
def test_what_cannot_be_that_text_does_not_keep_it_back(site, lane) -> None:
    sid = sent_by_somebody(site)
    unsettled(site, State.AMBIGUOUS, lane, submitted_at=clock.now() - MINUTE)
    assert compared() == [("unknown", sid)]


@pytest.mark.parametrize(
    ("state", "then"),
    [(State.ACCEPTED, State.FAILED), (State.DELIVERED, State.DELIVERED)],
    ids=["no report yet: the next route is due", "reported as delivered: only told"],
)
def test_a_text_of_ours_that_the_provider_never_had_is_noted_and_told(site, state, then) -> None:
    lost, sid = sent(site), "SM" + "0" * 32
    facts = {"ended_at": None, "deadline_at": clock.now()} if state == State.ACCEPTED else {}
    Delivery.objects.filter(pk=lost.pk).update(provider_sid=sid, state=state, **facts)
    assert ("never had", sid) in compared()
    assert delivery_of(lost.message).state == then
    assert TOLD["never had"] in Task.objects.values_list("what", flat=True)


def test_a_log_that_cannot_be_read_is_compared_from_the_same_moment_later(site, settings) -> None:
    sent_by_somebody(site)
    well = settings.TWILIO_API_BASE
    settings.TWILIO_API_BASE = "http://127.0.0.1:9"  # nobody listens there
    assert compared() == []
    assert heartbeat.last_at(heartbeat.LOG_COMPARED) is None
    settings.TWILIO_API_BASE = well
    assert len(compared(minutes=20)) == 1


def test_a_number_whose_log_can_never_be_read_does_not_lengthen_what_is_compared_of_the_others(
    site, settings
) -> None:
    site.fallback_number = "+15550160001"
    site.save()
    settings.TWILIO_SECOND_ACCOUNT_SID, settings.TWILIO_SECOND_AUTH_TOKEN = "AC" + "2" * 32, "closed"
    settings.TWILIO_SECOND_API_BASE = "http://127.0.0.1:9"  # nobody listens there
    heartbeat.sign_in(heartbeat.LOG_COMPARED, now=clock.now() - 60 * MINUTE)
    sid = sent_by_somebody(site)
    assert compared() == [("unknown", sid)]
    later = clock.now() + 60 * MINUTE
    ages = {
        number: later - missed_texts.read_until(heartbeat.LOG_COMPARED, number, now=later)
        for number in (site.page_number, site.patient_number, site.fallback_number)
    }
    assert [age > 90 * MINUTE for age in ages.values()] == [False, False, True]
