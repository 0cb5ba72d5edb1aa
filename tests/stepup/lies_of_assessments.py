"""Worksheets that no operation would keep, made behind every rule's back."""

from monitoring.models import Assessment, AssessmentReading
from tests.makers import NOON
from tests.stepup.lies import Clinic


def an_assessment(clinic: Clinic, **facts: object) -> Assessment:
    """CRS grade 2 where 3 stood, with a reason, waiting for a second clinician."""
    row = {
        "patient": clinic.patients[0], "at": NOON, "by": clinic.prescriber, "worksheet": {}, "result": {},
        "criteria": "0" * 64, "scale": "ASTCT 2019", "crs": 2, "crs_stood": 3, "why": "better", "wants_second": True,
    }  # fmt: skip
    return Assessment.objects.create(**(row | facts))


def an_assessment_reading(clinic: Clinic, *, times: int = 1, **facts: object) -> None:
    """A second clinician agrees."""
    row = {
        "assessment": an_assessment(clinic), "assessed_by": clinic.prescriber, "by": clinic.doctors[0], "at": NOON,
        "agrees": True,
    }  # fmt: skip
    for _ in range(times):
        AssessmentReading.objects.create(**(row | facts))
