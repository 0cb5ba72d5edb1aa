"""The emergency page: general advice for anybody with the short address, one patient's facts for a date of birth.

The advice never waits for anything. The facts need a second fact that a card does not carry; wrong tries are counted
per patient, and a lock hides the facts alone.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from monitoring import assessed, pocket, readings, stays, watches, worklist
from monitoring.models import Patient, PocketInstruction, Reaction, Watch
from monitoring.patients import CODE_LETTERS
from notifications import audit
from notifications.models import Site
from stepup import approvals
from stepup.models import CardReplacement, Course, Dose, EmergencyVisit, Transfer

TRIES = 5
PER = timedelta(hours=1)
LOOK_WITHIN = timedelta(minutes=30)
CALL_WITHIN = timedelta(minutes=15)


@dataclass(frozen=True)
class Signed:
    """The protocol of the course, who signed it, and when the second of them did."""

    protocol: str
    pharmacist: str
    prescriber: str
    at: datetime


@dataclass(frozen=True)
class Facts:
    """The least an emergency team needs to know about this patient."""

    patient: Patient
    drug: str
    route: str
    dose: Dose | None
    hours: int | None
    watch: Watch | None
    reading: readings.Temperature | None
    medicines: tuple[readings.Line, ...]
    grades: tuple[Reaction, ...]
    assessed: tuple[assessed.Line, ...]
    pocket_mg: Any
    pocket_sent: PocketInstruction | None
    signed: Signed | None
    stay: stays.Line | None
    transfer: Transfer | None = None


def find(code: str) -> Patient | None:
    """The patient of a short address, typed in any case and with any spaces; None when there is none."""
    typed = _as_printed(code)
    return Patient.objects.select_related("site").filter(emergency_code=typed).first() if typed else None


def replaced(code: str) -> CardReplacement | None:
    """The replacement of an old card's code, typed as for `find`: it leads to its site's number, never to facts."""
    rows = CardReplacement.objects.select_related("patient__site")
    return rows.filter(code=_as_printed(code)).first()


def _as_printed(code: str) -> str:
    return "".join(sign for sign in code.upper() if sign in CODE_LETTERS)


def only_site() -> Site | None:
    """The site to call when the code is not known, if there is no choice."""
    sites = list(Site.objects.all()[:2])
    return sites[0] if len(sites) == 1 else None


def tries_left(patient: Patient, *, now: datetime) -> int:
    """How many dates of birth may still be tried within the hour."""
    wrong = EmergencyVisit.objects.filter(patient=patient, matched=False, at__gt=now - PER).count()
    return max(0, TRIES - wrong)


@transaction.atomic
def opened(patient: Patient, *, now: datetime, old_card: bool = False) -> None:
    """Somebody opened the address: oncology is told, once while nobody has looked, by a task that names nobody."""
    which = "The page of a replaced emergency card" if old_card else "The emergency page"
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"{which} was opened: find out whether the patient is in an emergency department",
        due_at=now + LOOK_WITHIN,
        pages_when_late=watches.current(patient) is not None,
        now=now,
    )


@transaction.atomic
def show_facts(patient_id: int, *, born_on: date, callback: str, now: datetime) -> Facts | None:
    """The facts, if the date of birth is right and there are tries left; every try is kept, a right one is a task."""
    patient = Patient.objects.select_for_update(of=("self",)).select_related("site").get(pk=patient_id)
    if tries_left(patient, now=now) == 0:
        return None
    matched = patient.born_on == born_on
    EmergencyVisit.objects.create(patient=patient, at=now, matched=matched, callback_number=callback[:40])
    act = "opened the emergency facts" if matched else "tried the emergency facts"
    audit.record(act, str(patient), site=patient.site, by=None, now=now)
    if not matched:
        return None
    call = f"Call the emergency department back: {callback}" if callback else "Call the emergency department"
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"{call}. Somebody opened this patient's facts there"[:200],
        due_at=now + CALL_WITHIN,
        pages_when_late=watches.current(patient) is not None,
        now=now,
    )
    return _facts(patient, now)


def _facts(patient: Patient, now: datetime) -> Facts:
    course = Course.objects.filter(patient=patient).select_related("protocol").order_by("-opened_at").first()
    dose = course.doses.order_by("-given_at").first() if course else None
    label = approvals.content(course.protocol).label if course else None
    order = pocket.active_order(patient, now=now)
    lines = readings.table(patient, limit=30)
    return Facts(
        patient=patient,
        drug=f"{label.name} ({label.brand})" if label else "",
        route=label.route if label else "",
        dose=dose,
        hours=int((now - dose.given_at).total_seconds() // 3600) if dose else None,
        watch=watches.current(patient),
        reading=readings.last_temperatures([patient.pk], now=now).get(patient.pk),
        medicines=tuple(line for line in lines if line.kind == "medicine"),
        grades=tuple(Reaction.objects.filter(patient=patient).order_by("-noted_at")[:5]),
        assessed=assessed.of(patient, limit=2),
        pocket_mg=order.dose_mg if order else None,
        pocket_sent=pocket.newest(patient, since=dose.given_at) if dose else None,
        signed=_signed(course) if course else None,
        transfer=Transfer.objects.filter(course=course).first() if course else None,
        stay=stays.shown(patient, now=now),
    )


def _signed(course: Course) -> Signed | None:
    row = course.protocol
    if row.pharmacist is None or row.prescriber is None or row.prescriber_at is None:
        return None
    return Signed(row.protocol_id, row.pharmacist.name, row.prescriber.name, row.prescriber_at)
