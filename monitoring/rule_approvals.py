"""The rules of triage at one site: since when they are in use, what they changed, and who has approved that.

Nothing waits for an approval. A site that has not approved the installed rules is told so where protocols are signed.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from monitoring import replays
from monitoring.models import Finding, RulesApproval
from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols import triage
from protocols.errors import Refusal


@dataclass(frozen=True)
class Standing:
    """The installed rules at one site. `since` is their first reply there, `before` the version read by until then."""

    fingerprint: str
    approval: RulesApproval | None
    since: datetime | None
    before: str


@dataclass(frozen=True)
class Weighed:
    """The installed rules, and what they conclude otherwise over past replies. `seen` names exactly this."""

    standing: Standing
    replay: replays.Replay

    @property
    def lost_pages(self) -> int:
        """How many past replies paged and would page nobody."""
        return sum(one.stops_paging for one in self.replay.compared)

    @property
    def seen(self) -> str:
        """What an approval must repeat."""
        changed = [f"{one.kept.key}{one.direction}" for one in self.replay.changed]
        return hashlib.sha256("".join([self.standing.fingerprint, *changed]).encode()).hexdigest()[:16]


def standing(site: Site) -> Standing:
    """How the installed rules stand at a site."""
    read = Finding.objects.filter(site=site, reply__isnull=False)
    ours = read.filter(rules_version__startswith=triage.RULES_VERSION)
    first = ours.order_by("at", "pk").first()
    others = read.exclude(rules_version__startswith=triage.RULES_VERSION).order_by("-at", "-pk")
    newest_other = others.first()
    return Standing(
        fingerprint=triage.RULES_VERSION,
        approval=RulesApproval.objects.filter(site=site, fingerprint=triage.RULES_VERSION)
        .select_related("by")
        .first(),
        since=first.at if first else None,
        before=newest_other.rules_version if newest_other else "",
    )


def weigh(site: Site, *, now: datetime) -> Weighed:
    """What the installed rules conclude otherwise than the rules before them did, over the site's past replies."""
    return Weighed(standing(site), replays.of_rules(site.pk, now=now, only_other_rules=True))


@transaction.atomic
def approve(site: Site, *, seen: str, why: str, by: Clinician, now: datetime) -> RulesApproval:
    """Record that somebody has read what the installed rules change here; with a reason where pages would be lost."""
    if not roles.may(by, "approve the rules") or by.site_id != site.pk:
        raise Refusal("not-yours", _("A pharmacist or a prescriber of the site approves its rules."))
    weighed = weigh(site, now=now)
    if weighed.standing.approval:
        raise Refusal(
            "rules-approved", _("%(by)s approved these rules already.") % {"by": weighed.standing.approval.by}
        )
    if weighed.seen != seen:
        raise Refusal("rules-changed", _("Other replies differ by now: look at the list again."))
    if weighed.lost_pages and not why.strip():
        raise Refusal("reason", _("Replies that paged would page nobody: say why that is right here."))
    row = _kept(weighed, site, why=why.strip()[:300], by=by, now=now)
    audit.record(
        "approved the rules", "rules", site=site, by=by, now=now, fingerprint=row.fingerprint, **row.replayed
    )
    return row


def _kept(weighed: Weighed, site: Site, *, why: str, by: Clinician, now: datetime) -> RulesApproval:
    """The new row; of two at the same moment the second is told of the first."""
    try:
        with transaction.atomic():
            return RulesApproval.objects.create(
                site=site,
                fingerprint=weighed.standing.fingerprint,
                by=by,
                at=now,
                replayed=weighed.replay.as_dict(),
                lost_pages=weighed.lost_pages,
                why=why,
            )
    except IntegrityError as error:
        first = RulesApproval.objects.filter(site=site, fingerprint=weighed.standing.fingerprint).first()
        if first is None:
            raise
        raise Refusal(
            "rules-approved", _("%(by)s approved these rules already.") % {"by": first.by}
        ) from error
