"""The canary: a made-up fever the service texts to itself, which must be understood, paged and taken.

Three texts by the real way, out by the outbox and the provider and in by the signed door: the fever to the patients'
number; the page it becomes, to the number of a responder who is ours; the code that takes it, to the paging number.
What happens between them is the service's own operations on a made-up patient, undone at once (`rehearsal`): nobody
is called and no figure is touched. While it is taken, an alarm would be; otherwise a quiet night and a dead line look
alike.
"""

import logging
import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from monitoring import rehearsal, worklist
from monitoring.models import Canary, Reply, Task, Watch
from notifications import accounts, outbox
from notifications.each import each
from notifications.models import Account, Channel, Lane, Message, Site

# Proposals of ours, all three: nobody has published how often to try, nor how long a text may take.
EVERY = timedelta(minutes=10)
BACK_WITHIN = timedelta(minutes=3)
LATE_AFTER = EVERY + BACK_WITHIN + timedelta(minutes=2)
FEVER = "I have a fever of 39.4 C"
SAID = re.compile(r"StepUp canary ([0-9a-f]{16}): (.+)", re.DOTALL)
CODE = re.compile(r"(?<!\d)\d{4}(?!\d)")
SILENT = "The service's own test alarm was not paged and taken: texts may not reach patients or colleagues. Ring them."
SERVICE = "service"
logger = logging.getLogger(__name__)


def send_due(*, now: datetime) -> int:
    """Send each site's next one, unless one is on its way or the last was sent within EVERY and taken; return how many.

    One that was lost is followed at once: the line may have been away for a minute alone, as it is in an update, and
    the health page must not stay red for the rest of EVERY.
    """
    lately = Canary.objects.filter(site=OuterRef("pk")).filter(_keeps_from_sending(now))
    due = Site.objects.filter(~Exists(lately)).values_list("pk", flat=True)
    return each(list(due), lambda pk: _send(pk, now))


@transaction.atomic
def _send(site_id: int, now: datetime) -> int:
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)  # two engines send one
    if Canary.objects.filter(_keeps_from_sending(now), site=site).exists():
        return 0
    token = secrets.token_hex(8)
    text = _queue(site, f"canary:{token}", f"StepUp canary {token}: {FEVER}", now=now)
    Canary.objects.create(site=site, token=token, text=text, sent_at=now)
    return 1


def _queue(
    site: Site, key: str, body: str, *, now: datetime, lane: Lane = Lane.PAGE_TEXT, to: str = ""
) -> Message:
    return outbox.queue(
        site=site,
        key=key,
        lane=lane,
        channel=Channel.TEXT,
        to=to or site.patient_number,
        body=body,
        valid_for=BACK_WITHIN,
        now=now,
    )


def _keeps_from_sending(now: datetime) -> Q:
    return Q(taken_at=None, lapsed_at=None) | Q(taken_at__isnull=False, sent_at__gt=now - EVERY)


def numbers(*, sender: str, **_: Any) -> QuerySet[Site]:
    """The sites whose own number a text came from. No person answers it: two services would talk on."""
    return Site.objects.filter(
        Q(patient_number=sender) | Q(page_number=sender) | Q(fallback_number=sender, fallback_number__gt="")
    )


def came_back(reply: Reply, *, now: datetime) -> bool:
    """Go on with the canary this text belongs to; False, and nothing happens, where it is none that was sent.

    Whatever goes wrong on the way is logged and leaves the canary where it stands: it will be late, and that is told.
    """
    try:
        with transaction.atomic():
            moved = _understood(reply, now) or _paged(reply, now) or _taken(reply, now)
    except OperationalError:  # says nothing about the way: the sweep reads the text again
        raise
    except Exception:  # whatever it was, an alarm would have met it too
        logger.exception("The canary of reply %s could not go on.", reply.pk)
        return False
    if not moved:
        logger.warning("Reply %s came from one of our own numbers and is no canary.", reply.pk)
    return moved


def _understood(reply: Reply, now: datetime) -> bool:
    """The fever has come in: understood as a patient's would be, and the page that came of it sent on."""
    said = SAID.fullmatch(reply.body.strip())
    canary = _locked(token=said[1], back_at=None) if said else None
    if said is None or canary is None:
        return False
    paged = rehearsal.fever(canary.site, said[2], now=now)
    canary.back_at, canary.code = now, paged.code
    canary.page = _queue(canary.site, f"canary:{canary.token}:page", paged.body, now=now)
    canary.save(update_fields=["back_at", "code", "page"])
    return True


def _paged(reply: Reply, now: datetime) -> bool:
    """The page has reached the responder who is ours: they text its code to the paging number.

    By the patients' number, from which every question goes; while its account is out, by the way of pages.
    """
    canary = _locked(code__in=CODE.findall(reply.body), page__body=reply.body, paged_at=None)
    if canary is None:
        return False
    key, site = f"canary:{canary.token}:code", canary.site
    if accounts.is_out(Account.FIRST):
        canary.answer = _queue(site, key, canary.code, now=now)
    else:
        canary.answer = _queue(site, key, canary.code, now=now, lane=Lane.REPLY, to=site.page_number)
    canary.paged_at = now
    canary.save(update_fields=["paged_at", "answer"])
    return True


