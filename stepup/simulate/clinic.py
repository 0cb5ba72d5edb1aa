"""The virtual clinic: people, rota, patients and the doses they are given, all by the service's operations."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from monitoring import languages, patients
from notifications import oncall, written
from notifications.models import Clinician, Role, Site
from protocols import wording
from protocols.errors import Refusal
from stepup import approvals, arranged, courses, readiness, reported
from stepup.models import Course, DoseReport, SiteProtocol
from stepup.simulate.patients import Person

ZONE = ZoneInfo("America/New_York")
LABEL, PATHWAY = "teclistamab-us-2025-03", "outpatient-us"
AHEAD = timedelta(days=30)  # of the rota beyond the run, so that no watch reaches its end
DAYS_BEFORE_INTERVAL = 20  # from the first dose to the second of those that repeat
FACTS = {
    "travel": {"minutes": 20},
    "night": {"said": "the caregiver wakes the patient for each text"},
    "caregiver": {"said": "the caregiver"},
    "emergency": {"said": "the doctor on duty"},
}


@dataclass
class Clinic:
    """One made-up site and everybody of it."""

    site: Site
    nurse: Clinician
    pharmacist: Clinician
    prescriber: Clinician
    responders: list[Clinician]
    protocol: SiteProtocol
    persons: dict[int, Person] = field(default_factory=dict)  # by patient
    courses: dict[int, int] = field(default_factory=dict)  # course by patient


def build(number: int, *, days: int, now: datetime) -> Clinic:
    """A site with a nurse, a pharmacist, a prescriber and a ladder of two rungs, one person by day and one by night."""
    site = Site.objects.create(
        name=f"Virtual Clinic {number}", slug=f"virtual-{number}", time_zone=str(ZONE), emergency_number="911",
        oncall_number="+15550100000", patient_number="+15550100001", page_number="+15550100002",
    )  # fmt: skip

    def somebody(role: str, place: int) -> Clinician:
        who = Clinician(
            username=f"{role}{place}", name=f"{role} {place}", role=role, site=site,
            phone=f"+155501001{place:02d}" if role == Role.RESPONDER else "",
        )  # fmt: skip
        who.set_unusable_password()
        who.save()
        return who

    nurse, pharmacist, prescriber = (
        somebody(role, 0) for role in (Role.NURSE, Role.PHARMACIST, Role.PRESCRIBER)
    )
    responders = [somebody(Role.RESPONDER, place) for place in range(4)]
    _rota(site, responders, now - timedelta(days=1), now + timedelta(days=days) + AHEAD)
    languages.approve(
        site, "en", fingerprint=wording.fingerprint("en"), reads_language=True, by=pharmacist, now=now
    )
    row = approvals.propose(site, LABEL, PATHWAY)
    for by in (pharmacist, prescriber):
        row = approvals.approve(row.pk, by=by, now=now)
    return Clinic(site, nurse, pharmacist, prescriber, responders, row)


def _rota(site: Site, responders: list[Clinician], since: datetime, until: datetime) -> None:
    """Two rungs; on each, one person has the days and one the nights."""
    span = timedelta(hours=12)
    for rung in (1, 2):
        at, by_day = since, True
        while at < until:
            who = responders[2 * (rung - 1) + (0 if by_day else 1)]
            oncall.add_shift(site, who, rung, starts_at=at, ends_at=at + span)
            at, by_day = at + span, not by_day


def admit(
    clinic: Clinic, number: int, *, seed: str, first_on: date | None, later: bool, now: datetime
) -> int:
    """Enrol one patient and open the course; answer the patient.

    `later`: the step-up was given elsewhere before. Without a `first_on` no course is opened: nothing is due here.
    """
    person = Person(number, Random(f"{seed}:{number}"), ZONE)
    patient = patients.enrol(
        clinic.site, by=clinic.nurse, now=now, identifier=f"V-{number}", name=f"Virtual {number}",
        born_on=date(1955, 1, 1), phone=f"+15550{200_000 + number}", language="en", time_zone=str(ZONE),
        caregiver_name=f"Caregiver {number}", caregiver_phone=f"+15550{300_000 + number}",
    )  # fmt: skip
    clinic.persons[patient.pk] = person
    if first_on is None:
        person.began_at = now - timedelta(days=60)
        return patient.pk
    before = DAYS_BEFORE_INTERVAL if later else 0
    if later:
        person.began_at = datetime.combine(first_on, time(12), ZONE) - timedelta(days=before)
    course = courses.open_course(
        patient, clinic.protocol, regimen="", start_on=first_on - timedelta(days=before), weight_kg=Decimal(70),
        weighed_on=courses.local_date(patient, now), weighed_by="a nurse", by=clinic.nurse, now=now,
    )  # fmt: skip
    if later:
        _came_from_elsewhere(clinic, course, now)
    clinic.courses[patient.pk] = course.pk
    return patient.pk


def _came_from_elsewhere(clinic: Clinic, course: Course, now: datetime) -> None:
    """The doses before the interval, as another hospital's letter lists them; a colleague reads the letter too."""
    told = reported.Report(
        DoseReport.Place.ELSEWHERE, "a letter", "moved here", "Another Hospital", time_known=False
    )
    today = courses.local_date(course.patient, now)
    for planned in courses.plan(course):
        if planned.on is None or planned.on >= today:
            break
        mg = planned.calculated_mg or Decimal(0)
        dose = reported.record(
            course.pk, step=planned.step, given_at=datetime.combine(planned.on, time(12), ZONE), given_mg=mg,
            report=told, by=clinic.nurse, now=now,
        ).dose  # fmt: skip
        courses.confirm_dose(dose.pk, by=clinic.pharmacist, figure_mg=mg, now=now)


