"""What one turn of the engine does, whom it nudges, and that each part signs for itself and fails for itself."""

from datetime import timedelta

import pytest
from celery import current_app
from django.db import OperationalError, connection, connections

from monitoring import desk, drills, escalations, numbers, paging, spoken
from monitoring.models import Escalation
from notifications import gateway, heartbeat, outbox
from notifications.models import Channel, Delivery, Heartbeat, Lane, Message
from stepup import engine, log_differences, missed_texts
from tests import makers
from tests.makers import NOON
from tests.notifications.sending import Line

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
SLOW = [  # in this order: a provider that hangs holds up whatever comes after a question to it
    (drills, "begin_due"), (desk, "look_after"), (numbers, "look_after"),
    (spoken, "look_after"), (missed_texts, "fetch"), (log_differences, "find"),
]  # fmt: skip


@pytest.fixture
def line(monkeypatch) -> Line:
    """Nothing leaves; what would have left is in `line.handed`."""
    line = Line()
    for name in ("send_text", "place_call", "status", "texts_sent", "calls_placed", "is_well"):
        monkeypatch.setattr(gateway, name, getattr(line, name))
    return line


@pytest.fixture
def case(site) -> Escalation:
    """A call for help at NOON from a number nobody knows, of which the first rung was paged."""
    makers.on_call(site)
    facts = {"caller": makers.a_phone(), "urgency": "urgent", "headline": "help", "now": NOON}
    case, _ = escalations.raise_concern(site=site, patient=None, **facts)
    return case


def a_text(site, lane: Lane) -> Message:
    return outbox.queue(
        site=site, key=f"a text:{lane}", lane=lane, channel=Channel.TEXT, to=makers.a_phone(), body="We read it.",
        valid_for=timedelta(minutes=15), now=NOON,
    )  # fmt: skip


# Signing in


@pytest.mark.parametrize(
    ("turn", "part"),
    [
        (lambda: engine.act(now=NOON), heartbeat.ENGINE),
        (lambda: engine.check(now=NOON), heartbeat.CHECKS),
        (lambda: engine.settle(now=NOON), heartbeat.CARRIER),
        *((lambda lane=lane: engine.carry(lane, now=NOON), heartbeat.of_lane(lane)) for lane in Lane),
    ],
    ids=["acts", "checks", "settles", *Lane.names],
)
def test_each_part_signs_for_itself_and_for_nobody_else(turn, part) -> None:
    turn()
    assert [(one.name, one.at) for one in Heartbeat.objects.all()] == [(part, NOON)]


def test_a_whole_turn_is_everything_but_the_checks(site, line) -> None:
    engine.tick(now=NOON)
    assert set(Heartbeat.objects.values_list("name", flat=True)) == {*heartbeat.parts()} - {heartbeat.CHECKS}


def test_the_checks_tell_how_many_rows_break_an_invariant(case) -> None:
    Escalation.objects.update(next_at=NOON)
    engine.check(now=NOON + 16 * SECOND)
    assert heartbeat.figures(heartbeat.CHECKS)["broken"]["I1"] == 1


# What is left to the workers, and for how long


@pytest.mark.parametrize(("waited", "acted"), [(2, 0), (3, 1)])
def test_what_waits_is_the_workers_for_three_seconds_and_then_the_engine_s(case, waited, acted) -> None:
    assert engine.act(now=case.next_at + waited * SECOND)["cases"] == acted


@pytest.mark.parametrize(("waited", "handed"), [(2, 0), (3, 1)])
@pytest.mark.parametrize("lane", [Lane.PAGE_TEXT, Lane.REPLY, Lane.CHECKIN])
def test_so_is_what_is_to_be_handed_over(site, line, lane, waited, handed) -> None:
    a_text(site, lane)
    for one in Lane:
        engine.carry(one, now=NOON + waited * SECOND)
    assert len(line.handed) == handed


def test_a_lane_carries_nothing_of_another(site, line) -> None:
    a_text(site, Lane.REPLY)
    for lane in set(Lane) - {Lane.REPLY}:
        engine.carry(lane, now=NOON + 3 * SECOND)
    assert line.handed == []


def test_what_is_not_known_is_settled_with_the_provider(site, line) -> None:
    line.says("unheard")
    a_text(site, Lane.REPLY)
    engine.carry(Lane.REPLY, now=NOON + 3 * SECOND)
    assert Delivery.objects.get().state == Delivery.State.AMBIGUOUS
    engine.settle(now=NOON + 40 * SECOND)
    assert Delivery.objects.get().state == Delivery.State.ACCEPTED


