"""Secret addresses of calendar feeds: made and shown once, ended with a reason, counted when fetched.

An address is 256 random bits; only its SHA-256 is kept, so that nobody who reads the database can fetch a calendar, and
looking one up takes as long whatever was guessed.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician, Role
from protocols.errors import Refusal
from stepup.models import CalendarAddress, CalendarFetch, CalendarRevocation

BYTES = 32
MOST = 10  # in force at once, of one person or of one unit
AN_HOUR, FETCHES_AN_HOUR = timedelta(hours=1), 60
UNIT = "make the unit's calendar"


@transaction.atomic
def make(*, is_unit: bool, by: Clinician, now: datetime) -> tuple[CalendarAddress, str]:
    """A new address of one's own calendar or of the unit's, and the secret in it, which is never shown again."""
    Clinician.objects.select_for_update().get(pk=by.pk)  # two at once are counted one after the other
    if is_unit and not roles.may(by, UNIT):
        raise Refusal("role", _("A nurse or the programme lead makes addresses of the unit's calendar."))
    owned = Q(is_unit=True) if is_unit else Q(is_unit=False, made_by=by)
    if CalendarAddress.objects.filter(owned, site=by.site, revocation=None).count() >= MOST:
        raise Refusal(
            "too-many",
            _("There are %(most)s addresses of this calendar already. Revoke one first.") % {"most": MOST},
        )
    secret = secrets.token_urlsafe(BYTES)
    made = CalendarAddress.objects.create(
        site=by.site, is_unit=is_unit, digest=digest(secret), made_by=by, made_at=now
    )
    audit.record("made a calendar address", str(made), site=by.site, by=by, now=now, is_unit=is_unit)
    return made, secret


@transaction.atomic
def revoke(address_id: int, *, reason: str, by: Clinician, now: datetime) -> CalendarRevocation:
    """End an address for good: whoever made it does, or the programme lead."""
    address = CalendarAddress.objects.select_related("site", "made_by").get(pk=address_id)
    if not may_revoke(address, by):
        raise Refusal(
            "not-yours",
            _("%(made_by)s or the programme lead revokes this address.") % {"made_by": address.made_by.name},
        )
    if not reason.strip():
        raise Refusal("reason", _("Say why it is revoked, like: telephone lost."))
    try:
        with transaction.atomic():
            ended = CalendarRevocation.objects.create(address=address, by=by, at=now, reason=reason.strip())
    except IntegrityError as clash:
        raise Refusal("revoked-already", _("That address was revoked already.")) from clash
    audit.record("revoked a calendar address", str(address), site=address.site, by=by, now=now)
    return ended


def may_revoke(address: CalendarAddress, by: Clinician) -> bool:
    """Whether this clinician may end this address."""
    is_here = address.site_id == by.site_id and by.is_active
    return is_here and (address.made_by_id == by.pk or by.role == Role.LEAD)


def seen_by(clinician: Clinician) -> list[CalendarAddress]:
    """One's own addresses, and the unit's for whoever may make them; the lead sees everybody's. Newest first."""
    rows = CalendarAddress.objects.filter(site=clinician.site)
    if clinician.role != Role.LEAD:
        unit = Q(is_unit=True) if roles.may(clinician, UNIT) else Q()
        rows = rows.filter(Q(made_by=clinician) | unit) if unit else rows.filter(made_by=clinician)
    return list(rows.select_related("made_by", "revocation__by", "fetch").order_by("-pk"))


def find(secret: str) -> CalendarAddress | None:
    """The address in force with this secret. One that was revoked, or whose person has left, is as unknown as any."""
    rows = CalendarAddress.objects.select_related("site", "made_by__site").filter(revocation=None)
    address = rows.filter(digest=digest(secret)).first()
    if address is None or not (address.is_unit or address.made_by.is_active):
        return None
    return address


@transaction.atomic
def fetch(address: CalendarAddress, *, now: datetime) -> bool:
    """Count one fetch; no once there were too many within the hour."""
    first = {"last_at": now, "hour_at": now, "in_hour": 1}
    row, made = CalendarFetch.objects.select_for_update().get_or_create(address=address, defaults=first)
    if made:
        return True
    if now >= row.hour_at + AN_HOUR:
        row.hour_at, row.in_hour = now, 0
    if row.in_hour >= FETCHES_AN_HOUR:
        return False
    row.last_at, row.in_hour = max(now, row.last_at), row.in_hour + 1
    row.save()
    return True


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
