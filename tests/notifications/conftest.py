"""Fixtures of these tests: a site and its people, and the gateway replaced by a line that does as it is told."""

import pytest

from notifications import gateway
from notifications.models import Clinician, Role, Site
from tests import makers
from tests.notifications.arranging import nurse
from tests.notifications.sending import Line

STOOD_IN_FOR = ("send_text", "place_call", "status", "texts_sent", "calls_placed", "is_well")


@pytest.fixture
def site(db) -> Site:
    return makers.a_site()


@pytest.fixture
def line(monkeypatch) -> Line:
    """Nothing leaves; what would have left is in `line.handed`."""
    line = Line()
    for name in STOOD_IN_FOR:
        monkeypatch.setattr(gateway, name, getattr(line, name))
    return line


@pytest.fixture(autouse=True)
def _passwords_cost_nothing(settings) -> None:
    """Nobody signs in here, and a rota needs many people."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def lead(site) -> Clinician:
    return makers.a_clinician(site, Role.LEAD)


@pytest.fixture
def two(site) -> tuple[Clinician, Clinician]:
    return nurse(site, "Nurse N"), nurse(site, "Nurse M")
