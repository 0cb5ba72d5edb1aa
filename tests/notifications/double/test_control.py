"""The control interface: the clock, the handsets, the ledger, and who may ask."""

import json
import threading
from datetime import UTC, datetime

import pytest
from twilio.base.exceptions import TwilioRestException

from notifications.double.phones import newest_code
from notifications.double.records import Message
from tests.notifications.double.conftest import DOCTOR, PATIENT, SENDER
from tests.notifications.double.control import ask, faults
from tests.notifications.double.service import TOKEN, Heard, Service, until

CLOCK = "/demo/clock"


def give_a_clock(service: Service) -> None:
    """A service that moves its demo clock when it is told to."""
    held = {"offset_seconds": 0}

    def clock(one: Heard) -> tuple[int, str]:
        if one.method == "POST":
            held["offset_seconds"] += int(one.form["advance_seconds"])
        return 200, json.dumps({**held, "now": "2026-03-02T10:00:00+00:00"})

    service.answers[CLOCK] = clock


def test_moving_the_clock_asks_the_service_first_and_follows_it(double, client, service):
    give_a_clock(service)
    before = client.messages.create(to=PATIENT, from_=SENDER, body="x").date_created
    shown = ask(double, "POST", "/double/clock", {"advance_seconds": 14400})
    assert shown["offset_seconds"] == 14400
    posted, looked = service.at(CLOCK)
    assert posted.is_signed
    assert posted.form["advance_seconds"] == "14400"
    assert (looked.method, looked.form) == ("GET", {})
    after = client.messages.create(to=PATIENT, from_=SENDER, body="x").date_created
    assert 14400 <= (after - before).total_seconds() < 14460


def test_a_clock_that_the_service_moved_by_itself_is_followed(start, service):
    give_a_clock(service)
    double = start(follow_seconds=0.05)
    service.answers[CLOCK] = (200, json.dumps({"offset_seconds": 900, "now": ""}))
    until(lambda: ask(double, "GET", "/double/clock")["offset_seconds"] == 900)


def test_a_late_answer_from_before_a_move_does_not_turn_the_clock_back(start, service):
    give_a_clock(service)
    asked, may_answer = threading.Event(), threading.Event()
    held = service.answers[CLOCK]

    def late(one: Heard) -> tuple[int, str]:
        answer = held(one)
        if one.method == "GET" and not asked.is_set():
            asked.set()
            may_answer.wait(timeout=60)
        return answer

    service.answers[CLOCK] = late
    double = start(follow_seconds=60)
    assert asked.wait(timeout=60), "the double asks for the clock when it starts"
    mover = threading.Thread(target=ask, args=(double, "POST", "/double/clock", {"advance_seconds": 900}))
    mover.start()
    until(lambda: [one for one in service.at(CLOCK) if one.method == "POST"])
    mover.join(timeout=0.2)  # ends at once where the second look does not wait for the first
    may_answer.set()
    mover.join(timeout=60)
    assert ask(double, "GET", "/double/clock")["offset_seconds"] == 900


@pytest.mark.parametrize("answer", [(403, ""), (404, "")])
def test_a_service_that_would_not_leaves_the_clock_alone(double, service, answer):
    service.answers[CLOCK] = answer
    refused = ask(double, "POST", "/double/clock", {"advance_seconds": 60})
    assert refused["status"] == 409
    assert refused["problem"].endswith(".")
    assert ask(double, "GET", "/double/clock")["offset_seconds"] == 0


def test_a_service_that_is_not_there_leaves_the_clock_alone(start):
    double = start(webhook_base="http://127.0.0.1:1")
    refused = ask(double, "POST", "/double/clock", {"advance_seconds": 60})
    assert refused["status"] == 409
    assert "did not answer" in refused["problem"]


@pytest.mark.parametrize("seconds", [0, -60, "soon", None, 1.5])
def test_an_impossible_step_of_the_clock_is_refused(double, service, seconds):
    assert ask(double, "POST", "/double/clock", {"advance_seconds": seconds})["status"] == 400
    assert not service.at(CLOCK)


def test_handsets_are_kept_as_they_were_given(double):
    given = [
        {
            "number": DOCTOR,
            "label": "On call, first",
            "kind": "oncall",
            "to": "+15550109002",
            "on_call": "press:1",
        },
        {"number": PATIENT, "label": "Patient", "kind": "patient", "to": SENDER, "on_call": "ring"},
    ]
    assert ask(double, "PUT", "/double/handsets", given) == {"handsets": given}
    assert ask(double, "GET", "/double/handsets") == {"handsets": given}


