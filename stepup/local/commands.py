"""What `manage.py` does with its arguments: `up`, `test`, and all else through Django inside `.venv`."""

import contextlib
import importlib
import importlib.util
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from stepup.local import environment, servers, steps, suite, up
from stepup.local.folder import DataFolder, Secrets
from stepup.local.places import DATA
from stepup.local.trouble import Trouble
from stepup.local.venv import Venv

# They read label data and nothing else, whatever the surroundings.
_PLAIN = frozenset({"protocols", "plan", "resume", "triage"})
# Django's own that need no database. Any other command gets one, so that a new command works at once.
_WITHOUT_DATABASE = frozenset(
    {
        *("help", "version", "check", "diffsettings", "collectstatic", "findstatic"),
        *("makemessages", "compilemessages", "startapp", "startproject"),
        "soak",  # which starts a whole service of its own
    }
)
# They get a database of their own that is thrown away, whatever the environment names.
_ON_A_THROW_AWAY = frozenset({"simulate"})
# Every other one that starts the database finds it up to date.
_ABOUT_MIGRATIONS = frozenset(
    {"migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations"}
)
# Any of these in the environment makes it a deployment's, which is left as it is.
_OF_A_DEPLOYMENT = ("STEPUP_ENV", "SECRET_KEY", "PUBLIC_BASE_URL", "TWILIO_ACCOUNT_SID")
_ASKS_FOR_HELP = frozenset({"-h", "--help", "--version"})
_OURS = """\
StepUp's own commands:
  up      prepare and run the whole service on this machine, until Ctrl-C
  test    run every check and every test
"""


def main(argv: Sequence[str]) -> int:
    """Run one command line; answers the exit status."""
    name = argv[1] if len(argv) > 1 else "help"
    try:
        if name == "up":
            return up.main(argv[2:])
        if name == "test":
            return suite.main(argv[2:])
        return _django(argv)
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.status
    except KeyboardInterrupt:
        return 130


def _django(argv: Sequence[str]) -> int:
    _enter_venv(argv)
    name = argv[1] if len(argv) > 1 else "help"
    if name in {"help", "--help", "-h"} and len(argv) <= 2:
        print(_OURS)
    with contextlib.ExitStack() as until_done:
        os.environ.update(_settings(name, argv, until_done))
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepup.settings")
        # By name, because this module is also read where there is no Django yet.
        importlib.import_module("django.core.management").execute_from_command_line(list(argv))
    return 0


def _settings(name: str, argv: Sequence[str], until_done: contextlib.ExitStack) -> dict[str, str]:
    """What the environment lacks: nothing in a deployment, which is never taken for a demo."""
    if name in _ON_A_THROW_AWAY and _ASKS_FOR_HELP.isdisjoint(argv):
        return _throw_away(until_done)
    if name in _PLAIN and "STEPUP_ENV" not in os.environ:
        return {"STEPUP_ENV": "demo"}
    if _is_deployment(name):
        return {}
    if name in _WITHOUT_DATABASE or name.startswith("-") or not _ASKS_FOR_HELP.isdisjoint(argv):
        return environment.of_service(Secrets.new(), database_url="", redis_url="")
    folder, venv = DataFolder(DATA), Venv()
    running = until_done.enter_context(servers.running(folder, venv))
    ports = folder.read_status()["ports"]
    settings = environment.of_service(
        folder.secrets(),
        database_url=running.database_url,
        redis_url=running.redis_url,
        port=ports.get("web", environment.BOARD_PORT),
        double_port=ports.get("double", environment.PHONES_PORT),
    )
    embedded = any(child.name == "postgres" for child in running.children)
    if embedded and name not in _ABOUT_MIGRATIONS:
        steps.migrate(venv, folder, settings)
    return settings


def _throw_away(until_done: contextlib.ExitStack) -> dict[str, str]:
    """The settings of a database, up to date and empty, that nobody else knows and nothing remains of. No broker."""
    folder, venv = DataFolder(Path(tempfile.mkdtemp(prefix="stepup-throw-away-"))), Venv()
    until_done.callback(servers.remove, folder)
    running = until_done.enter_context(servers.running(folder, venv, durable=False, only_embedded=True))
    settings = environment.of_service(folder.secrets(), database_url=running.database_url, redis_url="")
    steps.migrate(venv, folder, settings)
    return settings


def _is_deployment(name: str) -> bool:
    """Whether this is no place for demo settings. The engine acts on patients: for it a database is enough."""
    named = any(variable in os.environ for variable in _OF_A_DEPLOYMENT)
    return named or (name == "engine" and bool(os.environ.get("DATABASE_URL")))


def _enter_venv(argv: Sequence[str]) -> None:
    """Go on inside `.venv`, preparing it first where needed. A deployment that brings Django stays put."""
    venv = Venv()
    deployed = "STEPUP_ENV" in os.environ and importlib.util.find_spec("django") is not None
    if not venv.is_current() and not deployed:
        python = venv.prepare()
        os.execv(python, [str(python), *argv])  # noqa: S606 - our own interpreter
