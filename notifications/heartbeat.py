"""Whoever must keep running signs in here; silence turns the health page red."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from notifications import once, written
from notifications.models import Heartbeat, Lane

ENGINE = "engine"
CARRIER = "engine, settling"
CHECKS = "engine, checking"
WORKER = "worker"
MISSED_TEXTS = "missed texts"
LOG_COMPARED = "log compared"
LATE_AFTER = timedelta(seconds=15)
AHEAD = timedelta(seconds=5)  # so far the clocks of two machines may lie apart


def of_lane(lane: Lane) -> str:
    """The part of the engine that hands over one lane."""
    return f"engine, {lane.label}"


def of_number(name: str, number: str) -> str:
    """The part of `name` that concerns one of our numbers."""
    return f"{name}: {number}"


def parts() -> tuple[str, ...]:
    """Every part of the engine that must be alive."""
    return (ENGINE, CARRIER, CHECKS, *(of_lane(lane) for lane in Lane))


def sign_in(name: str, *, now: datetime, **detail: object) -> None:
    """Record that `name` was alive at `now`, with whatever figures belong to it."""
    # One statement, written once: every part of the engine signs in every second.
    once.put_over(Heartbeat, key="name", name=name, at=now, detail=detail)


def last_at(name: str) -> datetime | None:
    """When `name` last signed in; None if it never has."""
    sign = _of.first(name=name)
    return None if sign is None else sign.at


def figures(name: str) -> dict[str, Any]:
    """What `name` reported when it last signed in; nothing if it never has."""
    sign = _of.first(name=name)
    return {} if sign is None else sign.detail


@written.Query
def _of(*, name: str) -> QuerySet[Heartbeat]:
    """The last sign of life of one part."""
    return Heartbeat.objects.filter(name=name)


def age(name: str, *, now: datetime) -> timedelta | None:
    """How long ago `name` signed in; None if it never has."""
    at = last_at(name)
    return None if at is None else max(now - at, timedelta(0))


def is_late(name: str, *, now: datetime) -> bool:
    """Whether `name` has been silent for longer than it may be."""
    return is_late_since(last_at(name), now=now)


def is_late_since(at: datetime | None, *, now: datetime) -> bool:
    """Whether whoever last signed in then, or never, is late. A sign from the future says nothing of the present: the
    clock was ahead when it was made, and whoever made it may be dead since.
    """
    return at is None or not now - LATE_AFTER <= at <= now + AHEAD
