"""A made-up clinic for trying the service: its people, its phones, five patients at five moments, one who wrote."""

import json
import urllib.request
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import transaction

from monitoring import (
    checkins,
    conversation,
    inbound,
    kits,
    languages,
    patients,
    phrases,
    pocket,
    practice,
    worklist,
)
from monitoring.models import CheckIn, Patient, Reply, Task
from notifications.models import Clinician, Delivery, Role, Site
from protocols import planning, wording
from stepup import (
    approvals,
    care_entries,
    courses,
    demo_bedside,
    demo_rota,
    emergency_approvals,
    emergency_texts,
    readiness,
    reported,
)
from stepup.models import Course, DoseReport, SiteProtocol

PASSWORD = "step-up-at-home"  # noqa: S105 - printed for everybody who runs the demo
ZONE = "America/New_York"
NEXT_DAYS = 3  # until the next dose of whoever came from elsewhere
LONGEST_ELSEWHERE = 52

STAFF = [
    ("nora", "Nora Demo, RN", Role.NURSE, ""),
    ("noah", "Noah Demo, RN", Role.NURSE, ""),
    ("petra", "Petra Demo, PharmD", Role.PHARMACIST, ""),
    ("paul", "Dr Paul Demo", Role.PRESCRIBER, "+15550100103"),
    ("rosa", "Rosa Demo, RN", Role.RESPONDER, "+15550100101"),
    ("ravi", "Dr Ravi Demo", Role.RESPONDER, "+15550100102"),
    ("emma", "Dr Emma Demo", Role.EMERGENCY, ""),
    ("lena", "Lena Demo", Role.LEAD, ""),
    ("otto", "Otto Demo", Role.AUDITOR, ""),
    ("ada", "Ada Demo", Role.ADMIN, ""),
]

NEAREST = "Riverbend General, 1 River Street, +1 555 016 0001"


@dataclass(frozen=True)
class Invented:
    """One made-up patient: who they are, what they get, and how many hours ago the first dose was given.

    `weeks_elsewhere` is for how many weeks another hospital gave the doses, before the course went on here.
    """

    identifier: str
    name: str
    born_on: date
    phone: str
    caregiver: str
    caregiver_phone: str
    language: str
    label: str
    weight_kg: Decimal
    hours_ago: int | None
    still_open: tuple[str, ...] = ()
    weeks_elsewhere: int = 0
    send_to: str = NEAREST


PATIENTS = [
    Invented("D-1001", "Alma Sample", date(1958, 3, 14), "+15550110001", "Ben Sample", "+15550120001", "en",
             "teclistamab-us-2025-03", Decimal(70), 6),
    Invented("D-1002", "Carlos Ejemplo", date(1951, 11, 2), "+15550110002", "Luz Ejemplo", "+15550120002", "es",
             "elranatamab-us-2023", Decimal("82.5"), 29, send_to=""),
    Invented("D-1003", "Dora Example", date(1963, 7, 30), "+15550110003", "Eli Example", "+15550120003", "en",
             "teclistamab-us-2025-03", Decimal(64), None),
    Invented("D-1004", "Frank Specimen", date(1949, 1, 9), "+15550110004", "Gail Specimen", "+15550120004", "en",
             "elranatamab-us-2023", Decimal(91), None, ("caregiver", "rescue", "phone")),
]  # fmt: skip
FROM_ELSEWHERE = Invented(
    "D-1006", "Ivan Pattern", date(1955, 5, 23), "+15550110006", "Jana Pattern", "+15550120006", "en",
    "elranatamab-us-2023", Decimal(77), None, weeks_elsewhere=24,
)  # fmt: skip


def sign_ins() -> list[tuple[str, str, str]]:
    """(username, role, password) of everybody in the demo."""
    return [(username, str(Role(role).label), PASSWORD) for username, _, role, _ in STAFF]


