"""Who looked: one line for each person, act and day, colleagues and whoever opened the emergency page alike."""

from datetime import timedelta

import pytest
from django.urls import reverse

from notifications import audit, clock
from notifications.models import Role
from stepup import emergency, looked
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def test_a_look_is_counted_by_person_and_day_and_this_one_joins_the_next_time() -> None:
    site = makers.a_site()
    patient, other = makers.a_patient(site), makers.a_patient(site)
    nurse, auditor = makers.a_clinician(site, name="Nurse N"), makers.a_clinician(site, Role.AUDITOR)
    for page in (patient, patient, other):
        makers.signed_in(nurse).get(reverse("patient", args=[page.pk]))
    client, address = makers.signed_in(auditor), reverse("looked", args=[patient.pk])
    assert "Nurse N" in client.get(address).content.decode()
    lines = looked.at(patient, now=clock.now())
    assert [(one.who, one.act, one.times) for one in lines] == [
        (auditor.name, "read who looked", 1), ("Nurse N", "read the record", 2),
    ]  # fmt: skip


def test_the_facts_of_the_emergency_page_are_a_look_without_a_name_and_a_change_is_none() -> None:
    patient, now = makers.a_patient(makers.a_site()), clock.now()
    for born_on in (patient.born_on - timedelta(days=1), patient.born_on):
        emergency.show_facts(patient.pk, born_on=born_on, callback="", now=now)
    audit.record("changed contacts", str(patient), site=patient.site, by=None, now=now)
    lines = looked.at(patient, now=now)
    assert [(one.who, one.act) for one in lines] == [
        ("", "opened the emergency facts"), ("", "tried the emergency facts"),
    ]  # fmt: skip
    assert looked.at(patient, now=now + looked.SHOWN_FOR + timedelta(days=1)) == ()
