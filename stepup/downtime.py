"""The downtime list: everybody being watched or with an open case, on paper, before the service is away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from monitoring import pocket, pulse, readings, stays
from monitoring.models import CheckIn, Escalation, Patient, PocketOrder, Watch
from notifications.models import Site
from stepup import appointments, corrections, diary
from stepup.models import Course, Hold

GOOD_FOR = timedelta(minutes=15)
RECHECK = 4
HEARD = 20
Value = TypeVar("Value")


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
    found = _Found.of(list(patients), watches, now=now)
    lines = [
        _line(patient, watches.get(patient.pk), cases.get(patient.pk), found, now) for patient in patients
    ]
    lines.sort(key=lambda line: (line.case is None, line.hours is None, line.hours or 0, line.patient.name))
    return DowntimeList(site, now, now + GOOD_FOR, tuple(lines), _on_call(site, now))


@dataclass(frozen=True)
class _Found:
    """What the lines are made from, read for all patients together: the paper is wanted when there is little time."""

    temperatures: dict[int, readings.Temperature]
    reported: dict[int, list[readings.Line]]
    orders: dict[int, PocketOrder]
    stays: dict[int, stays.Line]
    coming: dict[int, list[datetime]]
    courses: dict[int, Course]
    holds: dict[int, list[str]]

    @classmethod
    def of(cls, patients: Sequence[Patient], watches: Mapping[int, Watch], *, now: datetime) -> "_Found":
        """Each by the patient's number; check-ins by the watch's, holds by the course's."""
        numbers = [patient.pk for patient in patients]
        checkins = CheckIn.objects.filter(watch__in=list(watches.values()), state__in=CheckIn.OPEN)
        rows = Course.objects.filter(patient__in=numbers, state=Course.State.ACTIVE)
        courses = {course.patient_id: course for course in diary.with_plans(rows.order_by("-pk"))}
        placed = Hold.objects.filter(course__in=list(courses.values()), lifted_at=None)
        return cls(
            temperatures=readings.last_temperatures(numbers, now=now),
            reported=readings.tables(numbers, limit=HEARD),
            orders=pocket.active_orders(numbers, now=now),
            stays=stays.lines(numbers, now=now),
            coming=_by((one.watch_id, one.next_at) for one in checkins.order_by("next_at") if one.next_at),
            courses=courses,
            holds=_by((hold.course_id, hold.reason) for hold in placed),
        )


def _by(pairs: Iterable[tuple[int, Value]]) -> dict[int, list[Value]]:
    found: dict[int, list[Value]] = {}
    for number, value in pairs:
        found.setdefault(number, []).append(value)
    return found


def _line(
    patient: Patient, watch: Watch | None, case: Escalation | None, found: _Found, now: datetime
) -> Line:
    order = found.orders.get(patient.pk)
    coming = found.coming.get(watch.pk, []) if watch else []
    watch = watch or _last_watch(patient)
    medicines = [line for line in found.reported.get(patient.pk, []) if line.kind == "medicine"]
    return Line(
        patient=patient,
        watch=watch or NoWatch(),
        hours=int((now - watch.given_at).total_seconds() // 3600) if watch else None,
        case=case,
        reading=found.temperatures.get(patient.pk),
        medicines=tuple(medicines),
        pocket_mg=order.dose_mg if order else None,
        next_checkins=tuple(coming[:RECHECK]),
        next_dose=_next_dose(found, patient),
        stay=found.stays.get(patient.pk),
    )


def _last_watch(patient: Patient) -> Watch | None:
    """The newest watch, but none whose dose was struck: that was never this patient's last dose."""
    newest = patient.watches.exclude(pk__in=corrections.watches_of_struck_doses(patient))
    return newest.order_by("-given_at").first()


def _next_dose(found: _Found, patient: Patient) -> NextPlanned | None:
    course = found.courses.get(patient.pk)
    planned, put = appointments.next_planned(course) if course else (None, None)
    if course is None or planned is None:
        return None
    held = tuple(found.holds.get(course.pk, ()))
    return NextPlanned(planned.name, planned.on, put.planned_at if put else None, held)


def _on_call(site: Site, now: datetime) -> tuple[OnCallLine, ...]:
    return tuple(
        OnCallLine(rung.rung, rung.name, rung.phone, rung.until) for rung in pulse.on_call(site, now=now)
    )
