"""Queueing: once per key, committed with the fact it announces, cancelled while it still waits."""

import socket
import time
from datetime import timedelta

import pytest
from celery import current_app
from django.db import transaction

from notifications import outbox
from notifications.models import Delivery, Lane, Message
from tests.makers import NOON
from tests.notifications.sending import MINUTE, SECOND, a_message, delivery_of

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Delivery.State


def test_the_same_key_again_changes_nothing(site) -> None:
    first = a_message(site, key="page:1:text", body="first words")
    again = a_message(site, key="page:1:text", body="other words", now=NOON + MINUTE)
    assert again.pk == first.pk
    assert again.body == "first words"
    assert Delivery.objects.filter(message=first).count() == 1


def test_a_message_waits_from_the_moment_it_was_queued_until_it_is_too_old(site) -> None:
    message = a_message(site, valid_for=timedelta(minutes=20))
    delivery = delivery_of(message)
    assert (delivery.state, delivery.due_at, delivery.attempt) == (State.PENDING, NOON, 1)
    assert message.not_after == NOON + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("lane", "number"),
    [
        (Lane.PAGE_VOICE, "page_number"),
        (Lane.PAGE_TEXT, "page_number"),
        (Lane.REPLY, "patient_number"),
        (Lane.CHECKIN, "patient_number"),
    ],
)
def test_pages_have_a_sender_of_their_own(site, lane, number) -> None:
    assert a_message(site, lane=lane).sender == getattr(site, number)


@pytest.mark.django_db(transaction=True)
def test_a_message_is_gone_when_the_fact_it_announces_was_rolled_back(site) -> None:
    with transaction.atomic():
        a_message(site, key="about a dose that never was")
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("lane", "task"),
    [
        (Lane.PAGE_VOICE, "notifications.deliver_page_calls"),
        (Lane.PAGE_TEXT, "notifications.deliver_page_texts"),
        (Lane.REPLY, "notifications.deliver_replies"),
        (Lane.CHECKIN, "notifications.deliver_checkins"),
    ],
)
def test_the_lane_s_worker_is_nudged_once_the_row_is_committed(
    site, lane, task, monkeypatch, django_capture_on_commit_callbacks
) -> None:
    nudged: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, **_: nudged.append(name))
    with django_capture_on_commit_callbacks(execute=True):
        a_message(site, lane=lane)
        assert nudged == [], "a worker that looks before the commit finds nothing"
    assert nudged == [task]


def test_a_dead_broker_loses_nothing_and_stops_nobody(
    site, monkeypatch, caplog, django_capture_on_commit_callbacks
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(current_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        message = a_message(site)
    assert delivery_of(message).state == State.PENDING
    assert "the engine will carry it" in caplog.text


def test_a_broker_that_takes_connections_and_answers_nobody_holds_a_text_up_no_longer_than_a_dead_one(
    settings, monkeypatch, caplog, django_capture_on_commit_callbacks
) -> None:
    """It was waited for for five seconds at each nudge; one text in need has several, and the engine's turn more."""
    with socket.create_server(("127.0.0.1", 0)) as broker:
        address = f"redis://127.0.0.1:{broker.getsockname()[1]}/0"
        settings.REDIS_URL = address
        monkeypatch.setattr(current_app.conf, "broker_url", address)
        began = time.monotonic()
        with django_capture_on_commit_callbacks(execute=True):
            outbox.nudge("notifications.deliver_page_texts")
        assert time.monotonic() - began < 3
    assert "the engine will carry it" in caplog.text


def test_a_nudge_lies_where_a_worker_looks(settings, monkeypatch, django_capture_on_commit_callbacks) -> None:
    apart = settings.REDIS_URL.rpartition("/")[0] + "/9"  # no worker reads there
    monkeypatch.setattr(current_app.conf, "broker_url", apart)
    with current_app.connection_for_write() as line:
        queue = line.SimpleQueue("pages")
        queue.clear()
        with django_capture_on_commit_callbacks(execute=True):
            outbox.nudge("notifications.deliver_page_texts")
        told = queue.get(timeout=60)
        told.ack()
    assert told.headers["task"] == "notifications.deliver_page_texts"


def test_cancelling_ends_what_waits_and_is_noted_on_the_message(site) -> None:
    message = a_message(site)
    outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON + SECOND)
    message.refresh_from_db()
    delivery = delivery_of(message)
    assert message.cancelled_at == NOON + SECOND
    assert (delivery.state, delivery.ended_at) == (State.CANCELLED, NOON + SECOND)


def test_cancelling_does_not_pretend_about_what_the_provider_has(site, line) -> None:
    message = a_message(site)
    outbox.deliver_due(now=NOON)
    outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON + SECOND)
    assert delivery_of(message).state == State.ACCEPTED


def test_cancelling_twice_keeps_the_first_time(site) -> None:
    message = a_message(site)
    for minutes in (1, 2):
        outbox.cancel(Message.objects.filter(pk=message.pk), now=NOON + minutes * MINUTE)
    message.refresh_from_db()
    assert message.cancelled_at == NOON + MINUTE
