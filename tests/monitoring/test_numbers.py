"""Whose a number is: proved by a code when it is new and each month, so that no stranger is asked in silence."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from monitoring import death_notices, numbers, opting_out, patients, worklist
from monitoring.models import Patient, PatientEvent, Task
from notifications import clock
from notifications.models import Clinician
from protocols import rulebook, triage
from protocols.errors import Refusal
from protocols.triage import Context
from stepup import engine
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MONTH = timedelta(days=30)


@pytest.fixture
def home() -> Home:
    return Home(watched=False)


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site)


def wanted(home: Home) -> set[str]:
    open_ = Task.objects.filter(patient=home.patient, done_at=None).values_list("what", flat=True)
    return {phone.key for phone in (numbers.OF_PATIENT, numbers.OF_CAREGIVER) if phone.task in open_}


def code_to(home: Home, nurse: Clinician, *, caregiver: bool = False, at) -> str:
    sent = numbers.send(home.patient, caregiver=caregiver, by=nurse, now=at)
    [code] = re.findall(r"\d+", sent.body)
    return code


def proves(home: Home, nurse: Clinician, *, caregiver: bool = False, at) -> None:
    code = code_to(home, nurse, caregiver=caregiver, at=at)
    numbers.prove(home.patient.pk, caregiver=caregiver, code=code, by=nurse, now=at + MINUTE)


def test_h31_a_new_number_is_proved_by_a_code_and_again_each_month(home, nurse) -> None:
    start = home.patient.reachable_since
    numbers.look_after(now=start + HOUR - MINUTE)
    assert wanted(home) == set()
    for minutes in range(3):
        engine.slow_tick(now=start + HOUR + minutes * MINUTE)
    assert wanted(home) == {"patient", "caregiver"}
    proves(home, nurse, at=start + 2 * HOUR)
    assert wanted(home) == {"caregiver"}
    proves(home, nurse, caregiver=True, at=start + 2 * HOUR)
    numbers.look_after(now=start + 2 * HOUR + MONTH)
    assert wanted(home) == set()
    numbers.look_after(now=start + 2 * HOUR + MONTH + MINUTE)
    assert wanted(home) == {"patient", "caregiver"}


def test_h31_after_a_stranger_answered_the_number_is_proved_anew(home, nurse) -> None:
    proves(home, nurse, at=NOON)
    home.hears("who is this", at=NOON + HOUR)
    numbers.look_after(now=NOON + 3 * HOUR)
    assert "patient" not in wanted(home), "no texts go there: somebody telephones"
    opting_out.let_texts_go(
        home.patient.pk, caregiver=False, spoke_on=home.patient.phone, by=nurse, now=NOON + 4 * HOUR
    )
    numbers.look_after(now=NOON + 5 * HOUR)
    assert "patient" in wanted(home)


def test_h31_a_corrected_number_is_proved_anew_and_the_old_code_proves_nothing(home, nurse) -> None:
    code = code_to(home, nurse, at=NOON)
    seen = patients.Particulars.of(home.patient)
    said = patients.Particulars(**{**seen.__dict__, "phone": makers.a_phone()})
    patients.correct(home.patient.pk, seen=seen, said=said, by=nurse, now=NOON + MINUTE)
    with pytest.raises(Refusal, match="No code went to this number"):
        numbers.prove(home.patient.pk, caregiver=False, code=code, by=nurse, now=NOON + 2 * MINUTE)


@pytest.mark.parametrize(
    ("typed", "after", "says"),
    [("1234", 1, "That is not the code"), ("", 1, "That is not the code"), (None, 15, "No code went")],
    ids=["another code", "none", "too late"],
)
def test_h31_only_the_code_itself_read_back_in_time_proves(home, nurse, typed, after, says) -> None:
    code = code_to(home, nurse, at=NOON)
    with pytest.raises(Refusal, match=says):
        numbers.prove(
            home.patient.pk, caregiver=False, code=code if typed is None else typed, by=nurse,
            now=NOON + after * MINUTE,
        )  # fmt: skip
    assert not PatientEvent.objects.filter(what=numbers.OF_PATIENT.proved).exists()


def test_only_the_newest_code_holds(home, nurse) -> None:
    older = code_to(home, nurse, at=NOON)
    newer = code_to(home, nurse, at=NOON + MINUTE)
    while newer == older:
        newer = code_to(home, nurse, at=NOON + 2 * MINUTE)
    with pytest.raises(Refusal, match="That is not the code"):
        numbers.prove(home.patient.pk, caregiver=False, code=older, by=nurse, now=NOON + 3 * MINUTE)


def test_a_task_finished_in_another_way_rests_for_a_day(home, nurse) -> None:
    start = home.patient.reachable_since
    numbers.look_after(now=start + HOUR)
    for task in Task.objects.filter(patient=home.patient, done_at=None):
        worklist.finish(task.pk, by=nurse, outcome="in the mountains", now=start + 2 * HOUR)
    numbers.look_after(now=start + 26 * HOUR - MINUTE)
    assert wanted(home) == set()
    numbers.look_after(now=start + 26 * HOUR)
    assert wanted(home) == {"patient", "caregiver"}


def test_nobody_is_asked_after_a_death_or_an_enrolment_that_ended(home, nurse) -> None:
    other = makers.a_patient(home.site)
    death_notices.say(other.pk, died=True, words="her son", by=nurse, now=NOON)
    Patient.objects.filter(pk=home.patient.pk).update(
        is_active=False, enrolment_ended_at=NOON, enrolment_ended_why="moved"
    )
    assert numbers.look_after(now=NOON + HOUR) == 0


def test_a_code_that_is_texted_back_raises_no_alarm() -> None:
    """But where a date is asked for: then anything without one is a person's to look at."""
    codes = [numbers.new_code() for _ in range(20)] + ["77777", "80000", "89999", "78987"]
    for asked in set(rulebook.load().questions) - {"thinking"}:
        for code in codes:
            assert triage.assess(code, Context(asked=asked)).urgency == "clarify", (asked, code)


def test_a_nurse_sends_the_code_and_types_what_is_read_to_her(home, nurse, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    client, path = makers.signed_in(nurse), reverse("prove-number", args=[home.patient.pk])
    assert "Not proved yet" in client.get(f"{path}?whose=caregiver").content.decode()
    client.post(path, {"whose": "caregiver", "send": "on"})
    [text] = home.texts_to(home.patient.caregiver_phone)
    [code] = re.findall(r"\d+", text)
    wrong = client.post(path, {"whose": "caregiver", "code": "12"})
    assert wrong.status_code == 422
    assert "That is not the code" in wrong.content.decode()
    assert client.post(path, {"whose": "caregiver", "code": code}).status_code == 302
    assert "Proved by a code" in client.get(f"{path}?whose=caregiver").content.decode()
    assert "Not proved yet" in client.get(path).content.decode(), "the patient's own is another"
