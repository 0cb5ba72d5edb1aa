"""Enrolling a patient, and finding one within the reader's own site."""

import secrets
from datetime import date, datetime
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction

from monitoring.models import Patient
from notifications import audit, phones
from notifications.models import Clinician, Site
from protocols import wording
from protocols.errors import Refusal

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that can be read as something else
OLDEST = 120


@transaction.atomic
def enrol(
    site: Site,
    *,
    by: Clinician | None,
    now: datetime,
    identifier: str,
    name: str,
    born_on: date,
    phone: str,
    language: str,
    time_zone: str,
    caregiver_name: str,
    caregiver_phone: str,
    allergies: str = "",
) -> Patient:
    """Enrol one patient, or refuse with what to correct. Phones are kept as E.164; the zone is never guessed."""
    number, caregiver = phones.e164(phone), phones.e164(caregiver_phone)
    if number == caregiver:
        raise Refusal(
            "same-phone", "The caregiver needs a phone of their own: confusion cannot report itself."
        )
    if not wording.languages().get(language, False):
        raise Refusal("language", f"Texts in {language!r} are not ready. Choose a language that is.")
    if time_zone not in available_timezones():
        raise Refusal("time-zone", f"{time_zone!r} is not a time zone: write it like America/New_York.")
    today = now.astimezone(ZoneInfo(site.time_zone)).date()
    if not 0 <= today.year - born_on.year <= OLDEST or born_on > today:
        raise Refusal("born-on", f"{born_on} cannot be a date of birth.")
    if Patient.objects.filter(site=site, identifier=identifier).exists():
        raise Refusal("identifier", f"{identifier} is already enrolled here.")
    if Patient.objects.filter(phone=number, is_active=True).exists():
        raise Refusal(
            "phone-in-use", "This number already speaks for another patient. Use one that is theirs alone."
        )
    patient = Patient.objects.create(
        site=site,
        identifier=identifier,
        name=name,
        born_on=born_on,
        phone=number,
        language=language,
        time_zone=time_zone,
        caregiver_name=caregiver_name,
        caregiver_phone=caregiver,
        allergies=allergies,
        reachable_since=now,
        emergency_code="".join(secrets.choice(CODE_LETTERS) for _ in range(8)),
    )
    audit.record("enrolled a patient", str(patient), site=site, by=by, now=now)
    return patient


def of_site(site: Site) -> "list[Patient]":
    """The site's active patients by name."""
    return list(Patient.objects.filter(site=site, is_active=True).order_by("name"))
