"""No protocol is signed whose questions one number could not send in time."""

from decimal import Decimal

import pytest

from notifications.models import Role, Site
from protocols import library
from protocols.errors import Refusal
from stepup import approvals, feasible
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture
def site() -> Site:
    """Four patients."""
    site = makers.a_site()
    for _ in range(4):
        makers.a_patient(site)
    return site


def at_rate(site: Site, rate: str) -> Site:
    site.patient_texts_per_second = Decimal(rate)
    site.save()
    return site


def test_too_many_for_the_number_and_neither_signature_is_taken(site) -> None:
    row = approvals.propose(at_rate(site, "0.01"), makers.TECLISTAMAB, "outpatient-us")
    for role in (Role.PHARMACIST, Role.PRESCRIBER):
        with pytest.raises(
            Refusal, match="4 patients are enrolled, and this site's number asks 3 in time"
        ) as refused:
            approvals.approve(row.pk, by=makers.a_clinician(site, role), now=NOON)
        assert refused.value.code == "texts-too-slow"
    row.refresh_from_db()
    assert (row.pharmacist, row.prescriber) == (None, None)
    at_rate(site, "1")
    assert approvals.approve(row.pk, by=makers.a_clinician(site, Role.PHARMACIST), now=NOON).pharmacist


def test_everybody_enrolled_here_counts_and_nobody_else(site) -> None:
    pathway = library.pathway("outpatient-us")
    judged = feasible.of(site, pathway)
    assert (judged.patients, judged.segments, judged.is_assumed) == (4, 1, True)
    assert feasible.of(makers.a_site(), pathway).patients == 0


def test_the_page_that_is_signed_says_how_long_the_last_one_waits(site, client) -> None:
    client.force_login(
        makers.a_clinician(at_rate(site, "0.01"), Role.PHARMACIST),
        "django.contrib.auth.backends.ModelBackend",
    )
    page = client.get(f"/protocols/{makers.TECLISTAMAB}/outpatient-us/").content.decode()
    assert "Too many to text in time." in page
    assert (
        "4 enrolled patients wait up to 400 seconds for their question; 3 can be asked within 5 minutes"
        in page
    )
