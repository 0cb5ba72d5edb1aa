"""What a clinician finds at the bedside, as whole worksheets by the grade that follows."""

from datetime import datetime
from decimal import Decimal

from monitoring import assessed, assessments
from monitoring.models import Assessment, Patient
from notifications.models import Clinician
from protocols import astct
from tests.makers import NOON

CRS_FOUND = {
    0: {"celsius": Decimal("36.8"), "pressure": "none", "oxygen": "none"},
    1: {"celsius": Decimal("38.6"), "pressure": "none", "oxygen": "none"},
    2: {"celsius": Decimal("38.6"), "pressure": "fluids", "oxygen": "none"},
    3: {"celsius": Decimal("38.6"), "pressure": "one", "oxygen": "none"},
    4: {"celsius": Decimal("38.6"), "pressure": "several", "oxygen": "none"},
}


def crs_found(grade: int) -> astct.CrsSeen:
    """A whole worksheet of CRS of this grade."""
    return astct.CrsSeen(other_cause=False, treated=(), **CRS_FOUND[grade])  # type: ignore[arg-type]


def icans_found(*, right: int = 10, consciousness: str = "alert") -> astct.IcansSeen:
    """A whole worksheet of ICANS with so many points right."""
    points = {point.id: place < right for place, point in enumerate(astct.load().ice.points)}
    return astct.IcansSeen(
        other_cause=False, ice="asked", points=points, own_language=True, consciousness=consciousness, seizure="none",
        motor="none", oedema="none",
    )  # fmt: skip


def assessed_as(
    patient: Patient,
    crs: int,
    *,
    by: Clinician,
    now: datetime = NOON,
    why: str = "",
    over: bool | None = None,
) -> Assessment:
    """CRS found of this grade and nothing of ICANS, by somebody who had read everything before it."""
    sheet = assessments.Worksheet(crs=crs_found(crs), icans=icans_found())
    said = {} if over is None else {"crs": over}
    return assessments.record(
        patient.pk, sheet, seen=assessed.newest_id(patient), by=by, now=now, why=why, over=said
    )
