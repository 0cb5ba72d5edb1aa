"""The watchdog as it is run: a process of its own, a service that falls silent, and a provider to call with."""

import contextlib
import http.server
import json
import os
import runpy
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from notifications import heartbeat
from notifications.double.options import Options
from notifications.double.server import Double
from stepup import invariants
from tests.local.trees import REPOSITORY
from tests.waiting import until

ACCOUNT, TOKEN, FROM = "AC" + "3" * 32, "the watchdog's own", "+15550100102"
DESKS = ["+15550100100", "+15550100101"]
WELL = b'{"healthy": true}'
QUICK = ["--every", "0.05", "--after", "0.3", "--again", "60"]


class Health(http.server.BaseHTTPRequestHandler):
    """/healthz, which answers whatever its server was told to; any other address, such as a sign-in page, is well."""

    def do_GET(self) -> None:
        self.server.asked += 1
        status = self.server.status if self.path == "/healthz" else 200
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        if status in (200, 503):
            self.wfile.write(self.server.page if status == 503 else self.server.well)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def service() -> Iterator[http.server.HTTPServer]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Health)
    server.status, server.page, server.asked = 200, b"Service Unavailable", 0
    server.well = WELL
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def provider() -> Iterator[Double]:
    double = Double(Options(account_sid=ACCOUNT, auth_token=TOKEN, webhook_base="http://127.0.0.1:9"))
    double.start()
    yield double
    double.stop()


@pytest.fixture
def surroundings(service, provider) -> dict[str, str]:
    """What the watchdog is told, and nothing of ours."""
    return {
        "PATH": os.environ["PATH"],
        "WATCH_URL": f"http://127.0.0.1:{service.server_address[1]}/healthz",
        "DESK_NUMBERS": ", ".join(DESKS),
        "CALL_FROM": FROM,
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_API_BASE": provider.url,
    }


def start(surroundings: dict[str, str], *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-I", "-S", str(REPOSITORY / "deploy/watchdog.py"), *options]
    return subprocess.Popen(
        command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd="/"
    )


@pytest.fixture
def watchdog(surroundings) -> Iterator[subprocess.Popen[str]]:
    process = start(surroundings, *QUICK)
    yield process
    process.kill()
    process.communicate()


def rung(provider: Double) -> list[str]:
    return [call.to for call in provider.ledger.calls.values()]


@pytest.mark.parametrize("status", [503, 500, 302, None], ids=["not well", "an error", "elsewhere", "dead"])
def test_h12_silence_outside_rings_every_number_of_the_desk(service, provider, watchdog, status) -> None:
    until(lambda: service.asked > 3, "the watchdog to look")
    assert rung(provider) == [], "it is well"
    if status is None:
        service.shutdown()
        service.server_close()
    service.status = status
    until(lambda: len(rung(provider)) == 2, "both desks to be rung")
    assert sorted(rung(provider)) == DESKS
    [call, _] = provider.ledger.calls.values()
    assert call.sender == FROM
    assert "has stopped answering" in call.twiml
    assert "downtime list" in call.twiml


def unwell(**wrong: object) -> bytes:
    """The health page of a service that answers and is not well."""
    return json.dumps({"healthy": False, "silent_parts": [], "broken_invariants": {}, **wrong}).encode()


def said_at(desks: list[str], provider: Double) -> str:
    """What each of these heard, which is the same."""
    until(lambda: len(rung(provider)) >= len(desks), "both desks to be rung")
    [words] = {call.twiml for call in provider.ledger.calls.values()}
    return words


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"silent_parts": [heartbeat.ENGINE]}, ["A part of it has stopped", "downtime list"]),
        ({"accounts_out": {"first": "error 30002"}}, ["account at the telephone company", "Ring whoever runs it now"]),
        ({"database": "does not answer"}, ["Its database does not answer", "Ring whoever runs it now"]),
        ({"canary_late": ["here"]}, ["test alarm", "Ring whoever runs it now"]),
        ({"broken_invariants": {"I3": 2}}, ["about a case reached nobody", "Ring whoever runs it now"]),
        ({"broken_invariants": {"I99": 1}}, ["has no words for", "Ring whoever runs it now"]),
        ({}, ["has no words for", "Ring whoever runs it now"]),
    ],
    ids=["a part", "an account", "the database", "the test alarm", "a check", "a new check", "it does not say what"],
)  # fmt: skip
def test_h12_a_service_that_answers_and_is_not_well_is_told_by_what_its_page_says(
    service, provider, watchdog, wrong, words
) -> None:
    service.page, service.status = unwell(**wrong), 503
    said = said_at(DESKS, provider)
    assert "The service answers" in said
    assert "stopped answering" not in said
    assert [one for one in words if one not in said] == []


