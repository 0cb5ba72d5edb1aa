"""Whole nights in prose. Every line goes through the doors the real people use."""

from datetime import timedelta

import pytest

from monitoring import pocket, replays
from monitoring.models import CheckIn, PocketInstruction, Watch
from notifications import clock
from protocols import wording
from stepup.next_dose import decide
from tests import makers
from tests.story import ZONE, Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]

BOTH = pytest.mark.parametrize("label", [makers.TECLISTAMAB, makers.ELRANATAMAB])


@pytest.fixture
def clinic(provider) -> Clinic:
    return Clinic(provider)


@BOTH
def test_a_fever_in_the_night_wakes_one_doctor_and_then_the_next(provider, label) -> None:
    clinic = Clinic(provider, label=label)
    clinic.at("Mon 10:00").gives()
    clinic.at("Tue 01:50").hears("38.6 and shaking")
    assert clinic.pages == ["Dr A"]
    clinic.at("Tue 01:56")
    assert clinic.pages == ["Dr A", "Dr B"], "Dr A did not answer in five minutes"
    clinic.texts_the_code("Dr B")
    clinic.at("Tue 02:03")
    assert clinic.pages == ["Dr A", "Dr B"], "taken: nobody else is woken"
    assert "Dr B" in clinic.phone_of("Dr A")[-1], "the others hear who has it"
    assert clinic.next_dose == "hold"
    night = replays.of_rules(clinic.site.pk, now=clock.now())
    assert night.counts == {"lowered": 0, "raised": 0, "other": 0, "same": night.looked_at}, (
        "read again later"
    )
    assert night.looked_at > 5, "the answers of Monday, and the fever"


