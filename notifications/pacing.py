"""How fast each of our numbers may send. What we hold back ourselves, something graver can still overtake.

The provider queues whatever it is given beyond a number's rate, first come first served: a fever's page would wait
there behind a morning of check-ins. So no more is handed over than the number sends. A rate nobody stated is not
guessed at: such a number is not held back.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Greatest

from notifications import heartbeat, once
from notifications.models import Channel, Delivery, Lane, Message, Pace
from protocols import gsm

# Pages and replies may run ahead of their number's rate by so much, so that they never wait for a check-in.
AHEAD = timedelta(seconds=3)


def may_leave(due: QuerySet[Delivery], *, now: datetime) -> QuerySet[Delivery]:
    """Those whose number has not been given enough already; a check-in waits until it has nothing left to send."""
    pace = Pace.objects.filter(sender=OuterRef("message__sender"), channel=OuterRef("message__channel"))
    # What was noted in time to come was noted by a clock that was ahead: it may not hold back a page for as long.
    pace = pace.filter(noted_at__lte=now + heartbeat.AHEAD)
    far_ahead, busy = Exists(pace.filter(free_at__gt=now + AHEAD)), Exists(pace.filter(free_at__gt=now))
    return due.filter(~far_ahead).exclude(Q(lane=Lane.CHECKIN) & Q(busy))


def note(deliveries: Iterable[Delivery], *, now: datetime) -> None:
    """Count what is about to be handed over against its number's rate. Runs in the claim's transaction."""
    # In one order everywhere: two carriers must not wait for each other's number.
    for delivery in sorted(deliveries, key=lambda one: (one.message.sender, one.message.channel, one.pk)):
        message = delivery.message
        rate = rate_of(message)
        if rate is not None:
            takes = timedelta(seconds=float(Decimal(_units(message)) / rate))
            mine = {"sender": message.sender, "channel": message.channel}
            free = Case(When(noted_at__gt=now + heartbeat.AHEAD, then=Value(now)), default=F("free_at"))
            longer = {"free_at": Greatest(free, Value(now)) + takes, "noted_at": now}
            if not Pace.objects.filter(**mine).update(**longer):
                once.put(Pace, **mine, defaults={"free_at": now, "noted_at": now})
                Pace.objects.filter(**mine).update(**longer)


def rate_of(message: Message) -> Decimal | None:
    """Segments or calls a second for the number this message goes out from; None where nobody stated it."""
    site = message.site
    if message.channel == Channel.VOICE:
        return site.calls_per_second
    is_page = message.sender == site.page_number
    return site.page_texts_per_second if is_page else site.patient_texts_per_second


def _units(message: Message) -> int:
    return 1 if message.channel == Channel.VOICE else max(1, gsm.segments(message.body))
