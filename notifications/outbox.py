"""The queue of things to say. The table is the queue; whoever calls `deliver_due` carries.

A message is committed with the fact it announces and handed over afterwards, outside any transaction. A lease is
only a time in the future, so a dead worker gives its row back by doing nothing; a fence stops one that wakes up late.
What the provider may or may not have taken is a state of its own, settled in `reconcile.py`.
"""

import logging
import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from kombu.pools import producers

from notifications import accounts, crashing, gateway, once, pacing, provider_errors, written
from notifications.models import Account, Channel, Clinician, Delivery, Lane, Message, Site

State = Delivery.State
LEASE = timedelta(seconds=30)
TEXT_DEADLINE = timedelta(seconds=60)
CALL_DEADLINE = timedelta(seconds=gateway.RING_SECONDS + 30)
NOT_TAKEN_PAUSE = timedelta(seconds=2)  # at the most, for whatever somebody waits for
LONGEST_PAUSE = timedelta(seconds=16)  # of check-ins, which make room for it
BATCH = 2  # two hand-overs at the gateway's time-out stay within one lease
NUDGE_SECONDS = 0.25  # of each of the library's two tries
BRIEFLY = {"socket_connect_timeout": NUDGE_SECONDS, "socket_timeout": NUDGE_SECONDS}
TURN_SECONDS = 5.0  # a provider that answers slowly must not keep an engine from its other work

# 0 goes first in its lane. Whoever has waited for OVERDUE is not overtaken any more, so nothing waits for ever.
PRECEDENCE = {"emergency": 0, "urgent": 1}
ORDINARY = 2
OVERDUE = timedelta(minutes=5)

CARRIERS = {
    Lane.PAGE_VOICE: "notifications.deliver_page_calls",
    Lane.PAGE_TEXT: "notifications.deliver_page_texts",
    Lane.REPLY: "notifications.deliver_replies",
    Lane.CHECKIN: "notifications.deliver_checkins",
}
PAGES = accounts.PAGES

logger = logging.getLogger(__name__)


@transaction.atomic(savepoint=False)
def queue(
    *,
    site: Site,
    key: str,
    lane: Lane,
    channel: Channel,
    to: str,
    body: str = "",
    clinician: Clinician | None = None,
    about: str = "",
    urgency: str = "",
    valid_for: timedelta,
    now: datetime,
    after: timedelta = timedelta(0),
    waits_since: datetime | None = None,
) -> Message:
    """Queue one message in the caller's transaction; the same key again returns the first one unchanged.

    Within its lane an emergency goes before what is urgent, and that before everything else. It is due `after` so
    long from now, and never sent later than `valid_for` from now. What is due at once takes its place among what has
    waited since `waits_since`.
    """
    facts = {
        "site": site,
        "lane": lane,
        "channel": channel,
        "sender": site.page_number if lane in PAGES else site.patient_number,
        "to": to,
        "clinician": clinician,
        "about": about,
        "body": body,
        "created_at": now, "not_after": now + valid_for,
    }  # fmt: skip
    due_at = now + after if after or waits_since is None else waits_since
    delivery = Delivery(lane=lane, precedence=PRECEDENCE.get(urgency, ORDINARY), due_at=due_at)
    message, created = once.put_with(Message, delivery, of="message", key=key, defaults=facts)
    if created:
        nudge(CARRIERS[lane])
    return message


def nudge(task: str) -> None:
    """Ask a worker to look, after commit. A courtesy: the engine carries out whatever stays waiting.

    Where no broker is named there is no worker to ask. One that takes connections and answers nobody is given up as
    soon as one that is gone: whoever texts and whatever climbs waits for it.
    """
    if not settings.REDIS_URL:
        return

    def send() -> None:
        try:
            line = current_app.connection_for_write(transport_options=BRIEFLY)
            with producers[line].acquire(block=True, timeout=NUDGE_SECONDS) as producer:
                current_app.send_task(task, producer=producer, retry=False)
        except Exception:  # any broker failure whatever: the engine is the guarantee
            logger.warning("The broker did not take %s; the engine will carry it.", task)

    transaction.on_commit(send, robust=True)


def cancel(messages: QuerySet[Message], *, now: datetime) -> None:
    """Stop messages that have not been handed over yet. What is already with the provider stays there."""
    ids = list(messages.filter(cancelled_at=None).values_list("pk", flat=True))
    Message.objects.filter(pk__in=ids).update(cancelled_at=now)
    Delivery.objects.filter(message__in=ids, state=State.PENDING).update(state=State.CANCELLED, ended_at=now)


