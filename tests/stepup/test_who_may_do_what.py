"""Every address, for every role: the written table decides, and nothing else does."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from monitoring import escalations, pocket, unread, worklist
from monitoring.models import LadderDrill, Page, Reaction, Reply
from notifications import clock, overrides, roles, rotations
from notifications.models import Clinician, Role, Site, Swap
from stepup import calendars, care_entries, closures, courses, holds, weights
from tests import bedside, kept, makers

pytestmark = [pytest.mark.database, pytest.mark.django_db]

# Addresses of the telephone provider: no sign-in, but its signature (proved in tests/notifications/test_signature.py).
SIGNED_BY_THE_PROVIDER = {"inbound-text", "call-answered", "call-key", "delivery-report"}
# One address, two acts: who may sign depends on whose signature it is.
SEVERAL_ACTS = {"protocol-sign": ("approve as pharmacist", "approve as prescriber")}
# Addresses whose act is signed: the password is typed again there, or was within five minutes (test_signing_again.py).
SIGNED = {
    "record-dose", "confirm-dose", "report-dose", "correct-dose", "protocol-sign", "contacts", "override-stage",
    "move-dose", "skip-dose", "enrol", "open-course", "readiness",
    "add-person", "person", "person-password", "site-numbers", "site-provider", "make-site",
}  # fmt: skip
METHODS = ("get", "post")
FORBIDDEN, NOT_FOUND, NOT_THAT_METHOD, TO_SIGN_IN = 403, 404, 405, 302


def addresses() -> list[URLPattern]:
    """Every address of the project, however deep it is included."""
    return list(_walk(get_resolver().url_patterns))


def _walk(patterns: list[Any]) -> Iterator[URLPattern]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns)
        else:
            yield pattern


GUARDED = [address for address in addresses() if hasattr(address.callback, "act")]
NAMES = [str(address.name) for address in GUARDED]
NAMING_A_ROW = [address for address in GUARDED if "<int:pk>" in str(address.pattern)]


@dataclass
class Ward:
    """A site with one of everything an address can name."""

    site: Site = field(default_factory=makers.a_site)

    def __post_init__(self) -> None:
        now = clock.now()
        responder = makers.a_responder(self.site, 1, name="Dr A", since=now)
        self.patient = makers.a_patient(self.site, now=now)
        self.course = makers.a_course(self.patient, now=now)
        planned = courses.plan(self.course)[0]
        recorded = courses.record_dose(
            self.course.pk, step=planned.step, given_at=now, given_mg=planned.calculated_mg, by=responder, now=now
        )  # fmt: skip
        case, _ = escalations.raise_concern(
            site=self.site, patient=self.patient, urgency="urgent", headline="a fever", now=now
        )
        task = worklist.open_task(
            site=self.site, patient=self.patient, what="call", due_at=now, pages_when_late=False, now=now
        )
        reaction = Reaction.objects.create(
            patient=self.patient, escalation=case, kind="crs", grade=1, noted_by=responder, noted_at=now
        )
        closed = closures.add(
            self.site,
            on=now.date() + timedelta(days=9),
            name="closed",
            by=responder,
            today=now.date(),
            now=now,
        )
        # What it opens would join the reaction that `reaction-over` ends: it is about nobody else.
        assessed = bedside.assessed_as(makers.a_patient(self.site, now=now), 1, by=responder, now=now)
        hold = holds.place(self.course.pk, reason="infection", by=responder, now=now)
        order = pocket.sign(
            self.patient,
            dose_mg=Decimal(8),
            expires_at=now + timedelta(days=9),
            by=makers.a_clinician(self.site, Role.PRESCRIBER),
            now=now,
        )
        address, self.secret = calendars.make(is_unit=False, by=responder, now=now)
        weighing = weights.Weighing(Decimal(90), courses.local_date(self.patient, now), "a nurse")
        weight = weights.record(self.course.pk, weighing, by=responder, now=now)
        draft = makers.a_draft(self.site, now=now)
        entry = makers.an_entry(draft, by=responder, now=now)
        stay = makers.a_stay(self.patient, by=responder, now=now)
        care = care_entries.record(
            self.course.pk, "igg", on=now.date() - timedelta(days=9), result=care_entries.Result(), seen=0,
            by=makers.a_clinician(self.site), now=now,
        )  # fmt: skip
        phrase = makers.a_phrase(self.patient, by=responder, now=now)
        waiting, _ = unread.put(
            Reply.objects.create(site=self.site, provider_sid="SM-unread", sender=self.patient.phone, received_at=now),
            patient=self.patient, finding=None, due_at=now, pages_when_late=True, now=now,
        )  # fmt: skip
        self.keep_a_list(responder, now)
        self.rows = {
            **self.on_call,
            **dict.fromkeys((name for name in NAMES if name.startswith("inbox-")), waiting.pk),
            **{name: self.course.pk for name in NAMES if name.endswith("supportive-care")},
            "take-back-supportive-care": care.pk,
            **{name: draft.pk for name in NAMES if name.split("-")[0] == "draft"},
            "row-enter": draft.pk, "row-out": draft.pk, "row-confirm": entry.pk, "row-back": entry.pk,
            **dict.fromkeys(("texts-of", "approve-texts", "withdraw-texts"), "es"),
            **dict.fromkeys(("contacts", "let-texts-go", "end-enrolment", "record-reaction"), self.patient.pk),
            **dict.fromkeys(("patient-texts", "say", "end-quiet", "record-call", "open-case"), self.patient.pk),
            **dict.fromkeys(("card", "card-print", "card-replace"), self.patient.pk),
            **dict.fromkeys(("emergency-texts", "approve-emergency-texts"), "es"),
            "revoke-pocket-order": order.pk,
            "patient": self.patient.pk, "open-course": self.patient.pk, "pocket-order": self.patient.pk,
            "move-dose": self.course.pk, "skip-dose": self.course.pk, "remove-closed-day": closed.pk,
            "hold-course": self.course.pk, "lift-hold": hold.pk, "confirm-interval": self.course.pk,
            "record-review": self.course.pk, "hand-over": self.course.pk, "transfer-course": self.course.pk,
            "override-stage": self.course.pk, "temperatures": self.patient.pk, "home-kit": self.patient.pk,
            "death": self.patient.pk, "prove-number": self.patient.pk, "agree-to-calls": self.patient.pk,
            "looked": self.patient.pk, "look": self.patient.pk,
            "record-dose": self.course.pk, "readiness": self.course.pk, "practice": self.course.pk,
            "record-weight": self.course.pk, "answer-weight": weight.pk,
            "stop-course": self.course.pk, "confirm-dose": recorded.dose.pk,
            "report-dose": self.course.pk, "course-calendar": self.course.pk,
            "reports-csv": "cases", "week-of": "2027-03-01", "revoke-calendar": address.pk,
            "courses-of-version": self.course.protocol_id, "course-version": self.course.pk,
            "answer-version": self.course.pk,
            "assess": self.patient.pk, "read-assessment": assessed.pk,
            "person": responder.pk, "person-password": responder.pk,
            "person-sessions-end": responder.pk,
            "correct-dose": recorded.dose.pk, "end-watch": recorded.dose.watch_id,
            "end-closer": recorded.dose.watch_id,
            "remove-shift": self.site.shifts.get().pk, "task-done": task.pk, "reaction-over": reaction.pk,
            "strike-reaction": reaction.pk,
            "admit": self.patient.pk, "still-in": stay.pk, "discharge": stay.pk, "stay-mistake": stay.pk,
            **{name: case.pk for name in NAMES if name.split("-")[0] == "case"}, "accept-case": case.pk,
            **dict.fromkeys(("phrase", "phrase-approve", "phrase-end"), phrase.pk), "phrase-propose": phrase.reply_id,
        }  # fmt: skip

    def keep_a_list(self, responder: Clinician, now: datetime) -> None:
        """A rotation, an override and what else an address of the on-call list names."""
        plan = rotations.Plan(
            rung=2, layer=1, name="doctors", people=[responder], starts_on=now.date(), hand_over=time(8),
            turn_hours=168, since=now,
        )  # fmt: skip
        rotation = rotations.begin(self.site, plan, by=responder, now=now)
        override = overrides.make(
            self.site,
            responder,
            3,
            starts_at=now,
            ends_at=now + timedelta(days=1),
            why="ill",
            by=responder,
            now=now,
        )
        swap = Swap.objects.create(
            site=self.site, rung=1, period=(now, now + timedelta(hours=1)), offered_by=responder,
            offered_to=makers.a_clinician(self.site), offered_at=now,
        )  # fmt: skip
        overrides.take_time_off(
            responder, starts_at=now, ends_at=now + timedelta(hours=1), by=responder, now=now
        )
        self.on_call = {
            "ladder-drill": LadderDrill.objects.create(
                site=self.site, began_by=responder, began_at=now, named="a list", rules={}, calls=[], next_at=now
            ).pk,
            "answer-swap": swap.pk, "end-time-off": responder.time_off.get().pk,
            **dict.fromkeys(("change-rotation", "end-rotation", "plan-end"), rotation.pk), "end-override": override.pk,
        }  # fmt: skip

    def path(self, name: str) -> str:
        """The address called `name`, naming a row of this site where it names one."""
        if name.startswith("protocol") and name != "protocols":
            return reverse(name, args=[makers.TECLISTAMAB, "outpatient-us"])
        return reverse(name, args=[self.rows[name]] if name in self.rows else [])


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is undone, so that one role's act does not stand in the next one's way."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def ask(client: Client, path: str, **more: Any) -> dict[str, Any]:
    """The answer to each method the address knows."""
    answers = {}
    for method in METHODS:
        with undone():
            answer = getattr(client, method)(path, **more)
        if answer.status_code != NOT_THAT_METHOD:
            answers[method] = answer
    assert answers, f"{path} answers neither GET nor POST"
    return answers


def who_may(address: URLPattern) -> frozenset[Role]:
    acts = SEVERAL_ACTS.get(str(address.name), (address.callback.act,))
    return frozenset().union(*(roles.MAY[act] for act in acts))


@pytest.mark.parametrize("address", addresses(), ids=lambda address: str(address.name))
def test_every_address_is_guarded_by_an_act_or_says_why_it_is_open(address) -> None:
    act, reason = getattr(address.callback, "act", None), getattr(address.callback, "public", "")
    if address.name in SIGNED_BY_THE_PROVIDER:
        assert (
            Client()
            .post(reverse(address.name, args=["x"] if "token" in str(address.pattern) else []))
            .status_code
            == 403
        )
    elif act is None:
        assert len(reason.split()) >= 3, "an open address says in words why that is safe"
    else:
        assert act in roles.MAY
        assert not reason, "an address is either guarded or open"


def test_the_open_addresses_open_for_anybody(ward) -> None:
    """Signing out only takes a POST; no engine runs here, so health may be red; figures want their token."""
    for address in addresses():
        if hasattr(address.callback, "public") and address.name not in {"sign-out", "healthz", "metrics"}:
            named = {
                "emergency": [ward.patient.emergency_code],
                "calendar-feed": [ward.secret],
                "take-link": [Page.objects.get(escalation__site=ward.site).token],
            }
            answer = Client().get(reverse(address.name, args=named.get(str(address.name), [])))
            assert answer.status_code == (TO_SIGN_IN if address.name in {"home", "unlock"} else 200), (
                address.name
            )


def test_every_act_of_the_table_guards_an_address() -> None:
    several = {act for acts in SEVERAL_ACTS.values() for act in acts}
    assert {address.callback.act for address in GUARDED} | several == set(roles.MAY)


def test_the_addresses_that_are_signed_ask_again_who_it_is() -> None:
    """A dose and its check, an approval, another number, an override, a waiver: what each asks is proved by them."""
    assert {str(address.name) for address in GUARDED if hasattr(address.callback, "signs")} == SIGNED


def test_an_inactive_clinician_may_do_nothing(ward) -> None:
    nurse = makers.a_clinician(ward.site)
    nurse.is_active = False
    assert not any(roles.may(nurse, act) for act in roles.MAY)


@pytest.mark.parametrize("role", Role.values)
def test_the_table_decides_for_every_role_at_every_address(ward, role) -> None:
    client = makers.signed_in(makers.a_clinician(ward.site, role))
    for address in GUARDED:
        for method, answer in ask(client, ward.path(address.name)).items():
            forbidden = role not in who_may(address)
            where = f"{role} {method} {address.name}: {answer.status_code}"
            assert (answer.status_code == FORBIDDEN) == forbidden, where
            assert answer.status_code < 500, where


def test_whoever_may_not_is_told_which_roles_may(ward) -> None:
    client = makers.signed_in(makers.a_clinician(ward.site, Role.AUDITOR))
    page = client.get(ward.path("record-dose")).content.decode()
    assert "To record a dose, sign in as one of: <b>nurse, prescriber</b>." in page


@pytest.mark.parametrize("address", GUARDED, ids=NAMES)
def test_nobody_gets_in_without_signing_in_and_everybody_is_led_back(ward, address) -> None:
    path = ward.path(address.name)
    for answer in ask(Client(), path).values():
        assert answer.status_code == TO_SIGN_IN
        assert answer["Location"] == f"{reverse('sign-in')}?next={path}"


def test_a_part_that_refreshes_itself_leads_its_whole_page_to_the_sign_in(ward) -> None:
    page = f"http://testserver{ward.path('case')}"
    answer = Client().get(ward.path("case-log"), headers={"HX-Request": "true", "HX-Current-URL": page})
    assert answer.status_code == 401
    assert answer["HX-Redirect"].startswith(f"{reverse('sign-in')}?next=")
    assert "testserver" not in answer["HX-Redirect"]


def test_signing_out_of_use_ends_the_session(ward) -> None:
    nurse = makers.a_clinician(ward.site)
    client = makers.signed_in(nurse)
    Clinician.objects.filter(pk=nurse.pk).update(is_active=False)
    assert client.get(ward.path("board")).status_code == TO_SIGN_IN


@pytest.mark.parametrize("role", Role.values)
def test_rows_of_another_site_do_not_exist(ward, role) -> None:
    client = makers.signed_in(makers.a_clinician(makers.a_site(), role))
    for address in NAMING_A_ROW:
        if role in who_may(address):
            for method, answer in ask(client, ward.path(address.name)).items():
                assert answer.status_code == NOT_FOUND, f"{role} {method} {address.name}"
                assert ward.patient.name not in answer.content.decode()


@pytest.mark.parametrize("address", NAMING_A_ROW, ids=lambda address: str(address.name))
def test_rows_that_never_existed_answer_like_another_site_s(ward, address) -> None:
    role = sorted(who_may(address))[0]
    client = makers.signed_in(makers.a_clinician(ward.site, role))
    for answer in ask(client, reverse(address.name, args=[2**31 - 1])).values():
        assert answer.status_code == NOT_FOUND
