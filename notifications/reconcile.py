"""Settles what the outbox could not: expired leases, perhaps-sent messages, silent deliveries, late reports."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Least

from notifications import accounts, crashing, gateway, heartbeat, once, outbox, written
from notifications.each import database_is_away
from notifications.models import Account, Channel, Delivery, Message, ProviderReport
from notifications.storable import storable

State = Delivery.State
SETTLE_AFTER = timedelta(seconds=30)
ASK_FROM = timedelta(minutes=2)
A_TURN = 20  # questions to one account, pages first: those of a whole morning would take minutes

RANK = {
    "accepted": 1,
    "queued": 1,
    "scheduled": 1,
    "initiated": 1,
    "sending": 2,
    "ringing": 2,
    "sent": 3,
    "in-progress": 3,
    "answered": 3,
    "undelivered": 4,
    "failed": 4,
    "canceled": 4,
    "busy": 4,
    "no-answer": 4,
    "delivered": 5,  # beats a failure: somebody may have seen it
    "completed": 5,
    "read": 6,
}
GOOD_END = frozenset({"delivered", "completed", "read"})
ON_ITS_WAY = frozenset({"accepted", "queued", "sending", "sent"})
BAD_END = frozenset({"undelivered", "failed", "canceled", "busy", "no-answer"})

logger = logging.getLogger(__name__)


def store_report(token: str, payload: dict[str, str], *, now: datetime) -> ProviderReport:
    """Keep a callback exactly as it came, then apply it. Stored first, so a fault in applying loses nothing.

    Whatever the fields hold and however long they are, it is kept.
    """
    said = {storable(name): storable(value) for name, value in payload.items()}
    report = once.add(
        ProviderReport,
        token=storable(token, 32),
        provider_sid=_one_of(said, "MessageSid", "CallSid", most=40),
        status=_one_of(said, "MessageStatus", "CallStatus", most=20),
        error_code=_one_of(said, "ErrorCode", most=12),
        payload=said,
        received_at=now,
    )
    crashing.point(crashing.REPORT_STORED)
    _try_to_apply(report, now)
    return report


def _one_of(said: dict[str, str], *names: str, most: int) -> str:
    """The first of these fields that says something, as long as its column: the whole of it stays in the payload."""
    return next(filter(None, (said.get(name) for name in names)), "")[:most]


def unapplied(*, now: datetime) -> QuerySet[ProviderReport]:
    """Stored callbacks that were not applied yet."""
    return ProviderReport.objects.filter(applied_at=None)


def apply_reports(*, now: datetime) -> int:
    """Apply stored callbacks that have not been applied; by rank, so late and doubled ones change nothing.

    One that cannot be applied stays stored, for the alarm and the next turn, and does not hold up the others.
    """
    waiting = list(unapplied(now=now).order_by("pk")[:200])
    for report in waiting:
        _try_to_apply(report, now)
    return len(waiting)


def _try_to_apply(report: ProviderReport, now: datetime) -> None:
    try:
        _apply_one(report, now)
    except Exception as error:
        if database_is_away(error):
            raise
        logger.exception("Report %s could not be applied.", report.pk)


@transaction.atomic
def _apply_one(report: ProviderReport, now: datetime) -> None:
    if not _arrived_as_it_should(report, now):
        delivery = _reported_on.first(token=report.token)
        if delivery is not None:
            _apply(delivery, report.provider_sid, report.status, report.error_code, now)
    _applied(report=report.pk, now=now)
    crashing.point(crashing.BEFORE_COMMIT_REPORT)


def _arrived_as_it_should(report: ProviderReport, now: datetime) -> bool:
    """Record the usual report, which needs no look at anything: what the provider has was delivered.

    Of a text to a patient one try is under way at a time: while the provider has this one, no other waits to say the
    same. Of a page the second account's may. A row that stands anywhere else is left as it is.
    """
    rank = RANK.get(report.status, 0)
    return report.status in GOOD_END and bool(
        _arrived_first(token=report.token, rank=rank, status=report.status, now=now)
    )


@written.Update
def _arrived_first(
    *, token: str, rank: int, status: str, now: datetime
) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """With the provider, no page, and reported as delivered for the first time.

    Accepted is what it must be; asked for by that name, the plan would read all that are accepted instead of one token.
    """
    accepted = Delivery.objects.filter(token=token, provider_sid__isnull=False, ended_at=None)
    return accepted.exclude(lane__in=outbox.PAGES), _arrival(rank, status, now)


@written.Query
def _reported_on(*, token: str) -> QuerySet[Delivery]:
    """The delivery that a report speaks of, locked, with its message."""
    found = Delivery.objects.filter(token=token).select_related("message")
    return found.select_for_update(of=("self",))


@written.Update
def _applied(*, report: int, now: datetime) -> tuple[QuerySet[ProviderReport], dict[str, Any]]:
    """Everything that follows from this report is recorded."""
    return ProviderReport.objects.filter(pk=report), {"applied_at": now}


def _apply(delivery: Delivery, sid: str, status: str, code: str, now: datetime) -> None:
    if sid and delivery.provider_sid is None:
        # The report overtook the answer to our own request, or came after we gave it up: either way it got through.
        _adopt(delivery, sid, now)
        delivery.refresh_from_db()
    rank = RANK.get(status, 0)
    if rank <= delivery.status_rank:
        return
    arrived = status in GOOD_END and bool(delivery.provider_sid)
    if arrived and delivery.state != State.DELIVERED:
        _arrived(pk=delivery.pk, rank=rank, status=status, now=now)
    else:
        _further(pk=delivery.pk, rank=rank, status=status)
    if arrived:
        # It may have been reported as failed before: another try would say it twice.
        _tried_no_more(message=delivery.message_id, now=now)
    elif status in BAD_END:
        row = Delivery.objects.filter(pk=delivery.pk)
        outbox.fail(row, delivery.message, code=code or status, now=now)


@written.Update
def _arrived(*, pk: int, rank: int, status: str, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Reported as delivered for the first time."""
    return Delivery.objects.filter(pk=pk), _arrival(rank, status, now)


