"""Whether a patient is in hospital, and whether the check-ins at home rest because of it: questions only.

An admission lets them rest for so long as somebody has said that the patient is in. After that they run again, though
nobody has recorded a discharge: a forgotten admission can cost texts, never an alarm.
"""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from monitoring.models import Admission, Patient

REST = "in hospital"


def of(patient: Patient) -> Admission | None:
    """The stay that nobody has ended, if there is one."""
    return Admission.objects.filter(patient=patient, discharged_at=None).select_related("admitted_by").first()


def resting(patient_id: int, *, now: datetime) -> Admission | None:
    """The stay because of which check-ins rest at `now`."""
    rows = Admission.objects.filter(patient=patient_id, discharged_at=None, rests_until__gt=now)
    return rows.first()


def why(stay: Admission) -> str:
    """Why a check-in was not asked: as the history has it."""
    return f"{REST}: {stay.hospital}, {stay.ward}, watches"[:160]


def lasting(patient: str = "patient") -> Exists:
    """For a query about rows with a patient: whether a stay lasts."""
    return Exists(Admission.objects.filter(patient=OuterRef(patient), discharged_at=None))


def at(now: datetime) -> QuerySet[Admission]:
    """Every stay because of which check-ins rest at `now`."""
    return Admission.objects.filter(discharged_at=None, rests_until__gt=now)
