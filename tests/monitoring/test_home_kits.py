"""What a patient measures with at home: recorded by somebody, it decides what is asked and how it is read."""

import html
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.urls import reverse

from monitoring import checkins, escalations, inbound, kits, patients, silence, temperature_rows, timeline
from monitoring.kits import Kit, Pressure
from monitoring.models import CheckIn, Finding, HomeKit, Patient
from notifications.models import AuditEntry, Message
from protocols import triage
from protocols.errors import Refusal
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
WHOLE = Kit("mouth", has_cuff=True, has_oximeter=True, usual=Pressure(99, 62, date(2027, 2, 26)))
NO_DEVICES = Kit("forehead", has_cuff=False, has_oximeter=False)
DAILY = ["temperature", "symptoms", "medicine", "thinking", "caregiver", "bp", "oxygen"]


def records(patient: Patient, nurse, kit: Kit = WHOLE, *, seen: int = 0, now=NOON) -> HomeKit:
    return kits.record(patient.pk, kit, seen=seen, by=nurse, now=now)


def hears(patient: Patient, words: str, *, now) -> Finding:
    reply = inbound.receive(
        provider_sid=f"SM{makers.a_phone()}", sender=patient.phone, sent_to=patient.site.patient_number,
        body=words, now=now,
    )  # fmt: skip
    return Finding.objects.get(reply=reply)


@contextmanager
def refused(code: str) -> Iterator[None]:
    with pytest.raises(Refusal) as refusal:
        yield
    assert refusal.value.code == code


def fired(finding: Finding) -> set[str]:
    return {rule["id"] for rule in finding.rules}


def test_it_is_kept_with_who_and_when_and_stands_in_the_record(patient, nurse) -> None:
    made = records(patient, nurse)
    assert (made.recorded_by, made.recorded_at) == (nurse, NOON)
    said = "thermometer in the mouth, cuff, oximeter, usual blood pressure 99/62\u00a0mmHg on 26 Feb 2027"
    assert kits.in_words(made) == said
    assert [(line.title, line.text, line.by) for line in timeline.of(patient)] == [
        ("home kit recorded", said, "Nurse N")
    ]
    assert AuditEntry.objects.filter(act="recorded the home kit", by=nurse, subject=str(patient)).exists()


def test_the_newest_counts_and_nobody_overwrites_a_colleague_unseen(patient, nurse) -> None:
    first = records(patient, nurse)
    with refused("changed"):
        records(patient, nurse, NO_DEVICES, seen=0)
    second = records(patient, nurse, NO_DEVICES, seen=first.pk)
    assert kits.newest(patient) == second
    assert patient.kits.count() == 2


@pytest.mark.parametrize(
    ("kit", "code"),
    [
        (replace(WHOLE, thermometer="glass"), "thermometer"),
        (replace(WHOLE, usual=Pressure(300, 80, NOON.date())), "pressure"),
        (replace(WHOLE, usual=Pressure(80, 130, NOON.date())), "pressure"),
        (replace(WHOLE, usual=Pressure(130, 80, NOON.date() + timedelta(days=1))), "not-yet"),
    ],
)
def test_what_cannot_be_is_refused(patient, nurse, kit, code) -> None:
    with refused(code):
        records(patient, nurse, kit)


def test_nothing_is_recorded_of_somebody_whose_enrolment_ended(patient, nurse) -> None:
    patients.end(patient.pk, reason="moved", by=nurse, now=NOON)
    with refused("not-enrolled"):
        records(patient, nurse)


@pytest.mark.parametrize(
    ("kit", "asked"),
    [
        (None, DAILY),
        (WHOLE, DAILY),
        (replace(WHOLE, has_oximeter=False), DAILY[:-1]),
        (replace(WHOLE, has_cuff=False), [*DAILY[:5], "oxygen"]),
        (NO_DEVICES, DAILY[:5]),
    ],
)
def test_oxygen_and_pressure_are_asked_only_of_those_with_the_devices(watch, nurse, kit, asked) -> None:
    """Where nobody recorded the devices both are asked, and NO is an answer."""
    if kit is not None:
        records(watch.patient, nurse, kit)
    daily = watch.checkins.filter(ask__contains=["bp"]).first()
    watch.checkins.filter(due_at__lt=daily.due_at).update(
        state=CheckIn.State.MISSED, next_at=None, ended_at=NOON, ended_why="an earlier hour"
    )
    checkins.ask_due(now=daily.due_at)
    daily.refresh_from_db()
    assert daily.state == CheckIn.State.ASKED
    assert sorted(daily.ask) == sorted(asked)


