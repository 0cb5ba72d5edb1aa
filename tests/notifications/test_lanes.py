"""Four lanes, the gravest first in each, and no number given more than it can send."""

from datetime import timedelta
from decimal import Decimal

import pytest

from notifications import outbox, pacing, reconcile
from notifications.models import Delivery, Lane, Pace, Site
from tests import makers
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def a_slow_site(rate: int = 1) -> Site:
    """Every number of this site sends `rate` segments a second."""
    rates = ("patient_texts_per_second", "page_texts_per_second", "calls_per_second")
    site = makers.a_site()
    Site.objects.filter(pk=site.pk).update(**dict.fromkeys(rates, Decimal(rate)))
    return Site.objects.get(pk=site.pk)


def a_page(site: Site, urgency: str, *, after: timedelta = timedelta(0), lane: Lane = Lane.PAGE_TEXT) -> None:
    a_message(
        site, lane=lane, body=urgency or "news", urgency=urgency, now=NOON + after, valid_for=60 * MINUTE
    )


def test_an_emergency_goes_before_what_is_urgent_and_that_before_the_rest(site, line) -> None:
    for seconds, urgency in enumerate(["", "urgent", "emergency"]):
        a_page(site, urgency, after=seconds * SECOND)
    outbox.deliver_due(now=NOON + MINUTE)
    assert line.bodies() == ["emergency", "urgent", "news"]


def test_whoever_has_waited_five_minutes_is_overtaken_no_more(site, line) -> None:
    a_page(site, "")
    reconcile.settle_all(now=NOON + 5 * MINUTE - SECOND)
    assert Delivery.objects.get().precedence == outbox.ORDINARY
    reconcile.settle_all(now=NOON + 5 * MINUTE)
    a_page(site, "emergency", after=5 * MINUTE)
    outbox.deliver_due(now=NOON + 6 * MINUTE)
    assert line.bodies() == ["news", "emergency"]


def test_h16_in_a_storm_at_one_a_second_the_gravest_are_paged_first_and_everybody_is(line) -> None:
    site = a_slow_site()
    for number in range(20):
        a_page(site, "emergency" if number % 2 else "urgent")
    for second in range(25):
        outbox.deliver_due(now=NOON + second * SECOND)
        allowed = second + pacing.AHEAD.seconds + outbox.BATCH
        assert len(line.handed) <= allowed, "its rate, and a little ahead of it"
    assert line.bodies() == ["emergency"] * 10 + ["urgent"] * 10


def test_one_number_that_has_enough_to_send_holds_up_no_other(site, line) -> None:
    slow = a_slow_site()
    for _ in range(6):
        a_page(slow, "emergency")
    a_page(site, "urgent")
    outbox.deliver_due(now=NOON)
    assert "urgent" in line.bodies(), "another site's number is free"
    assert line.bodies().count("emergency") < 6


def test_a_morning_of_check_ins_leaves_a_reply_room(line) -> None:
    slow = a_slow_site()
    for _ in range(6):
        a_message(slow, lane=Lane.CHECKIN, body="How are you?")
    assert outbox.deliver_due(now=NOON, lanes=[Lane.CHECKIN]) == outbox.BATCH, "no more than it can send now"
    reply = a_message(slow, lane=Lane.REPLY, body="Call 911.")
    outbox.deliver_due(now=NOON)
    assert line.bodies()[-1] == "Call 911."
    assert delivery_of(reply).state == Delivery.State.ACCEPTED


def test_a_long_text_takes_the_time_of_all_its_segments(line) -> None:
    slow = a_slow_site(rate=2)
    a_message(slow, lane=Lane.CHECKIN, body="x" * 300)
    outbox.deliver_due(now=NOON)
    assert Pace.objects.get().free_at == NOON + SECOND


def test_a_number_whose_rate_nobody_stated_is_not_held_back(site, line) -> None:
    for _ in range(8):
        a_page(site, "urgent")
    assert outbox.deliver_due(now=NOON) == 8
    assert not Pace.objects.exists()


def test_a_clock_that_was_ahead_holds_nothing_back_once_it_is_right_again(line) -> None:
    """What was given to a number "in an hour" says nothing of what it may send now, and is forgotten."""
    slow = a_slow_site()
    a_page(slow, "urgent", after=60 * MINUTE)
    outbox.deliver_due(now=NOON + 60 * MINUTE)
    for _ in range(5):
        a_page(slow, "emergency")
    a_message(slow, lane=Lane.CHECKIN, body="How are you?")
    outbox.deliver_due(now=NOON)
    assert line.bodies().count("emergency") == pacing.AHEAD.seconds + 1, "its rate, and a little ahead of it"
    assert "How are you?" in line.bodies()
    assert set(Pace.objects.values_list("noted_at", flat=True)) == {NOON}


def test_two_clocks_that_differ_a_little_count_together(line) -> None:
    slow = a_slow_site()
    for seconds in (0, 5, 0, 5):
        a_page(slow, "urgent", after=seconds * SECOND)
        outbox.deliver_due(now=NOON + seconds * SECOND)
    assert Pace.objects.get().free_at == NOON + 8 * SECOND


def test_texts_and_calls_of_one_number_are_counted_apart(line) -> None:
    slow = a_slow_site()
    for lane in (Lane.PAGE_TEXT, Lane.PAGE_VOICE):
        a_page(slow, "urgent", lane=lane)
    outbox.deliver_due(now=NOON)
    assert {pace.channel: pace.free_at for pace in Pace.objects.all()} == {
        "text": NOON + SECOND,
        "voice": NOON + SECOND,
    }


def test_another_attempt_keeps_its_place(site, line) -> None:
    message = a_message(site, urgency="urgent")
    outbox.deliver_due(now=NOON)
    outbox.fail(message.deliveries.all(), message, code="30008", now=NOON + MINUTE)
    assert delivery_of(message).precedence == outbox.PRECEDENCE["urgent"]