@transaction.atomic
def fill(*, now: datetime) -> Site:
    """Fill an empty database: a site, its people and rota, approved protocols, and its patients."""
    site = Site.objects.create(
        name="Riverbend Demo Cancer Center",
        slug="riverbend-demo",
        time_zone=ZONE,
        emergency_number="911",
        oncall_number="+15550100100",
        patient_number="+15550109001",
        page_number="+15550109002",
        patient_texts_per_second=Decimal(3),
        page_texts_per_second=Decimal(3),
        calls_per_second=Decimal(1),
    )
    same: Any = {"site": site, "password": make_password(PASSWORD)}  # hashed once: it is meant to take long
    staff = {
        username: Clinician.objects.create(username=username, name=name, role=role, phone=phone, **same)
        for username, name, role, phone in STAFF
    }
    demo_rota.begin(site, staff, zone=ZONE, now=now)
    protocols = {
        label: _approved(site, label, staff, now)
        for label in ("teclistamab-us-2025-03", "elranatamab-us-2023")
    }
    for language in ("en", "es"):
        said: dict[str, Any] = {"reads_language": True, "by": staff["petra"], "now": now - timedelta(days=9)}
        languages.approve(site, language, fingerprint=wording.fingerprint(language), **said)
        page = emergency_texts.of(language).fingerprint
        emergency_approvals.approve(site, language, fingerprint=page, **said)
    for invented in PATIENTS:
        _patient(site, invented, protocols[invented.label], staff, now)
    _harmless_words(site.patients.get(identifier="D-1003"), staff["nora"], now - timedelta(hours=2))
    _somebody_wrote(site, staff, now)
    _patient(site, FROM_ELSEWHERE, protocols[FROM_ELSEWHERE.label], staff, now)
    _history_went_out(now)
    return site


def _approved(site: Site, label: str, staff: dict[str, Clinician], now: datetime) -> SiteProtocol:
    row = approvals.propose(site, label, "outpatient-us")
    approvals.approve(row.pk, by=staff["petra"], now=now - timedelta(days=9))
    return approvals.approve(row.pk, by=staff["paul"], now=now - timedelta(days=8))


def _patient(
    site: Site, invented: Invented, protocol: SiteProtocol, staff: dict[str, Clinician], now: datetime
) -> None:
    given_at = now - timedelta(hours=invented.hours_ago) if invented.hours_ago else None
    elsewhere = (
        timedelta(weeks=invented.weeks_elsewhere, days=-NEXT_DAYS) if invented.weeks_elsewhere else None
    )
    opened_at = (given_at or now) - timedelta(days=1)
    patient = _enrolled(site, invented, staff, opened_at)
    course = courses.open_course(
        patient,
        protocol,
        regimen="",
        start_on=courses.local_date(patient, given_at or now) - (elsewhere or timedelta()),
        weight_kg=invented.weight_kg,
        weighed_on=courses.local_date(patient, opened_at),
        weighed_by="Nora Demo, RN",
        by=staff["nora"],
        now=opened_at,
    )
    if invented.identifier == "D-1001":
        pocket.sign(
            patient, dose_mg=Decimal(20), expires_at=now + timedelta(days=14), by=staff["paul"], now=opened_at
        )
    _look_before_the_start(course, staff, opened_at)
    if elsewhere:
        _came_from_elsewhere(course, staff, opened_at)
    _make_ready(course, invented, staff, (given_at or now) - timedelta(minutes=10))
    if given_at is not None:
        _first_dose(patient, course, given_at, staff, now, texted=invented.identifier == "D-1002")


def _enrolled(site: Site, invented: Invented, staff: dict[str, Clinician], now: datetime) -> Patient:
    """The patient, with what they measure with at home."""
    patient = patients.enrol(
        site,
        by=staff["nora"],
        now=now,
        identifier=invented.identifier,
        name=invented.name,
        born_on=invented.born_on,
        phone=invented.phone,
        language=invented.language,
        time_zone=ZONE,
        caregiver_name=invented.caregiver,
        caregiver_phone=invented.caregiver_phone,
        emergency_department=invented.send_to,
    )
    usual = kits.Pressure(128, 76, courses.local_date(patient, now))
    kit = kits.Kit("mouth", has_cuff=invented.hours_ago is not None, has_oximeter=False, usual=usual)
    kits.record(patient.pk, kit, seen=0, by=staff["nora"], now=now)
    demo_bedside.prove_both_numbers(patient, by=staff["nora"], now=now)
    return patient


def _look_before_the_start(course: Course, staff: dict[str, Clinician], now: datetime) -> None:
    """Some of what is looked at once; what is left stands on the work list."""
    for item in ("hepatitis_b", "hepatitis_c", "hiv"):
        result = care_entries.Result("negative", "Nora Demo, RN")
        on = courses.local_date(course.patient, now)
        care_entries.record(course.pk, item, on=on, result=result, seen=0, by=staff["nora"], now=now)


