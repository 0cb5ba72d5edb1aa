"""Texts the provider received and never managed to hand us: fetched from its log and taken in like any other."""

import logging
from datetime import datetime, timedelta

from django.conf import settings

from monitoring import inbound
from monitoring.models import Reply
from notifications import gateway, heartbeat
from notifications.models import Account, Site

LOOK_BACK = timedelta(minutes=30)
logger = logging.getLogger(__name__)


def fetch(*, now: datetime) -> int:
    """Take in every text that we have no row for; return how many there were.

    Looks half an hour further back than the last fetch that read every number, however long ago that was: a text
    sent while we were away must not fall out of the window before we are back.
    """
    taken, complete = 0, True
    since = min(heartbeat.last_at(heartbeat.MISSED_TEXTS) or now, now) - LOOK_BACK
    for number, account in our_numbers():
        try:
            listed = gateway.texts_received(to=number, since=since, account=account)
        except gateway.Unknown:
            logger.warning("The provider's log could not be read; trying again shortly.")
            complete = False
            continue
        known = set(
            Reply.objects.filter(provider_sid__in=[t["MessageSid"] for t in listed]).values_list(
                "provider_sid", flat=True
            )
        )
        for text in listed:
            if text["MessageSid"] not in known:
                logger.warning("A text reached the provider and not us: taking it in from its log.")
                inbound.receive(
                    provider_sid=text["MessageSid"],
                    sender=text["From"],
                    sent_to=text["To"],
                    body=text["Body"],
                    media=text["NumMedia"],
                    payload={
                        name: str(text[name]) for name in ("MessageSid", "From", "To", "Body", "NumMedia")
                    },
                    sent_at=text["DateSent"],
                    now=now,
                )
                taken += 1
    if complete:
        heartbeat.sign_in(heartbeat.MISSED_TEXTS, now=now)
    return taken


def our_numbers() -> list[tuple[str, Account]]:
    """Every number people text us on, and the account that holds it."""
    found = set()
    for site in Site.objects.all():
        found |= {(site.patient_number, Account.FIRST), (site.page_number, Account.FIRST)}
        if site.fallback_number and settings.TWILIO_SECOND_ACCOUNT_SID:
            found.add((site.fallback_number, Account.SECOND))
    return sorted(found)
