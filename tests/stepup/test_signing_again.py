"""Whoever signs types their password again: without it, or with another, nothing is kept and nothing typed is lost."""

import html
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from monitoring import identity
from monitoring.models import Patient
from notifications import clock
from notifications.models import AuditEntry, Clinician, Role, SettingChange, Site
from protocols import library
from stepup import courses
from stepup.models import (
    Appointment,
    Course,
    Dose,
    DoseCorrection,
    ReadinessStatement,
    SiteProtocol,
    StageOverride,
)
from tests import kept, makers
from tests.makers import NOON, PASSWORD
from tests.refused import REFUSED
from tests.stepup import adopting

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
SURE = {"sure": "yes", "name_checked": "on", "born_checked": "on"}


@dataclass(frozen=True)
class Way:
    """One address that is signed: who signs there, what they type, and how many rows of its kind there then are."""

    role: str
    typed: dict[str, str]
    rows: Callable[[], int]
    shown: tuple[str, ...] = ()  # hidden fields that the page hands back


@dataclass
class Ward:
    """A site with something to sign at each of the addresses."""

    site: Site = field(default_factory=makers.a_site)

    def __post_init__(self) -> None:
        makers.on_call(self.site, days=2)
        self.course = makers.a_course(makers.a_patient(self.site))
        self.given = makers.a_course(makers.a_patient(self.site), now=NOON - MINUTE)
        self.dose = courses.record_dose(
            self.given.pk, step="step_up_dose_1", given_at=NOON - MINUTE, given_mg=Decimal("4.2"),
            by=makers.a_clinician(self.site), now=NOON,
        ).dose  # fmt: skip
        self.patient, self.protocol = makers.a_patient(self.site), self.course.protocol


def wrote(**changed: str) -> dict[str, str]:
    at = {"on": "2027-03-01", "at": "11:30", "step": "step_up_dose_1", "given_mg": "4.2", "deviation": ""}
    return at | changed


def newest_said(course: Course) -> int:
    return max(course.readiness_statements.values_list("pk", flat=True))


def a_start(ward: Ward) -> dict[str, str]:
    return {
        "protocol": str(ward.protocol.pk), "start_on": "2027-03-01", "weight_kg": "70", "weighed_on": "2027-03-01",
        "weighed_by": "N", "uncovered_why": "the pharmacist answers",
    }  # fmt: skip


