"""A site with many watched patients, made in few statements: for counting queries and for timing the board."""

from datetime import datetime, timedelta

from monitoring import escalations
from monitoring.models import CheckIn, Finding, Patient, Reply, Task, Watch
from monitoring.rules import DEFAULT
from notifications.models import Site
from tests import makers

FIRST = [
    "Anna",
    "Boris",
    "Chen",
    "Dolores",
    "Emeka",
    "Farah",
    "Goran",
    "Hana",
    "Ivo",
    "Joan",
    "Kofi",
    "Lena",
    "Maya",
]
LAST = [
    "Abel", "Brandt", "Castillo", "Dube", "Eriksen", "Fofana", "Gupta", "Hoang", "Ivanov", "Jansen", "Kowalski",
    "Lopez", "Moreau", "Nakamura", "Okafor", "Petrov", "Quispe", "Rossi", "Suzuki", "Tanaka",
]  # fmt: skip
HOUR = timedelta(hours=1)


def fill(*, patients: int, cases: int, now: datetime) -> Site:
    """So many patients in a watch, each with a temperature and a check-in to come; the first ones with a case, every
    fifth with a reply and a task.
    """
    site = makers.a_site()
    makers.on_call(site, since=now)
    return fill_more(site, patients=patients, cases=cases, now=now)


def fill_more(site: Site, *, patients: int, cases: int, now: datetime) -> Site:
    """The same again at a site that has some."""
    begun = Patient.objects.count()
    numbers = range(begun, begun + patients)
    people = Patient.objects.bulk_create(_patient(site, number, now) for number in numbers)
    watches = Watch.objects.bulk_create(_watch(patient, place, now) for place, patient in enumerate(people))
    CheckIn.objects.bulk_create(
        CheckIn(
            watch=watch, due_at=now + HOUR, next_at=now + HOUR, state="waiting", ask=["temperature"], hour=1
        )
        for watch in watches
    )
    Finding.objects.bulk_create(_temperature(patient, now) for patient in people)
    replies = Reply.objects.bulk_create(
        Reply(site=site, patient=patient, provider_sid=f"SM-many-{patient.pk}", sender=patient.phone, body="98.6",
              received_at=now - HOUR)
        for patient in people[::5]
    )  # fmt: skip
    Task.objects.bulk_create(
        Task(site=site, patient=reply.patient, reply=reply, what="Read a reply", opened_at=now, due_at=now + HOUR,
             pages_when_late=False)
        for reply in replies
    )  # fmt: skip
    for patient in people[:cases]:
        escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=now)
    return site


def _patient(site: Site, number: int, now: datetime) -> Patient:
    name = f"{FIRST[number % len(FIRST)]} {LAST[number % len(LAST)]}{'abcdefghij'[number // 260 % 10]}"
    return Patient(
        site=site, identifier=f"M-{number}", name=name, born_on=now.date() - timedelta(days=20_000),
        phone=f"+1556{number:07d}", language="en", time_zone=site.time_zone, caregiver_name="C",
        caregiver_phone=f"+1557{number:07d}", reachable_since=now, emergency_code=f"M{number:07d}",
    )  # fmt: skip


def _temperature(patient: Patient, now: datetime) -> Finding:
    reading = {"kind": "temperature", "value": "37.1", "unit": "C", "words": "37.1", "masked": False}
    return Finding(
        site=patient.site, patient=patient, at=now - HOUR, urgency="none", human_task=False, because="no fever",
        readings=[reading], rules_version="r",
    )  # fmt: skip


def _watch(patient: Patient, place: int, now: datetime) -> Watch:
    given_at = now - place % 160 * HOUR
    return Watch(
        site=patient.site, patient=patient, drug="teclistamab", step="step_up_dose_1", protocol="p",
        rules=DEFAULT.freeze(), given_at=given_at, opened_at=given_at, ends_at=given_at + 168 * HOUR,
    )  # fmt: skip
