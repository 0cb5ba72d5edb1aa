"""What the environment of a command of Django becomes."""

import contextlib
import os
from pathlib import Path

import pytest

from stepup.local import commands, environment, places
from stepup.local.folder import Secrets
from tests.local.trees import OWN_SETTINGS


def settings_for(*argv: str) -> dict[str, str]:
    with contextlib.ExitStack() as until_done:
        return commands._settings(argv[0], ["manage.py", *argv], until_done)


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in [name for name in os.environ if name.startswith(OWN_SETTINGS)]:
        monkeypatch.delenv(name)
    return monkeypatch


@pytest.mark.parametrize("name", ["protocols", "plan", "resume", "triage"])
def test_plain_commands_need_no_setting_at_all(bare: pytest.MonkeyPatch, name: str) -> None:
    assert settings_for(name) == {"STEPUP_ENV": "demo"}
    bare.setenv("DATABASE_URL", "postgres://db/stepup")
    assert settings_for(name) == {"STEPUP_ENV": "demo"}
    bare.setenv("STEPUP_ENV", "production")
    assert settings_for(name) == {}


@pytest.mark.parametrize("argv", [["check"], ["migrate", "--help"], ["--version"], ["help"]])
def test_asking_for_help_starts_no_server(bare: pytest.MonkeyPatch, argv: list[str]) -> None:
    assert settings_for(*argv)["DATABASE_URL"] == ""


@pytest.mark.parametrize("variable", ["STEPUP_ENV", "SECRET_KEY", "PUBLIC_BASE_URL", "TWILIO_ACCOUNT_SID"])
def test_a_deployment_is_left_as_it_is(bare: pytest.MonkeyPatch, variable: str) -> None:
    bare.setenv(variable, "")
    assert settings_for("migrate") == {}


def test_with_a_database_of_its_own_the_engine_wants_real_settings(
    bare: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bare.setenv("DATABASE_URL", "postgres://db/stepup")
    bare.setenv("REDIS_URL", "redis://broker")
    bare.setattr(commands, "DATA", tmp_path)
    assert settings_for("engine") == {}
    made = settings_for("downtime_list")
    assert (made["STEPUP_ENV"], made["DATABASE_URL"]) == ("demo", "postgres://db/stepup")


def test_a_providers_real_credentials_never_reach_the_demo(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("TWILIO_ACCOUNT_SID", "AC-of-a-real-account")
    bare.setenv("TWILIO_API_BASE", "https://api.twilio.com")
    bare.setenv("NO_PROXY", "example.org")
    made = environment.of_service(Secrets.new(), database_url="d", redis_url="r", port=8001, double_port=8101)
    assert made["TWILIO_ACCOUNT_SID"] != "AC-of-a-real-account"
    assert made["TWILIO_API_BASE"] == made["DOUBLE_URL"] == "http://127.0.0.1:8101"
    assert made["PUBLIC_BASE_URL"] == "http://127.0.0.1:8001"
    assert made["STEPUP_ENV"] == "demo"
    assert made["NO_PROXY"] == "example.org,127.0.0.1,localhost"  # the double is never asked through a proxy


def test_what_python_compiled_is_kept_for_the_next_part_to_start(bare: pytest.MonkeyPatch) -> None:
    bare.setenv("PYTHONDONTWRITEBYTECODE", "1")
    made = environment.of_service(Secrets.new(), database_url="d", redis_url="r")
    assert "PYTHONDONTWRITEBYTECODE" not in made
    assert made["PYTHONPYCACHEPREFIX"] == str(places.VENV / "compiled")
