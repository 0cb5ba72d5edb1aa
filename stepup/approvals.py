"""Protocols a site may use: signed by a pharmacist and a prescriber who are different people, then frozen."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext

from notifications import audit
from notifications.models import Clinician, Role, Site
from protocols import library
from protocols.errors import Refusal
from protocols.pathway import Protocol
from stepup import feasible
from stepup.models import SiteProtocol


def propose(site: Site, label_id: str, pathway_id: str) -> SiteProtocol:
    """The site's row for exactly this content of this protocol, created unsigned if there is none."""
    protocol = library.protocol(label_id, pathway_id)
    row, _ = SiteProtocol.objects.get_or_create(
        site=site,
        protocol_id=protocol.id,
        fingerprint=protocol.fingerprint,
        defaults={"label_id": label_id, "pathway_id": pathway_id, "content": protocol.as_text()},
    )
    return row


@transaction.atomic
def approve(protocol_pk: int, *, by: Clinician, now: datetime) -> SiteProtocol:
    """Sign as pharmacist or as prescriber, whichever `by` is; the same person can never sign as both.

    Refused where the site's number cannot ask everybody enrolled in time.
    """
    row = SiteProtocol.objects.select_for_update().get(pk=protocol_pk, site=by.site)
    if by.role == Role.PHARMACIST and row.pharmacist is None:
        row.pharmacist, row.pharmacist_at = by, now
    elif by.role == Role.PRESCRIBER and row.prescriber is None:
        row.prescriber, row.prescriber_at = by, now
    else:
        raise Refusal(
            "cannot-sign",
            gettext("This protocol still needs a pharmacist's or a prescriber's first signature."),
        )
    feasible.refuse(row.site, content(row).pathway)
    row.save()
    audit.record("approved a protocol", f"protocol:{row.pk}", site=row.site, by=by, now=now)
    return row


def approved(site: Site) -> list[SiteProtocol]:
    """The protocols a course at this site may start on."""
    rows = SiteProtocol.objects.filter(site=site, pharmacist__isnull=False, prescriber__isnull=False)
    return list(rows.order_by("protocol_id"))


def library_label(row: SiteProtocol) -> str:
    """The id of the library's label a protocol rests on; a label the site completed is that label with more rows."""
    draft = getattr(row, "draft", None)
    return str(draft.label) if draft else row.label_id


def content(row: SiteProtocol) -> Protocol:
    """The protocol as it was signed. A course keeps it, whatever newer releases of the service carry."""
    return library.thaw(row.content)
