"""Whom no text reaches: STOP was texted from their phone, or it is dead, and the provider refuses what is sent there.

They are still called, for a page rings as well as it texts; but half of it is lost, and somebody has to mend it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import F, Max, QuerySet

from notifications import provider_errors
from notifications.models import Channel, Clinician, Delivery

State = Delivery.State
LOOK_BACK = timedelta(days=30)  # each turn on call begins with a text: what is older says nothing of today


def among(people: Collection[Clinician], *, now: datetime) -> frozenset[int]:
    """Of these people, by their numbers, those the last text to whose phone was refused for good.

    One that arrived since, as after START, says that texts go there again; so does a new phone, until one fails.
    """
    refused = _last(
        people, State.FAILED, now, error_code__in=provider_errors.codes(*provider_errors.ENDS_TEXTING)
    )
    if not refused:
        return frozenset()
    arrived = _last([one for one in people if one.pk in refused], State.DELIVERED, now)
    return frozenset(pk for pk, at in refused.items() if pk not in arrived or arrived[pk] < at)


def _last(
    people: Collection[Clinician], state: Delivery.State, now: datetime, **more: object
) -> dict[int, datetime]:
    """When a text to the phone of each of these last ended so."""
    texts: QuerySet[Delivery] = Delivery.objects.filter(
        state=state,
        ended_at__gte=now - LOOK_BACK,
        message__clinician__in=[one.pk for one in people],
        message__to=F("message__clinician__phone"),
        message__channel=Channel.TEXT,
        **more,
    )
    return dict(texts.values_list("message__clinician").annotate(at=Max("ended_at")))
