"""A start with real patients behind it is refused, with a sentence for each thing that is not safe."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stepup import production

ROOT = Path(__file__).resolve().parent.parent.parent
SECRET = "k7-Qz2vN9_xLb4TfRw8mHs1Yd6GpJc3EaUo5Ki0Xt-BnVyMqWe"
SAFE: dict[str, object] = {
    "secret_key": SECRET,
    "debug": False,
    "allowed_hosts": ["stepup.example"],
    "public_base_url": "https://stepup.example",
    "database_url": "postgres://stepup@db/stepup",
    "redis_url": "redis://broker:6379/0",
    "account_sid": "AC" + "1" * 32,
    "auth_token": "the account's token",
    "api_base": "https://api.twilio.com",
    "second_account_sid": "",
    "second_auth_token": "",
    "second_api_base": "https://api.twilio.com",
}
UNSAFE = [
    ("secret_key", "", "SECRET_KEY"),
    ("secret_key", SECRET[:49], "SECRET_KEY"),
    ("secret_key", "ab" * 40, "SECRET_KEY"),
    ("debug", True, "DEBUG"),
    ("allowed_hosts", [], "ALLOWED_HOSTS"),
    ("allowed_hosts", ["*"], "ALLOWED_HOSTS"),
    ("allowed_hosts", ["stepup.example", "*"], "ALLOWED_HOSTS"),
    ("public_base_url", "", "PUBLIC_BASE_URL"),
    ("public_base_url", "http://stepup.example", "PUBLIC_BASE_URL"),
    ("database_url", "", "DATABASE_URL"),
    ("database_url", "sqlite:///stepup.db", "DATABASE_URL"),
    ("redis_url", "", "REDIS_URL"),
    ("redis_url", "memory://", "REDIS_URL"),
    ("account_sid", "", "TWILIO_ACCOUNT_SID"),
    ("account_sid", "SK" + "1" * 32, "TWILIO_ACCOUNT_SID"),
    ("auth_token", "", "TWILIO_AUTH_TOKEN"),
    ("api_base", "", "TWILIO_API_BASE"),
    ("api_base", "http://api.twilio.com", "TWILIO_API_BASE"),
    ("api_base", "http://127.0.0.1:8100", "TWILIO_API_BASE"),
    ("api_base", "https://api.twilio.com.example", "TWILIO_API_BASE"),
    ("api_base", "https://nottwilio.com", "TWILIO_API_BASE"),
    ("api_base", "https://example/.twilio.com", "TWILIO_API_BASE"),
    ("api_base", "https://api.twilio.com@example", "TWILIO_API_BASE"),
]
UNSAFE += [
    ("second_auth_token", "a token without an account", "TWILIO_SECOND_ACCOUNT_SID"),
    ("second_account_sid", "AC" + "2" * 32, "TWILIO_SECOND_ACCOUNT_SID"),
    ("second_api_base", "http://127.0.0.1:8100", "TWILIO_SECOND_API_BASE"),
]
SAFE_TOO = [
    ("secret_key", SECRET[:50]),
    ("allowed_hosts", ["a.example", "b.example"]),
    ("database_url", "postgresql://stepup@db/stepup"),
    ("redis_url", "rediss://broker:6380/0"),
    ("api_base", "https://api.dublin.ie1.twilio.com"),
]


def test_a_safe_start_has_nothing_said_against_it() -> None:
    assert production.problems(**SAFE) == []


@pytest.mark.parametrize(("setting", "value"), SAFE_TOO)
def test_other_safe_values_are_safe_too(setting, value) -> None:
    assert production.problems(**SAFE | {setting: value}) == []


@pytest.mark.parametrize(("setting", "value", "names"), UNSAFE)
def test_one_unsafe_setting_gets_one_sentence_that_names_it(setting, value, names) -> None:
    [sentence] = production.problems(**SAFE | {setting: value})
    assert names in sentence
    assert sentence.endswith(".")


def test_nothing_set_at_all_gets_every_sentence_at_once() -> None:
    nothing = {setting: type(value)() for setting, value in SAFE.items()}
    assert len(production.problems(**nothing | {"debug": True})) == 9


def test_no_sentence_repeats_a_secret() -> None:
    said = " ".join(
        production.problems(**SAFE | {"secret_key": "hunter2", "account_sid": "ACCOUNT", "debug": True})
    )
    assert "hunter2" not in said


# The settings themselves, in a process of their own


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    """Load the settings with exactly this environment."""
    code = "from django.conf import settings; print('started', settings.DEMO_CLOCK)"
    keep = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**keep, "DJANGO_SETTINGS_MODULE": "stepup.settings", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


SAFE_ENVIRONMENT = {
    "SECRET_KEY": SECRET,
    "ALLOWED_HOSTS": "stepup.example",
    "PUBLIC_BASE_URL": "https://stepup.example",
    "DATABASE_URL": "postgres://stepup@db/stepup",
    "REDIS_URL": "redis://broker:6379/0",
    "TWILIO_ACCOUNT_SID": "AC" + "1" * 32,
    "TWILIO_AUTH_TOKEN": "the account's token",
}


def test_production_is_what_a_bare_start_means_and_it_is_refused() -> None:
    ended = start()
    assert ended.returncode != 0
    assert "StepUp will not start in production" in ended.stderr
    for name in ("SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "TWILIO_ACCOUNT_SID"):
        assert name in ended.stderr


def test_a_safe_production_starts_and_its_clock_cannot_be_moved() -> None:
    ended = start(**SAFE_ENVIRONMENT)
    assert ended.stdout.strip() == "started False", ended.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [("DEBUG", "true"), ("TWILIO_API_BASE", "http://127.0.0.1:8100"), ("STEPUP_ENV", "staging")],
)
def test_one_unsafe_variable_is_enough_to_refuse(name, value) -> None:
    ended = start(**SAFE_ENVIRONMENT | {name: value})
    assert ended.returncode != 0
    assert name in ended.stderr
    assert "started" not in ended.stdout


@pytest.mark.parametrize("where", ["demo", "test"])
def test_a_demo_and_a_test_start_with_nothing_and_may_move_their_clock(where) -> None:
    ended = start(STEPUP_ENV=where)
    assert ended.stdout.strip() == "started True", ended.stderr
