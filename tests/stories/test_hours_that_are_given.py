"""Hours on call that the list's keeper gives somebody: their phone says so long before the turn asks for an answer."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from notifications.models import Clinician, Role
from tests import makers
from tests.stepup.test_on_call_screens import shown
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider).at("Mon 10:00")


@pytest.fixture
def nora(clinic) -> Clinician:
    person = makers.a_clinician(clinic.site, name="Nora", phone=makers.a_phone())
    clinic.people["Nora"] = person
    return person


@pytest.fixture
def lead(clinic) -> Client:
    return makers.signed_in(makers.a_clinician(clinic.site, Role.LEAD))


def overrides(clinic: Clinic, lead: Client, who: Clinician, starts_at: datetime) -> None:
    """The lead puts somebody on rung 3 for twelve hours."""
    (on, at), (ends_on, ends_at) = (
        shown(clinic.site, moment) for moment in (starts_at, starts_at + 12 * HOUR)
    )
    typed = {"clinician": who.pk, "rung": "3", "starts_on": on, "starts_at": at, "why": "ill"}
    lead.post(reverse("override"), typed | {"ends_on": ends_on, "ends_at": ends_at})
    clinic.settle()


def test_a_nurse_put_on_call_by_the_lead_reads_of_it_the_same_minute(clinic, nora, lead, settings) -> None:
    tuesday = clinic.now + DAY
    overrides(clinic, lead, nora, tuesday)
    [text] = clinic.phone_of("Nora")
    assert text.startswith(f"You are put on call on rung 3, {tuesday:%a %d %b} 10:00 E")
    where = text.split(f"Your hours: {settings.PUBLIC_BASE_URL}")[1]
    [hours] = makers.signed_in(nora).get(where).context["own"].stints
    assert (hours.rung, hours.starts_at) == (3, tuesday)
    clinic.at("Mon 12:00")
    assert clinic.phone_of("Nora") == [text]


def test_one_put_there_in_the_night_reads_of_it_in_the_morning_and_of_what_was_undone_never(
    clinic, nora, lead
) -> None:
    clinic.at("Mon 23:30")
    overrides(clinic, lead, nora, clinic.now + 3 * DAY)
    overrides(clinic, lead, nora, clinic.now + 2 * DAY)
    clinic.at("Tue 07:59")
    assert clinic.phone_of("Nora") == []
    undone = nora.overrides.order_by("period")[0]
    lead.post(reverse("end-override", args=[undone.pk]))
    clinic.at("Tue 08:00")
    [text] = clinic.phone_of("Nora")
    assert "rung 3, Thu" in text
    assert "later" not in text
    lead.post(reverse("end-override", args=[nora.overrides.order_by("period")[1].pk]))
    clinic.settle()
    assert clinic.phone_of("Nora")[1].startswith("You are off call on rung 3, Thu")
