"""Whoever reads or writes a patient's record is in the ledger, by ids alone."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from monitoring.models import Reaction
from notifications.models import AuditEntry, Role
from stepup import (
    appointments,
    courses,
)
from stepup.models import Course
from tests import kept, makers
from tests.stepup.wards import Ward, page

pytestmark = [pytest.mark.database, pytest.mark.django_db]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(lambda: Ward("Hereford"), django_db_blocker) as ward:
        yield ward


@pytest.fixture
def here(made_once) -> Ward:
    return deepcopy(made_once)


@pytest.mark.parametrize(
    ("role", "name", "row", "act"),
    [
        (Role.AUDITOR, "patient", "patient", "read the record"),
        (Role.AUDITOR, "temperatures", "patient", "read the record"),
        (Role.AUDITOR, "looked", "patient", "read who looked"),
        (Role.NURSE, "home-kit", "patient", "read the record"),
        (Role.NURSE, "prove-number", "patient", "read the record"),
        (Role.NURSE, "card", "patient", "read the record"),
        (Role.RESPONDER, "death", "patient", "read the record"),
        (Role.RESPONDER, "case", "case", "read a case"),
        (Role.AUDITOR, "case-timeline", "case", "read a timeline"),
        (Role.PHARMACIST, "confirm-dose", "dose", "read a dose"),
        (Role.NURSE, "record-dose", "course", "read the record"),
        (Role.NURSE, "open-course", "patient", "read the record"),
        (Role.NURSE, "move-dose", "course", "read the record"),
        (Role.NURSE, "skip-dose", "course", "read the record"),
        (Role.RESPONDER, "hold-course", "course", "read the record"),
        (Role.PHARMACIST, "lift-hold", "hold", "read the record"),
        (Role.PRESCRIBER, "confirm-interval", "course", "read the record"),
        (Role.PRESCRIBER, "record-review", "course", "read the record"),
        (Role.NURSE, "stop-course", "course", "read the record"),
        (Role.AUDITOR, "hand-over", "course", "read the hand-over"),
        (Role.PRESCRIBER, "transfer-course", "course", "read the record"),
        (Role.NURSE, "course-version", "course", "read the record"),
        (Role.NURSE, "contacts", "patient", "read the record"),
        (Role.NURSE, "end-enrolment", "patient", "read the record"),
        (Role.NURSE, "record-reaction", "patient", "read the record"),
        (Role.PRESCRIBER, "revoke-pocket-order", "order", "read the record"),
        (Role.PHARMACIST, "readiness", "course", "read the record"),
        (Role.NURSE, "record-weight", "course", "read the record"),
        (Role.PHARMACIST, "answer-weight", "weight", "read the record"),
        (Role.NURSE, "downtime", "", "read the downtime list"),
        (Role.NURSE, "board", "", "read the board"),
        (Role.NURSE, "tasks", "", "read the list"),
        (Role.RESPONDER, "inbox", "", "read the replies"),
        (Role.RESPONDER, "inbox-item", "unread", "read replies"),
        (Role.AUDITOR, "supportive-care", "course", "read the record"),
        (Role.NURSE, "take-back-supportive-care", "care", "read the record"),
        (Role.LEAD, "supportive-care-list", "", "read the list"),
        (Role.LEAD, "phrases", "", "read the learned phrases"),
        (Role.LEAD, "reports", "", "read the reports"),
        (Role.ADMIN, "administration", "", "read the administration"),
        (Role.EMERGENCY, "status", "", "read the status"),
        (Role.LEAD, "first-run", "", "read the first-run guide"),
        (Role.AUDITOR, "rules", "", "read the rules"),
        (Role.NURSE, "phrase-propose", "reply", "read a reply"),
    ],
)
def test_whoever_reads_a_record_is_in_the_ledger(here, role, name, row, act) -> None:
    client, reader = here.client(role)
    page(client, reverse(name, args=[getattr(here, row).pk] if row else []))
    entry = AuditEntry.objects.get(by=reader)
    assert (entry.act, entry.site) == (act, here.site)
    assert here.mark not in f"{entry.subject}{entry.detail}", "ids only, no names"


def _day(ward: Ward) -> str:
    return str(courses.local_date(ward.patient, ward.now))


def _another_course(ward: Ward) -> Course:
    today = courses.local_date(ward.patient, ward.now)
    course = courses.open_course(
        makers.a_patient(ward.site, now=ward.now), ward.course.protocol, regimen="", start_on=today,
        weight_kg=Decimal(70), weighed_on=today, weighed_by="a nurse", by=ward.nurse, now=ward.now,
        uncovered_why="no rota in this test",
    )  # fmt: skip
    return makers.ready(course, now=ward.now - timedelta(hours=1))


WRITES = [
    (Role.NURSE, "confirm-dose", "dose", {"figure_mg": "4.2"}, "confirmed a dose"),
    (Role.NURSE, "stop-course", "course", {"reason": "moved away"}, "stopped a course"),
    (Role.NURSE, "hold-course", "course", {"reason": "infection"}, "placed a hold"),
    (Role.PHARMACIST, "lift-hold", "hold", {"why": "culture negative"}, "lifted a hold"),
    (Role.PRESCRIBER, "record-review", "course", {"words": "goes on"}, "recorded a review"),
    (Role.NURSE, "remove-closed-day", "closed", {}, "removed a closed day"),
    (Role.NURSE, "practice", "course", {}, "sent a practice text"),
    (Role.NURSE, "agree-to-calls", "patient", {"agrees": "yes"}, "agreed to calls by the service"),
    (Role.NURSE, "prove-number", "patient", {"whose": "caregiver", "send": "on"}, "sent a code"),
    (Role.PHARMACIST, "answer-weight", "weight", {"use": "use"}, "answered a weight"),
    (
        Role.PRESCRIBER,
        "pocket-order",
        "patient",
        {"dose_mg": "1", "expires_on": "2030-01-01"},
        "signed a pocket order",
    ),
    (Role.PRESCRIBER, "revoke-pocket-order", "order", {"reason": "moved"}, "revoked a pocket order"),
    (Role.RESPONDER, "case-take", "case", {}, "took the case"),
    (Role.RESPONDER, "case-decline", "case", {"reason": "driving"}, "declined the case"),
    (Role.NURSE, "task-done", "task", {"outcome": "called"}, "finished a task"),
    (Role.NURSE, "reaction-over", "reaction", {}, "ended a reaction"),
    (Role.RESPONDER, "death", "patient", {"died": "yes", "words": "her son"}, "recorded a death"),
    (Role.NURSE, "phrase-propose", "reply", {"words": "crumpets"}, "proposed a phrase"),
    (Role.PHARMACIST, "phrase-end", "phrase", {"why": "too vague"}, "refused a phrase"),
    (
        Role.NURSE,
        "home-kit",
        "patient",
        {"thermometer": "ear", "cuff": "yes", "oximeter": "no", "seen": "0"},
        "recorded the home kit",
    ),
    (
        Role.NURSE,
        "record-reaction",
        "patient",
        {"kind": "infection", "grade": "2", "on": "2026-03-02"},
        "recorded a reaction",
    ),
]


@pytest.mark.parametrize(("role", "name", "row", "typed", "act"), WRITES, ids=[write[1] for write in WRITES])
def test_whoever_writes_into_a_record_is_in_the_ledger(
    here: Ward, *, role: str, name: str, row: str, typed: dict[str, str], act: str
) -> None:
    here.reaction = Reaction.objects.create(
        patient=here.patient,
        escalation=here.case,
        kind="crs",
        grade=1,
        noted_by=here.responder,
        noted_at=here.now,
    )
    client, writer = here.client(role)
    here.case.pages.update(clinician=writer)  # only who was called may decline
    answer = client.post(reverse(name, args=[getattr(here, row).pk]), typed)
    assert answer.status_code == 302, answer.content.decode()
    assert act in AuditEntry.objects.filter(by=writer, site=here.site).values_list("act", flat=True)


def test_every_act_of_a_case_s_owner_is_in_the_ledger(here) -> None:
    client, writer = here.client(Role.RESPONDER)
    steps = [
        ("case-take", {}, "took the case"),
        ("case-hand-back", {"reason": "relieved"}, "handed the case back"),
        ("case-take", {}, "took the case"),
        ("case-reach", {"text": "spoke"}, "reached the patient"),
        ("case-resolve", {"outcome": "home", "crs": "0", "icans": "0", "text": "well"}, "resolved the case"),
    ]
    for name, typed, _ in steps:
        assert client.post(reverse(name, args=[here.case.pk]), typed).status_code == 302, name
    acts = AuditEntry.objects.filter(by=writer, subject=str(here.case)).order_by("pk")
    assert list(acts.values_list("act", flat=True)) == [act for _, _, act in steps]


def test_enrolling_and_recording_are_in_the_ledger(here) -> None:
    client, writer = here.client()
    form = {
        "identifier": "N-1", "name": "New", "born_on": "1960-01-01", "phone": "+12155550142", "language": "en",
        "time_zone": "America/New_York", "caregiver_name": "Next", "caregiver_phone": "+12155550143",
        "protocol": here.course.protocol.pk, "start_on": _day(here), "weight_kg": "70", "weighed_on": _day(here),
        "weighed_by": "n", "uncovered_why": "no rota in this test",
    }  # fmt: skip
    assert client.post(reverse("enrol"), form).status_code == 302
    acts = AuditEntry.objects.filter(by=writer).order_by("pk").values_list("act", flat=True)
    assert list(acts) == ["enrolled a patient", "opened a course"]


def test_recording_a_dose_is_in_the_ledger_once_and_its_preview_is_not(here) -> None:
    course = _another_course(here)
    client, writer = here.client()
    path = reverse("record-dose", args=[course.pk])
    local = here.now.astimezone(ZoneInfo(here.site.time_zone))
    typed = {"on": f"{local:%Y-%m-%d}", "at": f"{local:%H:%M}", "step": "step_up_dose_1", "given_mg": "4.2"}
    assert client.post(path, typed).status_code == 200
    assert not AuditEntry.objects.filter(by=writer).exists()
    sure = {"sure": "yes", "name_checked": "on", "born_checked": "on"}
    assert client.post(path, typed | sure).status_code == 302
    assert AuditEntry.objects.get(by=writer).act == "recorded a dose"


def test_moving_a_dose_is_in_the_ledger_and_looking_at_its_changes_is_a_read(here) -> None:
    client, writer = here.client()
    path = reverse("move-dose", args=[here.course.pk])
    at = (
        (here.now + timedelta(days=4))
        .astimezone(ZoneInfo(here.site.time_zone))
        .replace(second=0, microsecond=0)
    )
    typed = {"on": f"{at:%Y-%m-%d}", "at": f"{at:%H:%M}", "reason": "patient", "words": "asked for it"}
    assert client.post(path, typed).status_code == 200
    assert AuditEntry.objects.get(by=writer).act == "read the record"
    sure = {"sure": "yes", "seen": appointments.seen(here.course), "shown": at.astimezone(UTC).isoformat()}
    assert client.post(path, typed | sure).status_code == 302
    assert "moved a dose" in AuditEntry.objects.filter(by=writer).values_list("act", flat=True)


def test_an_emergency_team_s_look_is_in_the_ledger_without_a_name(here) -> None:
    path = reverse("emergency", args=[here.patient.emergency_code])
    for born_on, act in (
        ("01/02/1903", "tried the emergency facts"),
        ("05/17/1960", "opened the emergency facts"),
    ):
        Client().post(path, {"born_on": born_on})
        assert AuditEntry.objects.filter(by=None, site=here.site, act=act).count() == 1
