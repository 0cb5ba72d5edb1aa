"""The one place that reads the clock. Doors call `now()`; everything behind them is handed the time."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext

from notifications import written
from notifications.models import DemoClock
from protocols.errors import Refusal

FURTHEST_STEP = timedelta(days=7)


def now() -> datetime:
    """The present, aware and in UTC. In the demo it includes however far the clock was moved forward."""
    return timezone.now() + timedelta(seconds=offset_seconds())  # noqa: TID251 - this is that one place


def really() -> datetime:
    """The present outside the demo as well: how long a person has been away is not moved by moving a clock."""
    return timezone.now()  # noqa: TID251 - this is that one place


def offset_seconds() -> int:
    """How far the demo clock runs ahead; always 0 in production."""
    if not settings.DEMO_CLOCK:
        return 0
    moved = _moved.first()
    return moved.offset_seconds if moved else 0


@written.Query
def _moved() -> QuerySet[DemoClock]:
    """The demo's one clock, once somebody moved it."""
    return DemoClock.objects.all()


def advance(seconds: int) -> int:
    """Move the demo clock forward and return the new offset. Time never moves back."""
    if not settings.DEMO_CLOCK:
        raise Refusal("no-demo-clock", gettext("Only a demo can move its clock."))
    if not 0 < seconds <= FURTHEST_STEP.total_seconds():
        raise Refusal("clock-step", gettext("The demo clock moves forward, by at most 7 days at a time."))
    clock, _ = DemoClock.objects.get_or_create(pk=1)
    DemoClock.objects.filter(pk=clock.pk).update(offset_seconds=F("offset_seconds") + seconds)
    return offset_seconds()
