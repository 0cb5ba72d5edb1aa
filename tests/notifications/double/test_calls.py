"""Calls through the real client library: who picks up, what is said, which keys reach the service."""

from urllib.parse import urlsplit

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.twiml.voice_response import Gather, VoiceResponse

from notifications import gateway
from tests.notifications.double.conftest import DOCTOR, PAGER, client_of
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import ACCOUNT, TOKEN, Service, until

WORDS, KEYS, STATUS = "/voice/words", "/voice/keys", "/voice/status"
EVENTS = ["initiated", "ringing", "answered", "completed"]


def document(*verbs: str) -> tuple[int, str]:
    return 200, f"<Response>{''.join(verbs)}</Response>"


def menu() -> tuple[int, str]:
    """A page's words, written by the real library."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, timeout=8, action=KEYS)
    gather.say("Press 1 to take it.", language="en-US")
    response.append(gather)
    response.say("Nobody pressed a key.")
    return 200, str(response)


def place(client, service: Service, **changes: object) -> str:
    facts = {
        "to": DOCTOR,
        "from_": PAGER,
        "url": service.url + WORDS,
        "status_callback": service.url + STATUS,
        "status_callback_event": EVENTS,
        "timeout": 25,
    }
    return client.calls.create(**{**facts, **changes}).sid


def act(double, sid: str, what: str, **facts: object):
    return ask(double, "POST", f"/double/calls/{sid}/{what}", facts)


def over(double, sid: str):
    return until(lambda: (call := double.ledger.calls[sid]).is_over and call)


def told(service: Service, count: int) -> list[str]:
    return [one.form["CallStatus"] for one in service.wait(STATUS, count)]


def said(call, who: str = "service") -> list[str]:
    return [line["words"] for line in call.transcript if line["who"] == who]


@pytest.fixture
def unhurried(start):
    """A double whose phones ring for real seconds, for tests in which somebody acts."""
    return start(pace=1.0)


def test_a_key_press_is_posted_to_the_gathers_action_and_its_answer_is_followed(unhurried, service):
    client = client_of(unhurried)
    service.answers[WORDS] = menu()
    service.answers[KEYS] = document("<Say>You have it.</Say>", "<Hangup/>", "<Say>Never said.</Say>")
    sid = place(client, service)
    act(unhurried, sid, "answer")
    assert act(unhurried, sid, "digits", digits="1")["sid"] == sid
    call = over(unhurried, sid)

    assert said(call) == ["Press 1 to take it.", "You have it."]
    [pressed] = service.at(KEYS)
    assert pressed.is_signed
    assert (pressed.form["Digits"], pressed.form["CallSid"]) == ("1", sid)
    [asked] = service.at(WORDS)
    assert asked.is_signed
    assert (asked.form["CallStatus"], asked.form["Direction"]) == ("in-progress", "outbound-api")
    assert (asked.form["From"], asked.form["To"], asked.form["AccountSid"]) == (PAGER, DOCTOR, ACCOUNT)
    assert "AnsweredBy" not in asked.form

    fetched = client.calls(sid).fetch()
    assert (fetched.status, fetched.to, fetched._from, fetched.direction) == (
        "completed",
        DOCTOR,
        PAGER,
        "outbound-api",
    )
    assert fetched.answered_by is None
    assert int(fetched.duration) >= 0


def test_callbacks_follow_the_call_in_order(unhurried, service):
    service.answers[WORDS] = document("<Hangup/>")
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    assert told(service, 4) == ["initiated", "ringing", "in-progress", "completed"]
    callbacks = service.at(STATUS)
    assert all(one.is_signed for one in callbacks)
    assert [one.form["SequenceNumber"] for one in callbacks] == ["0", "1", "2", "3"]
    assert callbacks[-1].form["CallDuration"].isdigit()
    assert callbacks[0].form["CallbackSource"] == "call-progress-events"


def test_only_the_end_is_told_unless_more_was_asked(double, client, service):
    place(client, service, status_callback_event=None)
    assert told(service, 1) == ["no-answer"]


@pytest.mark.parametrize(("what", "ending"), [("decline", "busy"), ("hangup", "busy")])
def test_a_declined_call_is_busy(unhurried, service, what, ending):
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, what)
    assert told(service, 3)[-1] == ending
    assert not service.at(WORDS)


def test_nobody_picks_up(double, client, service):
    sid = place(client, service)
    assert told(service, 3) == ["initiated", "ringing", "no-answer"]
    assert over(double, sid).status == "no-answer"
    assert not service.at(WORDS)


def test_ringing_follows_the_demo_clock(unhurried, service):
    sid = place(client_of(unhurried), service)
    until(lambda: unhurried.ledger.calls[sid].status == "ringing")
    unhurried.exchange.clock.offset_seconds = 26
    assert over(unhurried, sid).status == "no-answer"


@pytest.mark.parametrize(
    ("detection", "answered_by"),
    [(None, None), ("Enable", "machine_start"), ("DetectMessageEnd", "machine_end_beep")],
)
def test_voicemail_hears_everything_and_presses_nothing(double, service, detection, answered_by):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "kind": "oncall", "on_call": "voicemail"}])
    service.answers[WORDS] = menu()
    sid = place(client_of(double), service, machine_detection=detection)
    call = over(double, sid)
    assert said(call) == ["Press 1 to take it.", "Nobody pressed a key."]
    assert (call.status, call.picked_up_by) == ("completed", "voicemail")
    assert service.at(WORDS)[0].form.get("AnsweredBy") == answered_by
    assert client_of(double).calls(sid).fetch().answered_by == answered_by
    assert not service.at(KEYS)


def test_voicemail_by_hand_cannot_press_keys(unhurried, service):
    service.answers[WORDS] = menu()
    sid = place(client_of(unhurried), service, machine_detection="Enable")
    act(unhurried, sid, "voicemail")
    answer = act(unhurried, sid, "digits", digits="1")
    assert (answer["status"], answer["problem"]) == (409, "A voicemail box has no fingers.")


def test_a_person_who_answers_is_human_when_that_was_asked(unhurried, service):
    service.answers[WORDS] = document("<Hangup/>")
    act(unhurried, place(client_of(unhurried), service, machine_detection="Enable"), "answer")
    assert service.wait(WORDS)[0].form["AnsweredBy"] == "human"


def test_a_handset_may_press_by_itself(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "kind": "oncall", "on_call": "press:1"}])
    service.answers[WORDS] = menu()
    place(client, service)
    assert service.wait(KEYS)[0].form["Digits"] == "1"


@pytest.mark.parametrize(
    ("gather", "pressed", "digits"),
    [
        ('numDigits="4"', "4821", "4821"),
        ("", "48#", "48"),
        ('finishOnKey="*"', "4#8*", "4#8"),
    ],
)
def test_how_a_gather_ends(unhurried, service, gather, pressed, digits):
    service.answers[WORDS] = document(f'<Gather action="{KEYS}" {gather}/>')
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    act(unhurried, sid, "digits", digits=pressed)
    assert service.wait(KEYS)[0].form["Digits"] == digits


def test_a_gather_ends_when_no_more_keys_come(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "press:48"}])
    service.answers[WORDS] = document(f'<Gather action="{KEYS}" numDigits="4" timeout="1"/>')
    place(client, service)
    assert service.wait(KEYS)[0].form["Digits"] == "48"


def test_a_gather_without_a_key_goes_on_unless_the_empty_result_is_wanted(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = document(
        f'<Gather action="{KEYS}" actionOnEmptyResult="true"/>', "<Say>Never.</Say>"
    )
    call = over(double, place(client, service))
    assert [one.form["Digits"] for one in service.at(KEYS)] == [""]
    assert said(call) == []


def test_redirect_pause_and_addresses_relative_to_the_document(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = document('<Pause length="2"/>', "<Redirect>more?part=2</Redirect>")
    service.answers["/voice/more"] = document("<Say>More.</Say>")
    call = over(double, place(client, service))
    assert said(call) == ["More."]
    [more] = service.at("/voice/more")
    assert urlsplit(more.url).query == "part=2"
    assert more.is_signed


def test_get_is_signed_over_the_address_alone(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    place(client, service, method="GET")
    [one] = service.wait(WORDS)
    assert (one.method, one.form, one.is_signed) == ("GET", {}, True)


@pytest.mark.parametrize("answer", [(500, ""), (200, "not a document"), (200, "<Wrong/>")])
def test_a_document_that_cannot_be_had_or_read_ends_the_call_with_its_error(double, client, service, answer):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = answer
    call = over(double, place(client, service))
    assert (call.status, call.error_code) == ("completed", 11200 if answer[0] == 500 else 12100)
    assert said(call, "provider")


def test_the_fall_back_address_is_asked_when_the_first_fails(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = (500, "")
    service.answers["/voice/fallback"] = document("<Say>Call the desk.</Say>")
    call = over(double, place(client, service, fallback_url=service.url + "/voice/fallback"))
    assert said(call) == ["Call the desk."]


@pytest.mark.parametrize("lost", [WORDS, KEYS])
def test_a_call_of_ours_begins_again_where_one_answer_of_the_service_is_lost(double, service, settings, lost):
    """Whoever was woken hears what it is about, and may press the key once more."""
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_API_BASE = double.url
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "press:1"}])
    good = {WORDS: menu(), KEYS: document("<Say>It is yours.</Say>")}
    service.answers.update(good, **{lost: [(503, ""), good[lost]]})
    taken = gateway.place_call(
        sender=PAGER, to=DOCTOR, words_at=service.url + WORDS, callback=service.url + STATUS
    )
    call = over(double, taken.sid)
    assert len(service.at(WORDS)) == 2
    assert said(call)[-1] == ("It is yours." if lost == WORDS else "Nobody pressed a key.")
    assert not said(call, "provider"), "no apology is read out"


def test_a_circle_of_redirects_ends(double, client, service):
    ask(double, "PUT", "/double/handsets", [{"number": DOCTOR, "on_call": "answer"}])
    service.answers[WORDS] = document(f"<Redirect>{WORDS}</Redirect>")
    assert over(double, place(client, service)).error_code == 11200


def test_the_service_cancels_ends_and_redirects(unhurried, service):
    client = client_of(unhurried)
    ringing = place(client, service)
    until(lambda: unhurried.ledger.calls[ringing].status == "ringing")
    client.calls(ringing).update(status="canceled")
    assert over(unhurried, ringing).status == "canceled"

    service.answers[WORDS] = document('<Pause length="600"/>')
    talking = place(client, service)
    act(unhurried, talking, "answer")
    service.wait(WORDS)
    client.calls(talking).update(twiml="<Response><Say>Wait.</Say><Pause length='600'/></Response>")
    until(lambda: said(unhurried.ledger.calls[talking]) == ["Wait."])
    client.calls(talking).update(status="completed")
    assert over(unhurried, talking).status == "completed"
    with pytest.raises(TwilioRestException) as refused:
        client.calls(talking).update(status="completed")
    assert refused.value.code == 21220


def test_a_person_hangs_up(unhurried, service):
    service.answers[WORDS] = document('<Pause length="600"/>')
    sid = place(client_of(unhurried), service)
    act(unhurried, sid, "answer")
    until(lambda: unhurried.ledger.calls[sid].status == "in-progress")
    act(unhurried, sid, "hangup")
    assert over(unhurried, sid).status == "completed"


def test_acts_that_are_not_possible_are_refused_with_a_sentence(unhurried, service):
    service.answers[WORDS] = document('<Pause length="600"/>')
    sid = place(client_of(unhurried), service)
    until(lambda: unhurried.ledger.calls[sid].status == "ringing")
    refused = [
        act(unhurried, sid, "digits", digits="1", within=0),
        act(unhurried, "CA" + "0" * 32, "answer", within=0),
    ]
    act(unhurried, sid, "answer")
    service.wait(WORDS)
    refused.append(act(unhurried, sid, "digits", digits="1", within=0))
    refused.append(act(unhurried, sid, "digits", digits="one", within=0))
    refused.append(act(unhurried, sid, "decline", within=0))
    act(unhurried, sid, "hangup")
    over(unhurried, sid)
    refused.append(act(unhurried, sid, "answer", within=0))
    assert [one["status"] for one in refused] == [409, 404, 409, 409, 409, 409]
    assert all(one["problem"].endswith(".") for one in refused)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"to": ""}, 21201),
        ({"to": "555"}, 21211),
        ({"from_": ""}, 21213),
        ({"from_": "clinic"}, 21210),
        ({"url": "words"}, 21205),
        ({"status_callback": "nowhere"}, 21609),
        ({"timeout": 601}, 21200),
    ],
)
def test_what_the_provider_refuses_has_its_code(client, service, changes, code):
    with pytest.raises(TwilioRestException) as refused:
        place(client, service, **changes)
    assert refused.value.code == code
    assert client.calls.list() == []


def test_a_list_filters_by_number_time_and_status(unhurried, service):
    client = client_of(unhurried)
    sid = place(client, service)
    other = place(client, service, to="+15550100012")
    until(lambda: all(call.status == "ringing" for call in unhurried.ledger.calls.values()))
    assert [one.sid for one in client.calls.list(to=DOCTOR, from_=PAGER)] == [sid]
    assert {one.sid for one in client.calls.list(status="ringing")} == {sid, other}
    since = unhurried.exchange.clock.now()
    assert client.calls.list(start_time_after=since.replace(year=since.year + 1)) == []
    assert len(client.calls.list(start_time_after=since.replace(year=since.year - 1), page_size=1)) == 2


def test_faults_of_calls(double, client, service):
    faults(double, {"match": {"kind": "call"}, "do": "500_after", "times": 1})
    with pytest.raises(TwilioRestException):
        place(client, service)
    assert len(client.calls.list(to=DOCTOR)) == 1
    faults(double, {"match": {"kind": "call"}, "do": "failed"})
    assert over(double, place(client, service)).status == "failed"
    faults(double, {"match": {"kind": "call"}, "do": "no_callback"})
    silent = place(client, service)
    over(double, silent)
    faults(double)
    told = place(client, service)
    until(lambda: [one for one in service.at(STATUS) if one.form["CallSid"] == told])
    assert silent not in [one.form["CallSid"] for one in service.at(STATUS)]
