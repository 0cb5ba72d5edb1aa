"""The parts of the service itself, as children: the provider double, the engine, the worker and the web."""

import http.client
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from stepup.local.folder import DataFolder
from stepup.local.places import ROOT
from stepup.local.ports import LOOPBACK
from stepup.local.processes import Child
from stepup.local.venv import Venv

_WEB = (
    *("-m", "gunicorn", "stepup.wsgi", "--worker-class", "gthread", "--workers", "1", "--threads", "8"),
    *("--graceful-timeout", "3", "--no-control-socket"),
)
_WORKER = (
    *("-m", "celery", "-A", "stepup.celery", "worker", "--queues", "pages,replies,checkins"),
    *("--concurrency", "2", "--without-gossip", "--without-mingle", "--loglevel", "INFO"),
)


@dataclass(frozen=True)
class Services:
    """How each part is started on one data folder, with these settings, once the servers it needs are ready."""

    venv: Venv
    folder: DataFolder
    settings: Mapping[str, str]
    servers: Sequence[Child]

    def double(self, port: int) -> Child:
        """The provider double with its phones page. It needs no server."""
        options = ["--port", str(port), "--webhook-base", self.settings["PUBLIC_BASE_URL"]]
        options += [
            "--account-sid",
            self.settings["TWILIO_ACCOUNT_SID"],
            "--auth-token-env",
            "TWILIO_AUTH_TOKEN",
        ]
        options += ["--state", str(self.folder.path / "double.json")]
        ready = partial(_answers, port, "/health")
        return self._child("double", "-m", "notifications.double", *options, needs=(), answers=ready)

    def of_stepup(self, port: int) -> list[Child]:
        """The engine, the worker and the web server, in this order."""
        bind = ("--bind", f"{LOOPBACK}:{port}")
        return [
            self._child("engine", "manage.py", "engine", needs=self.servers),
            self._child("worker", *_WORKER, needs=self.servers),
            self._child("web", *_WEB, *bind, needs=self.servers, answers=partial(_answers, port, "/readyz")),
        ]

    def _child(
        self, name: str, *arguments: str, needs: Sequence[Child], answers: Callable[[], bool] | None = None
    ) -> Child:
        return Child(
            name=name,
            command=[str(self.venv.python), *arguments],
            environment=self.settings,
            log=self.folder.log(name),
            folder=ROOT,
            needs=needs,
            # A part without a door of its own is taken to be ready once it runs.
            answers=answers or (lambda: True),
        )


def _answers(port: int, path: str) -> bool:
    """Whether GET `path` is answered with 200."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
