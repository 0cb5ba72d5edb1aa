"""What no log, link or text may carry, and how a time is said to somebody in another zone."""

import logging
from datetime import UTC, datetime

import pytest
from django.core.exceptions import ImproperlyConfigured

from monitoring import checkins, escalations, findings, texts
from monitoring.models import Patient
from notifications.models import Message, Site
from protocols import triage
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR
WORDS = "purple monday blorp"


@pytest.fixture
def home() -> Home:
    home = Home()
    Patient.objects.filter(pk=home.patient.pk).update(time_zone="America/Los_Angeles")
    Site.objects.filter(pk=home.site.pk).update(time_zone="America/New_York")
    home.patient.refresh_from_db()
    return home


def a_bad_night(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is worth a line in a log: an alarm, a broken step, unread words, a dead number, a silence."""
    checkins.ask_due(now=ASKED)
    with monkeypatch.context() as broken:
        broken.setattr(findings, "answer", _breaks)
        home.hears("39.4 and shaking", at=ASKED)
    with monkeypatch.context() as broken:
        broken.setattr(triage, "_assess", _breaks)
        home.hears(WORDS, at=ASKED + MINUTE)
    with monkeypatch.context() as broken:
        broken.setattr(findings, "from_reply", _breaks)
        home.hears(WORDS, at=ASKED + 2 * MINUTE)
    escalations.take(home.case.pk, by=home.doctors[0], now=ASKED + 3 * MINUTE, how="text")
    home.caregiver_says("STOP", at=ASKED + 4 * MINUTE)
    home.fails(Message.objects.filter(to=home.patient.phone, channel="text"), "30006", at=ASKED + 5 * MINUTE)
    for minutes in (6, 30, 60):
        home.tick(ASKED + minutes * MINUTE)


def _breaks(*_: object, **__: object) -> None:
    raise ImproperlyConfigured("a fault of ours")


def test_no_name_number_or_word_of_anybody_reaches_a_log(home, monkeypatch, caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        a_bad_night(home, monkeypatch)
    assert len(caplog.records) >= 2, "there was something to log"
    said = [record for record in caplog.records if not record.name.startswith("django.db")]
    logged = "\n".join(f"{one.getMessage()} {one.exc_text or ''}" for one in said)
    patient = home.patient
    private = [patient.name, patient.phone, patient.caregiver_name, patient.caregiver_phone, WORDS, "39.4"]
    private += [patient.identifier, home.doctors[0].name, home.doctors[0].phone]
    assert [one for one in private if one in logged] == []


def test_h43_no_name_of_a_patient_or_caregiver_is_in_any_message_or_link(home, monkeypatch) -> None:
    a_bad_night(home, monkeypatch)
    said = "\n".join(Message.objects.values_list("body", flat=True))
    patient = home.patient
    private = [
        patient.name,
        patient.caregiver_name,
        patient.identifier,
        patient.emergency_code,
        home.site.name,
    ]
    assert [one for one in private if one in said] == []
    assert "/case/" in said, "there was a link"


def test_a_time_is_said_on_the_clock_of_whoever_reads_it_with_its_zone(home) -> None:
    assert texts.clock_time(home.patient, NOON) == "09:00 PST"
    assert texts.day_and_time(home.patient, NOON) == "03/01 09:00 PST"
    assert texts.site_time(home.patient.site, NOON) == "12:00 EST"
    summer = datetime(2027, 7, 1, 17, 0, tzinfo=UTC)
    assert texts.site_time(home.patient.site, summer) == "13:00 EDT"


def test_the_next_check_in_is_said_on_the_patient_s_own_clock(home) -> None:
    checkins.ask_due(now=ASKED)
    for words in ("98.6", "6", "none"):
        home.hears(words, at=ASKED + MINUTE)
    assert "Next check-in: 17:00 PST" in home.texts_to(home.patient.phone)[-1]
