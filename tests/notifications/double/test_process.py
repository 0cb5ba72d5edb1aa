"""The double as a process: what it refuses, what it keeps across a kill, and what it says about itself."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from twilio.rest import Client

from tests.notifications.double.conftest import DOCTOR, PATIENT, SENDER
from tests.notifications.double.service import ACCOUNT, TOKEN, Service, until

INBOUND = "/webhooks/twilio/inbound"


class Process:
    """`python -m notifications.double` on a free port."""

    def __init__(self, service: Service, state: Path, *more: str) -> None:
        command = [sys.executable, "-m", "notifications.double", "--port", "0", "--account-sid", ACCOUNT]
        command += ["--webhook-base", service.url, "--state", str(state), "--follow-seconds", "0", *more]
        self.process = subprocess.Popen(
            command, env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN}, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout
        self.line = self.process.stdout.readline()
        self.url = self.line.partition("page: ")[2].split("/  ")[0]

    def client(self) -> Client:
        client = Client(ACCOUNT, TOKEN, region=None, edge=None)
        client.api.base_url = self.url
        return client

    def ask(self, path: str, body: object = None):
        data = json.dumps(body).encode() if body is not None else None
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=data), timeout=60) as answer:
            return json.load(answer)

    def kill(self, how: signal.Signals = signal.SIGKILL) -> int:
        self.process.send_signal(how)
        return self.process.wait(timeout=60)


@pytest.fixture
def run(service: Service, tmp_path: Path) -> Iterator:
    running: list[Process] = []

    def run(*more: str) -> Process:
        running.append(Process(service, tmp_path / "double.json", *more))
        return running[-1]

    yield run
    for one in running:
        if one.process.poll() is None:
            one.kill()


def test_a_kill_loses_nothing_and_no_sid_comes_twice(run, service):
    first = run("--step-seconds", "0.2")
    client = first.client()
    status = service.url + "/status"
    sids = {
        client.messages.create(to=DOCTOR, from_=SENDER, body="x", status_callback=status).sid
        for _ in range(3)
    }
    service.answers[INBOUND] = (500, "")
    text = first.ask("/double/inbound", {"from": PATIENT, "to": SENDER, "body": "STOP"})["sid"]
    service.wait(INBOUND)
    assert first.kill() == -signal.SIGKILL

    service.answers[INBOUND] = (200, "<Response/>")
    second = run("--step-seconds", "0.01")
    listed = {one.sid for one in second.client().messages.list(from_=SENDER)}
    assert sids <= listed
    service.wait("/status", 9)
    until(lambda: [one for one in service.at("/status") if one.form["MessageStatus"] == "delivered"][2:])
    taken = until(lambda: second.ask("/double/messages?handover=taken")["messages"])
    assert [one["sid"] for one in taken] == [text]
    assert second.ask("/double/ledger")["opted_out"] == [[SENDER, PATIENT]]
    again = second.client().messages.create(to="+15550100002", from_=SENDER, body="x").sid
    assert again not in sids


def test_an_open_call_is_cut_by_a_kill_and_the_service_is_told(run, service):
    first = run()
    facts = {"url": service.url + "/words", "status_callback": service.url + "/calls"}
    sid = first.client().calls.create(to=PATIENT, from_=SENDER, **facts).sid
    until(lambda: first.ask("/double/calls?status=ringing")["calls"])
    first.kill()
    second = run()
    assert service.wait("/calls")[0].form["CallStatus"] == "failed"
    assert second.client().calls(sid).fetch().status == "failed"


def test_a_torn_last_line_is_skipped(run, service, tmp_path):
    first = run()
    sid = first.client().messages.create(to=PATIENT, from_=SENDER, body="x").sid
    until(lambda: first.ask("/double/messages?status=delivered")["messages"])
    first.kill()
    with (tmp_path / "double.json").open("a") as file:
        file.write('{"kind": "message", "sid": "SM')
    assert run().client().messages(sid).fetch().status == "delivered"


def test_it_ends_cleanly_when_told_to(run):
    double = run()
    assert double.ask("/health")["ok"] is True
    assert "nothing leaves this machine" in double.line
    assert double.kill(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--host", "0.0.0.0"], "can be reached from outside"),
        (["--webhook-base", "https://clinic.example.com"], "is not on this machine"),
        (["--auth-token-env", "NO_SUCH_VARIABLE"], "no NO_SUCH_VARIABLE"),
    ],
)
def test_it_refuses_to_start_with_one_sentence(more, words):
    command = [sys.executable, "-m", "notifications.double", "--port", "0", "--account-sid", ACCOUNT]
    command += ["--webhook-base", "http://127.0.0.1:8000", *more]
    ended = subprocess.run(
        command,
        env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2
    assert words in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_taken_port_is_said_in_one_sentence(run, service, tmp_path):
    port = run().url.rpartition(":")[2]
    command = [sys.executable, "-m", "notifications.double", "--port", port, "--account-sid", ACCOUNT]
    ended = subprocess.run(
        [*command, "--webhook-base", service.url],
        env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN},
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert ended.returncode == 2
    assert "Choose another --port." in ended.stderr
