"""Texts from handsets: what the service is told, how often, and what opt-out words do."""

import pytest
from twilio.base.exceptions import TwilioRestException

from tests.notifications.double.conftest import PATIENT, SENDER, client_of
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import ACCOUNT, until

PATH = "/webhooks/twilio/inbound"
TOLL_FREE = "+18005550101"


def text(double, body: str, **changes: object):
    return ask(double, "POST", "/double/inbound", {"from": PATIENT, "to": SENDER, "body": body, **changes})


def handover(double, sid: str, wanted: str):
    return until(lambda: (found := double.ledger.messages[sid]).handover == wanted and found)


def test_a_text_is_posted_signed_with_everything_the_provider_sends(double, service, client):
    sid = text(double, " 38.6 and shaking\n")["sid"]
    [one] = service.wait(PATH)
    assert one.is_signed
    assert one.url == service.url + PATH
    assert one.form["Body"] == " 38.6 and shaking\n"
    assert (one.form["MessageSid"], one.form["SmsMessageSid"], one.form["SmsSid"]) == (sid, sid, sid)
    assert (one.form["From"], one.form["To"], one.form["AccountSid"]) == (PATIENT, SENDER, ACCOUNT)
    assert (one.form["NumMedia"], one.form["NumSegments"], one.form["FromCountry"]) == ("0", "1", "US")
    assert one.form["ApiVersion"] == "2010-04-01"
    assert "OptOutType" not in one.form

    listed = client.messages.list(to=SENDER)
    assert [(one.sid, one.direction, one.status) for one in listed] == [(sid, "inbound", "received")]


def test_a_text_to_a_number_of_the_account_itself_comes_back_in(start, service):
    own = "+15550109041"
    client = client_of(start(numbers=(SENDER, own)))
    sent = client.messages.create(from_=SENDER, to=own, body="canary 1").sid
    [one] = service.wait(PATH)
    assert (one.form["From"], one.form["To"], one.form["Body"]) == (SENDER, own, "canary 1")
    assert one.form["MessageSid"] != sent


def test_pictures_have_their_addresses(double, service):
    text(double, "", media=["https://example.com/thermometer.jpg"])
    form = service.wait(PATH)[0].form
    assert (form["NumMedia"], form["MediaUrl0"]) == ("1", "https://example.com/thermometer.jpg")
    assert form["MessageSid"].startswith("MM")


def test_a_text_the_service_did_not_take_comes_again_with_the_same_sid(double, service):
    service.answers[PATH] = [(500, ""), (503, ""), (200, "<Response/>")]
    sid = text(double, "98.6")["sid"]
    told = service.wait(PATH, 3)
    assert {one.form["MessageSid"] for one in told} == {sid}
    assert len({one.headers["i-twilio-idempotency-token"] for one in told}) == 1
    assert handover(double, sid, "taken").error_code is None


def test_a_text_nobody_takes_is_given_up_and_logged_but_stays_in_the_list(double, service, client):
    service.answers[PATH] = (500, "")
    sid = text(double, "98.6")["sid"]
    assert handover(double, sid, "given up").error_code == 11200
    assert len(service.at(PATH)) == 4
    assert [one.sid for one in client.messages.list(to=SENDER)] == [sid]


def test_a_text_nobody_took_goes_to_the_fall_back_address_which_is_told_what_went_wrong(start, service):
    double = start(inbound_fallback=service.url + "/fallback")
    service.answers[PATH] = (500, "")
    service.answers["/fallback"] = (200, "<Response><Message>Call the desk</Message></Response>")
    sid = text(double, "38.6 and shaking")["sid"]
    [one] = service.wait("/fallback")
    assert one.is_signed
    assert (one.form["MessageSid"], one.form["Body"], one.form["ErrorCode"]) == (
        sid,
        "38.6 and shaking",
        "11200",
    )
    assert one.form["ErrorUrl"] == service.url + PATH
    assert handover(double, sid, "taken").error_code == 11200
    until(lambda: [one for one in double.ledger.messages.values() if one.body == "Call the desk"])


def test_a_text_the_fall_back_address_refuses_too_is_given_up(start, service):
    double = start(inbound_fallback=service.url + "/fallback")
    service.answers[PATH] = service.answers["/fallback"] = (503, "")
    sid = text(double, "98.6")["sid"]
    service.wait("/fallback")
    assert handover(double, sid, "given up").error_code == 11200


def test_moving_the_clock_does_not_use_up_the_tries(start, service):
    double = start(inbound_pauses=(60.0,))
    service.answers[PATH] = (500, "")
    sid = text(double, "98.6")["sid"]
    service.wait(PATH)
    double.exchange.clock.offset_seconds = 14400
    text(double, "another one, so that the clock is looked at")
    service.wait(PATH, 2)
    assert double.ledger.messages[sid].handover == "waiting"


def test_an_answer_may_hold_a_text(double, service):
    service.answers[PATH] = (200, "<Response><Message>Thank you</Message></Response>")
    text(double, "98.6")
    reply = until(
        lambda: [one for one in double.ledger.messages.values() if one.direction == "outbound-reply"]
    )
    assert (reply[0].body, reply[0].to, reply[0].automatic) == ("Thank you", PATIENT, False)


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Stop ", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]
)
def test_a_stop_word_is_posted_and_blocks_the_sender(double, service, client, word):
    text(double, word)
    assert service.wait(PATH)[0].form["Body"] == word
    with pytest.raises(TwilioRestException) as refused:
        client.messages.create(to=PATIENT, from_=SENDER, body="x")
    assert (refused.value.status, refused.value.code) == (400, 21610)
    assert client.messages.create(to=PATIENT, from_="+15550109009", body="x").sid, (
        "another sender is not blocked"
    )