def deliver_due(
    *,
    now: datetime,
    lanes: Sequence[Lane] = tuple(Lane),
    patience: timedelta = timedelta(0),
    passed: Callable[[], float] | None = None,
) -> int:
    """Hand over whatever has been due for `patience`, most urgent lane first; return how many were tried.

    From the first of `lanes` to the last. `now` moves on by the whole seconds the provider takes, so that no lease
    begins in the past. A turn starts nothing new after TURN_SECONDS; what is left stays due for the next one.
    `passed` says how many seconds have passed since some moment; on a virtual clock none do.
    """
    passed = passed or time.monotonic
    began, tried = passed(), 0

    def moment() -> datetime:
        return now + timedelta(seconds=int(passed() - began))

    while passed() - began < TURN_SECONDS and (batch := _claim(moment(), lanes, patience)):
        crashing.point(crashing.CLAIMED)
        plainly_taken = [_hand_over(delivery, moment()) for delivery in batch]
        tried += len(batch)
        if len(batch) < BATCH and all(plainly_taken):
            break  # nothing else was due, and nothing came back
    return tried


@transaction.atomic
def _claim(now: datetime, lanes: Sequence[Lane], patience: timedelta) -> list[Delivery]:
    batch = _next.rows(now=now, due_since=now - patience, first=lanes[0], last=lanes[-1])
    for delivery in batch:
        _claimed(pk=delivery.pk, now=now)
        delivery.state, delivery.lease_until = State.CLAIMED, now + LEASE
        delivery.fence += 1  # as it stands now: the row is locked
    if batch:
        pacing.note(batch, now=now)
    return batch


@written.Query
def _next(*, now: datetime, due_since: datetime, first: int, last: int) -> QuerySet[Delivery]:
    """What is to be handed over next, locked; nothing that somebody else holds."""
    wanted = due(now=due_since, lanes=(first, last))
    ordered = pacing.may_leave(wanted, now=now).order_by("lane", "precedence", "due_at", "pk")
    return ordered.select_for_update(skip_locked=True, of=("self",)).select_related("message__site")[:BATCH]