def test_the_patient_is_told_what_happens_next(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    told = clinic.phone_of("patient")[-1]
    assert clinic.site.oncall_number in told
    assert clinic.site.emergency_number in told


def test_the_patient_hears_at_the_set_minute_that_nobody_has_it_yet(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("101.4")
    clinic.at("Mon 20:11")
    assert clinic.site.oncall_number in clinic.phone_of("patient")[-1]
    assert clinic.case.tell_patient_at is None, "told once, not every minute"


def test_a_normal_reading_is_recorded_and_wakes_nobody(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 18:05")
    rounds = CheckIn.objects.filter(watch__patient=clinic.patient, state=CheckIn.State.ANSWERED)
    assert [checkin.hour for checkin in rounds] == [4, 8]
    assert clinic.pages == []
    readings = [r for f in clinic.patient.findings.all() for r in f.readings if r["kind"] == "temperature"]
    assert {(r["value"], r["unit"]) for r in readings} == {("98.6", "F")}


def test_h13_the_last_rung_is_followed_by_the_first_for_ever(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    clinic.at("Mon 21:02")
    assert clinic.pages[:4] == ["Dr A", "Dr B", "Dr A", "Dr B"]


def test_taking_by_a_key_on_the_call(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    clinic.presses("Dr A", "1")
    assert clinic.case.owner == clinic.people["Dr A"]


def test_h13_a_voicemail_is_not_an_answer(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("101.4")
    clinic.reaches_voicemail("Dr A")
    assert clinic.case.state == "open"
    clinic.at("Mon 20:16")
    assert clinic.pages == ["Dr A", "Dr B"]


def test_silence_climbs_to_the_caregiver_the_voice_and_a_person(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.well = False
    clinic.provider.turn_to_voicemail(clinic.patient.phone)
    asked = len(clinic.at("Mon 14:01").phone_of("patient"))
    assert len(clinic.at("Mon 14:21").phone_of("patient")) == asked + 1, "asked again"
    assert clinic.phone_of("caregiver") == []
    assert len(clinic.at("Mon 14:31").phone_of("caregiver")) == 1
    assert clinic.provider.calls_to(clinic.patient.phone) == []
    clinic.at("Mon 14:59")
    assert len(clinic.provider.calls_to(clinic.patient.phone)) == 1
    assert clinic.pages == [], "a voicemail may still be heard in its time"
    clinic.at("Mon 15:01")
    assert clinic.pages == ["Dr A"]
    assert "nothing heard for 60 minutes" in clinic.case.headline
    said = [wording.text(f"voice.patient.{key}", "en") for key in ("intro", "who", "nobody")]
    assert clinic.heard_on_the_call(clinic.patient.phone) == said, "a voicemail hears nothing clinical"


def test_a_call_that_nobody_answers_tells_a_person_at_once(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.well = False
    clinic.at("Mon 14:44")
    assert clinic.pages == []
    clinic.at("Mon 14:47")
    assert clinic.pages == ["Dr A"], "thirteen minutes early: the last thing to try has been tried"


def test_a_key_for_danger_on_a_check_in_call_pages_once_the_call_knows_who_is_listening(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.well = False
    clinic.at("Mon 14:45").answers_the_check_in_call("3", "1", "2")
    heard = clinic.heard_on_the_call(clinic.patient.phone)
    who = wording.text("voice.patient.who", "en")  # unless a key was pressed before it came to that
    assert [text.partition(".")[0] for text in heard if text != who] == [
        "Hello", "Hello", "Press 1 if you feel well", "Thank you",
    ], "a key for danger before anybody asked begins the call again"  # fmt: skip
    assert clinic.pages == ["Dr A"]
    assert clinic.case.urgency == "urgent"


def test_a_nine_on_the_call_wakes_the_next_who_takes_it_by_a_one(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    clinic.presses("Dr A", "9")
    assert clinic.pages == ["Dr A", "Dr B"]
    clinic.presses("Dr B", "1")
    assert clinic.case.owner == clinic.people["Dr B"]


def test_what_nobody_can_understand_reaches_a_person(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.well = False
    clinic.at("Mon 14:01").hears("purple monday blorp")
    assert clinic.patient.tasks.filter(done_at=None).exists()
    clinic.at("Mon 14:17")
    assert clinic.pages == ["Dr A"], "a task nobody does becomes a case"


def test_worse_news_pages_again_even_when_somebody_has_it(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("101.4")
    clinic.texts_the_code("Dr A")
    clinic.at("Mon 20:03").hears("she is confused and cannot speak", sender=clinic.patient.caregiver_phone)
    assert clinic.case.urgency == "emergency"
    assert clinic.case.state == "open"
    assert clinic.pages.count("Dr A") >= 2
    assert clinic.patient.escalations.count() == 1


def test_a_fever_and_then_a_faint_are_one_emergency_in_two_texts(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6")
    clinic.well = False
    assert clinic.case.urgency == "urgent"
    clinic.at("Mon 20:10").hears("I am dizzy")
    assert clinic.case.urgency == "emergency"
    assert clinic.site.emergency_number in clinic.phone_of("patient")[-1]
    assert clinic.pages == ["Dr A", "Dr A"], "worse news starts the ladder again"


def test_the_minutes_a_patient_is_told_are_those_of_the_protocol(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    Watch.objects.update(rules={**Watch.objects.get().rules, "reach": 9})
    clinic.at("Mon 20:00").hears("101.4")
    assert "No call in 9 minutes?" in clinic.phone_of("patient")[-1]
    clinic.texts_the_code("Dr A")
    assert "No call in 9 minutes?" in clinic.phone_of("patient")[-1]


def test_ux5a_a_taken_case_that_reaches_nobody_pages_again(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("101.4")
    clinic.texts_the_code("Dr A")
    clinic.at("Mon 20:16")
    assert clinic.case.state == "open"
    assert clinic.pages.count("Dr A") >= 2


def test_h07_stop_inside_a_watch_ends_texts_and_calls_a_person(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 15:00").hears("STOP")
    clinic.patient.refresh_from_db()
    assert clinic.patient.texting_ended_at is not None
    assert clinic.pages == ["Dr A"]
    held = len(clinic.phone_of("patient"))
    clinic.at("Mon 18:01")
    assert len(clinic.phone_of("patient")) == held, "no text after STOP"
    assert clinic.patient.tasks.filter(done_at=None, what__contains="hour 8").exists(), "a call instead"


def test_h07_stop_the_shaking_is_not_an_opt_out(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 15:00").hears("stop the shaking")
    clinic.patient.refresh_from_db()
    assert clinic.patient.texting_ended_at is None
    assert clinic.pages == ["Dr A"]


def test_the_pocket_dose_is_mentioned_only_from_the_patients_own_signed_order(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    assert not PocketInstruction.objects.exists()
    assert not any("pocket" in text.lower() for text in clinic.phone_of("patient"))


def test_the_signed_pocket_instruction_is_sent_once_per_episode(clinic) -> None:
    prescriber = makers.a_clinician(clinic.site, "prescriber")
    expires_at = clock.now() + timedelta(days=9)
    pocket.sign(clinic.patient, dose_mg=20, expires_at=expires_at, by=prescriber, now=clock.now())
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 20:00").hears("38.6 and shaking")
    clinic.at("Mon 20:05").hears("39.1")
    assert sum("20 mg" in text for text in clinic.phone_of("patient")) == 1


def test_h09_fever_after_the_watch_has_closed_still_pages(clinic) -> None:
    clinic.at("Mon 10:00").gives("weekly", deviation="transferred in mid-course")  # watched for two days only
    clinic.at("Wed 11:00")
    assert Watch.objects.get(patient=clinic.patient).closed_at is not None
    clinic.hears("101.4 and chills")
    assert clinic.pages == ["Dr A"]


def test_a_number_nobody_knows_is_heard_too(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 12:00").hears("my husband is shaking", sender="+15550300001")
    assert clinic.pages == ["Dr A"]
    assert clinic.case.patient is None


def test_the_next_dose_is_decided_from_what_happened(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Tue 01:50").hears("38.6 and shaking")
    assert clinic.next_dose == "hold"
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A", crs=1)
    decision = decide(clinic.course, now=clock.now())
    assert decision.decision == "ask", "the teclistamab label's CRS table was not read"
    assert decision.source


def test_elranatamab_after_grade_1_is_given_with_premedication(provider) -> None:
    clinic = Clinic(provider, label=makers.ELRANATAMAB)
    clinic.at("Mon 10:00").gives()
    clinic.at("Tue 01:50").hears("38.6 and shaking")
    clinic.texts_the_code("Dr A").reached("Dr A").resolved("Dr A", crs=1)
    clinic.at("Thu 11:00")
    decision = decide(makers.ready(clinic.course, now=clock.now()), now=clock.now())
    assert (decision.decision, decision.step, decision.premedicate) == ("give", "step_up_dose_2", "yes")


def test_the_caregivers_own_question_is_repeated_to_the_caregiver(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Tue 09:59")
    clinic.well = False
    clinic.at("Tue 10:00")
    for words in ("98.6", "6", "none"):
        clinic.hears(words)
    clinic.hears(f"{clinic.now.astimezone(ZONE):%A %B %d, %Y}. I slept well.")
    held = len(clinic.phone_of("caregiver"))
    assert held == 1, "the question itself"
    clinic.at("Tue 10:21")
    assert len(clinic.phone_of("caregiver")) == held + 1


def test_one_text_that_says_everything_closes_the_round_pages_and_is_asked_closer(clinic) -> None:
    clinic.at("Mon 10:00").gives()
    clinic.at("Mon 13:59")
    clinic.well = False
    clinic.at("Mon 14:00").hears("101.2 and shaky, took tylenol")
    assert clinic.pages == ["Dr A"]
    assert not CheckIn.objects.filter(watch__patient=clinic.patient, state=CheckIn.State.ASKED).exists()
    said = {(reading["kind"], reading["name"]) for reading in clinic.patient.findings.get().readings}
    assert {("temperature", ""), ("medicine", "antipyretic"), ("symptom", "chills")} <= said
    asked = clinic.phone_of("patient").count(asks := wording.text("ask.temperature", "en"))
    clinic.at("Mon 15:01")
    assert clinic.phone_of("patient").count(asks) == asked + 1, "asked again within the hour"
