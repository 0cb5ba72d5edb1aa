"""The killing of a server's processes beside a measurement: it goes on, and whoever measures hears where it did not."""

import os
import subprocess
import threading
from collections.abc import Iterator

import pytest

from benchmarks import killing
from tests.waiting import until

# For each line that it is told it starts a process, as a web server does when one of its own has died.
SERVER = ["sh", "-c", "while read line; do sleep 600 & done; wait"]


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(SERVER, stdin=subprocess.PIPE, text=True)
    yield process
    for pid in killing.children_of(process.pid):
        os.kill(pid, 9)
    process.kill()
    process.wait()


def start_another(server: subprocess.Popen[str]) -> None:
    server.stdin.write("another\n")
    server.stdin.flush()


def test_where_nobody_lives_to_be_killed_the_next_one_is_waited_for(server) -> None:
    with killing.now_and_then(server.pid, 0.02) as killed:
        for number in range(1, 4):
            start_another(server)
            until(lambda: len(killed) == number, "it to be killed")  # noqa: B023 - called at once
            # Its server is busy reading and has not noticed: who is dead already is not there to be killed again.
            until(lambda: not killing.children_of(server.pid), "it to be gone")
    assert len(set(killed)) == 3


def test_a_run_without_kills_kills_nobody(server) -> None:
    start_another(server)
    until(lambda: killing.children_of(server.pid), "it to start")
    with killing.now_and_then(server.pid, 0.0) as killed:
        pass
    assert killed == []
    assert len(killing.children_of(server.pid)) == 1


def test_whoever_measures_hears_that_the_killing_ended() -> None:
    gone = subprocess.Popen(["true"])
    gone.wait()
    before = set(threading.enumerate())
    with (
        pytest.raises(SystemExit, match="The killing ended after 0: ProcessLookupError"),
        killing.now_and_then(gone.pid, 0.01),
    ):
        until(lambda: set(threading.enumerate()) <= before, "the killing to end")
