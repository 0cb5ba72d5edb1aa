"""One tap takes a case: every page carries an address of its own that works for a while and shows nothing clinical.

The address is the only proof asked for: it was sent to one person's phone, names nobody, and expires. Looking at it
never takes anything, because phones and messengers look at addresses by themselves.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from monitoring import caselog, responders
from monitoring.models import Escalation, Page
from notifications import audit
from protocols import wording

VALID_FOR = timedelta(minutes=60)  # a proposal of ours: the ladder brings a fresh one with every page


@dataclass(frozen=True)
class Shown:
    """What the address shows: the page it came with, whether the case can be taken by it now, and how it stands."""

    page: Page
    may_take: bool
    says: str


def find(token: str) -> Page | None:
    """The page an address was sent with, or None."""
    found = Page.objects.select_related(
        "escalation__owner", "escalation__site", "clinician__site", "offer__by"
    )
    return found.filter(token=token).first()


def look(page: Page, *, now: datetime) -> Shown:
    """How the case stands for whoever opens the address. Nothing is taken and nothing is said about a patient."""
    case = page.escalation
    audit.record("opened a take link", str(case), site=case.site, by=page.clinician, now=now, page=page.pk)
    if case.state != Escalation.State.OPEN and not _is_offered(page):
        return Shown(page, False, responders.already(case, page.clinician))
    if has_expired(page, now=now):
        return Shown(page, False, wording.text("page.expired", "en", code=case.code))
    return Shown(page, True, "")


def _is_offered(page: Page) -> bool:
    """Whether it asks somebody to take a case over and nobody has answered yet."""
    return page.offer is not None and page.offer.ended_at is None


def has_expired(page: Page, *, now: datetime) -> bool:
    """Whether the address takes nothing any more: its hour is over, or the ladder began anew since."""
    return now >= page.at + VALID_FOR or page.generation != page.escalation.generation


@transaction.atomic
def take(page: Page, *, now: datetime) -> str:
    """Take the case for the person the page was sent to, and how it went in one line; expired, it takes nothing."""
    case = page.escalation = caselog.hold(page.escalation_id)  # held, it is not raised in between
    if (case.state == Escalation.State.OPEN or _is_offered(page)) and has_expired(page, now=now):
        return wording.text("page.expired", "en", code=case.code)
    return responders.take_and_say(case, page.clinician, now=now, how="one-tap link")
