"""The health page is red as soon as a part of the engine is silent, and costs nothing to whoever asks."""

import logging
import runpy
import threading

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from notifications import accounts, clock, heartbeat
from notifications.models import Account
from stepup import engine, health, invariants
from stepup.management.commands import engine as command
from tests.local.trees import REPOSITORY

pytestmark = [pytest.mark.database, pytest.mark.django_db]


def sign_in(*names: str, **figures: object) -> None:
    for name in names:
        heartbeat.sign_in(name, now=clock.now(), **figures)


def ask() -> tuple[int, dict]:
    answer = Client().get("/healthz")
    return answer.status_code, answer.json()


def test_both_halves_signed_in_and_nothing_broken_is_well() -> None:
    sign_in(*heartbeat.parts(), broken={})
    status, said = ask()
    assert (status, said["healthy"], said["broken_invariants"]) == (200, True, {})


@pytest.mark.parametrize("silent", heartbeat.parts())
def test_an_engine_of_which_one_part_is_silent_is_not_well(silent) -> None:
    sign_in(*(part for part in heartbeat.parts() if part != silent), broken={})
    status, said = ask()
    assert (status, said["silent_parts"]) == (503, [silent])


def test_what_the_engine_found_is_told_without_looking_again(monkeypatch) -> None:
    monkeypatch.setattr(invariants, "counts", lambda **_: pytest.fail("anybody could make us count"))
    sign_in(*heartbeat.parts(), broken={"I3": 2})
    status, said = ask()
    assert (status, said["broken_invariants"]) == (503, {"I3": 2})


def test_an_account_that_is_out_turns_it_red_and_is_named() -> None:
    sign_in(*heartbeat.parts(), broken={})
    assert ask()[1]["pages_leave_by"] == "first"
    accounts.note_out(Account.FIRST, "error 30002", now=clock.now())
    status, said = ask()
    assert (status, said["accounts_out"], said["pages_leave_by"]) == (503, {"first": "error 30002"}, "second")


@pytest.mark.parametrize(
    ("address", "said"),
    [("/readyz", {"ready": False}), ("/healthz", {"healthy": False, "database": "does not answer"})],
)
@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_without_the_database_a_machine_is_answered_in_its_own_language(trouble, address, said) -> None:
    def gone(*_: object) -> None:
        raise trouble("away")

    with connection.execute_wrapper(gone):
        answer = Client().get(address)
    assert (answer.status_code, answer.json()) == (503, said)


def test_the_page_has_every_field_that_the_watchdog_reads() -> None:
    watchdog = runpy.run_path(str(REPOSITORY / "deploy/watchdog.py"))
    _, said = ask()
    assert {"healthy", "broken_invariants", *watchdog["FIELDS"]} <= said.keys() | health.NO_DATABASE.keys()


class Turns:
    """A turn of the engine that fails in a set way, three times, and then stops the loop."""

    def __init__(self, problem: Exception) -> None:
        self.stop, self.problem, self.taken = threading.Event(), problem, 0

    def __call__(self, **_: object) -> None:
        self.taken += 1
        if self.taken == 3:
            self.stop.set()
        raise self.problem


@pytest.mark.parametrize(
    ("problem", "level"),
    [(RuntimeError("a fault of ours"), logging.ERROR), (OperationalError("away"), logging.WARNING)],
    ids=["a fault of ours", "no database"],
)
def test_the_next_turn_comes_whatever_happened_in_this_one(monkeypatch, caplog, problem, level) -> None:
    monkeypatch.setattr(command, "TICK_SECONDS", 0)
    monkeypatch.setattr(engine, "reconnect", lambda: None)
    turns = Turns(problem)
    command._keep_turning(turns.stop, turns, 0)
    assert turns.taken == 3
    assert [record.levelno for record in caplog.records] == [level] * 3


def test_the_next_turn_comes_even_when_reconnecting_fails(monkeypatch) -> None:
    def fail() -> None:
        raise RuntimeError("no way to close it")

    monkeypatch.setattr(command, "TICK_SECONDS", 0)
    monkeypatch.setattr(engine, "reconnect", fail)
    turns = Turns(OperationalError("away"))
    command._keep_turning(turns.stop, turns, 0)
    assert turns.taken == 3
