"""The data folder: everything one local installation keeps, and who may use it now.

lock          held by whoever runs the embedded servers on this folder
secret        keys and passwords made on the first start (mode 0600)
status.json   addresses, ports and process ids of what runs now (mode 0600: addresses hold passwords)
logs/         one file per child, the last few starts kept
postgres/     the database          valkey/     the broker
"""

import contextlib
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stepup.local.trouble import Trouble

_KEPT_LOGS = 3


@dataclass(frozen=True)
class Secrets:
    """What this installation made up for itself. Nothing here opens anything outside this machine."""

    secret_key: str
    database_password: str
    broker_password: str
    account_sid: str
    auth_token: str

    @classmethod
    def new(cls) -> "Secrets":
        return cls(
            secret_key=secrets.token_urlsafe(64),
            database_password=secrets.token_hex(24),
            broker_password=secrets.token_hex(24),
            account_sid="AC" + secrets.token_hex(16),
            auth_token=secrets.token_hex(16),
        )


class DataFolder:
    """One local installation's folder. Raises Trouble where it cannot be used."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.status_file = self.path / "status.json"

    def create(self) -> None:
        """Make the folder, closed to others. Root's may be passed through (not listed), so that the
        database's own account can reach its own part; every other file in it stays private.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.path.chmod(0o711 if os.geteuid() == 0 else 0o700)
            (self.path / "logs").mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Trouble(f"The data folder {self.path} cannot be used: {error.strerror}.") from error

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Hold the folder, at most until this process ends; yields False when somebody else holds it."""
        self.create()
        try:
            lock = (self.path / "lock").open("a")
        except OSError as error:
            raise Trouble(f"The data folder {self.path} cannot be used: {error.strerror}.") from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            self.forget_status()  # of a run that could not say goodbye
            try:
                yield True
            finally:
                self.forget_status()

    def secrets(self) -> Secrets:
        """This installation's secrets, made on the first call."""
        file = self.path / "secret"
        try:
            return Secrets(**json.loads(file.read_text()))
        except FileNotFoundError:
            made = Secrets.new()
            write_private(file, json.dumps(vars(made), indent=2))
            return made
        except (TypeError, ValueError) as error:
            raise Trouble(f"{file} is damaged; without it the database cannot be opened.") from error

    def log(self, name: str) -> Path:
        """The log file of `name` for this start; those of the last starts are kept as .1, .2 and .3."""
        log = self.path / "logs" / f"{name}.log"
        for number in range(_KEPT_LOGS, 0, -1):
            older = log.with_suffix(f".log.{number - 1}") if number > 1 else log
            with contextlib.suppress(FileNotFoundError):
                older.replace(log.with_suffix(f".log.{number}"))
        log.touch(mode=0o600)
        return log

    def write_status(self, status: dict[str, Any]) -> None:
        """Replace status.json whole: a reader never sees half of one."""
        write_private(self.status_file, json.dumps(status, indent=2) + "\n")

    def read_status(self) -> dict[str, Any]:
        """What runs on this folder now, as far as status.json says; empty when nothing does."""
        try:
            status: dict[str, Any] = json.loads(self.status_file.read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return status

    def forget_status(self) -> None:
        """Remove status.json: nothing runs on this folder."""
        self.status_file.unlink(missing_ok=True)


def write_private(file: Path, text: str) -> None:
    """Write a file that only its owner may read, in one step."""
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
