"""The ledger of reads and writes, and the chain of seals that shows it was not changed afterwards."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from notifications import once, written
from notifications.models import AuditEntry, AuditSeal, Clinician, Site

SEAL_LOCK = 7_201_001  # any number; one sealer at a time
FIRST = "0" * 64
AT_ONCE = 500
MARGIN = 1000  # lines are committed out of order, but never this many numbers late


def record(
    act: str, subject: str, *, site: Site, by: Clinician | None, now: datetime, **detail: object
) -> AuditEntry:
    """Add one line to the ledger, in the caller's transaction. Ids and values only; no names, no words."""
    return once.add(AuditEntry, site=site, at=now, by=by, act=act, subject=subject, detail=detail)


def record_each(
    act: str, subjects: Iterable[str], *, site: Site, by: Clinician | None, now: datetime
) -> list[AuditEntry]:
    """One line for each subject, in one query, for a page that shows many."""
    return once.add_each(
        AuditEntry(site=site, at=now, by=by, act=act, subject=subject) for subject in subjects
    )


def unsealed(*, now: datetime | None = None) -> QuerySet[AuditEntry]:
    """Entries without a seal. Looking from the start every second would cost more with every line ever written.

    The newest line, beyond which there is none, is named although it changes nothing: between two bounds the database
    expects few lines and goes by their numbers, beyond one it expects a third of all and reads the whole ledger.
    """
    newest_seal = AuditSeal.objects.order_by("-pk").values("entry")[:1]
    newest_line = AuditEntry.objects.order_by("-pk").values("pk")[:1]
    since, until = Coalesce(Subquery(newest_seal), 0) - MARGIN, Subquery(newest_line)
    sealed = AuditSeal.objects.filter(entry=OuterRef("pk"), entry__gt=since, entry__lte=until)
    return AuditEntry.objects.filter(~Exists(sealed), pk__gt=since, pk__lte=until)


@written.Query
def _to_seal() -> QuerySet[AuditEntry]:
    """The oldest entries without a seal, as many as are sealed at once."""
    return unsealed().order_by("pk")[:AT_ONCE]


@written.Query
def _seals() -> QuerySet[AuditSeal]:
    """The chain, from its end."""
    return AuditSeal.objects.order_by("-pk")


def seal(limit: int = AT_ONCE) -> int:
    """Seal entries that have none yet, oldest first, and return how many. Safe to run side by side."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
            if not cursor.fetchone()[0]:
                return 0
        newest = _seals.first()
        last = newest.digest if newest else FIRST
        seals: list[AuditSeal] = []
        for entry in _to_seal.rows()[:limit]:
            last = _digest(last, entry)
            seals.append(AuditSeal(entry=entry, digest=last))
        return len(once.add_each(seals))  # in the order of the chain


def broken_seals() -> Iterator[AuditSeal]:
    """Every seal that no longer fits its entry or the seal before it, in order."""
    last = FIRST
    for link in AuditSeal.objects.select_related("entry").order_by("pk").iterator():
        if link.digest != _digest(last, link.entry):
            yield link
        last = link.digest


def _digest(before: str, entry: AuditEntry) -> str:
    line = json.dumps(
        [
            before,
            entry.pk,
            entry.site_id,
            entry.at.isoformat(),
            entry.by_id,
            entry.act,
            entry.subject,
            entry.detail,
        ],
        sort_keys=True,
        separators=(",", ":"),
    )
    return hashlib.sha256(line.encode()).hexdigest()