WAYS: dict[str, Callable[[Ward], tuple[list[Any], Way]]] = {
    "record-dose": lambda w: ([w.course.pk], Way(Role.NURSE, wrote() | SURE, Dose.objects.count)),
    "report-dose": lambda w: ([w.course.pk], Way(Role.NURSE, SURE | {
        "place": "elsewhere", "hospital": "General", "on": "2027-02-20", "at": "10:12", "step": "step_up_dose_1",
        "given_mg": "4.2", "told_by": "their nurse", "reason": "moved here",
    }, Dose.objects.count)),
    "correct-dose": lambda w: ([w.dose.pk], Way(Role.NURSE, SURE | wrote(at="11:00") | {
        "kind": "corrected", "reason": "read from the wrong clock",
    }, DoseCorrection.objects.count)),
    "confirm-dose": lambda w: (
        [w.dose.pk], Way(Role.NURSE, {"figure_mg": "4.2"}, Dose.objects.exclude(confirmed_at=None).count),
    ),
    "contacts": lambda w: ([w.patient.pk], Way(
        Role.NURSE, {"phone": "+15550111111"}, Patient.objects.filter(phone="+15550111111").count, ("*",),
    )),
    "override-stage": lambda w: ([w.course.pk], Way(
        Role.PRESCRIBER, {"step": "step_up_dose_1", "reason": "lives next door"}, StageOverride.objects.count,
    )),
    "readiness": lambda w: ([w.course.pk], Way(Role.PRESCRIBER, {
        "step": "step_up_dose_1", "dose_number": "1", "seen": str(newest_said(w.course)),
        "travel-instead": "waived", "travel-reason": "stays with a sister beside the hospital",
    }, ReadinessStatement.objects.filter(state="waived").count)),
    "move-dose": lambda w: ([w.course.pk], Way(Role.NURSE, {
        "on": "2027-03-02", "at": "10:00", "reason": "patient", "words": "asked", "override": "the desk answers",
        "sure": "yes",
    }, Appointment.objects.count, ("seen", "shown"))),
    "add-person": lambda w: ([], Way(Role.LEAD, {
        "username": "newnurse", "new_password": "a long word of hers", "name": "Nurse N", "role": "nurse", "why": "new",
    }, Clinician.objects.filter(username="newnurse").count)),
    "person": lambda w: ([w.site.shifts.get(rung=1).clinician_id], Way(Role.ADMIN, {
        "name": "Dr B", "role": "responder", "is_active": "on", "why": "married",
    }, Clinician.objects.filter(name="Dr B").count)),
    "person-password": lambda w: ([w.site.shifts.get(rung=1).clinician_id], Way(
        Role.LEAD, {"new_password": "a long word of theirs", "why": "lost"}, SettingChange.objects.count,
    )),
    "site-numbers": lambda w: ([], Way(Role.LEAD, {
        "oncall_number": "+15550100999", "emergency_number": "911", "why": "a new desk",
    }, Site.objects.filter(oncall_number="+15550100999").count)),
    "site-provider": lambda w: ([], Way(Role.LEAD, {
        "patient_number": "+15550100998", "page_number": "+15550100997", "time_zone": "America/Chicago",
        "will_ring": "on", "why": "another provider",
    }, Site.objects.filter(time_zone="America/Chicago").count)),
    "make-site": lambda w: ([], Way(Role.ADMIN, {
        "site_name": "Another Hospital", "time_zone": "America/Chicago", "oncall_number": "+15550100801",
        "emergency_number": "911", "patient_number": "+15550100802", "page_number": "+15550100803", "name": "Dr A",
        "username": "another", "new_password": "a long word of theirs", "why": "it joins",
    }, Site.objects.count)),
    "open-course": lambda w: ([w.patient.pk], Way(Role.NURSE, a_start(w), Course.objects.count)),
    "protocol-sign": lambda w: ([makers.TECLISTAMAB, "inpatient-us"], Way(Role.PHARMACIST, {
        "fingerprint": library.protocol(makers.TECLISTAMAB, "inpatient-us").fingerprint,
    }, SiteProtocol.objects.exclude(pharmacist=None).count)),
}  # fmt: skip


@pytest.fixture(autouse=True)
def at_noon(monkeypatch) -> None:
    it_is(monkeypatch, NOON)


def it_is(monkeypatch, now: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: now)


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


def later(client: Client) -> Client:
    """The same session when its last password is more than five minutes old."""
    session = client.session
    session[identity.KEY] = (NOON - 6 * MINUTE).isoformat()
    session.save()
    return client


def prepared(ward: Ward, name: str) -> tuple[Client, str, Way, Clinician]:
    args, way = WAYS[name](ward)
    clinician, path = makers.a_clinician(ward.site, way.role), reverse(name, args=args)
    client = later(makers.signed_in(clinician))
    if name == "override-stage":
        adopting.put(ward.site, makers.a_clinician(ward.site, Role.LEAD))
    if way.shown:
        first = {key: value for key, value in way.typed.items() if key != "sure"}
        page = (client.get(path) if way.shown == ("*",) else client.post(path, first)).content.decode()
        way.typed.update(hidden(page, path, way))
    return client, path, way, clinician


def hidden(page: str, path: str, way: Way) -> dict[str, str]:
    """What the page holds beside what is typed."""
    if way.shown != ("*",):
        return dict(re.findall(rf'name="({"|".join(way.shown)})" value="([^"]*)"', page))
    form = re.search(rf'<form method="post" action="{path}".*?</form>', page, re.DOTALL)[0]
    fields = dict(re.findall(r'<input type="(?:text|hidden)" name="(\w+)" value="([^"]*)"', form))
    for name, choices in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form, re.DOTALL):
        fields[name] = re.search(r'value="([^"]+)" selected', choices)[1]
    fields.pop("csrfmiddlewaretoken")
    return {name: html.unescape(value) for name, value in fields.items()} | way.typed