@written.Update
def _claimed(*, pk: int, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Held for the length of a lease, under a new fence."""
    changes = {"state": State.CLAIMED, "lease_until": now + LEASE, "fence": F("fence") + 1}
    return Delivery.objects.filter(pk=pk), changes


def due(*, now: datetime, lanes: Sequence[int] = tuple(Lane)) -> QuerySet[Delivery]:
    """What waits to be handed over, from the first of these lanes to the last."""
    return Delivery.objects.filter(
        state=State.PENDING, due_at__lte=now, lane__gte=lanes[0], lane__lte=lanes[-1]
    )


def let_none_starve(*, now: datetime) -> int:
    """Put whatever has waited too long in front of everything newer in its lane; return how many."""
    return starving(now=now).update(precedence=0)


def starving(*, now: datetime) -> QuerySet[Delivery]:
    """What has waited too long behind what is graver."""
    return Delivery.objects.filter(state=State.PENDING, precedence__gt=0, due_at__lte=now - OVERDUE)


def _hand_over(delivery: Delivery, now: datetime) -> bool:
    """Guard, commit, POST, record. Every step moves the row only if it still stands where it was left.

    True where the provider took it; otherwise something may be due again at once.
    """
    message = delivery.message
    way = accounts.way_of(delivery, message)
    if not _submitting(pk=delivery.pk, fence=delivery.fence, account=way.account, now=now):
        _drop(delivery.pk, delivery.fence, now)
        return False
    crashing.point(crashing.BEFORE_POST)
    try:
        taken = _post(delivery, message, way, now)
        crashing.point(crashing.AFTER_POST)
    except gateway.NotTaken as not_taken:
        if isinstance(not_taken, gateway.NoConnection):
            accounts.note_doubt(way.account, str(not_taken), now=now)
        _wait(delivery, message, way.account, now)
    except gateway.RefusedForGood as refused:
        fail(_in_the_post(delivery), message, code=refused.code, now=now)
    except gateway.Unknown as unknown:
        logger.warning("Delivery %s may have been sent (%s).", delivery.pk, unknown)
        accounts.note_doubt(way.account, str(unknown), now=now)
        _in_the_post(delivery).update(state=State.AMBIGUOUS, lease_until=None, due_at=now)
    else:
        _record_taken(delivery, way.account, taken.sid, now)
        crashing.point(crashing.RECORDED)
        return True
    crashing.point(crashing.RECORDED)
    return False


@written.Update
def _submitting(
    *, pk: int, fence: int, account: str, now: datetime
) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Held by us and still wanted: about to be handed over."""
    wanted = Message.objects.filter(pk=OuterRef("message"), cancelled_at=None, not_after__gt=now)
    ours = Delivery.objects.filter(Exists(wanted), pk=pk, fence=fence, state=State.CLAIMED)
    changes = {"state": State.SUBMITTING, "submitted_at": now, "lease_until": now + LEASE, "account": account}
    return ours, changes


def _in_the_post(delivery: Delivery) -> QuerySet[Delivery]:
    """The row, while it stands where we left it when we handed it over."""
    return Delivery.objects.filter(pk=delivery.pk, fence=delivery.fence, state=State.SUBMITTING)


def _record_taken(delivery: Delivery, account: Account, sid: str, now: datetime) -> None:
    """The provider has it, so its account is well. Nearly always that was never doubted, and one statement says all."""
    pk, fence, deadline = delivery.pk, delivery.fence, now + _waits(delivery.message.channel)
    if not _taken_undoubted(pk=pk, fence=fence, account=account, sid=sid, deadline=deadline):
        accounts.note_taken(account=account)
        give_way(Delivery.objects.filter(provider_sid=sid).exclude(pk=pk), now=now)
        _taken(pk=pk, fence=fence, sid=sid, deadline=deadline)


def give_way(holders: QuerySet[Delivery], *, now: datetime) -> None:
    """Whoever has an id by a match from the provider's list gives it up to whoever is known to have it."""
    unsure = {"state": State.AMBIGUOUS, "provider_sid": None, "deadline_at": None, "due_at": now}
    holders.filter(state=State.ACCEPTED).update(**unsure)


@written.Update
def _taken_undoubted(
    *, pk: int, fence: int, account: str, sid: str, deadline: datetime
) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Handed over by us, the provider has it, and its account needs no word for it."""
    ours = Delivery.objects.filter(~Exists(accounts.doubted(account)), pk=pk, fence=fence)
    return _acceptance(ours, sid, deadline)


@written.Update
def _taken(*, pk: int, fence: int, sid: str, deadline: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """Handed over by us, and the provider has it."""
    return _acceptance(Delivery.objects.filter(pk=pk, fence=fence), sid, deadline)


def _wait(delivery: Delivery, message: Message, account: Account, now: datetime) -> None:
    """It was surely not taken: due again after a pause, or at once where the other account can carry it.

    A first attempt may then take either way; one that was queued for the second account stays with it.
    """
    other = account == Account.FIRST and accounts.is_out(account) and accounts.can_stand_in(message)
    _in_the_post(delivery).update(
        state=State.PENDING,
        due_at=now if other else now + _pause(delivery, message),
        account="" if delivery.attempt == 1 else account,
        lease_until=None,
        submitted_at=None,
    )


def _pause(delivery: Delivery, message: Message) -> timedelta:
    """How long what was not taken waits. A check-in waits twice as long each time: what is graver has the room.

    No two wait quite as long, or all that were too many at once would be so again.
    """
    longest = NOT_TAKEN_PAUSE
    if delivery.lane == Lane.CHECKIN:
        longest = min(NOT_TAKEN_PAUSE * 2 ** min(delivery.fence - 1, 8), LONGEST_PAUSE)
    apart = zlib.crc32(f"{message.to} {delivery.fence}".encode()) % 100
    return longest * (1 - apart / 250)  # up to two fifths sooner


def _post(delivery: Delivery, message: Message, way: accounts.Way, now: datetime) -> gateway.Taken:
    base = settings.PUBLIC_BASE_URL + "/webhooks/twilio"
    report = f"{base}/status/{delivery.token}"
    if message.channel == Channel.VOICE:
        words = f"{base}/voice/{delivery.token}"
        return gateway.place_call(
            account=way.account, sender=way.sender, to=message.to, words_at=words, callback=report
        )
    seconds = int((message.not_after - now).total_seconds())
    return gateway.send_text(
        account=way.account,
        sender=way.sender,
        to=message.to,
        body=message.body,
        callback=report,
        valid_seconds=seconds,
    )


def accept(deliveries: QuerySet[Delivery], *, sid: str, channel: str, now: datetime) -> int:
    """Record that the provider has it."""
    accepted, changes = _acceptance(deliveries, sid, now + _waits(channel))
    return accepted.update(**changes)


def _acceptance(
    deliveries: QuerySet[Delivery], sid: str, deadline: datetime
) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """What changes once the provider has it. A callback may have said so first; then nothing does.

    A row that has gone back to waiting in the meantime is taken out of the queue again: it was sent after all.
    """
    held = Delivery.objects.filter(provider_sid=sid)
    unknown = deliveries.filter(~Exists(held), state__in=Delivery.LIVE, provider_sid=None)
    changes = {"state": State.ACCEPTED, "provider_sid": sid, "lease_until": None, "deadline_at": deadline}
    return unknown, changes


def _waits(channel: str) -> timedelta:
    """How long a report may take until the provider is asked."""
    return CALL_DEADLINE if channel == Channel.VOICE else TEXT_DEADLINE


@transaction.atomic(savepoint=False)
def fail(deliveries: QuerySet[Delivery], message: Message, *, code: str, now: datetime) -> bool:
    """Record a failure and, where the error table allows another try in time, queue it. True if a row moved."""
    failing = deliveries.exclude(ended_at__isnull=False)
    # Whose error it is must be read before the row moves. A newer try may be under way by the other account.
    of_accounts = set(failing.exclude(account="").values_list("account", flat=True))
    if not failing.update(state=State.FAILED, error_code=code, ended_at=now, lease_until=None):
        return False
    means = provider_errors.of(code).means
    if means == provider_errors.Means.ACCOUNT:
        for account in of_accounts:
            accounts.note_out(Account(account), f"error {code}", now=now)
    if means in provider_errors.MENDED_BY_ANOTHER_ACCOUNT:
        page_by_second(message, now=now)
    last = _last_try.first(message=message.pk)
    pause = provider_errors.retry_after(code, attempt=last.attempt if last else 1)
    may_try = pause is not None and message.cancelled_at is None and now + pause < message.not_after
    # A page does not wait for a second try at the same phone: its other channel and the next person are faster.
    if pause is not None and may_try and last is not None and message.lane not in PAGES:
        facts = {"lane": last.lane, "precedence": last.precedence, "due_at": now + pause}
        once.put(Delivery, message=message, attempt=last.attempt + 1, defaults=facts)
    return True


@written.Query
def _last_try(*, message: int) -> QuerySet[Delivery]:
    """The newest attempt at a message."""
    return Delivery.objects.filter(message=message).order_by("-attempt")


def page_by_second(message: Message, *, now: datetime) -> bool:
    """Queue a page once more, by the second account, at once; False where that cannot carry it or has it already."""
    tried = message.deliveries.filter(account=Account.SECOND).exclude(state=State.CANCELLED).exists()
    wanted = message.cancelled_at is None and now < message.not_after
    last = _last_try.first(message=message.pk)
    if tried or not wanted or last is None or not accounts.can_stand_in(message):
        return False
    facts = {"account": Account.SECOND, "lane": last.lane, "precedence": last.precedence, "due_at": now}
    _, is_new = once.put(Delivery, message=message, attempt=last.attempt + 1, defaults=facts)
    if is_new:
        nudge(CARRIERS[Lane(last.lane)])
    return is_new


def _drop(pk: int, fence: int, now: datetime) -> None:
    ours = Delivery.objects.filter(pk=pk, fence=fence, state=State.CLAIMED)
    over = {"ended_at": now, "lease_until": None}
    ours.filter(message__cancelled_at__isnull=False).update(state=State.CANCELLED, **over)
    ours.filter(message__not_after__lte=now).update(state=State.EXPIRED, **over)


def has_failed(message: Message) -> bool:
    """Whether every attempt has ended without a delivery: nobody will hear this message.

    Of a message that is still wanted, an attempt that was withdrawn made room for another, and counts for nothing.
    """
    states = set(message.deliveries.values_list("state", flat=True))
    if message.cancelled_at is None:
        states.discard(State.CANCELLED)
    return bool(states) and states <= {State.FAILED, State.EXPIRED}
