"""Celery tasks: read the clock, make one call. They carry; they never remember."""

from celery import shared_task

from monitoring import checkins, escalations, silence
from notifications import clock, heartbeat


@shared_task(name="monitoring.ask")
def ask() -> None:
    """Ask the check-ins that are due and let overdue silences climb."""
    now = clock.now()
    heartbeat.sign_in(heartbeat.WORKER, now=now)
    checkins.ask_due(now=now)
    silence.climb(now=now)


@shared_task(name="monitoring.climb")
def climb() -> None:
    """Carry out what is due on unresolved cases."""
    now = clock.now()
    heartbeat.sign_in(heartbeat.WORKER, now=now)
    escalations.climb(now=now)
