"""Calls that ring several phones, and machine detection that a call does not wait for, through the real library."""

import pytest
from twilio.twiml.voice_response import Dial, VoiceResponse

from tests.notifications.double.conftest import DOCTOR, PATIENT, client_of
from tests.notifications.double.control import ask
from tests.notifications.double.service import until
from tests.notifications.double.test_calls import act, document, over, place, said

WORDS, AFTER, SECOND, DETECTED = "/voice/words", "/voice/after", "/voice/second", "/voice/detected"
NURSE = "+15550100012"


@pytest.fixture
def unhurried(start):
    """A double whose phones ring for real seconds."""
    return start(pace=1.0)


def dialling(*numbers: str) -> tuple[int, str]:
    response = VoiceResponse()
    dial = Dial(action=AFTER, timeout=20)
    for number in numbers:
        dial.number(number, status_callback=SECOND, status_callback_event="ringing completed")
    response.append(dial)
    return 200, str(response)


def legs(double) -> dict[str, object]:
    return {one.to: one for one in double.ledger.calls.values() if one.parent_sid}


def test_of_several_phones_the_first_to_answer_is_joined_and_the_others_ring_no_more(unhurried, service):
    service.answers[WORDS] = dialling(PATIENT, NURSE)
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    until(lambda: [one.status for one in legs(unhurried).values()] == ["ringing", "ringing"])
    act(unhurried, legs(unhurried)[NURSE].sid, "answer")
    assert over(unhurried, legs(unhurried)[PATIENT].sid).status == "canceled"
    assert not unhurried.ledger.calls[sid].is_over
    act(unhurried, legs(unhurried)[NURSE].sid, "hangup")
    [after] = service.wait(AFTER)
    assert (after.form["DialCallSid"], after.form["DialCallStatus"]) == (
        legs(unhurried)[NURSE].sid,
        "completed",
    )


def test_of_two_who_answer_in_one_moment_one_has_the_call(double, client, service):
    phones = [{"number": number, "on_call": "answer"} for number in (DOCTOR, PATIENT, NURSE)]
    ask(double, "PUT", "/double/handsets", phones)
    service.answers[WORDS] = dialling(PATIENT, NURSE)
    sid = place(client, service)
    until(lambda: len(legs(double)) == 2)
    winner = until(lambda: next((one for one in legs(double).values() if one.status == "in-progress"), None))
    act(double, winner.sid, "hangup")
    over(double, sid)
    assert sorted(one.status for one in legs(double).values()) == ["canceled", "completed"]


def test_where_none_of_several_answers_the_end_of_the_last_is_told(double, client, service):
    phones = [
        {"number": DOCTOR, "on_call": "answer"},
        {"number": PATIENT, "on_call": "ring"},
        {"number": NURSE, "on_call": "decline"},
    ]
    ask(double, "PUT", "/double/handsets", phones)
    service.answers[WORDS] = dialling(PATIENT, NURSE)
    place(client, service)
    assert service.wait(AFTER)[0].form["DialCallStatus"] == "busy"
    assert {one.status for one in legs(double).values()} == {"no-answer", "busy"}


def test_more_than_ten_phones_at_once_are_refused(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = dialling(*(f"+155501001{n:02}" for n in range(11)))
    assert over(double, place(client, service)).error_code == 12100


@pytest.mark.parametrize(
    ("habit", "detection", "answered_by"),
    [
        ("answer", "Enable", "human"),
        ("voicemail", "Enable", "machine_start"),
        ("voicemail", "DetectMessageEnd", "machine_end_beep"),
    ],
)
def test_a_detection_the_call_does_not_wait_for_is_told_by_itself(  # noqa: PLR0917
    double, client, service, habit, detection, answered_by
):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": habit}])
    service.answers[WORDS] = document("<Say>One page is waiting for you.</Say>")
    told_at = service.url + DETECTED
    sid = place(
        client, service, machine_detection=detection, async_amd="true", async_amd_status_callback=told_at
    )
    [told] = service.wait(DETECTED)
    assert told.is_signed
    assert (told.form["CallSid"], told.form["AnsweredBy"]) == (sid, answered_by)
    assert told.form["MachineDetectionDuration"].isdigit()
    assert "AnsweredBy" not in service.at(WORDS)[0].form, "the call did not wait to hear who answered"
    assert said(over(double, sid)) == ["One page is waiting for you."]
    assert client.calls(sid).fetch().answered_by == answered_by


def test_nothing_is_detected_that_nobody_asked_for(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    sid = place(client, service, async_amd="true", async_amd_status_callback=service.url + DETECTED)
    over(double, sid)
    assert not service.at(DETECTED)
    assert client.calls(sid).fetch().answered_by is None