def test_a_turn_nudges_whoever_looks_after_what_has_come_due(
    case, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudged.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        engine.act(now=case.next_at)
    assert nudged == [
        "monitoring.climb",
        "notifications.deliver_page_calls",
        "notifications.deliver_page_texts",
    ]


@pytest.mark.parametrize(
    ("waits", "tasks"),
    [
        (["closed", "sealed"], []),
        (["cases"], ["monitoring.climb"]),
        (["silences", "asked"], ["monitoring.ask"]),
        (["CHECKIN", "cases"], ["monitoring.climb", "notifications.deliver_checkins"]),
    ],
    ids=str,
)
def test_each_worker_is_nudged_once_and_only_for_its_own(
    waits, tasks, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudged.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        engine.nudge(waits)
    assert nudged == tasks


# One failure is no other's


@pytest.mark.parametrize(
    "error",
    [RuntimeError("a fault of ours"), OperationalError("deadlock detected")],
    ids=["fault", "deadlock"],
)
def test_the_slow_turn_takes_each_step_though_every_one_before_it_failed(monkeypatch, caplog, error) -> None:
    taken: list[str] = []

    def fails(name: str) -> object:
        def step(**_: object) -> int:
            taken.append(name)
            raise error

        return step

    for module, name in SLOW:
        monkeypatch.setattr(module, name, fails(module.__name__))
    assert engine.slow_tick(now=NOON) == 0
    assert taken == [module.__name__ for module, _ in SLOW]
    assert len(caplog.records) == len(SLOW), "each is in the log"


def test_pages_that_nobody_hears_are_noticed_though_no_other_route_can_be_hurried(case, monkeypatch) -> None:
    def waits_in_vain(**_: object) -> int:
        raise OperationalError("canceling statement due to lock timeout")

    monkeypatch.setattr(paging, "hurry_other_routes", waits_in_vain)
    Delivery.objects.update(state=Delivery.State.FAILED, ended_at=NOON)
    engine.act(now=NOON + SECOND)
    assert case.events.filter(what="page failed").exists()
    assert Heartbeat.objects.get(name=heartbeat.ENGINE).at == NOON + SECOND


@pytest.mark.django_db(transaction=True)
def test_a_row_that_somebody_holds_keeps_no_other_step_from_settling(site, line) -> None:
    starving, held_by_the_dead = a_text(site, Lane.CHECKIN), a_text(site, Lane.REPLY)
    Delivery.objects.filter(message=held_by_the_dead).update(state="claimed", lease_until=NOON)
    somebody = connection.copy()
    somebody.set_autocommit(False)
    try:
        with connection.cursor() as cursor, somebody.cursor() as other:
            cursor.execute("SET lock_timeout = '50ms'")
            other.execute(
                "SELECT FROM notifications_delivery WHERE message_id = %s FOR UPDATE", [starving.pk]
            )
            engine.settle(now=NOON + outbox.OVERDUE)
    finally:
        somebody.close()
        engine.reconnect()
    assert Delivery.objects.get(message=starving).precedence > 0, "it waits for the next turn"
    assert Delivery.objects.get(message=held_by_the_dead).state == Delivery.State.PENDING


@pytest.mark.parametrize("turn", [engine.slow_tick, engine.act])
@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_not_taken_for_a_fault_of_one_step(monkeypatch, turn) -> None:
    def away(*_: object, **__: object) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return 0

    monkeypatch.setattr(log_differences, "find", away)
    monkeypatch.setattr(engine.DUE, "at", away)
    with pytest.raises(OperationalError):
        turn(now=NOON)
    connection.close()  # whatever `reconnect` does: the tables are emptied after this test


def test_a_connection_to_be_opened_anew_is_opened_anew(monkeypatch) -> None:
    def planned_for_another_table(**_: object) -> int:
        raise OperationalError("A table was changed under a planned statement")

    monkeypatch.setattr(connections["default"], "close_at", 0.0)  # as `prepared` leaves it
    monkeypatch.setattr(log_differences, "find", planned_for_another_table)
    with pytest.raises(OperationalError):
        engine.slow_tick(now=NOON)


@pytest.mark.django_db(transaction=True)
def test_after_a_broken_connection_the_next_turn_opens_another() -> None:
    def backend() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return cursor.fetchone()[0]

    before = backend()
    engine.reconnect()
    assert backend() != before
