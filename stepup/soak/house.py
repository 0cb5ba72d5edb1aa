"""The service under trial: every part as a real process on a folder of its own, two engines and two workers."""

import contextlib
import json
import os
import signal
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from stepup.local import environment, ports, servers, steps
from stepup.local.folder import DataFolder
from stepup.local.processes import Child
from stepup.local.services import Services
from stepup.local.supervisor import Supervisor
from stepup.local.venv import Venv

STEP_SECONDS = 0.1
BESIDES = ("engine", "worker")  # of these there are two


class House:
    """The running parts by name, the provider double's control, and where the database is."""

    def __init__(self, supervisor: Supervisor, settings: dict[str, str], double: str) -> None:
        self._supervisor, self._double = supervisor, double
        self.database_url, self.redis_url = settings["DATABASE_URL"], settings["REDIS_URL"]

    def go_on(self, seconds: float) -> None:
        """Let so many seconds pass; whatever died is started again."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._supervisor.step()
            time.sleep(STEP_SECONDS)

    def kill(self, name: str) -> bool:
        """kill -9; False if it is not running just now."""
        return self._signal(name, signal.SIGKILL)

    def stop(self, name: str) -> bool:
        """Hold a process where it is."""
        return self._signal(name, signal.SIGSTOP)

    def cont(self, name: str) -> bool:
        """Let it go on."""
        return self._signal(name, signal.SIGCONT)

    def _signal(self, name: str, number: signal.Signals) -> bool:
        pid = self._supervisor.pids().get(name)
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number) if number != signal.SIGKILL else os.kill(pid, number)
        return True

    def ask(self, path: str, *, method: str = "GET", body: object = None) -> Any:
        """One request to the provider double; None when it does not answer, as when it waits for a dead web server."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            self._double + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except (urllib.error.URLError, TimeoutError, ConnectionError, ValueError):
            return None


@contextlib.contextmanager
def running() -> Iterator[House]:
    """The whole service with the demo's people in it, for the length of a with-block; nothing remains of it."""
    folder, venv = DataFolder(Path(tempfile.mkdtemp(prefix="stepup-soak-"))), Venv()
    supervisor = Supervisor()
    port = ports.free_port()
    double = ports.free_port(besides=[port])
    try:
        folder.create()
        known = servers.of_folder(folder, venv, besides=[port, double], only_embedded=True)
        settings = environment.of_service(
            folder.secrets(), database_url=known.database_url, redis_url=known.redis_url, port=port, double_port=double
        )  # fmt: skip
        services = Services(venv, folder, settings, known.children)
        supervisor.start([*known.children, services.double(double)])
        steps.prepare(venv, folder, settings)
        parts = services.of_stepup(port)
        supervisor.start([*parts, *(_second(part, folder) for part in parts if part.name in BESIDES)])
        yield House(supervisor, settings, environment.phones(double))
    finally:
        for name in supervisor.pids():
            _let_go(supervisor, name)
        supervisor.stop()
        servers.remove(folder)


def _let_go(supervisor: Supervisor, name: str) -> None:
    with contextlib.suppress(KeyError, ProcessLookupError):
        os.killpg(supervisor.pids()[name], signal.SIGCONT)


def _second(part: Child, folder: DataFolder) -> Child:
    name = f"{part.name}-2"
    command = [*part.command, "-n", "second@%h"] if part.name == "worker" else part.command
    return replace(part, name=name, command=command, log=folder.log(name))
