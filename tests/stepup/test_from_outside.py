"""Whoever does not treat a patient says why before the record opens; nobody is held up where a case is open."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import escalations
from monitoring.models import Patient, Task
from notifications import audit, clock, roles
from notifications.models import AuditEntry, Clinician, Role, Site
from protocols.errors import Refusal
from stepup import outside
from stepup.models import Course, OutsideLook
from tests import makers
from tests.makers import NOON
from tests.refused import REFUSED

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    it_is(monkeypatch, NOON)


def it_is(monkeypatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def course(site) -> Course:
    return makers.a_course(makers.a_patient(site, name="Ann Seldom"))


@pytest.fixture
def patient(course) -> Patient:
    return course.patient


@pytest.fixture
def auditor(site) -> Clinician:
    return makers.a_clinician(site, Role.AUDITOR, name="Dr A")


def opens(client: Client, patient: Patient) -> bool:
    return client.get(reverse("patient", args=[patient.pk])).status_code == 200


@pytest.mark.parametrize(
    ("role", "asked"),
    [
        (Role.NURSE, False), (Role.PHARMACIST, False), (Role.PRESCRIBER, False), (Role.RESPONDER, False),
        (Role.EMERGENCY, True), (Role.LEAD, True), (Role.AUDITOR, True),
    ],
)  # fmt: skip
def test_who_is_asked_by_role(site, patient, role, asked) -> None:
    assert outside.must_say_why(makers.a_clinician(site, role), patient, now=NOON) is asked


def test_whoever_can_be_on_call_is_of_the_team() -> None:
    assert roles.MAY["work on a case"] <= outside.TREAT


def test_nobody_is_asked_where_a_case_is_open_or_after_having_written(site, patient, auditor) -> None:
    author = makers.a_clinician(site, Role.LEAD)
    audit.record("read the record", str(patient), site=site, by=author, now=NOON)
    assert outside.must_say_why(author, patient, now=NOON), "having looked before is no treatment"
    audit.record("finished a task", str(patient), site=site, by=author, now=NOON)
    assert not outside.must_say_why(author, patient, now=NOON)
    escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="a fever", now=NOON)
    assert not outside.must_say_why(auditor, patient, now=NOON)


@pytest.mark.parametrize(
    "name", ["patient", "temperatures", "patient-texts", "hand-over", "course-calendar", "supportive-care"]
)
def test_every_page_of_the_record_asks_first_and_leads_back(course, auditor, name) -> None:
    of_patient = {"patient", "temperatures", "patient-texts"}
    path = reverse(name, args=[course.patient_id if name in of_patient else course.pk])
    client = makers.signed_in(auditor)
    asked = client.get(path, follow=True)
    assert asked.redirect_chain[0][0].startswith(reverse("look", args=[course.patient_id]))
    page = asked.content.decode()
    assert course.patient.name not in page
    assert course.patient.identifier not in page
    typed = {"reason": "review", "words": "case of the month", "next": path}
    answer = client.post(asked.request["PATH_INFO"], typed)
    assert answer["Location"] == path
    assert client.get(path).status_code == 200


def test_a_reason_is_kept_shown_to_colleagues_and_asked_again_after_twelve_hours(
    site, patient, auditor, monkeypatch
) -> None:
    client, path = makers.signed_in(auditor), reverse("look", args=[patient.pk])
    for typed in ({}, {"reason": "review", "words": " "}, {"reason": "emergency", "words": "x"}):
        assert client.post(path, typed or {"words": ""}).status_code == REFUSED
    assert not OutsideLook.objects.exists()
    client.post(path, {"reason": "asked", "words": "the daughter telephoned"})
    [line] = AuditEntry.objects.filter(act=outside.ACT)
    assert (line.by, line.subject, line.detail) == (auditor, str(patient), {"reason": "asked"}), "no words"
    nurse = makers.signed_in(makers.a_clinician(site))
    for page in (reverse("looked", args=[patient.pk]), reverse("administration")):
        shown = nurse.get(page).content.decode()
        assert "the daughter telephoned" in shown, page
        assert "Dr A" in shown, page
    it_is(monkeypatch, NOON + outside.HOLDS - HOUR)
    assert opens(client, patient)
    it_is(monkeypatch, NOON + outside.HOLDS)
    assert not opens(client, patient)


def test_an_emergency_is_one_press_loud_and_short(patient, auditor, monkeypatch) -> None:
    client = makers.signed_in(auditor)
    answer = client.post(reverse("look", args=[patient.pk]), {"emergency": "yes"}, follow=True)
    assert patient.name in answer.content.decode()
    task = Task.objects.get(patient=patient, what=outside.LOUD)
    assert task.due_at == NOON + outside.ASKED_WITHIN
    it_is(monkeypatch, NOON + outside.EMERGENCY_HOLDS)
    assert not opens(client, patient)


def test_a_reason_opens_one_record_for_one_person(site, patient, auditor) -> None:
    outside.look(patient, reason="review", words="x", by=auditor, now=NOON)
    assert outside.must_say_why(auditor, makers.a_patient(site), now=NOON)
    assert outside.must_say_why(makers.a_clinician(site, Role.LEAD), patient, now=NOON)
    with pytest.raises(Refusal, match="Say why"):
        outside.look(patient, reason="other", words=" ", by=auditor, now=NOON)


def test_nobody_is_led_to_another_host(patient, auditor) -> None:
    typed = {"reason": "review", "words": "x", "next": "https://elsewhere.example/"}
    answer = makers.signed_in(auditor).post(reverse("look", args=[patient.pk]), typed)
    assert answer["Location"] == reverse("patient", args=[patient.pk])
