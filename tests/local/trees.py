"""Small source trees: the real manage.py and local set-up, around a service of a few lines."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.waiting import until

REPOSITORY = Path(__file__).resolve().parents[2]
OWN_SETTINGS = ("STEPUP_", "DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PUBLIC_BASE_URL", "TWILIO_", "DJANGO_")


def environment(**extra: str) -> dict[str, str]:
    """What a person's shell would have: nothing of the test run around us."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OWN_SETTINGS)}
    return {**plain, **extra}


def plant(folder: Path) -> Path:
    """A tree in `folder` that uses the `.venv` of this test run."""
    shutil.copytree(Path(__file__).parent / "small_service", folder, dirs_exist_ok=True)
    shutil.copytree(
        REPOSITORY / "stepup" / "local",
        folder / "stepup" / "local",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    for name in ("manage.py", "requirements.txt", "requirements-dev.txt"):
        shutil.copy(REPOSITORY / name, folder)
    (folder / ".venv").symlink_to(REPOSITORY / ".venv")
    return folder


def processes_of(tree: Path) -> list[str]:
    """The command lines of all processes that have to do with the tree, anybody's."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            command = (
                (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode() if entry.name.isdigit() else ""
            )
            if str(tree) in command or (command and os.readlink(entry / "cwd").startswith(str(tree))):
                found.append(command)
    return found


class Up:
    """`manage.py up` in a tree, on two free ports."""

    def __init__(self, tree: Path, *arguments: str, prefix: tuple[str, ...] = (), **extra: str) -> None:
        self.tree = tree
        self.output, self.errors = tree / "output", tree / "errors"
        with self.output.open("w") as output, self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*prefix, sys.executable, "manage.py", "up", *arguments],
                cwd=tree,
                env=environment(**extra),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )

    def status(self) -> dict[str, Any]:
        with contextlib.suppress(FileNotFoundError):
            return json.loads((self.tree / ".stepup" / "status.json").read_text())
        return {}

    def wait_until_ready(self) -> "Up":
        def ready() -> bool:
            assert self.process.poll() is None, self.errors.read_text()
            status = self.status()  # which may still be that of a run that was killed
            return bool(status.get("ready")) and status["pid"] == self.process.pid

        until(ready, "`up` is ready", seconds=60)
        return self

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def up(tree: Path, *arguments: str, prefix: tuple[str, ...] = (), **extra: str) -> Iterator[Up]:
    """`up` until the end of the test at the latest."""
    running = Up(tree, *arguments, prefix=prefix, **extra)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.terminate()
            running.process.wait(timeout=60)


def manage(tree: Path, *arguments: str, **extra: str) -> "subprocess.CompletedProcess[str]":
    """Any other command of the tree, to its end."""
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=tree,
        env=environment(**extra),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
