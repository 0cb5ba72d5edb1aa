"""What every test may rely on: a test environment, a real database, and a provider that is really called."""

import gc
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings as django_settings
from django.db import connection

from stepup.local import ports
from tests import (
    examples,  # noqa: F401 - registers the profiles of the property tests
    places,
    ready,
)
from tests.provider import ProviderDouble
from tests.waiting import PATIENCE, until

os.environ.setdefault("STEPUP_ENV", "test")
os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(48))
for variable in ("TWILIO_REGION", "TWILIO_EDGE"):
    os.environ.pop(variable, None)
os.environ["NO_PROXY"] = "127.0.0.1,localhost"

# Thousands of collected tests stay to the end: looking through them for garbage again and again is a fifth of the run.
gc.set_threshold(50_000, 20, 20)
ACCOUNT = "AC" + "0" * 32
TOKEN = "a-token-that-only-tests-know"


@pytest.hookimpl(tryfirst=True)  # before those that were not asked for are left out
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What `tests/local/test_suite.py` asks: the whole run looks for these tests in a few places only."""
    needs_a_service = ("processes", "browser")
    config.stash[places.OF_THE_WHOLE_SERVICE] = [
        item.nodeid for item in items if any(item.get_closest_marker(mark) for mark in needs_a_service)
    ]


def pytest_collection_finish() -> None:
    """What is there before the first test is never garbage."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix, django_db_keepdb, django_db_createdb, tmp_path_factory
) -> None:
    """A test's database is a copy of one whose migrations have run: they take longer than five hundred tests."""
    if django_db_createdb or not django_db_keepdb:
        address = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
        if all(address):
            with ready.tables(*address, tmp_path_factory.mktemp("tables")) as (_, template):
                django_settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = template


@pytest.fixture
def provider(live_server, settings, free_port) -> Iterator[ProviderDouble]:
    """The provider double as its own process, with this test's web server as the service it calls back."""
    settings.PUBLIC_BASE_URL = live_server.url
    settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN = ACCOUNT, TOKEN
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{free_port}"
    command = [
        sys.executable,
        "-m",
        "notifications.double",
        "--port",
        str(free_port),
        "--account-sid",
        ACCOUNT,
        "--auth-token-env",
        "TWILIO_AUTH_TOKEN",
        "--webhook-base",
        live_server.url,
        "--pace",
        "0.6",
        "--step-seconds",
        "0.01",
    ]
    process = subprocess.Popen(command, env={**os.environ, "TWILIO_AUTH_TOKEN": TOKEN})
    try:
        double = ProviderDouble(settings.TWILIO_API_BASE)
        double.wait_until_ready()
        yield double
    finally:
        process.terminate()
        process.wait(timeout=PATIENCE)
        # Its last report may still be written down, and the tables are about to be emptied: the two would deadlock.
        until(_nobody_else_is_writing, "the web server of this test to come to rest")


def _nobody_else_is_writing() -> bool:
    """Whether every other connection to this test's database is at rest."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle')"
        )
        return bool(cursor.fetchone()[0])


@pytest.fixture
def free_port() -> int:
    """A loopback port nobody listens on, from below the ports that outgoing connections take."""
    return ports.free_port()


@pytest.fixture(autouse=True)
def quick_passwords(request) -> None:
    """A hash that is meant to be slow costs more than the rest of a test; which one is used is tested elsewhere."""
    if (
        "settings" in request.fixturenames
        or "db" in request.fixturenames
        or request.node.get_closest_marker("django_db")
    ):
        request.getfixturevalue("settings").PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.MD5PasswordHasher"
        ]