def _came_from_elsewhere(course: Course, staff: dict[str, Clinician], now: datetime) -> None:
    """Every dose that another hospital gave, on its planned day, from the list it sent along."""
    told = reported.Report(
        DoseReport.Place.ELSEWHERE, "the hospital's list of doses", "moved here to live with his daughter",
        "Lakeside Demo Hospital", time_known=False,
    )  # fmt: skip
    label = courses.label_of(course)
    for planned in planning.plan(label, course.start_on, weight_kg=course.weight_kg, weeks=LONGEST_ELSEWHERE):
        if planned.on is not None and planned.on < courses.local_date(course.patient, now):
            given_at = datetime.combine(planned.on, time(23, 59), ZoneInfo(ZONE))  # only the day is known
            dose = reported.record(
                course.pk, step=planned.step, given_at=given_at, given_mg=planned.calculated_mg or Decimal(0),
                report=told, by=staff["nora"], now=now,
            ).dose  # fmt: skip
            courses.confirm_dose(dose.pk, by=staff["noah"], figure_mg=dose.given_mg, now=now)


def _make_ready(course: Course, invented: Invented, staff: dict[str, Clinician], now: datetime) -> None:
    """The nurse states everything that is wanted before the first dose, but for what is still open."""
    patient, step = course.patient, courses.plan(course)[0].step
    if "phone" not in invented.still_open:
        practice.send(patient, by=staff["nora"], now=now - timedelta(minutes=9))
        words = {"en": "98.4", "es": "36.7"}[patient.language]
        inbound.receive(
            provider_sid=f"demo-{patient.pk}-practice", sender=patient.phone, sent_to=patient.site.patient_number,
            body=words, now=now - timedelta(minutes=5),
        )  # fmt: skip
    today = courses.local_date(patient, now)
    facts: dict[str, dict[str, Any]] = {
        "travel": {"minutes": 20},
        "tocilizumab": {"said": "no"},
        "night": {"said": "the caregiver wakes the patient for each text"},
        "caregiver": {"said": invented.caregiver},
        "bloods": {"on": today},
        "rescue": {"on": today, "said": "Petra Demo, PharmD"},
        "emergency": {"said": "Dr Emma Demo"},
    }
    listed = readiness.of(course, step=step, now=now)
    said = [
        readiness.Said(item.rule.id, readiness.MET, **facts.get(item.rule.id, {}))
        for item in listed.open
        if not item.rule.derived and item.rule.id not in invented.still_open
    ]
    readiness.state(
        course.pk,
        said,
        step=step,
        dose_number=listed.dose_number,
        seen=listed.seen,
        by=staff["nora"],
        now=now,
    )


def _first_dose(
    patient: Patient,
    course: Course,
    given_at: datetime,
    staff: dict[str, Clinician],
    now: datetime,
    *,
    texted: bool,
) -> None:
    """Give the first dose in the past and play the check-ins that have been due since."""
    first = courses.plan(course)[0]
    recorded_at = given_at + timedelta(minutes=4)
    dose = courses.record_dose(
        course.pk, step=first.step, given_at=given_at, given_mg=first.calculated_mg or Decimal(0), by=staff["nora"],
        now=recorded_at,
    ).dose  # fmt: skip
    courses.confirm_dose(
        dose.pk, by=staff["noah"], figure_mg=dose.given_mg, now=recorded_at + timedelta(minutes=2)
    )
    if texted:
        _a_word_with_the_nurse(patient, staff["nora"], given_at + timedelta(minutes=30))
        demo_bedside.find_nothing(patient, by=staff["nora"], now=given_at + timedelta(hours=23))
    due = CheckIn.objects.filter(watch__patient=patient, due_at__lte=now - timedelta(minutes=30)).order_by(
        "due_at"
    )
    for place, checkin in enumerate(due):
        checkins.ask_due(now=checkin.due_at)
        _answer_round(patient, checkin, place)


def _a_word_with_the_nurse(patient: Patient, nurse: Clinician, at: datetime) -> None:
    """The nurse asks by text herself, is answered, and the service goes on by itself."""
    conversation.say(
        patient=patient, to="patient", words="Tome su temperatura ahora, por favor.", by=nurse, now=at
    )
    inbound.receive(
        provider_sid=f"demo-{patient.pk}-nurse", sender=patient.phone, sent_to=patient.site.patient_number,
        body="36.8", now=at + timedelta(minutes=3),
    )  # fmt: skip
    conversation.take_over(now=at + timedelta(minutes=30))


