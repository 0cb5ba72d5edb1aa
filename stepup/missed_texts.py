"""Texts the provider received and never managed to hand us: fetched from its log and taken in like any other."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from monitoring import inbound, worklist
from monitoring.models import Reply, Task
from monitoring.rules import DEFAULT
from notifications import gateway, heartbeat
from notifications.each import database_is_away
from notifications.models import Account, Site

LOOK_BACK = timedelta(minutes=30)
NOT_STORED = "A text could not be taken in from the provider's log. Read it there at once: {sid}"
logger = logging.getLogger(__name__)


def fetch(*, now: datetime) -> int:
    """Take in every text that we have no row for; return how many there were.

    Looks half an hour further back than the last fetch that read the same number, however long ago that was: a text
    sent while we were away must not fall out of the window before we are back. One that cannot be stored is told to
    people and holds up no other.
    """
    taken, complete = 0, True
    for number, account in our_numbers():
        since = read_until(heartbeat.MISSED_TEXTS, number, now=now) - LOOK_BACK
        try:
            listed = gateway.texts_received(to=number, since=since, account=account)
        except gateway.Unknown:
            logger.warning("The provider's log could not be read; trying again shortly.")
            complete = False
            continue
        taken += _take_in_missed(number, listed, now)
        heartbeat.sign_in(heartbeat.of_number(heartbeat.MISSED_TEXTS, number), now=now)
    if complete:
        heartbeat.sign_in(heartbeat.MISSED_TEXTS, now=now)
    return taken


def read_until(reading: str, number: str, *, now: datetime) -> datetime:
    """Until when a number's log was read; of one that never was, until when those of all others were.

    Each by itself: one that can never be read, as in a closed account, must not lengthen what is read of the others.
    """
    mine = heartbeat.last_at(heartbeat.of_number(reading, number))
    return min(mine or heartbeat.last_at(reading) or now, now)


def _take_in_missed(number: str, listed: Sequence[gateway.Received], now: datetime) -> int:
    sids = [text["MessageSid"] for text in listed]
    known = set(Reply.objects.filter(provider_sid__in=sids).values_list("provider_sid", flat=True))
    missed = [text for text in listed if text["MessageSid"] not in known]
    refused = [text["MessageSid"] for text in missed if not _is_taken_in(text, now)]
    for sid in refused:
        _tell(number, sid, now)
    return len(missed) - len(refused)


def _is_taken_in(text: gateway.Received, now: datetime) -> bool:
    """Store one text and act on it; False where that failed, whatever it was. Only a database that is away raises."""
    logger.warning("A text reached the provider and not us: taking it in from its log.")
    try:
        inbound.receive(
            provider_sid=text["MessageSid"],
            sender=text["From"],
            sent_to=text["To"],
            body=text["Body"],
            media=text["NumMedia"],
            payload={name: str(text[name]) for name in ("MessageSid", "From", "To", "Body", "NumMedia")},
            sent_at=text["DateSent"],
            now=now,
        )
    except Exception as problem:
        if database_is_away(problem):
            raise  # no other text could be stored either
        logger.exception("Text %s could not be taken in from the provider's log.", text["MessageSid"])
        return False
    return True


def _tell(number: str, sid: str, now: datetime) -> None:
    """Have somebody read a text where it lies, once; nobody here knows what it says, so that it pages when late."""
    site, what = whose(number), NOT_STORED.format(sid=sid[:60])
    if not Task.objects.filter(site=site, what=what).exists():
        due_at = now + timedelta(minutes=DEFAULT.clarify)
        worklist.open_task(site=site, what=what, due_at=due_at, pages_when_late=True, now=now)


def our_numbers() -> list[tuple[str, Account]]:
    """Every number people text us on, and the account that holds it."""
    found = set()
    for site in Site.objects.all():
        found |= {(site.patient_number, Account.FIRST), (site.page_number, Account.FIRST)}
        if site.fallback_number and settings.TWILIO_SECOND_ACCOUNT_SID:
            found.add((site.fallback_number, Account.SECOND))
    return sorted(found)


def whose(number: str) -> Site:
    """The site that one of our numbers belongs to."""
    ours = Q(patient_number=number) | Q(page_number=number)
    return Site.objects.get(ours | Q(fallback_number=number, fallback_number__gt=""))