@pytest.mark.parametrize("name", WAYS)
def test_without_the_password_or_with_another_nothing_is_kept_and_nothing_typed_is_lost(ward, name) -> None:
    client, path, way, clinician = prepared(ward, name)
    before = way.rows()
    for typed, sentence in (
        ({}, "Type your password"),
        ({"password": "some other word"}, "That is not your password."),
    ):
        answer = client.post(path, way.typed | typed)
        shown = html.unescape(answer.content.decode())
        assert answer.status_code == REFUSED
        assert sentence in shown
        assert "some other word" not in shown
        assert way.rows() == before
        for value in way.typed.values():
            assert value in shown or value in {"yes", "on", way.typed.get("new_password")}, f"lost {value!r}"
    [wrong] = AuditEntry.objects.filter(act="gave a wrong password to sign with")
    assert (wrong.by, wrong.detail) == (clinician, {})
    assert client.post(path, way.typed | {"password": PASSWORD}).status_code == 302
    assert way.rows() == before + 1


def test_within_five_minutes_the_same_session_is_not_asked_again_and_another_is(ward, monkeypatch) -> None:
    client, path, way, clinician = prepared(ward, "record-dose")
    elsewhere = later(makers.signed_in(clinician))
    colleague = later(makers.signed_in(makers.a_clinician(ward.site)))
    assert client.post(path, way.typed | {"password": PASSWORD}).status_code == 302
    check = reverse("contacts", args=[ward.patient.pk])
    for minutes, asked in ((5, False), (6, True)):
        it_is(monkeypatch, NOON + minutes * MINUTE)
        assert ("Your password, again" in client.get(check).content.decode()) == asked
    it_is(monkeypatch, NOON)
    for other in (elsewhere, colleague):
        assert "Your password, again" in other.get(check).content.decode()


def test_signing_in_counts_and_a_time_still_to_come_does_not(ward, monkeypatch) -> None:
    nurse = makers.a_clinician(ward.site)
    client, check = Client(), reverse("contacts", args=[ward.patient.pk])
    client.post(reverse("sign-in"), {"username": nurse.username, "password": PASSWORD})
    assert "Your password, again" not in client.get(check).content.decode()
    it_is(monkeypatch, NOON - MINUTE)
    assert "Your password, again" in client.get(check).content.decode()


def test_a_move_without_an_override_is_nobody_s_signature(ward) -> None:
    makers.a_responder(ward.site, 1, name="Dr B", since=NOON + timedelta(days=3), days=30)
    client, path, way, _ = prepared(ward, "move-dose")
    plain = way.typed | {"override": "", "on": "2027-03-05", "at": "10:00"}
    page = client.post(path, {key: value for key, value in plain.items() if key != "sure"}).content.decode()
    assert client.post(path, plain | hidden(page, path, way)).status_code == 302


def test_what_is_met_or_not_met_is_stated_without_a_password(ward) -> None:
    client, path, way, _ = prepared(ward, "readiness")
    for one in (
        {"travel-met": "on", "travel-minutes": "20"},
        {"travel-instead": "open", "travel-reason": "moved"},
    ):
        head = {key: way.typed[key] for key in ("step", "dose_number")} | {
            "seen": str(newest_said(ward.course))
        }
        assert client.post(path, head | one).status_code == 302
    assert re.search(r'<input type="password"(?![^>]* required)', client.get(path).content.decode())


def test_eight_wrong_passwords_lock_whoever_tries(ward, settings) -> None:
    settings.AXES_FAILURE_LIMIT = 3
    client, path, way, _ = prepared(ward, "record-dose")
    answers = [client.post(path, way.typed | {"password": "some other word"}).status_code for _ in range(3)]
    assert answers[:2] == [REFUSED, REFUSED]
    assert answers[2] in {403, 429}
    assert client.post(path, way.typed | {"password": PASSWORD}).status_code != 302
