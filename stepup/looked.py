"""Who looked at a patient's record: the reads of the ledger, one line for each person, act and day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q

from monitoring.models import Patient
from notifications.models import AuditEntry

SHOWN_FOR = timedelta(days=30)
READS = Q(act__startswith="read") | Q(by=None, act__endswith="the emergency facts")


@dataclass(frozen=True)
class Looks:
    """How often somebody looked on one day of the site's clock, and when last. `who` is empty without a sign-in."""

    on: date
    who: str
    role: str
    act: str
    times: int
    last_at: datetime


def at(patient: Patient, *, now: datetime) -> tuple[Looks, ...]:
    """Every look at the patient and their courses in the last SHOWN_FOR, the newest first."""
    subjects = [str(patient), *(str(course) for course in patient.courses.all())]
    entries = AuditEntry.objects.filter(READS, subject__in=subjects, at__gt=now - SHOWN_FOR)
    zone = ZoneInfo(patient.site.time_zone)
    found: dict[tuple[date, int | None, str], list[AuditEntry]] = {}
    for entry in entries.select_related("by").order_by("-at", "-pk"):
        found.setdefault((entry.at.astimezone(zone).date(), entry.by_id, entry.act), []).append(entry)
    return tuple(_line(on, entries) for (on, _, _), entries in found.items())


def _line(on: date, entries: list[AuditEntry]) -> Looks:
    newest = entries[0]
    who, role = (newest.by.name, newest.by.get_role_display()) if newest.by else ("", "")
    return Looks(on, who, role, newest.act, len(entries), newest.at)
