"""What was sent, compared with the provider's log in both directions, once a minute.

A text or call in its log that we have no row for went out in our name and nobody here knows why: another program with
our keys, or one of ours sent twice. One of ours that it never had is a page or a question that nobody received.
"""

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet

from monitoring import worklist
from notifications import gateway, heartbeat, outbox, reconcile
from notifications.models import Account, Channel, Delivery, LogDifference
from stepup import missed_texts

State, Kind = Delivery.State, LogDifference.Kind
LOOK_BACK = timedelta(minutes=30)
SETTLED_AFTER = timedelta(minutes=3)  # by then every hand-over has been adopted, sent again or given up
READ_WITHIN = timedelta(minutes=30)  # a proposal of ours: how soon somebody looks into it
TOLD = {
    Kind.UNKNOWN: "The provider sent texts or calls from our number that this service did not send. Look into its log.",
    Kind.NEVER_HAD: "The provider never had texts or calls that this service handed over. Who waited for them?",
}
Listed = list[tuple[str, datetime | None]]  # ids in the provider's log, and when each was made
logger = logging.getLogger(__name__)


def find(*, now: datetime) -> int:
    """Note what either side alone knows of, and open a task for it; return how many were new.

    Looks from half an hour before a number's last comparison that was whole to three minutes ago: what is younger may
    still be settling. A number whose log cannot be read is compared the next time, and so is what may turn out to be
    ours.
    """
    found, complete = 0, True
    for number, account in missed_texts.our_numbers():
        since = missed_texts.read_until(heartbeat.LOG_COMPARED, number, now=now) - LOOK_BACK
        try:
            new, doubtful = _compare(number, account, (since, now - SETTLED_AFTER), now)
        except gateway.Unknown:
            logger.warning("The provider's log of what it sent could not be read; comparing it shortly.")
            complete = False
            continue
        found += new
        if doubtful:
            complete = False
        else:
            heartbeat.sign_in(heartbeat.of_number(heartbeat.LOG_COMPARED, number), now=now)
    if complete:
        heartbeat.sign_in(heartbeat.LOG_COMPARED, now=now)
    return found


def _compare(
    number: str, account: Account, span: tuple[datetime, datetime], now: datetime
) -> tuple[int, list[str]]:
    """How many differences of one number were new, and the ids of what may turn out to be ours. Raises Unknown."""
    listed = gateway.sent_by(sender=number, since=span[0], account=account)
    settled = [(sid, at) for sid, at in listed if at is None or at <= span[1]]
    unknown, doubtful = _unknown(number, account, settled)
    found = sum(_note(number, account, sid, Kind.UNKNOWN, now) for sid in unknown)
    return found + _never_had(number, account, {sid for sid, _ in listed}, span, now), doubtful


def _unknown(number: str, account: Account, listed: Listed) -> tuple[list[str], list[str]]:
    """Ids in the log that no delivery has: those that are not ours, and those that a delivery may turn out to be."""
    sids = [sid for sid, _ in listed]
    known = set(Delivery.objects.filter(provider_sid__in=sids).values_list("provider_sid", flat=True))
    unsettled = _by(number, account).filter(state__in=[State.SUBMITTING, State.AMBIGUOUS])
    perhaps = list(unsettled.values_list("message__channel", "submitted_at"))
    strange = sorted((sid, at) for sid, at in listed if sid not in known)
    doubtful = [sid for sid, at in strange if any(_may_be(one, sid, at) for one in perhaps)]
    return [sid for sid, _ in strange if sid not in doubtful], doubtful


def _may_be(handed_over: tuple[str, datetime | None], sid: str, at: datetime | None) -> bool:
    """Whether a text or call made at `at` may be one that we handed over and do not know about yet.

    It was not made before it was handed over, as far as two clocks agree. On a line that is never still something is
    always being handed over: what is older is not that.
    """
    channel, submitted_at = handed_over
    is_alike = (channel == Channel.VOICE) == sid.startswith("CA")
    return is_alike and (at is None or submitted_at is None or submitted_at - reconcile.ASK_FROM <= at)


def _by(number: str, account: Account) -> QuerySet[Delivery]:
    """Every delivery of ours that left, or is to leave, by this number."""
    ours = Delivery.objects.filter(account=account, message__site=missed_texts.whose(number))
    if account == Account.FIRST:  # by the second, a page leaves from another number than it was queued for
        ours = ours.filter(message__sender=number)
    return ours


def _never_had(
    number: str, account: Account, listed: set[str], span: tuple[datetime, datetime], now: datetime
) -> int:
    """Ours with an id that is in no list and that the provider, asked for it alone, says it does not have."""
    ours = _by(number, account).filter(
        state__in=[State.ACCEPTED, State.DELIVERED], submitted_at__gte=span[0], submitted_at__lte=span[1]
    )
    noted = LogDifference.objects.filter(kind=Kind.NEVER_HAD).values("provider_sid")
    missing = ours.exclude(provider_sid__in=listed).exclude(provider_sid__in=noted)
    lost = [one for one in missing.select_related("message") if not _has(one, account)]
    for one in lost:
        # One that waits for its report has failed: its other route, or the next person, is due at once.
        outbox.fail(Delivery.objects.filter(pk=one.pk), one.message, code="never-had", now=now)
    return sum(_note(number, account, one.provider_sid or "", Kind.NEVER_HAD, now) for one in lost)


def _has(one: Delivery, account: Account) -> bool:
    return gateway.has(one.provider_sid or "", account=account)


@transaction.atomic
def _note(number: str, account: Account, sid: str, kind: LogDifference.Kind, now: datetime) -> int:
    site = missed_texts.whose(number)
    facts = {"site": site, "account": account, "found_at": now}
    _, is_new = LogDifference.objects.get_or_create(provider_sid=sid, kind=kind, defaults=facts)
    if is_new:
        logger.error("The provider's log and ours differ: %s is %s.", sid, kind.label)
        worklist.open_task(
            site=site, what=TOLD[kind], due_at=now + READ_WITHIN, pages_when_late=False, now=now
        )
    return int(is_new)
