"""A site with somebody on call, its nurse, and a patient an hour old."""

import copy
from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitoring import (
    watches,
)
from monitoring.models import Patient, Watch
from notifications.models import Clinician, Site
from tests import kept, makers
from tests.home import FEVER, NIGHT, Home

NOON, HOUR = makers.NOON, timedelta(hours=1)


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A")
    makers.approved_texts(site, "es")  # so that a patient can be changed to Spanish
    return site


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nurse N")


@pytest.fixture
def patient(site) -> Patient:
    return makers.a_patient(site, allergies="penicillin", now=NOON - HOUR)


@pytest.fixture
def watch(patient) -> Watch:
    """The first dose was given at noon; check-ins come at 4 hours, 8 hours ..."""
    makers.a_dose(makers.a_course(patient), given_at=NOON)
    return watches.current(patient)


@pytest.fixture(scope="module")
def kept_home(django_db_setup, django_db_blocker) -> Iterator[Home]:
    with kept.made(lambda: Home.with_fever(FEVER, at=NIGHT), django_db_blocker) as home:
        yield home


@pytest.fixture
def home(db, kept_home) -> Home:
    """A fever of no emergency was texted, and Dr A has been paged."""
    return copy.deepcopy(kept_home)
