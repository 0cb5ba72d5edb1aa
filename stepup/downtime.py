"""The downtime list: everybody being watched or with an open case, on paper, before the service is away."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from monitoring import pocket, pulse, readings, stays
from monitoring.models import CheckIn, Escalation, Patient, Watch
from notifications.models import Site
from stepup import appointments, arranged, corrections
from stepup.models import Course

GOOD_FOR = timedelta(minutes=15)
RECHECK = 4


@dataclass(frozen=True)
class NoWatch:
    """Stands where the watch would be: this patient has a case, and no dose was ever recorded here."""

    drug: str = "no dose recorded"
    step: str = ""
    given_at: datetime | None = None
    ends_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True)
class NextPlanned:
    """The next dose of a course under way: its day, and its time where somebody put it on one. No day means ask."""

    name: str
    on: date | None
    at: datetime | None
    held_because: tuple[str, ...]


@dataclass(frozen=True)
class Line:
    """One patient in a watch or with an open case, with everything needed to go on by telephone.

    Outside a watch, `watch` is that of the last dose; `hours` since the dose, None if none was recorded.
    """

    patient: Patient
    watch: Watch | NoWatch
    hours: int | None
    case: Escalation | None
    reading: readings.Temperature | None
    medicines: tuple[readings.Line, ...]
    pocket_mg: Any
    next_checkins: tuple[datetime, ...]
    next_dose: NextPlanned | None
    stay: stays.Line | None


@dataclass(frozen=True)
class OnCallLine:
    """Somebody on the list tonight, with the number to ring."""

    rung: int
    name: str
    phone: str
    until: datetime | None


@dataclass(frozen=True)
class DowntimeList:
    """The whole list with its head."""

    site: Site
    made_at: datetime
    good_until: datetime
    lines: tuple[Line, ...]
    on_call: tuple[OnCallLine, ...]


def make(site: Site, *, now: datetime) -> DowntimeList:
    """The list at `now`: open cases first, then the most recent doses, whose hardest hours are still to come."""
    unresolved = Escalation.objects.filter(patient__site=site).exclude(state=Escalation.State.RESOLVED)
    cases = {case.patient_id: case for case in unresolved.select_related("owner")}
    watches = {watch.patient_id: watch for watch in Watch.objects.filter(site=site, closed_at=None)}
    patients = Patient.objects.filter(pk__in={*watches, *cases})
    temperatures = readings.last_temperatures([patient.pk for patient in patients], now=now)
    lines = [
        _line(patient, watches.get(patient.pk), cases.get(patient.pk), temperatures.get(patient.pk), now)
        for patient in patients
    ]
    lines.sort(key=lambda line: (line.case is None, line.hours is None, line.hours or 0, line.patient.name))
    return DowntimeList(site, now, now + GOOD_FOR, tuple(lines), _on_call(site, now))


def _line(
    patient: Patient,
    watch: Watch | None,
    case: Escalation | None,
    reading: readings.Temperature | None,
    now: datetime,
) -> Line:
    order = pocket.active_order(patient, now=now)
    watch = watch or _last_watch(patient)
    coming = CheckIn.objects.filter(watch=watch, state__in=CheckIn.OPEN).order_by("next_at")
    lines = readings.table(patient, limit=20)
    return Line(
        patient=patient,
        watch=watch or NoWatch(),
        hours=int((now - watch.given_at).total_seconds() // 3600) if watch else None,
        case=case,
        reading=reading,
        medicines=tuple(line for line in lines if line.kind == "medicine"),
        pocket_mg=order.dose_mg if order else None,
        next_checkins=tuple(c.next_at for c in coming[:RECHECK] if c.next_at is not None),
        next_dose=_next_dose(patient),
        stay=stays.shown(patient, now=now),
    )


def _last_watch(patient: Patient) -> Watch | None:
    """The newest watch, but none whose dose was struck: that was never this patient's last dose."""
    newest = patient.watches.exclude(pk__in=corrections.watches_of_struck_doses(patient))
    return newest.order_by("-given_at").first()


def _next_dose(patient: Patient) -> NextPlanned | None:
    rows = Course.objects.filter(patient=patient, state=Course.State.ACTIVE)
    course = rows.select_related("protocol", "patient__site", "site").first()
    planned, put = appointments.next_planned(course) if course else (None, None)
    if course is None or planned is None:
        return None
    held = tuple(hold.reason for hold in arranged.holds(course))
    return NextPlanned(planned.name, planned.on, put.planned_at if put else None, held)


def _on_call(site: Site, now: datetime) -> tuple[OnCallLine, ...]:
    return tuple(
        OnCallLine(rung.rung, rung.name, rung.phone, rung.until) for rung in pulse.on_call(site, now=now)
    )