def test_a_round_of_nothing_but_missing_devices_still_asks(patient, nurse) -> None:
    records(patient, nurse, NO_DEVICES)
    assert kits.askable(patient, ["bp", "oxygen"]) == ["temperature", "symptoms"]


@pytest.mark.parametrize(
    ("kit", "wants_the_mouth"),
    [(None, False), (WHOLE, False), (NO_DEVICES, True), (replace(WHOLE, thermometer="none"), True)],
)
def test_h52_whoever_has_no_mouth_thermometer_is_reminded_that_one_is_wanted(
    watch, nurse, kit, wants_the_mouth
) -> None:
    """In the question and again in its reminder."""
    if kit is not None:
        records(watch.patient, nurse, kit)
    checkins.ask_due(now=NOON + 4 * HOUR)
    silence.climb(now=NOON + 4 * HOUR + 25 * MINUTE)
    said = Message.objects.filter(to=watch.patient.phone, body__contains="What is your temperature?")
    assert [("mouth thermometer" in message.body) for message in said] == [wants_the_mouth] * 2


def test_h52_chills_beside_a_normal_forehead_reading_page(watch, nurse) -> None:
    records(watch.patient, nurse, NO_DEVICES)
    checkins.ask_due(now=NOON + 4 * HOUR)
    found = hears(watch.patient, "98.0 but I have chills", now=NOON + 4 * HOUR + MINUTE)
    assert found.urgency == "urgent"
    assert fired(found) == {"CHILLS", "NOT-FROM-THE-MOUTH"}
    assert escalations.unresolved(watch.patient) is not None
    facts = temperature_rows.of(watch.patient, given=[], now=NOON + 5 * HOUR).hours[0].temperatures
    assert [fact.what for fact in facts] == ["temperature, on the forehead"]


@pytest.mark.parametrize(
    ("usual", "urgency"),
    [(None, "urgent"), (Pressure(130, 80, NOON.date()), "urgent"), (WHOLE.usual, "clarify")],
)
def test_a_low_pressure_is_held_against_the_recorded_one(watch, nurse, usual, urgency) -> None:
    records(watch.patient, nurse, replace(WHOLE, usual=usual))
    found = hears(watch.patient, "bp 89/58", now=NOON + HOUR)
    assert found.urgency == urgency
    assert found.context["usual_upper"] == (usual.upper if usual else None)


def test_a_finding_is_concluded_again_from_what_was_known_then(watch, nurse) -> None:
    """What is recorded later changes no finding of before."""
    first = records(watch.patient, nurse)
    found = hears(watch.patient, "bp 89/58", now=NOON + HOUR)
    records(watch.patient, nurse, replace(WHOLE, usual=Pressure(150, 90, NOON.date())), seen=first.pk)
    again = triage.assess("bp 89/58", triage.Context.of(found.context))
    assert [rule.as_dict() for rule in again.rules] == found.rules
    assert (again.urgency, again.because) == (found.urgency, found.because)


def test_a_nurse_records_it_on_a_screen_and_a_mistake_keeps_what_was_typed(patient, nurse) -> None:
    client = makers.signed_in(nurse)
    path = reverse("home-kit", args=[patient.pk])
    typed = {
        "thermometer": "ear",
        "cuff": "yes",
        "oximeter": "no",
        "upper": "130",
        "lower": "",
        "on": "",
        "seen": "0",
    }
    answer = client.post(path, typed)
    assert answer.status_code == 422
    assert "Type both values and the day" in answer.content.decode()
    assert 'value="130"' in answer.content.decode()
    assert not patient.kits.exists()
    answer = client.post(path, {**typed, "lower": "80", "on": "2026-02-26"})
    assert answer.status_code == 302
    shown = html.unescape(client.get(reverse("patient", args=[patient.pk])).content.decode()).replace(
        "\u00a0", " "
    )
    assert "thermometer in the ear, cuff, no oximeter; usual blood pressure" in shown
    again = client.post(path, typed | {"upper": "", "seen": "0"})
    assert "A colleague recorded something else meanwhile" in again.content.decode()
    assert f'name="seen" value="{patient.kits.get().pk}"' in again.content.decode()
