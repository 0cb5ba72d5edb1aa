"""A clinic for races: a site with a ladder of two, one patient under watch."""

import pytest

from monitoring import watches
from monitoring.models import Patient, Watch
from notifications import clock
from notifications.models import Clinician, Site
from tests import makers


@pytest.fixture(autouse=True)
def _passwords_cost_nothing(settings) -> None:
    """Nobody signs in here."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def site(transactional_db) -> Site:
    return makers.a_site()


@pytest.fixture
def doctors(site) -> list[Clinician]:
    """Three people: two on the ladder now, and one beside it."""
    on_call = makers.doctors(site, since=clock.now())
    return [*on_call, makers.a_clinician(site, "responder", name="Dr C", phone=makers.a_phone())]


@pytest.fixture
def patient(site, doctors) -> Patient:
    """Somebody who was given the first dose just now."""
    now = clock.now()
    patient = makers.a_patient(site, now=now)
    makers.a_dose(makers.a_course(patient, now=now), given_at=now)
    return patient


@pytest.fixture
def watch(patient) -> Watch:
    watch = watches.current(patient)
    assert watch is not None
    return watch
