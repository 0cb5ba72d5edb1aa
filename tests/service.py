"""The whole service as real processes, started by its own front door and stopped by its own process ids."""

import html
import http.cookiejar
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from stepup.local import ports, servers
from stepup.local.folder import DataFolder
from tests import ready
from tests.local import trees
from tests.provider import ProviderDouble
from tests.waiting import PATIENCE, until

ROOT = Path(__file__).resolve().parent.parent
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
# When a start counts as failed. It takes 20 s, and minutes where other tests have the machine.
START_SECONDS = 300


class Service:
    """`manage.py up` on a folder of its own, with a database, a broker, a web server, a worker and an engine."""

    def __init__(self, folder: Path, **named: str) -> None:
        self._ready = folder / "ready.json"
        self._folder = folder / "data"
        web = ports.free_port()  # not the usual ones, which another service may be about to take
        at = ["--port", str(web), "--double-port", str(ports.free_port(besides=[web]))]
        command = [sys.executable, "manage.py", "up", *at, "--data", str(self._folder)]
        environment = trees.environment(**named)
        self._log = (folder / "up.log").open("wb")
        self._process = subprocess.Popen(
            [*command, "--once-ready", str(self._ready)], cwd=ROOT, env=environment, stdout=self._log,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            until(self._is_ready, f"the service to start, see {folder}", seconds=START_SECONDS)
        except AssertionError:
            self.stop()  # or its processes would slow down every test that follows
            raise
        self.provider = ProviderDouble(self.status["addresses"]["phones"].rstrip("/"))

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"`manage.py up` ended with {self._process.returncode}.")
        return self._ready.exists()

    @property
    def status(self) -> dict[str, Any]:
        """What runs where at this moment."""
        return json.loads((self._folder / "status.json").read_text())

    @property
    def folder(self) -> Path:
        """Where it keeps its data and its secrets."""
        return self._folder

    def kill(self, name: str) -> None:
        """kill -9 one part, by the process id the service itself reports, as soon as it runs."""
        os.kill(until(lambda: self.status["pids"].get(name), f"{name} to run"), signal.SIGKILL)

    def rows(self, question: str, *values: object) -> list[tuple[Any, ...]]:
        """Rows read straight from the service's database."""
        with psycopg.connect(self.status["addresses"]["database"]) as connection:
            return connection.execute(question, values).fetchall()

    def browser(self, username: str, password: str = "step-up-at-home") -> "Browser":
        """Somebody signed in."""
        person = Browser(self.status["addresses"]["board"].rstrip("/").removesuffix("/board"))
        person.post("/sign-in/", username=username, password=password)
        return person

    def move_clock(self, seconds: int) -> None:
        """Let time pass for the whole demo."""
        request = urllib.request.Request(
            f"{self.provider.base}/double/clock", data=json.dumps({"advance_seconds": seconds}).encode(),
            headers={"Content-Type": "application/json"},
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=PATIENCE).close()

    def stop(self) -> int:
        """Ctrl-C, and its exit status."""
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(timeout=PATIENCE)
        finally:
            self._log.close()
            # What each part said outlives it: whoever reads a failure asks there first. A test may have stopped it.
            if (logs := self._folder / "logs").is_dir():
                shutil.copytree(logs, self._ready.parent / "logs", dirs_exist_ok=True)
            servers.remove(DataFolder(self._folder))


class Browser:
    """A person's browser without scripts: keeps cookies, fills forms, follows redirects."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        )

    def get(self, path: str) -> str:
        """The page at a path."""
        with self._opener.open(self.base + path, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def post(self, path: str, *, form_at: str = "", **fields: str) -> str:
        """Fill the form found at `form_at` (the path itself unless given) and send it to `path`."""
        token = CSRF.search(self.get(form_at or path))
        assert token, f"no form at {form_at or path}"
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": html.unescape(token[1]), **fields}).encode()
        request = urllib.request.Request(self.base + path, data=data, headers={"Referer": self.base})
        with self._opener.open(request, timeout=PATIENCE) as answer:
            return answer.read().decode()


@contextmanager
def running(folder: Path, **named: str) -> Iterator[Service]:
    """A service for the length of a with-block; `named` are settings it finds in its environment."""
    service = Service(folder, **named)
    try:
        yield service
    finally:
        service.stop()


@contextmanager
def demo(folder: Path, **named: str) -> Iterator[Service]:
    """The demo as it begins, on the servers of this test run where there are any: it starts in half the time."""
    with running(folder, **ready.named(folder), **named) as service:
        yield service