@pytest.mark.parametrize(
    "handset",
    [
        {"number": "12"},
        {},
        {"number": PATIENT, "to": "me"},
        {"number": PATIENT, "kind": "doctor"},
        {"number": PATIENT, "on_call": "sing"},
        "a phone",
    ],
)
def test_an_impossible_handset_is_refused_with_a_sentence(double, handset):
    refused = ask(double, "PUT", "/double/handsets", [handset])
    assert refused["status"] == 400
    assert refused["problem"].endswith(".")


def test_the_ledger_tells_what_was_accepted_and_what_was_tried(double, client, service):
    status = service.url + "/status"
    sid = client.messages.create(to=PATIENT, from_=SENDER, body="x", status_callback=status).sid
    told = ask(double, "GET", f"/double/webhooks?sid={sid}&at_least=3&within=5")["webhooks"]
    assert [(one["about"], one["status"], one["attempt"]) for one in told] == [("message-status", 200, 1)] * 3
    ledger = ask(double, "GET", "/double/ledger")
    assert [one["sid"] for one in ledger["messages"]] == [sid]
    assert [status for status, _ in ledger["messages"][0]["history"]] == [
        "queued",
        "sending",
        "sent",
        "delivered",
    ]


def test_messages_are_found_by_their_fields(double, client):
    client.messages.create(to=PATIENT, from_=SENDER, body="x")
    client.messages.create(to=DOCTOR, from_=SENDER, body="y")
    found = ask(double, "GET", f"/double/messages?to={DOCTOR.replace('+', '%2B')}")["messages"]
    assert [one["body"] for one in found] == ["y"]
    assert ask(double, "GET", "/double/messages?from=%2B15550109009")["messages"] == []


def test_a_plus_sign_that_was_not_escaped_is_understood(double, client):
    client.messages.create(to=PATIENT, from_=SENDER, body="x")
    assert len(ask(double, "GET", f"/double/messages?to={PATIENT}")["messages"]) == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("DELETE", "/double/ledger", 405), ("GET", "/static/../server.py", 404)],
)
def test_addresses_that_are_not_there(double, method, path, status):
    assert ask(double, method, path)["status"] == status


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Host": "elsewhere.example"}])
def test_another_web_site_cannot_use_somebodys_browser(double, headers):
    facts = {"from": PATIENT, "to": SENDER, "body": "98.6"}
    assert ask(double, "POST", "/double/inbound", facts, headers)["status"] == 403
    assert not double.ledger.messages


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("URGENT 4821. Reply 4821 to take it. http://127.0.0.1:8000/e/9999", "4821"),
        ("Call 5550100 or +15550109001 at 14:30 on 2026-03-02. Code 1234", "1234"),
        ("URGENT case 7301 http://127.0.0.1:8000/c/12", "7301"),
        ("Nobody has taken it since 02:14.", ""),
    ],
)
def test_the_code_offered_to_someone_on_call(double, body, code):
    now = double.exchange.clock.now()
    text = Message("SM1", "outbound-api", SENDER, DOCTOR, body, "delivered", now, now)
    assert newest_code([text]) == code


def test_a_number_nobody_set_up_gets_a_phone_of_its_own(double, client):
    client.messages.create(to="+15550100777", from_=SENDER, body="x")
    assert ask(double, "GET", "/double/messages?status=delivered&at_least=1")["messages"]
    page = ask(double, "GET", "/double/phones")
    assert "+15550100777" in page["phones"]
    assert "phones" not in ask(double, "GET", f"/double/phones?version={page['version']}")


def test_what_was_asked_and_answered_is_written_down_without_the_sign_in(double, client):
    client.messages.create(to=PATIENT, from_=SENDER, body="98.6?")
    faults(double, {"do": "429", "times": 1})
    with pytest.raises(TwilioRestException):
        client.messages.create(to=PATIENT, from_=SENDER, body="again")
    log = ask(double, "GET", "/double/requests")["requests"]
    assert [(one["method"], one["status"], one["form"]["Body"]) for one in log] == [
        ("POST", 201, ["98.6?"]),
        ("POST", 429, ["again"]),
    ]
    assert TOKEN not in json.dumps(log)


def test_a_provider_whose_clock_is_wrong(double, client, service):
    shown = ask(double, "POST", "/double/clock", {"skew_seconds": -90})
    assert shown["skew_seconds"] == -90
    assert not service.at("/demo/clock"), "the service keeps its own time"
    sent = client.messages.create(to=PATIENT, from_=SENDER, body="x").date_created
    behind = (datetime.now(UTC) - sent).total_seconds()
    assert 85 < behind < 100
