"""Broker and database in trouble on real processes: a text is read and answered all the same, once."""

import contextlib
import os
import signal
from collections.abc import Callable, Iterator

import psycopg
import pytest
import redis

from tests.faults import night
from tests.service import Service, running
from tests.waiting import until

pytestmark = pytest.mark.processes
WITHIN = 120
# Longer than the service waits for a lock before it gives up.
LOCKED_SECONDS = 7
QUEUES = ("pages", "replies", "checkins")
HEARD = f"SELECT count(*), count(understood_at) FROM monitoring_reply WHERE sender = '{night.DORA}'"
Trouble = Callable[[Service, Callable[[], bool]], contextlib.AbstractContextManager[object]]


@pytest.fixture(scope="module")
def service(tmp_path_factory) -> Iterator[Service]:
    with running(tmp_path_factory.mktemp("service")) as service:
        night.dose_is_given_and_checked(service)
        yield service


def broker(service: Service) -> redis.Redis:
    return redis.Redis.from_url(service.status["addresses"]["redis"])


@contextlib.contextmanager
def nobody_carries(service: Service) -> Iterator[None]:
    """The worker is held, and what comes meanwhile lies queued: it would be gone before anything could befall it."""
    worker = until(lambda: service.status["pids"].get("worker"), "the worker to run")
    os.killpg(worker, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(worker, signal.SIGCONT)


def something_is_queued(service: Service) -> bool:
    """Whether a nudge waits for a worker."""
    return any(broker(service).llen(queue) for queue in QUEUES)


@contextlib.contextmanager
def flushed(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """Whatever was queued is gone."""
    with nobody_carries(service):
        yield
        until(lambda: something_is_queued(service), "something to be queued", seconds=WITHIN)
        broker(service).flushall()


@contextlib.contextmanager
def killed(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """It is gone, with whatever was queued, and comes back empty."""
    with nobody_carries(service):
        yield
        until(lambda: something_is_queued(service), "something to be queued", seconds=WITHIN)
        service.kill("valkey")


@contextlib.contextmanager
def evicting(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """Out of memory, it drops queues without a word."""
    queues = broker(service)
    before = queues.info()["evicted_keys"]
    queues.config_set("maxmemory-policy", "allkeys-lru")
    queues.config_set("maxmemory", "1mb")
    yield
    until(lambda: queues.info()["evicted_keys"] > before, "something to be dropped", seconds=WITHIN)
    queues.config_set("maxmemory", "0")


@contextlib.contextmanager
def held(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """It takes connections and answers nobody, until the text was read without it."""
    pid = until(lambda: service.status["pids"].get("valkey"), "the broker to run")
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
        until(is_read, "the text to be read without a broker", seconds=WITHIN)
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def cut(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """Every connection to the database is closed, before the text and after it."""
    everybody = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    service.rows(everybody)
    yield
    service.rows(everybody)


@contextlib.contextmanager
def restarted(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """The database is killed as the text comes in."""
    service.kill("postgres")
    yield


@contextlib.contextmanager
def locked(service: Service, is_read: Callable[[], bool]) -> Iterator[None]:
    """Somebody holds the patient's row for longer than the service waits, and lets go."""
    with psycopg.connect(service.status["addresses"]["database"]) as connection:
        connection.execute("SELECT 1 FROM monitoring_patient WHERE phone = %s FOR UPDATE", [night.DORA])
        yield
        connection.execute("SELECT pg_sleep(%s)", [LOCKED_SECONDS])


TROUBLES: list[Trouble] = [flushed, killed, evicting, held, cut, restarted, locked]


def heard(service: Service) -> tuple[int, int]:
    """How many of the patient's texts were stored, and how many of them read; (-1, -1) while nobody can say."""
    try:
        [(stored, read)] = service.rows(HEARD)
    except psycopg.OperationalError:
        return -1, -1
    return stored, read


@pytest.mark.parametrize("trouble", TROUBLES, ids=[trouble.__name__ for trouble in TROUBLES])
def test_a_text_is_read_and_answered_once_whatever_befalls_broker_or_database(service, trouble) -> None:
    texts = heard(service)[0] + 1
    answers = len(service.provider.texts_to(night.DORA)) + 1
    with trouble(service, lambda: heard(service) == (texts, texts)):
        service.provider.text(night.DORA, night.OUR_NUMBER, "98.6")
    until(lambda: heard(service) == (texts, texts), "the text to be stored once and read", seconds=WITHIN)
    until(lambda: len(service.provider.texts_to(night.DORA)) >= answers, "the answer", seconds=WITHIN)
    until(lambda: not night.still_on_its_way(service), "everything to be settled", seconds=WITHIN)
    night.every_text_is_accounted_for_once(service)


def test_afterwards_every_invariant_holds(service) -> None:
    until(lambda: night.is_healthy(service), "a healthy service", seconds=WITHIN)
