"""A small service for the double to talk to: it records what it is told and answers as a test wants."""

import http.server
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from twilio.request_validator import RequestValidator, get_signature_algorithm

ACCOUNT, TOKEN = "AC" + "0" * 32, "a token for tests alone"
DEADLINE = 60.0


@dataclass(frozen=True)
class Heard:
    """One request the service received, with the address it was reached at."""

    method: str
    url: str
    path: str
    form: dict[str, str]
    headers: dict[str, str]
    body: str = ""

    @property
    def is_signed(self) -> bool:
        """What the real library says about its signature."""
        return self.is_signed_with(TOKEN)

    def is_signed_with(self, secret: str, *, body: str | None = None) -> bool:
        """The same for another secret, by the algorithm its headers name, and as if `body` had arrived."""
        is_json = self.headers.get("content-type") == "application/json"
        algorithm = get_signature_algorithm(self.headers.get("x-twilio-webhooks-signature-settings"))
        arrived = (self.body if body is None else body) if is_json else self.form
        given = self.headers.get("x-twilio-signature", "")
        return RequestValidator(secret).validate(self.url, arrived, given, algorithm)


@dataclass
class Service:
    """`answers` maps a path to (status, body), to a list of those used up one by one, or to a function."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, object] = field(default_factory=dict)
    news: threading.Condition = field(default_factory=threading.Condition)

    def at(self, path: str) -> list[Heard]:
        """What arrived at a path, in order."""
        with self.news:
            return [one for one in self.heard if one.path == path]

    def wait(self, path: str, count: int = 1) -> list[Heard]:
        """The same, once there are that many; fails when they do not come in time."""
        with self.news:
            arrived = self.news.wait_for(lambda: len(self.at(path)) >= count, timeout=DEADLINE)
            paths = Counter(one.path for one in self.heard)
            assert arrived, f"{count} were to come to {path}; what came: {dict(paths)}"
            return self.at(path)

    def answer(self, one: Heard) -> tuple[int, str]:
        """What the test arranged for this path; an empty TwiML document otherwise."""
        with self.news:
            arranged = self.answers.get(one.path, (200, "<Response/>"))
            if isinstance(arranged, list):
                arranged = arranged.pop(0) if len(arranged) > 1 else arranged[0]
        return arranged(one) if callable(arranged) else arranged


def until(condition: Callable[[], object], seconds: float = DEADLINE) -> object:
    """What `condition` returns once it is true; fails when it does not become true in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        threading.Event().wait(0.01)
    raise AssertionError(f"It did not become true within {seconds} s.")


def serve(service: Service) -> http.server.ThreadingHTTPServer:
    """Start the service on a free port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
            headers = {name.lower(): value for name, value in self.headers.items()}
            path = self.path.partition("?")[0]
            one = Heard(self.command, service.url + self.path, path, form, headers, body)
            status, words = service.answer(one)
            with service.news:
                service.heard.append(one)
                service.news.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", str(len(words.encode())))
            self.end_headers()
            self.wfile.write(words.encode())

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 256

    server = Server(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
