"""What looks like a fault and is none: no question of the engine finds a row."""

import pytest
from django.db.models import F

from monitoring import pulse, watches
from monitoring.models import CheckIn, Escalation, Page, Reaction, Task, Watch
from notifications import heartbeat
from notifications.models import Delivery, Lane, Message, Shift
from stepup import invariants
from tests.makers import NOON
from tests.stepup.nights import HOUR, SECOND, a_report, escalations_over, leave_a_task_undone, send_twice

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


def test_a_healthy_night_breaks_nothing(night) -> None:
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


@pytest.mark.parametrize(
    "facts",
    [{"account": "second"}, {"provider_sid": None}, {"state": State.FAILED}],
    ids=["by the other account", "never taken", "failed"],
)
def test_what_was_tried_again_and_said_once_is_no_double(night, facts) -> None:
    first = Delivery.objects.filter(lane=Lane.PAGE_TEXT)[0]
    again = {"message": first.message, "attempt": 2, "lane": first.lane, "due_at": NOON, "ended_at": NOON}
    again |= {"state": State.DELIVERED, "provider_sid": "SM9", "account": first.account}
    Delivery.objects.create(**again | facts)
    assert invariants.double_sends(NOON).count() == 0
    Delivery.objects.filter(attempt=2).update(
        state=State.DELIVERED, provider_sid="SM9", account=first.account
    )
    assert invariants.double_sends(NOON).count() == 1
    Delivery.objects.filter(pk=first.pk).update(**facts | {"ended_at": NOON})
    assert invariants.double_sends(NOON).count() == 0


def test_reports_on_one_text_or_without_an_id_are_no_double(night) -> None:
    for token, sid in (("t", "SM1"), ("t", "SM1"), ("t", ""), ("another", "SM2")):
        a_report(token, sid)
    assert invariants.counts(now=NOON) == {}


def test_a_retry_after_a_failure_is_no_double(night) -> None:
    first = Delivery.objects.filter(lane=Lane.CHECKIN)[0]
    Delivery.objects.filter(pk=first.pk).update(state=State.FAILED)
    again = {
        "message": first.message,
        "attempt": 2,
        "lane": first.lane,
        "due_at": NOON,
        "provider_sid": "SM9",
    }
    Delivery.objects.create(**again, state=State.DELIVERED, ended_at=NOON)
    assert invariants.counts(now=NOON) == {}


def test_the_last_check_in_holds_the_watch_to_its_end(night) -> None:
    escalations_over(night)
    last = night.watch.checkins.order_by("-due_at")[0]
    night.watch.checkins.exclude(pk=last.pk).delete()
    assert last.due_at == night.watch.ends_at
    assert "I9" not in invariants.counts(now=night.watch.ends_at - SECOND)


@pytest.mark.parametrize("what", ["a case", "a task", "a check-in", "a reaction"])
def test_a_watch_that_something_holds_open_may_run_on(night, what) -> None:
    if what != "a case":
        escalations_over(night)
    if what == "a task":
        leave_a_task_undone(night, -2 * 3600)
    if what == "a reaction":
        Reaction.objects.create(
            patient=night.patient, kind="crs", grade=1, noted_at=NOON, noted_by=night.first
        )
    keep = night.watch.checkins.all()[:1] if what == "a check-in" else []
    night.watch.checkins.exclude(pk__in=[one.pk for one in keep]).delete()
    Watch.objects.update(given_at=NOON - 169 * HOUR, ends_at=NOON - HOUR)
    assert "I15" not in invariants.counts(now=NOON)


def test_a_task_outside_a_watch_only_turns_red(night) -> None:
    leave_a_task_undone(night, 3600)
    Task.objects.update(pages_when_late=False)
    assert invariants.counts(now=NOON) == {}


def test_yesterdays_double_send_is_history(night) -> None:
    """It was red for a day; going through every message ever sent once a second would cost more every week."""
    send_twice(night, 0)
    Message.objects.update(created_at=NOON - 24 * HOUR)
    assert invariants.double_sends(NOON - SECOND).count() == 1
    assert invariants.double_sends(NOON).count() == 0


def test_a_delivery_that_is_over_holds_no_lease(night) -> None:
    night.delivery(state=State.DELIVERED, ended_at=NOON, lease_until=NOON - HOUR)
    assert invariants.counts(now=NOON) == {}


def test_nobody_need_be_on_call_where_nobody_is_watched(night) -> None:
    escalations_over(night)
    CheckIn.objects.filter(watch=night.watch).delete()
    watches._close(night.watch, "over", now=NOON)
    Shift.objects.all().delete()
    assert invariants.counts(now=NOON) == {}


def test_hours_nobody_covers_are_named_on_the_board_and_are_no_fault_of_the_service(night) -> None:
    heartbeat.sign_in(heartbeat.CHECKS, now=NOON, broken={"I11": 1, "I3": 2})
    assert pulse.take(night.site, ladders=(), now=NOON).broken == (("I3", 2),)


@pytest.mark.parametrize("state", [State.PENDING, State.AMBIGUOUS, State.DELIVERED])
def test_a_page_that_may_still_be_heard_is_not_dead(night, state) -> None:
    Delivery.objects.filter(lane=Lane.PAGE_TEXT).update(state=State.FAILED)
    voice = Delivery.objects.filter(lane=Lane.PAGE_VOICE)
    voice.update(state=state, ended_at=NOON if state == State.DELIVERED else None)
    assert "I3" not in invariants.counts(now=NOON + 20 * SECOND)


def test_a_page_known_to_have_failed_has_been_acted_on(night) -> None:
    night.pages(State.FAILED)
    Page.objects.update(unheard_at=NOON)
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


def test_pages_withdrawn_because_the_case_got_worse_are_not_dead(night) -> None:
    """Two texts in a minute: the first page was still waiting when the second, worse one replaced it."""
    night.pages(State.PENDING)
    night.concern("emergency", "worse")
    assert Delivery.objects.filter(state=State.CANCELLED).count() == 2, "the withdrawn page"
    night.all_arrives()
    assert invariants.counts(now=NOON + 20 * SECOND) == {}


def test_a_resolved_case_asks_for_nothing(night) -> None:
    night.pages(State.FAILED)
    escalations_over(night)
    Escalation.objects.update(opened_at=F("opened_at") - HOUR)
    assert invariants.counts(now=NOON + 20 * SECOND) == {}
