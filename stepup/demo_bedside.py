"""What the demo's nurse does beside the bed: she proves both telephone numbers, and grades on the worksheet."""

import re
from datetime import datetime
from decimal import Decimal

from monitoring import assessed, assessments, numbers
from monitoring.models import Patient
from notifications.models import Clinician
from protocols import astct


def prove_both_numbers(patient: Patient, *, by: Clinician, now: datetime) -> None:
    """The code that each phone received is read back to her."""
    for caregiver in (False, True):
        sent = numbers.send(patient, caregiver=caregiver, by=by, now=now)
        [code] = re.findall(r"\d+", sent.body)
        numbers.prove(patient.pk, caregiver=caregiver, code=code, by=by, now=now)


def find_nothing(patient: Patient, *, by: Clinician, now: datetime) -> None:
    """A whole worksheet of a patient who is well on the day after a dose: both grades are 0, and nothing is held."""
    crs = astct.CrsSeen(
        celsius=Decimal("36.9"), pressure="none", oxygen="none", other_cause=False, treated=()
    )
    icans = astct.IcansSeen(
        ice="asked", points=dict.fromkeys((point.id for point in astct.load().ice.points), True),
        own_language=True, consciousness="alert", seizure="none", motor="none", oedema="none", other_cause=False,
    )  # fmt: skip
    sheet = assessments.Worksheet(crs=crs, icans=icans)
    assessments.record(patient.pk, sheet, seen=assessed.newest_id(patient), by=by, now=now)