@pytest.mark.parametrize(
    ("check", "words"),
    [("I11", "Look at the on-call list"), ("I8", "gone out twice"), ("I8 reports", "gone out twice")],
)
def test_what_can_wait_is_told_as_what_it_is_and_seldom(
    service, provider, surroundings, check, words
) -> None:
    service.page, service.status = unwell(broken_invariants={check: 1}), 503
    process = start(surroundings, "--every", "0.05", "--after", "0.1", "--again", "0.1", "--later", "60")
    try:
        said = said_at(DESKS, provider)
        assert words in said
        assert not any(
            one in said for one in ("stopped answering", "downtime list", "Ring whoever runs it now")
        )
        seen = service.asked
        until(lambda: service.asked > seen + 6, "it to go on looking")
        assert len(rung(provider)) == 2, "within the hour it rings for it once"
        service.page = unwell(broken_invariants={check: 1, "I3": 1})
        until(lambda: len(rung(provider)) > 2, "the desk to be rung for what came on top")
        newest = list(provider.ledger.calls.values())[-1].twiml
        assert "reached nobody" in newest
        assert words not in newest, "what can wait was told, and is not mixed with it"
    finally:
        process.kill()
        process.communicate()


def test_a_short_outage_does_not_tell_the_desk_again_what_can_wait(service, provider, surroundings) -> None:
    service.page, service.status = unwell(broken_invariants={"I11": 1}), 503
    process = start(surroundings, "--every", "0.05", "--after", "0.3", "--later", "60")
    try:
        said_at(DESKS, provider)
        service.status, seen = 500, service.asked
        until(lambda: service.asked > seen + 1, "a look without an answer")
        service.status, seen = 503, service.asked
        until(lambda: service.asked > seen + 12, "more looks than it takes to ring")
        assert len(rung(provider)) == 2
    finally:
        process.kill()
        process.communicate()


def test_every_check_of_the_service_has_words(service, provider, watchdog) -> None:
    service.page, service.status = unwell(broken_invariants=dict.fromkeys(invariants.QUERIES, 1)), 503
    assert "has no words for" not in said_at(DESKS, provider)


@pytest.mark.parametrize(
    "page",
    [
        b'{"healthy": fal', b"[]", b"null", b'{"healthy": true}', b'{"error": "no upstream"}',
        unwell(broken_invariants=[7]),
    ],
    ids=["cut short", "a list", "nothing", "well", "a proxy's", "odd checks"],
)  # fmt: skip
def test_h12_a_page_that_makes_no_sense_is_no_answer(service, provider, watchdog, page) -> None:
    service.page, service.status = page, 503
    assert "has stopped answering" in said_at(DESKS, provider)
    assert watchdog.poll() is None


@pytest.mark.parametrize(
    "page",
    [b"", b"<h1>Welcome to nginx!</h1>", b'{"status": "ok"}', b'"healthy"', WELL[:-1], unwell()],
    ids=["nothing", "a web server's own", "another service's", "a word", "cut short", "not well"],
)
def test_h12_a_page_that_does_not_say_that_it_is_well_is_not(service, provider, watchdog, page) -> None:
    until(lambda: service.asked > 3, "the watchdog to look")
    service.well = page
    until(lambda: len(rung(provider)) == 2, "both desks to be rung")


GARBAGE = [
    b"38.6 and shaking\r\n\r\n",
    b"HTTP/1.1 two hundred\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 200 + b"\r\n",
]


class Garbage(socketserver.StreamRequestHandler):
    """Hears a whole request, and answers with what its server was told to."""

    def handle(self) -> None:
        length = 0
        while line := self.rfile.readline().strip():
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        self.server.heard.append(self.rfile.read(length))
        self.wfile.write(self.server.answer)


