"""Words said to a call, and calls that dial a second phone, through the real client library."""

import pytest
from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

from tests.notifications.double.conftest import DOCTOR, PAGER, PATIENT, client_of
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import until
from tests.notifications.double.test_calls import act, over, place, said

WORDS, HEARD, AFTER = "/voice/words", "/voice/keys", "/voice/after"


@pytest.fixture
def unhurried(start):
    """A double whose phones ring for real seconds, for tests in which somebody acts."""
    return start(pace=1.0)


def listening(kind: str) -> tuple[int, str]:
    response = VoiceResponse()
    gather = Gather(input=kind, action=HEARD, timeout=8)
    gather.say("How do you feel?")
    response.append(gather)
    return 200, str(response)


def dialling(*, caller: str | None = None, then: str = "") -> tuple[int, str]:
    """Words written by the real library: connect with the patient, and tell how that ended if it is wanted."""
    response = VoiceResponse()
    dial = Dial(action=then or None, timeout=20, caller_id=caller)
    dial.number(PATIENT, status_callback="/voice/second", status_callback_event="answered completed")
    response.append(dial)
    response.say("Nobody is there.")
    return 200, str(response)


def second_call(double):
    return until(lambda: next((one for one in double.ledger.calls.values() if one.parent_sid), None))


@pytest.mark.parametrize("kind", ["speech", "dtmf speech"])
def test_words_reach_the_gathers_action_with_their_confidence(unhurried, service, kind):
    service.answers[WORDS] = listening(kind)
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    act(unhurried, sid, "say", words="I am shaking", confidence=0.42)
    [told] = service.wait(HEARD)
    assert told.is_signed
    assert (told.form["SpeechResult"], float(told.form["Confidence"])) == ("I am shaking", 0.42)
    assert "Digits" not in told.form
    assert said(over(unhurried, sid), "person") == ["I am shaking"]


def test_a_key_is_still_a_key_where_words_are_heard_too(unhurried, service):
    service.answers[WORDS] = listening("dtmf speech")
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    act(unhurried, sid, "digits", digits="1#")
    [told] = service.wait(HEARD)
    assert told.form["Digits"] == "1"
    assert "SpeechResult" not in told.form


@pytest.mark.parametrize(
    ("kind", "what", "facts", "problem"),
    [
        ("dtmf", "say", {"words": "help"}, "Nothing is listening to words now; they were not heard."),
        ("speech", "digits", {"digits": "1"}, "Nothing is waiting for a key now; the key was not heard."),
        ("speech", "say", {"words": " "}, "Say something, with a confidence from 0 to 1."),
        (
            "speech",
            "say",
            {"words": "help", "confidence": 2},
            "Say something, with a confidence from 0 to 1.",
        ),
    ],
)
def test_what_a_gather_does_not_listen_for_is_refused(unhurried, service, kind, what, facts, problem):  # noqa: PLR0917
    service.answers[WORDS] = listening(kind)
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    assert act(unhurried, sid, what, **facts) == {"status": 409, "problem": problem}


def test_a_handset_may_speak_by_itself(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "kind": "oncall", "on_call": "say:I have it"}])
    service.answers[WORDS] = listening("speech")
    place(client, service)
    assert service.wait(HEARD)[0].form["SpeechResult"] == "I have it"


def test_a_dialled_phone_rings_is_joined_and_its_end_is_told(unhurried, service):
    client = client_of(unhurried)
    service.answers[WORDS] = dialling(caller="+15550109009", then=AFTER)
    sid = place(client, service)
    act(unhurried, sid, "answer")
    second = second_call(unhurried)
    act(unhurried, second.sid, "answer")
    service.wait("/voice/second")
    assert not unhurried.ledger.calls[sid].is_over
    act(unhurried, second.sid, "hangup")
    [after] = service.wait(AFTER)
    assert (after.form["CallSid"], after.form["DialCallSid"]) == (sid, second.sid)
    assert (after.form["DialCallStatus"], after.form["DialCallDuration"].isdigit()) == ("completed", True)
    told = service.wait("/voice/second", 2)
    assert [(one.form["CallStatus"], one.form["ParentCallSid"]) for one in told] == [
        ("in-progress", sid),
        ("completed", sid),
    ]
    assert said(over(unhurried, sid)) == [], "the action's answer takes the place of what came after"
    shown = client.calls(second.sid).fetch()
    assert (shown.parent_call_sid, shown.direction, shown.to, shown._from) == (
        sid,
        "outbound-dial",
        PATIENT,
        "+15550109009",
    )


@pytest.mark.parametrize(
    ("habit", "ending"),
    [("decline", "busy"), ("fail", "failed"), ("ring", "no-answer"), ("voicemail", "completed")],
)
def test_how_a_dialled_call_ends_is_told(double, client, service, habit, ending):
    phones = [{"number": DOCTOR, "on_call": "answer"}, {"number": PATIENT, "on_call": habit}]
    ask(double, "PUT", "/double/handsets", phones)
    service.answers[WORDS] = dialling(then=AFTER)
    place(client, service)
    [after] = service.wait(AFTER)
    assert after.form["DialCallStatus"] == ending
    assert ("DialCallDuration" in after.form) is (ending == "completed")


def test_without_an_action_the_call_goes_on_after_a_dial(double, client, service):
    phones = [{"number": DOCTOR, "on_call": "answer"}, {"number": PATIENT, "on_call": "decline"}]
    ask(double, "PUT", "/double/handsets", phones)
    service.answers[WORDS] = dialling()
    assert said(over(double, place(client, service))) == ["Nobody is there."]
    assert second_call(double).sender == PAGER


@pytest.mark.parametrize("picked_up", [False, True], ids=["while it rings", "while they speak"])
def test_who_hangs_up_takes_the_second_phone_along(unhurried, service, picked_up):
    service.answers[WORDS] = dialling(then=AFTER)
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    second = second_call(unhurried)
    if picked_up:
        act(unhurried, second.sid, "answer")
        service.wait("/voice/second")
    act(unhurried, sid, "hangup")
    assert over(unhurried, sid).status == "completed"
    assert over(unhurried, second.sid).status == ("completed" if picked_up else "canceled")
    assert not service.at(AFTER)


def test_the_fault_script_reaches_a_dialled_call_too(double, client, service):
    phones = [{"number": DOCTOR, "on_call": "answer"}, {"number": PATIENT, "on_call": "answer"}]
    ask(double, "PUT", "/double/handsets", phones)
    faults(double, {"match": {"kind": "call", "to": PATIENT}, "do": "failed"})
    service.answers[WORDS] = dialling(then=AFTER)
    place(client, service)
    assert service.wait(AFTER)[0].form["DialCallStatus"] == "failed"


@pytest.mark.parametrize(
    ("inside", "code"), [("<Dial>clinic</Dial>", None), ("<Dial><Conference>room</Conference></Dial>", 12100)]
)
def test_what_cannot_be_dialled(double, client, service, inside, code):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = (200, f"<Response>{inside}<Say>Next.</Say></Response>")
    call = over(double, place(client, service))
    assert call.error_code == code
    assert said(call) == (["Next."] if code is None else [])