@pytest.mark.parametrize("words", ["please stop", "STOP.", "No", "the end"])
def test_more_than_the_word_blocks_nothing(double, service, client, words):
    text(double, words)
    service.wait(PATH)
    assert client.messages.create(to=PATIENT, from_=SENDER, body="x").sid


@pytest.mark.parametrize(
    ("word", "yes_opts_in", "blocked"),
    [("START", False, False), ("unstop", False, False), ("YES", False, True), ("YES", True, False)],
)
def test_a_start_word_unblocks(start, word, yes_opts_in, blocked):
    double = start(yes_opts_in=yes_opts_in)
    text(double, "STOP")
    text(double, word)
    assert (ask(double, "GET", "/double/ledger")["opted_out"] == [[SENDER, PATIENT]]) is blocked


def test_the_providers_own_answers_are_marked_and_reach_a_blocked_phone(double):
    text(double, "STOP")
    text(double, "STOP")
    text(double, "HELP")
    own = until(
        lambda: len(found := ask(double, "GET", "/double/messages?automatic=True")["messages"]) == 2 and found
    )
    assert "unsubscribed" in own[0]["body"]
    until(lambda: all(double.ledger.messages[one["sid"]].status == "delivered" for one in own))


def test_a_text_on_its_way_when_stop_comes_is_not_delivered(start):
    double = start(segments_per_second=0.01)
    client = client_of(double)
    client.messages.create(to="+15550100002", from_=SENDER, body="first on the air")
    sid = client.messages.create(to=PATIENT, from_=SENDER, body="x").sid
    text(double, "STOP")
    double.exchange.clock.offset_seconds = 101
    message = until(lambda: (found := double.ledger.messages[sid]).is_over and found)
    assert (message.status, message.error_code) == ("undelivered", 21610)


def test_advanced_opt_out_names_the_kind_of_word(start, service):
    text(start(advanced_opt_out=True), "unstop")
    assert service.wait(PATH)[0].form["OptOutType"] == "START"


def test_faults_on_the_way_in(double, service, client):
    faults(double, {"match": {"kind": "inbound", "from": PATIENT}, "do": "duplicate", "times": 1})
    sid = text(double, "98.6")["sid"]
    assert [one.form["MessageSid"] for one in service.wait(PATH, 2)] == [sid, sid]

    faults(double, {"match": {"kind": "inbound"}, "do": "lost", "times": 1})
    lost = text(double, "98.6")["sid"]
    assert double.ledger.messages[lost].error_code == 30039

    faults(double, {"match": {"kind": "inbound"}, "do": "bad_signature"})
    text(double, "38.6")
    assert not service.wait(PATH, 3)[-1].is_signed
    assert lost in [one.sid for one in client.messages.list(to=SENDER)]


@pytest.mark.parametrize(
    "facts",
    [
        {"from": "me", "to": SENDER, "body": "98.6"},
        {"from": PATIENT, "to": "you", "body": "98.6"},
        {"from": PATIENT, "to": SENDER, "body": "  "},
        {"from": PATIENT, "to": SENDER, "body": "x" * 1601},
        {"from": PATIENT, "body": "98.6"},
        ["98.6"],
    ],
)
def test_an_impossible_text_is_refused_with_a_sentence(double, facts):
    answer = ask(double, "POST", "/double/inbound", facts)
    assert answer["status"] == 400
    assert answer["problem"].endswith(".")
    assert not double.ledger.messages


def test_a_phone_answers_the_number_that_wrote_last(double, client):
    ask(double, "PUT", "/double/handsets", [{"number": PATIENT, "to": SENDER}])
    assert text(double, "98.6", to=None)["to"] == SENDER
    client.messages.create(to=PATIENT, from_="+15550109009", body="x")
    assert text(double, "98.6", to=None)["to"] == "+15550109009"


@pytest.mark.parametrize(
    ("word", "blocked"), [("STOP", True), ("STOPALL", False), ("QUIT", False), ("NO", False), ("stop", True)]
)
def test_a_toll_free_number_is_stopped_by_the_network_by_one_word_only(start, word, blocked):
    double = start(no_opts_out=True)
    text(double, word, to=TOLL_FREE)
    ledger = ask(double, "GET", "/double/ledger")
    assert (ledger["opted_out"] == [[TOLL_FREE, PATIENT]]) is blocked
    assert [one["body"].startswith("NETWORK MSG:") for one in ledger["messages"] if one["automatic"]] == (
        [True] if blocked else []
    )


@pytest.mark.parametrize(("word", "blocked"), [("YES", True), ("UNSTOP", False), ("START", False)])
def test_no_setting_of_the_account_unblocks_a_toll_free_number(start, word, blocked):
    double = start(yes_opts_in=True)
    text(double, "STOP", to=TOLL_FREE)
    text(double, word, to=TOLL_FREE)
    assert bool(ask(double, "GET", "/double/ledger")["opted_out"]) is blocked


@pytest.mark.parametrize("no_opts_out", [False, True])
def test_no_may_have_been_made_a_stop_word(start, no_opts_out):
    double = start(no_opts_out=no_opts_out)
    text(double, "no")
    assert bool(ask(double, "GET", "/double/ledger")["opted_out"]) is no_opts_out
