"""The canary: a text the service sends to itself, out by the page lane and in by the patients' number.

It takes the whole way of a page and of a patient's text: outbox, provider, carrier, webhook, signature. While it comes
back, texts arrive; a quiet night and a dead line look alike otherwise. It says nothing of anybody.
"""

import logging
import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from monitoring import worklist
from monitoring.models import Canary, Reply, Task, Watch
from notifications import outbox
from notifications.each import each
from notifications.models import Channel, Lane, Site

# Proposals of ours, all three: nobody has published how often to try, nor how long a text may take.
EVERY = timedelta(minutes=10)
BACK_WITHIN = timedelta(minutes=3)
LATE_AFTER = EVERY + BACK_WITHIN + timedelta(minutes=2)
SILENT = (
    "The service's own test text did not come back: texts may not reach patients or colleagues. Ring them."
)
SERVICE = "service"
logger = logging.getLogger(__name__)


def send_due(*, now: datetime) -> int:
    """Send each site's next one, unless one is on its way or the last was sent within EVERY; return how many."""
    lately = Canary.objects.filter(site=OuterRef("pk")).filter(_keeps_from_sending(now))
    due = Site.objects.filter(~Exists(lately)).values_list("pk", flat=True)
    return each(list(due), lambda pk: _send(pk, now))


@transaction.atomic
def _send(site_id: int, now: datetime) -> int:
    site = Site.objects.select_for_update(no_key=True).get(pk=site_id)  # two engines send one
    if Canary.objects.filter(_keeps_from_sending(now), site=site).exists():
        return 0
    token = secrets.token_hex(8)
    text = outbox.queue(
        site=site,
        key=f"canary:{token}",
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=site.patient_number,
        body=f"StepUp canary {token}",
        valid_for=BACK_WITHIN,
        now=now,
    )
    Canary.objects.create(site=site, token=token, text=text, sent_at=now)
    return 1


def _keeps_from_sending(now: datetime) -> Q:
    return Q(back_at=None, lapsed_at=None) | Q(sent_at__gt=now - EVERY)


def is_from_us(reply: Reply) -> bool:
    """Whether a text came from one of our own numbers. It is never answered: two services would talk for ever."""
    sender = reply.sender
    return Site.objects.filter(
        Q(patient_number=sender) | Q(page_number=sender) | Q(fallback_number=sender, fallback_number__gt="")
    ).exists()


def came_back(reply: Reply, *, now: datetime) -> bool:
    """Note which canary this text is; False, and nothing happens, where it is none that was sent."""
    token = reply.body.strip().rpartition(" ")[2]
    back = Canary.objects.filter(token=token, back_at=None).update(back_at=now)
    if not back:
        logger.warning("Reply %s came from one of our own numbers and is no canary.", reply.pk)
        return False
    site = Canary.objects.values_list("site", flat=True).get(token=token)
    Task.objects.filter(site=site, what=SILENT, done_at=None).update(
        done_at=now, outcome="a test text came back"
    )
    return True


def look_after(*, now: datetime) -> int:
    """Those that did not come back in time: noted once and put on the work list; return how many.

    Where somebody is being watched, the second in a row makes the task one that pages: by voice too, which may work.
    """
    due = Canary.objects.filter(back_at=None, lapsed_at=None, sent_at__lte=now - BACK_WITHIN)
    return each(list(due.values_list("pk", flat=True)), lambda pk: _lapse(pk, now))


@transaction.atomic
def _lapse(pk: int, now: datetime) -> int:
    if not Canary.objects.filter(pk=pk, back_at=None, lapsed_at=None).update(lapsed_at=now):
        return 0
    canary = Canary.objects.select_related("site").get(pk=pk)
    before = Canary.objects.filter(site=canary.site, sent_at__lt=canary.sent_at).order_by("-sent_at").first()
    logger.error("Canary %s of site %s did not come back.", pk, canary.site.pk)
    worklist.open_task(
        site=canary.site,
        what=SILENT,
        due_at=now + EVERY,
        pages_when_late=before is not None and before.back_at is None and _is_watched(canary.site),
        now=now,
    )
    return 1


def heard_at(site: Site) -> datetime | None:
    """When the last one came back; None if none ever has."""
    back = Canary.objects.filter(site=site, back_at__isnull=False).order_by("-back_at")
    return back.values_list("back_at", flat=True).first()


def is_late(site: Site, *, now: datetime) -> bool:
    """Whether the last one that should be back is not, or none was sent for too long.

    A site that never had one is late once it has watched somebody for as long as that.
    """
    sent = Canary.objects.filter(site=site)
    judged = sent.filter(Q(back_at__isnull=False) | Q(sent_at__lte=now - BACK_WITHIN))
    last = judged.order_by("-sent_at").first()
    if last is not None:
        return last.back_at is None or last.sent_at < now - LATE_AFTER
    return not sent.exists() and _is_watched(site, since=now - LATE_AFTER)


def late(*, now: datetime) -> list[Site]:
    """The sites whose canary is late."""
    return [site for site in Site.objects.order_by("pk") if is_late(site, now=now)]


def ages(*, now: datetime) -> dict[str, timedelta]:
    """How long ago each site's last one came back, by the site's short name; a site without one has no entry."""
    found = {site.slug: heard_at(site) for site in Site.objects.order_by("pk")}
    return {slug: max(now - at, timedelta(0)) for slug, at in found.items() if at is not None}


def _is_watched(site: Site, *, since: datetime | None = None) -> bool:
    watches = Watch.objects.filter(site=site, closed_at=None)
    return (watches.filter(opened_at__lte=since) if since else watches).exists()