def _taken(reply: Reply, now: datetime) -> bool:
    """The code has come in: it takes the case, as a responder's would."""
    code = reply.body.strip()
    canary = _locked(code=code, paged_at__isnull=False, taken_at=None) if code else None
    if canary is None or not rehearsal.taking(canary.site, reply.body, code=code, now=now):
        return False
    canary.taken_at = now
    canary.save(update_fields=["taken_at"])
    Task.objects.filter(site=canary.site, what=SILENT, done_at=None).update(
        done_at=now, outcome="a test alarm was paged and taken"
    )
    return True


def _locked(**facts: object) -> Canary | None:
    """The newest canary of these facts: the same text twice moves it once."""
    rows = Canary.objects.select_for_update(of=("self",)).select_related("site")
    return rows.filter(**facts).order_by("-sent_at").first()


def lost(*, now: datetime) -> QuerySet[Canary]:
    """Those that were not taken in time and were not noted yet."""
    return Canary.objects.filter(taken_at=None, lapsed_at=None, sent_at__lte=now - BACK_WITHIN)


def look_after(*, now: datetime) -> int:
    """Those that were not taken in time: noted once and put on the work list; return how many.

    Where somebody is being watched, the second in a row makes the task one that pages: by voice too, which may work.
    """
    return each(list(lost(now=now).values_list("pk", flat=True)), lambda pk: _lapse(pk, now))


@transaction.atomic
def _lapse(pk: int, now: datetime) -> int:
    if not Canary.objects.filter(pk=pk, taken_at=None, lapsed_at=None).update(lapsed_at=now):
        return 0
    canary = Canary.objects.select_related("site").get(pk=pk)
    before = Canary.objects.filter(site=canary.site, sent_at__lt=canary.sent_at).order_by("-sent_at").first()
    logger.error(
        "Canary %s of site %s was not taken: it got as far as %s.", pk, canary.site.pk, canary.reached
    )
    worklist.open_task(
        site=canary.site,
        what=SILENT,
        due_at=now + EVERY,
        pages_when_late=before is not None and before.taken_at is None and _is_watched(canary.site),
        now=now,
    )
    return 1


def walked_at(site: Site) -> datetime | None:
    """When the last one was taken; None if none ever was."""
    taken = Canary.objects.filter(site=site, taken_at__isnull=False).order_by("-taken_at")
    return taken.values_list("taken_at", flat=True).first()


def is_late(site: Site, *, now: datetime) -> bool:
    """Whether the last one that should have been taken is not, or none was sent for too long.

    A site that never had one is late once it has watched somebody for as long as that.
    """
    facts = facts_of_a_site(now=now)
    return is_late_by(Site.objects.filter(pk=site.pk).annotate(**facts).values(*facts).get(), now=now)


def facts_of_a_site(*, now: datetime) -> dict[str, Any]:
    """What `is_late_by` judges by, to be read of a site in whatever statement reads it."""
    sent = Canary.objects.filter(site=OuterRef("pk")).order_by("-sent_at")
    judged = sent.filter(Q(taken_at__isnull=False) | Q(sent_at__lte=now - BACK_WITHIN))
    watches = Watch.objects.filter(site=OuterRef("pk"), closed_at=None, opened_at__lte=now - LATE_AFTER)
    return {
        "judged_sent_at": Subquery(judged.values("sent_at")[:1]),
        "judged_taken_at": Subquery(judged.values("taken_at")[:1]),
        "canary_at": Subquery(sent.filter(taken_at__isnull=False).values("taken_at")[:1]),
        "has_canary": Exists(sent),
        "is_watched": Exists(watches),
    }


def is_late_by(facts: Mapping[str, Any], *, now: datetime) -> bool:
    """`is_late`, by the facts of a site."""
    if facts["judged_sent_at"] is None:
        return not facts["has_canary"] and bool(facts["is_watched"])
    return facts["judged_taken_at"] is None or facts["judged_sent_at"] < now - LATE_AFTER


def late(*, now: datetime) -> list[Site]:
    """The sites whose canary is late."""
    return [site for site in Site.objects.order_by("pk") if is_late(site, now=now)]


def ages(*, now: datetime) -> dict[str, timedelta]:
    """How long ago each site's last one was taken, by the site's short name; a site without one has no entry."""
    found = {site.slug: walked_at(site) for site in Site.objects.order_by("pk")}
    return {slug: max(now - at, timedelta(0)) for slug, at in found.items() if at is not None}


def _is_watched(site: Site) -> bool:
    return Watch.objects.filter(site=site, closed_at=None).exists()