def _arrival(rank: int, status: str, now: datetime) -> dict[str, Any]:
    ended = {"state": State.DELIVERED, "ended_at": now, "lease_until": None}
    return {"status_rank": rank, "provider_status": status, **ended}


@written.Update
def _further(*, pk: int, rank: int, status: str) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Reported to stand further than it did."""
    return Delivery.objects.filter(pk=pk), {"status_rank": rank, "provider_status": status}


@written.Update
def _tried_no_more(*, message: int, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """What still waits to say the same is not handed over."""
    waiting = Delivery.objects.filter(message=message, state=State.PENDING)
    return waiting, {"state": State.CANCELLED, "ended_at": now}


def _adopt(delivery: Delivery, sid: str, now: datetime) -> None:
    """Give the delivery its provider's id. The token is proof; a match from the provider's list gives way to it.

    One that has ended stays ended, but is known as ours: whatever of it arrives is recorded as such.
    """
    holders = Delivery.objects.filter(provider_sid=sid)
    outbox.give_way(holders, now=now)
    if not holders.exists():
        mine = Delivery.objects.filter(pk=delivery.pk, provider_sid=None)
        if not outbox.accept(mine, sid=sid, channel=delivery.message.channel, now=now):
            mine.update(provider_sid=sid)


def let_go(*, now: datetime) -> QuerySet[Delivery]:
    """Deliveries whose holder did not finish in the time of its lease.

    One that ends later than any lease given now was given by a clock that was ahead: whoever died holding it would keep
    a page until the right clock comes there.
    """
    held = Delivery.objects.filter(state__in=[State.CLAIMED, State.SUBMITTING])
    longest = now + outbox.LEASE + heartbeat.AHEAD
    return held.filter(Q(lease_until__lte=now) | Q(lease_until__gt=longest))


def recover_leases(*, now: datetime) -> int:
    """Give back rows whose holder died: claimed ones are due again, half-submitted ones are perhaps sent."""
    held = let_go(now=now)
    back = held.filter(state=State.CLAIMED).update(
        state=State.PENDING, lease_until=None, due_at=Least("due_at", Value(now))
    )
    unsure = held.filter(state=State.SUBMITTING).update(
        state=State.AMBIGUOUS, lease_until=None, due_at=now, submitted_at=Least("submitted_at", Value(now))
    )
    return back + unsure


def perhaps_sent(*, now: datetime) -> QuerySet[Delivery]:
    """Deliveries about which the provider is to be asked whether it has them."""
    return Delivery.objects.filter(state=State.AMBIGUOUS, due_at__lte=now)


def settle_ambiguous(*, now: datetime) -> int:
    """Ask the provider about perhaps-sent messages: adopt what it has, send again what it does not.

    While an account gives no answer, one question a turn is enough: each of the others would wait as long for nothing.
    """
    asked = 0
    for ours in _by_account(perhaps_sent(now=now)):
        for delivery in ours.select_related("message__site").order_by("lane", "due_at", "pk")[:A_TURN]:
            asked += 1
            if not _settle(delivery, now):
                break
    return asked


def _by_account(rows: QuerySet[Delivery]) -> tuple[QuerySet[Delivery], QuerySet[Delivery]]:
    """Those of either account: one that gives no answer must not keep us from asking the other."""
    return rows.exclude(account=Account.SECOND), rows.filter(account=Account.SECOND)


def _settle(delivery: Delivery, now: datetime) -> bool:
    """Settle one; False when the provider gave no answer.

    A page is then sent once more by the second account, if the first is out: prefer a second page to a lost one.
    """
    row = Delivery.objects.filter(pk=delivery.pk, state=State.AMBIGUOUS, fence=delivery.fence)
    message = delivery.message
    submitted_at = delivery.submitted_at or now
    try:
        held = _held_by_provider(delivery, message, submitted_at - ASK_FROM)
    except gateway.Unknown:
        row.update(due_at=now + timedelta(seconds=5))
        if now - submitted_at >= SETTLE_AFTER and accounts.is_out(Account.FIRST):
            outbox.page_by_second(message, now=now)
        return False
    known = set(Delivery.objects.filter(provider_sid__in=held).values_list("provider_sid", flat=True))
    later = message.deliveries.filter(attempt__gt=delivery.attempt).exclude(state=State.CANCELLED)
    unclaimed = [sid for sid in held if sid not in known]
    if unclaimed:
        outbox.accept(row, sid=unclaimed[0], channel=message.channel, now=now)
        later.filter(state=State.PENDING).update(state=State.CANCELLED, ended_at=now)
    elif now - submitted_at < SETTLE_AFTER:
        row.update(due_at=now + timedelta(seconds=5))
    elif later.exists():
        row.update(state=State.FAILED, error_code="not-taken", ended_at=now)
    else:
        account = "" if delivery.attempt == 1 else delivery.account
        row.update(state=State.PENDING, due_at=now, submitted_at=None, account=account)
    return True


def _held_by_provider(delivery: Delivery, message: Message, since: datetime) -> list[str]:
    way = accounts.sender_of(delivery, message)
    if message.channel == Channel.VOICE:
        return gateway.calls_placed(account=way.account, sender=way.sender, to=message.to, since=since)
    return gateway.texts_sent(
        account=way.account, sender=way.sender, to=message.to, body=message.body, since=since
    )


def silent(*, now: datetime) -> QuerySet[Delivery]:
    """Deliveries that the provider took and has not reported on in time."""
    return Delivery.objects.filter(state=State.ACCEPTED, deadline_at__lte=now)


def ask_about_silent(*, now: datetime) -> int:
    """Poll deliveries whose report is overdue; what the provider will not confirm counts as failed.

    While an account gives no answer, one question a turn is enough.
    """
    asked = 0
    for ours in _by_account(silent(now=now)):
        for delivery in ours.select_related("message").order_by("lane", "deadline_at", "pk")[:A_TURN]:
            asked += 1
            if not _ask_about(delivery, now):
                break
    return asked


def _ask_about(delivery: Delivery, now: datetime) -> bool:
    """Ask about one; False when the provider gave no answer, which counts as one that confirms nothing."""
    account = Account(delivery.account or Account.FIRST)
    try:
        status, code = gateway.status(delivery.provider_sid or "", account=account)
    except gateway.Unknown:
        _end_silence(delivery, "", "", now)
        return False
    _end_silence(delivery, status, code, now)
    return True


def _end_silence(delivery: Delivery, status: str, code: str, now: datetime) -> None:
    row = Delivery.objects.filter(pk=delivery.pk, state=State.ACCEPTED)
    if status in GOOD_END:
        row.update(state=State.DELIVERED, ended_at=now, provider_status=status, status_rank=RANK[status])
    elif status == "in-progress":
        row.update(deadline_at=now + outbox.CALL_DEADLINE)
    elif status in ON_ITS_WAY and delivery.lane not in outbox.PAGES and now < delivery.message.not_after:
        # Some carriers never confirm. A patient's text may go on trying while it is worth reading; a page may not.
        row.update(
            deadline_at=min(now + outbox.TEXT_DEADLINE, delivery.message.not_after), provider_status=status
        )
    else:
        why = status if status in BAD_END else "no-report"
        outbox.fail(row, delivery.message, code=code or why, now=now)


STEPS: dict[str, Callable[..., int]] = {
    "reports": apply_reports,
    "starving": outbox.let_none_starve,
    "accounts": accounts.look_after,
    "leases": recover_leases,
    "perhaps sent": settle_ambiguous,
    "silent": ask_about_silent,
}
"""Everything above, in the order that lets each step feed the next."""


def settle_all(*, now: datetime) -> int:
    """Take every step; return how many rows were looked at."""
    return sum(step(now=now) for step in STEPS.values())
