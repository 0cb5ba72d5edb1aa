"""In which languages a site's emergency page is ready: a named person approved exactly these words of each.

English is shown in any case, because advice that waits helps nobody, and says whether anybody approved it. Another
language is shown only once somebody who reads it has approved it; until then its page is the English one, and says so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from monitoring import languages
from monitoring.models import ContentApproval
from notifications import audit
from notifications.models import Clinician, Site
from protocols import wording
from stepup import emergency_texts
from stepup.emergency_texts import Advice


@dataclass(frozen=True)
class Standing:
    """How the emergency page of one language stands at a site: approved as it is now, or only in earlier words."""

    advice: Advice
    approval: ContentApproval | None
    before: ContentApproval | None

    @property
    def code(self) -> str:
        """The language's tag."""
        return self.advice.code

    @property
    def name(self) -> str:
        """The language by its English name."""
        return wording.name(self.advice.code)

    @property
    def fingerprint(self) -> str:
        """The digest of the words as they are now."""
        return self.advice.fingerprint


def of_site(site: Site) -> tuple[Standing, ...]:
    """Every language there is a page in, as it stands at this site; English first."""
    rows = list(_approvals(site).select_related("by").order_by("pk"))
    return tuple(_standing(advice, rows) for advice in emergency_texts.load().values())


def _approvals(site: Site) -> QuerySet[ContentApproval]:
    return ContentApproval.objects.filter(site=site, what=ContentApproval.What.EMERGENCY)


def _standing(advice: Advice, rows: Iterable[ContentApproval]) -> Standing:
    own = [row for row in rows if row.language == advice.code]
    same = next((row for row in own if row.fingerprint == advice.fingerprint), None)
    others = [row for row in own if row.fingerprint != advice.fingerprint]
    return Standing(advice, same, others[-1] if others else None)


def ready(site: Site | None, code: str) -> Standing | None:
    """The page in that language if the site approved it, else None. Where no site is known, nothing is."""
    found = (one for one in of_site(site) if one.code == code) if site else iter(())
    standing = next(found, None)
    return standing if standing and standing.approval else None


@transaction.atomic
def approve(
    site: Site,
    code: str,
    *,
    fingerprint: str,
    reads_language: bool,
    note: str = "",
    by: Clinician,
    now: datetime,
) -> ContentApproval:
    """Approve exactly the page that was read; refused as texts to patients are."""
    advice = emergency_texts.of(code)
    words = languages.Words(
        ContentApproval.What.EMERGENCY,
        advice.code,
        advice.fingerprint,
        emergency_texts.content(code),
        "This page",
    )
    row = languages.approve_words(
        site, words, fingerprint=fingerprint, reads_language=reads_language, note=note, by=by, now=now
    )
    audit.record(
        "approved the emergency page", f"language:{code}", site=site, by=by, now=now, fingerprint=fingerprint,
        row=row.pk,
    )  # fmt: skip
    return row
