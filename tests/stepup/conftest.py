"""A site, and a pharmacist with a draft of its own protocol. A module that wants another site makes its own."""

import pytest

from notifications.models import Clinician, Role, Site
from stepup.models import Draft
from tests import makers
from tests.stepup.nights import Night


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def pharmacist(site) -> Clinician:
    return makers.a_clinician(site, Role.PHARMACIST, name="Petra P")


@pytest.fixture
def draft(site, pharmacist) -> Draft:
    return makers.a_draft(site, by=pharmacist)


@pytest.fixture
def people(site) -> dict[str, Clinician]:
    """Two leads, a prescriber, a pharmacist and a nurse, by these names."""
    roles = {
        "lead": Role.LEAD,
        "other": Role.LEAD,
        "prescriber": Role.PRESCRIBER,
        "pharmacist": Role.PHARMACIST,
        "nurse": Role.NURSE,
    }
    return {name: makers.a_clinician(site, role, name=f"Dr {name}") for name, role in roles.items()}


@pytest.fixture
def night() -> Night:
    """A healthy night of one patient, with nothing for the engine to find."""
    return Night()
