"""Whether a patient is in hospital, and whether the check-ins at home rest because of it: questions only.

An admission lets them rest for so long as somebody has said that the patient is in. After that they run again, though
nobody has recorded a discharge: a forgotten admission can cost texts, never an alarm.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from monitoring.models import Admission, Patient, Task
from notifications import written

REST = "in hospital"
STILL_IN = "Still in hospital? Ring the ward and answer on the patient's page"
SPEAKS_OF_HOSPITAL = (
    "hospital",
    "emergency",
    "admitted",
    "urgencias",
    "ingres",
    "internad",
    "\u91ab\u9662",
    "\u533b\u9662",
)


@dataclass(frozen=True)
class Line:
    """A stay as screens show it: where, since when, why, who said so, and until when check-ins rest because of it."""

    id: int
    hospital: str
    ward: str
    phone: str
    reason: str
    admitted_at: datetime
    recorded_by: str
    recorded_at: datetime
    rests_until: datetime
    is_resting: bool

    @classmethod
    def of(cls, stay: Admission, now: datetime) -> "Line":
        """The stay as it stands at `now`."""
        return cls(
            id=stay.pk,
            hospital=stay.hospital,
            ward=stay.ward,
            phone=stay.phone,
            reason=stay.reason,
            admitted_at=stay.admitted_at,
            recorded_by=stay.admitted_by.name,
            recorded_at=stay.recorded_at,
            rests_until=stay.rests_until,
            is_resting=stay.rests_until > now,
        )

    @property
    def where(self) -> str:
        """The hospital and the ward."""
        return f"{self.hospital}, {self.ward}"


def of(patient: Patient) -> Admission | None:
    """The stay that nobody has ended, if there is one."""
    return not_ended.first(patient=patient.pk)


@written.Query
def not_ended(*, patient: int) -> QuerySet[Admission]:
    """The patient's stay that nobody has ended, with who recorded it."""
    return Admission.objects.filter(patient=patient, discharged_at=None).select_related("admitted_by")


def resting(patient_id: int, *, now: datetime) -> Admission | None:
    """The stay because of which check-ins rest at `now`."""
    return _resting.first(patient=patient_id, now=now)


@written.Query
def _resting(*, patient: int, now: datetime) -> QuerySet[Admission]:
    """The patient's stay that nobody has ended, while check-ins rest because of it."""
    return Admission.objects.filter(patient=patient, discharged_at=None, rests_until__gt=now)


def why(stay: Admission) -> str:
    """Why a check-in was not asked: as the history has it."""
    return f"{REST}: {stay.hospital}, {stay.ward}, watches"[:160]


def lasting(patient: str = "patient") -> Exists:
    """For a query about rows with a patient: whether a stay lasts."""
    return Exists(Admission.objects.filter(patient=OuterRef(patient), discharged_at=None))


def at(now: datetime) -> QuerySet[Admission]:
    """Every stay because of which check-ins rest at `now`."""
    return Admission.objects.filter(discharged_at=None, rests_until__gt=now)


def shown(patient: Patient, *, now: datetime) -> Line | None:
    """The stay that lasts, for a screen."""
    stay = of(patient)
    return Line.of(stay, now) if stay else None


def lines(patients: Iterable[int], *, now: datetime) -> dict[int, Line]:
    """The stays that last, by patient: one query for a whole board."""
    rows = Admission.objects.filter(patient__in=patients, discharged_at=None).select_related("admitted_by")
    return {stay.patient_id: Line.of(stay, now) for stay in rows}


def is_asked_by(task: Task) -> bool:
    """Whether a task is about where the patient is, so that an admission may have to be recorded.

    It only decides whether a link is offered: words never record a stay.
    """
    said = f"{task.what} {task.reply.body if task.reply else ''}".casefold()
    return task.patient_id is not None and any(word in said for word in SPEAKS_OF_HOSPITAL)