def _answer_round(patient: Patient, checkin: CheckIn, place: int) -> None:
    normal = {"en": ["98.6", "6", "none"], "es": ["36.8", "6", "nada"]}[patient.language]
    for step, words in enumerate(normal[: len(checkin.ask)]):
        inbound.receive(
            provider_sid=f"demo-{patient.pk}-{place}-{step}", sender=patient.phone, sent_to=patient.site.patient_number,
            body=words, now=checkin.due_at + timedelta(minutes=4 + 2 * step),
        )  # fmt: skip


def _harmless_words(patient: Patient, nurse: Clinician, now: datetime) -> None:
    """A text that nobody could read but a person, who found no harm in it and proposed to learn its words."""
    inbound.receive(
        provider_sid="demo-harmless", sender=patient.phone, sent_to=patient.site.patient_number,
        body="Toast and tea this morning, thank you", now=now,
    )  # fmt: skip
    reply = Reply.objects.get(provider_sid="demo-harmless")
    for task in Task.objects.filter(reply=reply, done_at=None):
        worklist.finish(task.pk, by=nurse, outcome="breakfast, no harm in it", now=now + timedelta(minutes=3))
    phrases.propose(reply=reply, words="toast and tea", by=nurse, now=now + timedelta(minutes=4))


def _somebody_wrote(site: Site, staff: dict[str, Clinician], now: datetime) -> None:
    """Somebody whose course has not begun wrote what the rules cannot read: it waits in the reply inbox."""
    patient = patients.enrol(
        site,
        by=staff["nora"],
        now=now - timedelta(days=1),
        identifier="D-1005",
        name="Gloria Muestra",
        born_on=date(1955, 5, 21),
        phone="+15550110005",
        language="es",
        time_zone=ZONE,
        caregiver_name="Hugo Muestra",
        caregiver_phone="+15550120005",
    )
    asked = "¿Puedo llevar a mi perro el lunes?"
    for place, (words, media) in enumerate([(asked, 0), (asked, 0), ("", 1)]):
        inbound.receive(
            provider_sid=f"demo-wrote-{place}", sender=patient.phone, sent_to=site.patient_number, body=words,
            media=media, now=now - timedelta(minutes=90 - 5 * place),
        )  # fmt: skip


def _history_went_out(now: datetime) -> None:
    """What the played history queued counts as delivered then; the demo must not text it all at once now."""
    Delivery.objects.filter(state=Delivery.State.PENDING).update(state=Delivery.State.DELIVERED, ended_at=now)


def name_the_phones() -> None:
    """Tell the phones page whose phone is whose. Does nothing where there is no phones page."""
    if not settings.PHONES_PAGE_URL:
        return
    body = json.dumps(handsets()).encode()
    request = urllib.request.Request(  # noqa: S310 - our own loopback address, from settings
        f"{settings.PHONES_PAGE_URL}/double/handsets",
        data=body,
        method="PUT",
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=5).close()  # noqa: S310


def handsets() -> list[dict[str, str]]:
    """Every phone of the demo: number, label, kind, and the number it texts to."""
    found: list[dict[str, str]] = []
    for site in Site.objects.all():
        for patient in site.patients.filter(is_active=True).order_by("identifier"):
            found.append(_handset(patient.phone, f"{patient.name}, patient", "patient", site.patient_number))
            found.append(
                _handset(
                    patient.caregiver_phone,
                    f"{patient.caregiver_name}, caregiver",
                    "caregiver",
                    site.patient_number,
                )
            )
        for clinician in (
            site.clinicians.exclude(phone="")
            .order_by("turns__rotation__rung", "turns__place", "name")
            .distinct()
        ):
            found.append(_handset(clinician.phone, clinician.name, "oncall", site.page_number))
        found.append(_handset("+15550199999", "A number nobody knows", "stranger", site.patient_number))
    return list({phone["number"]: phone for phone in found}.values())


def _handset(number: str, label: str, kind: str, to: str) -> dict[str, str]:
    return {"number": number, "label": label, "kind": kind, "to": to}
