"""Every way in which the provider can be made to fail, as the real client library meets it."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.notifications.double.conftest import DOCTOR, PATIENT, SENDER, client_of
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import ACCOUNT, TOKEN, until

PATH = "/webhooks/twilio/status/a-token"


def send(client: Client, service, to: str = PATIENT):
    return client.messages.create(
        to=to, from_=SENDER, body="Temperature?", status_callback=service.url + PATH
    )


def impatient(double, seconds: float) -> Client:
    http = TwilioHttpClient(timeout=seconds, max_retries=0)
    client = Client(ACCOUNT, TOKEN, http_client=http, region=None, edge=None)
    client.api.base_url = double.url
    return client


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("429", (429, 20429), 0),
        ("500_before", (500, 20500), 0),
        ("500_after", (500, 20500), 1),
        ("html_502", (502, 502), 0),
        ("error:30034", (400, 30034), 0),
    ],
)
def test_an_error_before_or_after_accepting(double, service, fault, error, accepted):
    faults(double, fault)
    with pytest.raises(TwilioRestException) as refused:
        send(client_of(double), service)
    assert (refused.value.status, refused.value.code) == error
    assert len(double.ledger.messages) == accepted


def test_a_problem_document_is_the_librarys_other_exception(double, client, service):
    faults(double, "problem_500")
    with pytest.raises(TwilioServiceException):
        send(client, service)
    assert not double.ledger.messages


def test_a_redirect_is_no_acceptance(double, client, service):
    faults(double, "redirect_302")
    with pytest.raises(TwilioRestException):
        send(client, service)
    assert not double.ledger.messages


@pytest.mark.parametrize(("fault", "accepted"), [("reset", 0), ("reset_after", 1)])
def test_a_connection_that_is_cut(double, client, service, fault, accepted):
    faults(double, fault)
    with pytest.raises(requests.ConnectionError):
        send(client, service)
    assert len(double.ledger.messages) == accepted


def test_a_text_accepted_without_an_answer_is_delivered_all_the_same(double, service):
    faults(double, "timeout_after")
    with pytest.raises(requests.ReadTimeout):
        send(impatient(double, 0.2), service)
    assert len(service.wait(PATH, 3)) == 3


@pytest.mark.parametrize("fault", ["empty_201", "braces_201", "malformed_201"])
def test_a_creation_without_a_sid(double, client, service, fault):
    faults(double, fault)
    if fault == "braces_201":
        assert send(client, service).sid is None
    else:
        # An empty body or a web page is no JSON; what the library makes of it is its own affair.
        with contextlib.suppress(ValueError):
            assert send(client, service).sid is None
    assert len(double.ledger.messages) == 1


def test_a_slow_answer_comes_after_the_callbacks(double, client, service):
    faults(double, "slow:2")
    with ThreadPoolExecutor() as meanwhile:
        answer = meanwhile.submit(send, client, service)
        service.wait(PATH)
        assert not answer.done()
        assert answer.result().status == "queued"


def test_a_callback_before_the_answer(start, service):
    double = start(step_seconds=0.2)
    faults(double, "early_callback")
    send(client_of(double), service)
    assert service.at(PATH)[0].form["MessageStatus"] == "sending"


@pytest.mark.parametrize(
    ("fault", "ending"),
    [("undelivered:30003", ("undelivered", "30003")), ("failed", ("failed", "30008"))],
)
def test_a_text_that_ends_badly(double, client, service, fault, ending):
    faults(double, fault)
    send(client, service)
    last = service.wait(PATH, 3)[-1].form
    assert (last["MessageStatus"], last["ErrorCode"]) == ending


def test_a_text_held_until_it_expires(double, client, service):
    faults(double, "hold")
    sid = send(client, service).sid
    double.exchange.clock.offset_seconds = 36001
    until(lambda: double.ledger.messages[sid].is_over)
    assert double.ledger.messages[sid].error_code == 30036


def test_no_callback_at_all(double, client, service):
    faults(double, {"do": "no_callback", "times": 1})
    silent, told = send(client, service).sid, send(client, service).sid
    until(lambda: double.ledger.messages[silent].is_over)
    assert {one.form["MessageSid"] for one in service.wait(PATH, 3)} == {told}
    assert {one.sid for one in double.ledger.webhooks} == {told}


def test_every_callback_twice(double, client, service):
    faults(double, "duplicate_callback")
    send(client, service)
    told = [one.form["MessageStatus"] for one in service.wait(PATH, 6)]
    assert told == ["sending", "sending", "sent", "sent", "delivered", "delivered"]


def test_callbacks_in_the_wrong_order(double, client, service):
    faults(double, "reorder_callbacks")
    send(client, service)
    assert [one.form["MessageStatus"] for one in service.wait(PATH, 3)] == ["delivered", "sent", "sending"]


def test_a_callback_an_hour_late(double, client, service):
    faults(double, {"do": "late_callback:3600", "times": 1})
    late, soon = send(client, service).sid, send(client, service).sid
    assert double.ledger.wait_for(lambda: double.ledger.messages[late].is_over, 10)
    assert {one.form["MessageSid"] for one in service.wait(PATH, 3)} == {soon}
    double.exchange.clock.offset_seconds = 3601
    assert [one.form["MessageSid"] for one in service.wait(PATH, 6)].count(late) == 3


def test_a_forged_callback(double, client, service):
    faults(double, "bad_signature")
    send(client, service)
    assert not any(one.is_signed for one in service.wait(PATH, 3))


def test_a_rule_strikes_only_what_it_matches(double, client, service):
    faults(
        double,
        {"match": {"to": DOCTOR, "kind": "message"}, "do": "500_before"},
        {"match": {"kind": "call"}, "do": "500_before"},
        {"match": {"from": "+15550109009"}, "do": "500_before"},
    )
    assert send(client, service).sid
    with pytest.raises(TwilioRestException):
        send(client, service, to=DOCTOR)


def test_the_nth_request_and_a_number_of_times(double, client, service):
    faults(double, {"match": {"nth": 2}, "do": "500_before"})
    assert outcomes(client, service, 4) == ["ok", "500", "ok", "ok"]
    faults(double, {"do": "429", "times": 2})
    assert outcomes(client, service, 4) == ["429", "429", "ok", "ok"]
    assert ask(double, "GET", "/double/faults")["faults"][0]["used"] == 2


def test_chance_repeats_with_its_seed(double, client, service):
    rule = {"do": "500_before", "probability": 0.5, "seed": 7}
    faults(double, rule)
    first = outcomes(client, service, 12)
    faults(double, rule)
    assert outcomes(client, service, 12) == first
    assert set(first) == {"ok", "500"}


def outcomes(client: Client, service, count: int) -> list[str]:
    seen = []
    for _ in range(count):
        try:
            send(client, service)
            seen.append("ok")
        except TwilioRestException as problem:
            seen.append(str(problem.status))
    return seen


@pytest.mark.parametrize(
    "rule",
    [
        "a word",
        {"do": "explode"},
        {"do": "slow:soon"},
        {"do": "429", "time": 1},
        {"do": "429", "match": {"kind": "letter"}},
        {"do": "429", "match": {"number": "+1"}},
        {},
    ],
)
def test_a_rule_that_is_not_understood_is_refused_with_a_sentence(double, rule):
    answer = ask(double, "POST", "/double/faults", [rule])
    assert answer["status"] == 400
    assert answer["problem"].endswith(".")
    assert ask(double, "GET", "/double/faults")["faults"] == []
