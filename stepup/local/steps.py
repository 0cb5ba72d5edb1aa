"""What set-up has Django do, in programs of their own: here Django may not be installed yet."""

import signal
import subprocess
from collections.abc import Mapping

from stepup.local import processes
from stepup.local.folder import DataFolder
from stepup.local.places import ROOT
from stepup.local.supervisor import tail
from stepup.local.trouble import Trouble
from stepup.local.venv import Venv

# Every migration makes the models anew: looking through them for garbage again and again is a fifth of the time.
_MIGRATE = """\
import gc, sys, django
from django.core.management import call_command
django.setup()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
call_command("migrate", interactive=False, stdout=sys.stderr)
"""
# One program for all of it: most of the time of a start is Python reading Django.
_PREPARE = f"""\
{_MIGRATE}
call_command("demo", stdout=sys.stderr)
call_command("demo", "--handsets", stdout=sys.stderr)
call_command("demo", "--sign-ins")
"""


def migrate(venv: Venv, folder: DataFolder, settings: Mapping[str, str]) -> None:
    """Bring the database up to date. Raises Trouble when that fails."""
    _run("migrate", _MIGRATE, venv, folder, settings)


def prepare(venv: Venv, folder: DataFolder, settings: Mapping[str, str]) -> str:
    """Bring the database up to date, fill it with the demo clinic if it is empty, and name the simulated phones.

    Answers who can sign in. Raises Trouble when a step fails.
    """
    return _run("prepare", _PREPARE, venv, folder, settings).rstrip()


def _run(name: str, script: str, venv: Venv, folder: DataFolder, settings: Mapping[str, str]) -> str:
    """Run a script with the installed packages: what it tells goes to a log, what it answers comes back."""
    log = folder.log(name)
    with log.open("ab") as stream:
        done = subprocess.run(
            [venv.python, "-c", script],
            env=dict(settings),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stream,
            check=False,
            preexec_fn=processes.tied_to_parent(signal.SIGKILL),
        )
    if done.returncode:
        raise Trouble(f"The database could not be prepared. The log ends ({log}):\n{tail(log)}", status=1)
    return done.stdout.decode()
