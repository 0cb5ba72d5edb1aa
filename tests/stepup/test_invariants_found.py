"""Each question of the engine finds the row it is there for.

Every case starts from the same healthy night, breaks one thing the way a fault would, and expects that one
question, and no other, to notice.
"""

import pytest
from django.db import connection

from monitoring import escalations, pulse, watches
from monitoring.models import CheckIn, Watch
from notifications import heartbeat
from notifications.models import Delivery, Shift
from stepup import engine, invariants
from tests.makers import NOON
from tests.stepup.nights import (
    CASES,
    HOUR,
    SECOND,
    a_reply_from_the_future,
    a_report,
    a_report_from_the_future,
    a_sign_from_the_future,
    ask_nothing_more,
    escalations_over,
    report_on_two,
    send_twice,
    set_the_clock_back,
)

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


@pytest.mark.parametrize(("name", "breaks", "seconds"), CASES, ids=[case[0] for case in CASES])
def test_each_question_finds_its_fault_at_its_second(night, name, breaks, seconds) -> None:
    breaks(night, seconds - 1)
    assert invariants.counts(now=NOON) == {}, "a second earlier it is nothing unusual"
    assert set(invariants.counts(now=NOON + SECOND)) == {name}


def test_every_question_is_asked_in_this_file() -> None:
    one_by_one = {"I8", "I8 reports", "I9", "I11", "I12", "I12 replies", "I12 reports", "I12 signs"}
    assert {case[0] for case in CASES} | one_by_one == set(invariants.QUERIES)


def test_two_provider_ids_for_one_message_are_found(night) -> None:
    send_twice(night, 0)
    assert invariants.counts(now=NOON) == {"I8": 1}


def test_two_texts_under_the_token_of_one_attempt_are_found(night) -> None:
    report_on_two(night, 0)
    assert invariants.counts(now=NOON) == {"I8 reports": 1}


def test_only_the_newest_reports_are_looked_at(night, monkeypatch) -> None:
    monkeypatch.setattr(invariants, "NEWEST", 3)
    report_on_two(night, 0)
    a_report("another", "SM3")
    assert invariants.twice_reported(NOON).count() == 1
    a_report("another", "SM3")
    assert invariants.twice_reported(NOON).count() == 0


def test_a_watch_that_nobody_asks_in_is_found(night) -> None:
    ask_nothing_more(night, 0)
    assert set(invariants.counts(now=NOON)) == {"I9"}


def test_a_watch_that_nobody_asks_in_is_found_to_its_last_second(night) -> None:
    ask_nothing_more(night, 0)
    Watch.objects.update(ends_at=NOON + SECOND)
    assert set(invariants.counts(now=NOON)) == {"I9"}


@pytest.mark.parametrize("rung", [1, 2])
def test_an_hour_that_nobody_covers_is_found(night, rung) -> None:
    period = Shift.objects.get(rung=rung).period
    Shift.objects.filter(rung=rung).update(period=type(period)(period.lower, NOON + 23 * HOUR))
    assert invariants.counts(now=NOON) == {"I11": 1}


def test_a_rung_nobody_is_on_is_found_while_a_case_of_somebody_who_is_not_watched_waits(night) -> None:
    escalations_over(night)
    CheckIn.objects.filter(watch=night.watch).delete()
    watches._close(night.watch, "over", now=NOON)
    period = Shift.objects.get(rung=2).period
    Shift.objects.filter(rung=2).update(period=type(period)(period.lower, NOON + HOUR))
    case, _ = escalations.raise_concern(
        site=night.site, patient=None, caller="+15550001111", urgency="urgent", headline="help", now=NOON
    )
    assert invariants.uncovered_hours(NOON) == [], "in an hour it may be over"
    [gap] = invariants.uncovered_hours(NOON + HOUR)
    assert gap.named == "rung 2"
    escalations.take(case.pk, by=night.first, now=NOON + HOUR, how="screen")
    assert invariants.uncovered_hours(NOON + HOUR) == []


@pytest.mark.parametrize(
    ("name", "happens", "seconds"),
    [
        ("I12", set_the_clock_back, 2),
        ("I12 replies", a_reply_from_the_future, 2),
        ("I12 reports", a_report_from_the_future, 2),
        ("I12 signs", a_sign_from_the_future, 5),
    ],
    ids=["a line of a case", "a reply", "a report", "a sign of life"],
)
@pytest.mark.parametrize("longer", [0, 1, 3600])
def test_a_clock_set_back_is_noticed(night, name, happens, seconds, longer) -> None:
    happens(night, seconds + longer)
    assert invariants.counts(now=NOON) == ({name: 1} if longer else {})


def test_what_a_check_finds_stands_where_the_health_page_and_the_board_read_it(night) -> None:
    set_the_clock_back(night, 3)
    engine.check(now=NOON)
    assert heartbeat.figures(heartbeat.CHECKS) == {"broken": {"I12": 1}}
    assert pulse.take(night.site, ladders=(), now=NOON).broken == (("I12", 1),)
    engine.check(now=NOON + 3 * SECOND)
    assert heartbeat.figures(heartbeat.CHECKS)["broken"].get("I12") is None


def test_the_clock_is_checked_without_reading_every_case_s_history(night) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "escalationevent_by_time" in invariants.events_from_the_future(NOON).explain()