def give(clinic: Clinic, patient_id: int, *, now: datetime) -> str:
    """Give the next dose if everything allows it, and answer its step; empty when it has to wait for another day."""
    course = arranged.seen(_course(clinic, patient_id))
    planned = courses.plan(course)[0]
    _make_ready(clinic, course, planned.step, now)
    try:
        dose = courses.record_dose(
            course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg or Decimal(0),
            by=clinic.nurse, now=now,
        ).dose  # fmt: skip
    except Refusal:  # without a reason nothing is recorded that the plan does not allow now
        return ""
    courses.confirm_dose(dose.pk, by=clinic.pharmacist, figure_mg=dose.given_mg, now=now)
    return planned.step


def next_on(clinic: Clinic, patient_id: int) -> date | None:
    """The day of the next planned dose."""
    return courses.plan(_course(clinic, patient_id))[0].on


def _course(clinic: Clinic, patient_id: int) -> Course:
    [course] = _whole.rows(course=clinic.courses[patient_id])
    return course


@written.Query
def _whole(*, course: int) -> QuerySet[Course]:
    """The course as the page of it shows it: with its patient, its site and its protocol."""
    return Course.objects.select_related("patient__site", "site", "protocol").filter(pk=course)


def _make_ready(clinic: Clinic, course: Course, step: str, now: datetime) -> None:
    """The nurse states what is met; what the records do not show yet a prescriber waives."""
    person, today = clinic.persons[course.patient_id], courses.local_date(course.patient, now)
    facts = FACTS | {
        "tocilizumab": {"said": "yes" if person.has_tocilizumab else "no"},
        "bloods": {"on": today},
        "rescue": {"on": today, "said": "the pharmacist"},
    }
    listed = readiness.of(course, step=step, now=now)
    seen = listed.seen
    for derived, by in ((False, clinic.nurse), (True, clinic.prescriber)):
        said = [
            readiness.Said(item.rule.id, readiness.WAIVED, reason="known otherwise")
            if derived
            else readiness.Said(item.rule.id, readiness.MET, **facts.get(item.rule.id, {}))  # type: ignore[arg-type]
            for item in listed.open
            if bool(item.rule.derived) == derived
        ]
        if said:
            rows = readiness.state(
                course.pk, said, step=step, dose_number=listed.dose_number, seen=seen, by=by, now=now
            )
            seen = rows[-1].pk
