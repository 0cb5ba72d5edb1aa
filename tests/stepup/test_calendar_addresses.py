"""Addresses of calendar feeds: a secret that only its digest is kept of, that can be ended, and its door."""

import hashlib
import logging
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from notifications import clock
from notifications.models import AuditEntry, Clinician, Role
from protocols.errors import Refusal
from stepup import (
    calendars,
)
from stepup.logs import Discreet
from stepup.models import CalendarAddress, CalendarFetch
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = NOON + HOUR
BASE = "https://board.example"


@pytest.fixture(autouse=True)
def nobody_has_missed_yet() -> None:
    cache.clear()


# addresses


@pytest.fixture
def nurse() -> Clinician:
    return makers.a_clinician(makers.a_site(), Role.NURSE)


def test_only_a_digest_of_the_secret_is_kept(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=NOW)
    assert len(secret) >= 43, "256 bits"
    assert made.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert calendars.find(secret) == made
    assert calendars.find(secret[:-1]) is None
    assert calendars.find(made.digest) is None
    [line] = AuditEntry.objects.filter(act="made a calendar address")
    assert secret not in f"{line.subject}{line.detail}"


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.NURSE, Role.LEAD}])
def test_others_make_no_address_of_the_unit(nurse, role) -> None:
    with pytest.raises(Refusal) as refusal:
        calendars.make(is_unit=True, by=makers.a_clinician(nurse.site, role), now=NOW)
    assert refusal.value.code == "role"


def test_ten_addresses_are_enough_and_a_revoked_one_makes_room(nurse) -> None:
    rows = [calendars.make(is_unit=False, by=nurse, now=NOW)[0] for _ in range(calendars.MOST)]
    with pytest.raises(Refusal) as refusal:
        calendars.make(is_unit=False, by=nurse, now=NOW)
    assert refusal.value.code == "too-many"
    calendars.make(is_unit=True, by=nurse, now=NOW)
    calendars.revoke(rows[0].pk, reason="old telephone", by=nurse, now=NOW)
    assert calendars.make(is_unit=False, by=nurse, now=NOW)


def test_its_owner_or_the_lead_revokes_once_with_a_reason(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=NOW)
    lead, colleague = makers.a_clinician(nurse.site, Role.LEAD), makers.a_clinician(nurse.site)
    stranger = makers.a_clinician(makers.a_site(), Role.LEAD)
    for who in (colleague, stranger):
        with pytest.raises(Refusal) as refusal:
            calendars.revoke(made.pk, reason="x", by=who, now=NOW)
        assert refusal.value.code == "not-yours"
    with pytest.raises(Refusal) as refusal:
        calendars.revoke(made.pk, reason=" ", by=nurse, now=NOW)
    assert refusal.value.code == "reason"
    assert calendars.find(secret)
    calendars.revoke(made.pk, reason="telephone lost", by=lead, now=NOW)
    assert calendars.find(secret) is None
    with pytest.raises(Refusal) as refusal:
        calendars.revoke(made.pk, reason="again", by=nurse, now=NOW)
    assert refusal.value.code == "revoked-already"


def test_the_calendar_of_somebody_who_left_is_not_found_and_the_unit_s_goes_on(nurse) -> None:
    own, shared = (
        calendars.make(is_unit=False, by=nurse, now=NOW)[1],
        calendars.make(is_unit=True, by=nurse, now=NOW)[1],
    )
    Clinician.objects.filter(pk=nurse.pk).update(is_active=False)
    assert calendars.find(own) is None
    assert calendars.find(shared)


def test_whoever_looks_sees_their_own_the_unit_s_if_they_may_and_the_lead_everybody_s(nurse) -> None:
    doctor, lead = (makers.a_clinician(nurse.site, role) for role in (Role.PRESCRIBER, Role.LEAD))
    rows = [
        calendars.make(is_unit=unit_s, by=who, now=NOW)[0]
        for who, unit_s in ((doctor, False), (nurse, False), (nurse, True))
    ]
    assert calendars.seen_by(doctor) == rows[:1]
    assert calendars.seen_by(nurse) == [rows[2], rows[1]]
    assert calendars.seen_by(lead) == rows[::-1]
    assert calendars.seen_by(makers.a_clinician(makers.a_site(), Role.LEAD)) == []


def test_too_many_fetches_within_an_hour_are_told_to_wait(nurse) -> None:
    made, _ = calendars.make(is_unit=False, by=nurse, now=NOW)
    assert all(calendars.fetch(made, now=NOW) for _ in range(calendars.FETCHES_AN_HOUR))
    assert not calendars.fetch(made, now=NOW + HOUR / 2)
    assert calendars.fetch(made, now=NOW + HOUR)
    assert CalendarFetch.objects.get().last_at == NOW + HOUR


# the doors


def feed(secret: str, client: Client | None = None):
    return (client or Client()).get(reverse("calendar-feed", args=[secret]))


def test_a_feed_needs_no_session_makes_none_and_is_kept_by_nobody_on_the_way(nurse) -> None:
    _, secret = calendars.make(is_unit=True, by=nurse, now=clock.now())
    answer = feed(secret)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert not answer.cookies
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert CalendarFetch.objects.get().in_hour == 1


def test_unknown_and_revoked_addresses_answer_alike(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=clock.now())
    calendars.revoke(made.pk, reason="lost", by=nurse, now=clock.now())
    answers = [feed(one) for one in (secret, "never-was")]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content == b"Not found."
    assert {**answers[0].headers, "X-Request-Id": ""} == {**answers[1].headers, "X-Request-Id": ""}
    assert not CalendarFetch.objects.exists()


def test_whoever_guesses_is_told_to_wait(nurse) -> None:
    assert [feed(f"guess-{n}").status_code for n in range(32)] == [404] * 30 + [429] * 2


def test_no_line_of_a_log_holds_a_secret(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        feed("s3cret-of-nobody")
    line = Discreet("{levelname} {message}", style="{")
    written = [line.format(record) for record in caplog.records]
    assert any("Not Found: /calendar/..." in one for one in written)
    assert "s3cret" not in " ".join(written)


def test_an_address_is_shown_once_and_revoked_on_the_same_page(client, nurse) -> None:
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.post(reverse("unit-calendar"))
    page = shown.content.decode()
    made = CalendarAddress.objects.get()
    secret = page.split("/calendar/")[1].split(".ics")[0]
    assert calendars.find(secret) == made
    assert "no-store" in shown["Cache-Control"]
    assert secret not in client.get(reverse("calendars")).content.decode()
    path = reverse("revoke-calendar", args=[made.pk])
    wrong = client.post(path, {"reason": ""})
    assert (wrong.status_code, "Say why it is revoked" in wrong.content.decode()) == (422, True)
    done = client.post(path, {"reason": "telephone lost"}, follow=True).content.decode()
    assert "Revoked: that address answers nobody any more." in done
    assert "telephone lost" in done
    assert feed(secret).status_code == 404
