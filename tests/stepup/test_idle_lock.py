"""A station somebody left: the password is asked, what was typed goes on from there, and danger is never hidden."""

import html
import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from monitoring import escalations, idle
from notifications import clock
from notifications.models import AuditEntry, Clinician
from stepup.models import Course, Hold
from tests import makers
from tests.makers import PASSWORD

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TYPED = {"reason": "chest infection, culture sent <b>today</b>"}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def course() -> Course:
    site = makers.a_site()
    makers.on_call(site, since=clock.now())
    return makers.a_course(makers.a_patient(site, name="Rosa Alvarez"))


@pytest.fixture
def nurse(course) -> Clinician:
    return makers.a_clinician(course.patient.site)


def left(nurse: Clinician, *, ago: timedelta = idle.AFTER + MINUTE) -> Client:
    """A browser in which the nurse acted last so long ago."""
    client = makers.signed_in(nurse)
    session = client.session
    session[idle.KEY] = (clock.really() - ago).isoformat()
    session.save()
    return client


def carried(page: str) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page)
    return {name: html.unescape(value) for name, value in hidden if name != "csrfmiddlewaretoken"}


def test_what_was_typed_waits_for_the_password_and_then_goes_on(course, nurse) -> None:
    client, address = left(nurse), reverse("hold-course", args=[course.pk])
    asked = client.post(address, TYPED)
    assert (asked.status_code, Hold.objects.count()) == (idle.ASKED, 0)
    assert carried(asked.content.decode()) == TYPED
    client.post(address, {**carried(asked.content.decode()), idle.FIELD: PASSWORD})
    assert Hold.objects.get().reason == TYPED["reason"]
    assert client.get(address).status_code == 200, "awake again"


def test_a_file_that_was_chosen_is_said_to_be_lost(nurse) -> None:
    chosen = SimpleUploadedFile("rota-of-march.csv", b"rung,starts\n")
    asked = left(nurse).post(reverse("import-rota"), {"file": chosen})
    page = asked.content.decode()
    assert asked.status_code == idle.ASKED
    assert "The file you chose does not go along:</strong> rota-of-march.csv." in page


def test_a_wrong_password_keeps_nothing_loses_nothing_and_stands_in_the_ledger(course, nurse) -> None:
    client, address = left(nurse), reverse("hold-course", args=[course.pk])
    asked = client.post(address, {**TYPED, idle.FIELD: "not the password"})
    assert (asked.status_code, Hold.objects.count()) == (idle.ASKED, 0)
    assert carried(asked.content.decode()) == TYPED
    assert AuditEntry.objects.filter(by=nurse, act="gave a wrong password to go on").count() == 1


@pytest.mark.parametrize(("ago", "status"), [(idle.AFTER - MINUTE, 200), (idle.AFTER + MINUTE, idle.ASKED)])
def test_a_page_is_asked_about_after_the_time_and_not_before(course, nurse, ago, status) -> None:
    client = left(nurse, ago=ago)
    answer = client.get(reverse("patient", args=[course.patient_id]))
    assert answer.status_code == status
    assert ("Rosa Alvarez" in answer.content.decode()) == (status == 200)


def test_the_password_leads_on_to_the_page_and_never_to_another_host(course, nurse) -> None:
    address = reverse("patient", args=[course.patient_id])
    for asked, led in ((address, address), ("//elsewhere.example/", reverse("board"))):
        answer = left(nurse).post(reverse("unlock"), {"next": asked, idle.FIELD: PASSWORD})
        assert answer["Location"] == led


def test_the_board_keeps_every_danger_and_shows_initials_while_nobody_is_there(course, nurse) -> None:
    patient = course.patient
    escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="a fever", now=clock.now()
    )
    client = left(nurse)
    for name in ("board", "board-rows"):
        page = client.get(reverse(name)).content.decode()
        assert "1 case nobody has" in page
        assert "R. A." in page
        assert "Rosa" not in page
        assert "Type your password to see the names" in page


def test_what_renews_itself_keeps_no_session_awake(course, nurse) -> None:
    client = left(nurse, ago=idle.AFTER - MINUTE)
    before = client.session[idle.KEY]
    for address in (reverse("board-rows"), reverse("board") + "?renewed=1", reverse("board") + "?wall=1"):
        client.get(address, headers={"HX-Request": "true"})
    assert client.session[idle.KEY] == before
    client.get(reverse("tasks"))
    assert client.session[idle.KEY] > before, "an act does"
