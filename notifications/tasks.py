"""Celery tasks: read the clock, make one call. They carry; they never remember."""

from celery import shared_task

from notifications import clock, heartbeat, outbox
from notifications.models import Lane


@shared_task(name="notifications.deliver_page_calls")
def deliver_page_calls() -> None:
    """Hand over due pages by voice."""
    _deliver(Lane.PAGE_VOICE)


@shared_task(name="notifications.deliver_page_texts")
def deliver_page_texts() -> None:
    """Hand over due pages by text."""
    _deliver(Lane.PAGE_TEXT)


@shared_task(name="notifications.deliver_replies")
def deliver_replies() -> None:
    """Hand over due replies to patients."""
    _deliver(Lane.REPLY)


@shared_task(name="notifications.deliver_checkins")
def deliver_checkins() -> None:
    """Hand over due check-ins."""
    _deliver(Lane.CHECKIN)


def _deliver(lane: Lane) -> None:
    now = clock.now()
    heartbeat.sign_in(heartbeat.WORKER, now=now)
    outbox.deliver_due(now=now, lanes=[lane])
