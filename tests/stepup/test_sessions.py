"""One's open sessions: each is listed, ended one by one or all others, and nobody ends or sees another's."""

import pytest
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols.errors import Refusal
from stepup import sessions
from tests import makers
from tests.makers import PASSWORD

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def nurse(site) -> Clinician:
    return makers.a_clinician(site, name="Nurse N")


def signs_in(person: Clinician, agent: str) -> Client:
    """Through the door itself."""
    client = Client(headers={"user-agent": agent})
    given = client.post(reverse("sign-in"), {"username": person.username, "password": PASSWORD})
    assert given.status_code == 302
    return client


def is_open(client: Client) -> bool:
    return client.get(reverse("tasks")).status_code == 200


@pytest.mark.parametrize(
    ("agent", "said"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPHONE, "Safari on an iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("", "a browser on a machine that does not say"),
    ],
)  # fmt: skip
def test_a_station_is_told_by_two_words(agent, said) -> None:
    assert sessions.station(agent) == said


def test_every_open_session_is_listed_and_one_is_ended(nurse) -> None:
    phone, desk = signs_in(nurse, IPHONE), signs_in(nurse, FIREFOX)
    page = desk.get(reverse("sessions")).content.decode()
    assert all(said in page for said in ("Firefox on Windows", "Safari on an iPhone", "you last signed in"))
    keys = [client.session.session_key for client in (desk, phone)]
    assert not [key for key in keys if key in page], "the key itself opens the session"
    other = next(one for one in sessions.of(nurse, here=keys[0]) if not one.is_here)
    desk.post(reverse("end-sessions"), {"which": other.handle})
    assert (is_open(desk), is_open(phone)) == (True, False)
    again = desk.post(reverse("end-sessions"), {"which": other.handle}, follow=True).content.decode()
    assert "This session is not open any more." in again


def test_all_others_are_ended_at_once_and_the_ledger_says_how_many(nurse) -> None:
    others = [signs_in(nurse, IPHONE), signs_in(nurse, IPHONE)]
    desk = signs_in(nurse, FIREFOX)
    said = desk.post(reverse("end-sessions"), {"which": "others"}, follow=True).content.decode()
    assert "Ended: 2. You are signed in only here." in said
    assert [is_open(client) for client in (desk, *others)] == [True, False, False]
    assert AuditEntry.objects.get(act="ended sessions").detail["count"] == 2


def test_nobody_ends_the_session_of_somebody_else(site, nurse) -> None:
    mine, theirs = signs_in(nurse, FIREFOX), makers.a_clinician(site, name="Dr A")
    signs_in(theirs, IPHONE)
    [other] = sessions.of(theirs)
    with pytest.raises(Refusal, match="not open any more"):
        sessions.end(nurse, handle=other.handle, by=nurse, now=clock.now())
    mine.post(reverse("end-sessions"), {"which": "others"})
    assert len(sessions.of(theirs)) == 1


def test_whoever_may_change_people_ends_every_session_of_a_colleague(site, nurse) -> None:
    phone, lead = signs_in(nurse, IPHONE), makers.signed_in(makers.a_clinician(site, Role.LEAD))
    lead.post(reverse("person-sessions-end", args=[nurse.pk]))
    assert not is_open(phone)
    assert is_open(lead)
