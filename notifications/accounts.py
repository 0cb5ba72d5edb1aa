"""Two accounts at the provider. When the first cannot send, pages leave by the second, from a number of its own.

The first is out as soon as it refuses us as a whole, or after two hand-overs in a row of which nobody knows whether
they were taken. It is asked every half minute whether it is well, and used again once it says so or takes a patient's
text. Only pages go by the second: a patient would be texted from a number nobody gave them.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import F, Q, QuerySet

from notifications import gateway, written
from notifications.models import Account, AccountState, Delivery, Lane, Message

# Proposals of ours.
DOUBTS = 2
ASK_EVERY = timedelta(seconds=30)
PAGES = (Lane.PAGE_VOICE, Lane.PAGE_TEXT)

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Way:
    """By which account, and from which of its numbers, a message leaves."""

    account: Account
    sender: str


def way_of(delivery: Delivery, message: Message) -> Way:
    """The way one delivery takes: what was decided for it, or the first account unless that is out."""
    decided = delivery.account
    stands_in = not decided and _has_second(message) and is_out(Account.FIRST) and not is_out(Account.SECOND)
    second = decided == Account.SECOND or stands_in
    return Way(Account.SECOND, message.site.fallback_number) if second else Way(Account.FIRST, message.sender)


def sender_of(delivery: Delivery, message: Message) -> Way:
    """The way a delivery took that was handed over already."""
    second = delivery.account == Account.SECOND
    return Way(Account.SECOND, message.site.fallback_number) if second else Way(Account.FIRST, message.sender)


def can_stand_in(message: Message) -> bool:
    """Whether the second account could carry this message now."""
    return _has_second(message) and not is_out(Account.SECOND)


def _has_second(message: Message) -> bool:
    """Whether this is a page of a site that has a second account."""
    return bool(message.lane in PAGES and settings.TWILIO_SECOND_ACCOUNT_SID and message.site.fallback_number)


def is_out(account: Account) -> bool:
    """Whether nothing should be handed to this account now."""
    return _out.exists(account=account)


@written.Query
def _out(*, account: str) -> QuerySet[AccountState]:
    """How this account does, while it is out."""
    return AccountState.objects.filter(account=account, out_since__isnull=False)


def out() -> dict[str, str]:
    """Every account that is out, and why."""
    return dict(AccountState.objects.filter(out_since__isnull=False).values_list("account", "out_why"))


def doubted(account: str) -> QuerySet[AccountState]:
    """How this account does, unless it took whatever it was last handed."""
    return AccountState.objects.filter(account=account).exclude(doubts=0, out_since=None)


@written.Update
def note_taken(*, account: str) -> tuple[QuerySet[AccountState], dict[str, Any]]:
    """It took something, so it is well, whatever was thought of it."""
    return doubted(account), {"doubts": 0, "out_since": None, "out_why": ""}


def note_doubt(account: Account, why: str, *, now: datetime) -> None:
    """It gave no answer, or none that makes sense."""
    AccountState.objects.get_or_create(account=account)
    row = AccountState.objects.filter(account=account)
    row.update(doubts=F("doubts") + 1)
    if row.filter(doubts__gte=DOUBTS).exists():
        note_out(account, why, now=now)


def note_out(account: Account, why: str, *, now: datetime) -> None:
    """It refuses us as a whole, or was silent too often: hand nothing over until it is well again."""
    AccountState.objects.get_or_create(account=account)
    went = AccountState.objects.filter(account=account, out_since=None)
    if went.update(out_since=now, out_why=why[:60], asked_at=now):
        logger.error("The %s cannot be used: %s.", account.label, why)


def to_ask(*, now: datetime) -> QuerySet[AccountState]:
    """Accounts that did not take anything and are to be asked again."""
    return AccountState.objects.filter(
        Q(asked_at=None) | Q(asked_at__lte=now - ASK_EVERY), out_since__isnull=False
    )


def look_after(*, now: datetime) -> int:
    """Ask accounts that are out whether they are well, and use those again that say so; return how many were asked."""
    asked = 0
    for state in to_ask(now=now):
        if not AccountState.objects.filter(pk=state.pk, asked_at=state.asked_at).update(asked_at=now):
            continue
        asked += 1
        account = Account(state.account)
        if gateway.is_well(account):
            note_taken(account=account)
            logger.warning("The %s is well again.", account.label)
    return asked