@pytest.fixture
def nonsense() -> Iterator[socketserver.ThreadingTCPServer]:
    """Something that listens and does not speak as it should."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Garbage)
    server.answer, server.heard = b"", []
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def address_of(server: socketserver.BaseServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


@pytest.mark.parametrize("answer", GARBAGE, ids=["no HTTP", "no status", "too many headers"])
def test_h12_an_answer_that_makes_no_sense_is_silence_too(surroundings, provider, nonsense, answer) -> None:
    nonsense.answer = answer
    surroundings["WATCH_URL"] = f"{address_of(nonsense)}/healthz"
    process = start(surroundings, *QUICK)
    try:
        until(lambda: len(rung(provider)) == 2, "both desks to be rung")
        seen = len(nonsense.heard)
        until(lambda: len(nonsense.heard) > seen + 2, "it to go on looking")
        assert process.poll() is None
    finally:
        process.kill()
        process.communicate()


class Endless(socketserver.StreamRequestHandler):
    """Says that it is not well, and goes on and on: a letter at a time, or as fast as it can."""

    def handle(self) -> None:
        self.wfile.write(b"HTTP/1.1 503 Service Unavailable\r\n\r\n")
        with contextlib.suppress(OSError):
            while not self.server.over.wait(self.server.pause):
                self.wfile.write(b" " * self.server.at_once)


@pytest.mark.parametrize(
    ("pause", "at_once", "timeout", "longest"),
    [(0.01, 1, 0.2, 100_000), (0.0, 10_000, 60.0, 50_000)],
    ids=["a letter at a time", "without end"],
)
def test_h12_an_answer_that_never_ends_is_given_up(pause, at_once, timeout, longest) -> None:
    watchdog = runpy.run_path(str(REPOSITORY / "deploy/watchdog.py"))
    watchdog["whole"].__globals__.update(TIMEOUT=timeout, LONGEST=longest)
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Endless)
    server.over, server.pause, server.at_once = threading.Event(), pause, at_once
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    looked: list[dict[str, str]] = []
    look = threading.Thread(
        target=lambda: looked.append(watchdog["troubles"](address_of(server))), daemon=True
    )
    look.start()
    try:
        until(lambda: looked, "it to give up", seconds=5)
        assert "has stopped answering" in watchdog["spoken"](looked[0])
    finally:
        server.over.set()
        look.join(5)
        server.shutdown()
        server.server_close()


CUT_SHORT = b'HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{"sid": "CA'


@pytest.mark.parametrize(
    "answer",
    [CUT_SHORT, b"HTTP/1.1 201 Created\r\n\r\n[]", b"HTTP/1.1 201 Created\r\n\r\nnull", *GARBAGE],
    ids=["cut short", "a list", "nothing", "no HTTP", "no status", "too many headers"],
)
def test_h12_whatever_the_provider_answers_to_one_call_the_next_number_is_rung(
    surroundings, nonsense, answer
) -> None:
    nonsense.answer = answer
    surroundings["TWILIO_API_BASE"] = address_of(nonsense)
    process = start(surroundings, "--try")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1, "no call was taken"
    assert said.count("A call could not be placed") == len(DESKS)
    asked = b" ".join(nonsense.heard)
    assert all(number.replace("+", "%2B").encode() in asked for number in DESKS)


def test_a_short_silence_rings_nobody_and_a_new_one_rings_again(service, provider, watchdog) -> None:
    until(lambda: service.asked > 1, "the watchdog to look")
    for _ in range(4):
        service.status, seen = 503, service.asked
        until(lambda: service.asked > seen + 1, "a bad look")  # noqa: B023 - called at once
        service.status, seen = 200, service.asked
        until(lambda: service.asked > seen + 1, "a good look")  # noqa: B023
    assert rung(provider) == [], "it was never silent for long enough"
    for calls in (2, 4):
        service.status = 503
        until(lambda: len(rung(provider)) == calls, "the desk to be rung")  # noqa: B023
        service.status, seen = 200, service.asked
        until(lambda: service.asked > seen + 1, "a good look")  # noqa: B023


def test_where_the_provider_takes_no_call_it_goes_on_trying(service, provider, watchdog) -> None:
    provider.exchange.faults.add([{"do": "500_before", "times": 5}])
    service.status = 503
    until(lambda: len(rung(provider)) > 0, "the call that is taken at last")


def test_its_lines_name_no_number_and_no_token(service, provider, watchdog) -> None:
    service.status = 503
    until(lambda: len(rung(provider)) == 2, "both desks to be rung")
    watchdog.terminate()
    said, trouble = watchdog.communicate(timeout=60)
    assert watchdog.returncode == 0
    assert "(no answer): ringing the desk" in said
    assert not any(word in said + trouble for word in (*DESKS, FROM, TOKEN, ACCOUNT))


def test_it_can_be_tried_without_an_outage(surroundings, provider) -> None:
    assert start(surroundings, "--try").wait(timeout=60) == 0
    assert sorted(rung(provider)) == DESKS
    assert "Nothing is wrong" in said_at(DESKS, provider), "or whoever is rung looks for an outage"
    assert "stopped answering" not in said_at(DESKS, provider)


def test_what_is_missing_is_named(surroundings) -> None:
    del surroundings["DESK_NUMBERS"]
    process = start(surroundings)
    assert (process.wait(timeout=60), process.stderr.read()) == (2, "Set DESK_NUMBERS in the environment.\n")
