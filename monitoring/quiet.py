"""Quiet: while a clinician is texting with a patient, the service asks nothing and answers nothing but alarms.

It begins with each text of hers and lasts as long as a question of the service would wait to be asked again. It holds
back questions, reminders, thanks and calls to the patient; never triage, a page, the answer to an alarm, STOP or HELP,
or the minute at which a person is told of a silence.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from monitoring.models import CheckIn, ClinicianText
from monitoring.rules import WatchRules
from notifications import written
from notifications.models import Message


@dataclass(frozen=True)
class Line:
    """The quiet as screens show it: who wrote, when, and until when the service waits."""

    by: str
    wrote_at: datetime
    until: datetime


def of(patient_id: int, *, now: datetime) -> ClinicianText | None:
    """The clinician's text because of which the service is quiet at `now`."""
    return standing.first(patient_id=patient_id, now=now)


@written.Query
def standing(patient_id: int, *, now: datetime) -> QuerySet[ClinicianText]:
    """The clinician's text because of which the service is quiet at `now`: one at most."""
    rows = ClinicianText.objects.filter(patient=patient_id, quiet_over_at=None, quiet_until__gt=now)
    return rows.select_related("by")


def lines(patients: Iterable[int], *, now: datetime) -> dict[int, Line]:
    """The quiets that last, by patient: one query for a whole board."""
    rows = ClinicianText.objects.filter(patient__in=patients, quiet_over_at=None, quiet_until__gt=now)
    return {row.patient_id: Line(row.by.name, row.at, row.quiet_until) for row in rows.select_related("by")}


def question_waits(checkin: CheckIn, *, now: datetime) -> datetime | None:
    """Until when a check-in whose hour has come is held back; None where it is asked now.

    Never further past its hour than silence may last before a person is told: then it is asked, quiet or not.
    """
    its_reason = of(checkin.watch.patient_id, now=now)
    if its_reason is None:
        return None
    longest = checkin.due_at + timedelta(minutes=WatchRules.thaw(checkin.watch.rules).person)
    until = min(its_reason.quiet_until, longest)
    return until if until > now else None


def written_to(phone: str, *, since: datetime) -> QuerySet[ClinicianText]:
    """What clinicians wrote to this phone since then."""
    return ClinicianText.objects.filter(message__to=phone, at__gte=since)


def spoke_last(phone: str, *, within: timedelta, now: datetime) -> bool:
    """Whether a clinician wrote to this phone after the service last asked or answered: a yes may be meant for her."""
    sent = Message.objects.filter(to=phone, created_at__gt=now - within, created_at__lte=now)
    asked = sent.filter(Q(key__startswith="checkin:") | Q(key__startswith="answer:") | Q(said__isnull=False))
    newest = asked.order_by("-created_at", "-pk").select_related("said").first()
    return newest is not None and hasattr(newest, "said")
