"""What a patient has at home to measure with, recorded by a clinician: it decides what is asked, and how it is read.

What nobody recorded is not known: then every question is asked, and its answer may be that there is no such device.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import people
from monitoring.models import HomeKit, Patient, PatientEvent
from monitoring.models.kits import LOWER, UPPER
from notifications import audit, written
from notifications.models import Clinician
from protocols.errors import Refusal

NEEDS = {"bp": "has_cuff", "oxygen": "has_oximeter"}
INSTEAD = ("temperature", "symptoms")


@dataclass(frozen=True)
class Pressure:
    """A blood pressure in mmHg, and the local day it was measured."""

    upper: int
    lower: int
    on: date


@dataclass(frozen=True)
class Kit:
    """What was found: the kind of thermometer, which devices there are, and the usual pressure if it was measured."""

    thermometer: str
    has_cuff: bool
    has_oximeter: bool
    usual: Pressure | None = None


@transaction.atomic
def record(patient_id: int, kit: Kit, *, seen: int, by: Clinician, now: datetime) -> HomeKit:
    """Keep what was found as a new row. `seen` is the row its recorder had before them, 0 where there was none."""
    patient = people.hold(patient_id)
    before = newest(patient)
    if not patient.is_active:
        raise Refusal(
            "not-enrolled", _("This patient's enrolment has ended: nothing is asked of them any more.")
        )
    if (before.pk if before else 0) != seen:
        raise Refusal(
            "changed", _("A colleague recorded something else meanwhile. Read it, then save again.")
        )
    _refuse_impossible(kit, now.astimezone(ZoneInfo(patient.site.time_zone)).date())
    usual = kit.usual
    made = HomeKit.objects.create(
        patient=patient,
        thermometer=kit.thermometer,
        has_cuff=kit.has_cuff,
        has_oximeter=kit.has_oximeter,
        usual_upper=usual.upper if usual else None,
        usual_lower=usual.lower if usual else None,
        usual_on=usual.on if usual else None,
        recorded_by=by,
        recorded_at=now,
    )
    PatientEvent.objects.create(patient=patient, at=now, by=by, what="home kit recorded", text=in_words(made))
    audit.record("recorded the home kit", str(patient), site=patient.site, by=by, now=now, kit=made.pk)
    return made


def _refuse_impossible(kit: Kit, today: date) -> None:
    if kit.thermometer not in HomeKit.Thermometer.values:
        raise Refusal("thermometer", _("Choose what kind of thermometer there is."))
    usual = kit.usual
    if usual is None:
        return
    if not (UPPER[0] <= usual.upper <= UPPER[1] and LOWER[0] <= usual.lower <= LOWER[1]):
        raise Refusal(
            "pressure", _("Nobody has this blood pressure: type both values in mmHg, like 130 and 80.")
        )
    if usual.lower >= usual.upper:
        raise Refusal("pressure", _("The lower value is below the upper one: type them the other way round."))
    if usual.on > today:
        raise Refusal("not-yet", _("This day has not come yet: type the day on which it was measured."))


def newest(patient: Patient) -> HomeKit | None:
    """What is known now; None where nobody recorded it."""
    return all_of.first(patient_id=patient.pk)


@written.Query
def all_of(patient_id: int) -> QuerySet[HomeKit]:
    """What was ever recorded of what the patient has at home, newest first."""
    return HomeKit.objects.filter(patient=patient_id).select_related("recorded_by").order_by("-pk")


def in_words(kit: HomeKit) -> str:
    """One line for the record: `thermometer on the forehead, cuff, no oximeter, usual blood pressure 130/80 mmHg`."""
    cuff, oximeter = "cuff" if kit.has_cuff else "no cuff", "oximeter" if kit.has_oximeter else "no oximeter"
    measured = f"{kit.pressure} on {kit.usual_on:%d %b %Y}" if kit.pressure else "not recorded"
    usual = f"usual blood pressure {measured}"
    return f"{kit.named}, {cuff}, {oximeter}, {usual}"


def askable(patient: Patient, questions: Sequence[str]) -> list[str]:
    """The questions of a round without those whose device is known not to be there; never an empty round."""
    kit = newest(patient)
    left = [one for one in questions if kit is None or one not in NEEDS or getattr(kit, NEEDS[one])]
    return left or list(INSTEAD)


def wording_of(patient: Patient, question: str) -> str:
    """The question as it is put to this patient: who has no mouth thermometer is reminded that one is wanted."""
    if question != "temperature":
        return question
    kit = newest(patient)
    return "temperature_mouth" if kit and kit.thermometer != HomeKit.Thermometer.MOUTH else question
