"""The double as a whole: its parts put together, and the HTTP server in front of them."""

import http.server
import select
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from notifications.double import answers, exchange, markup, rest
from notifications.double.answers import Answer
from notifications.double.control import Control
from notifications.double.democlock import DemoClock
from notifications.double.inbound import Inbound
from notifications.double.options import Options, is_this_machine
from notifications.double.phones import phones
from notifications.double.problems import RefusedError
from notifications.double.request import Request
from notifications.double.rest import Rest
from notifications.double.texts import Texts
from notifications.double.voice import Voice

LONGEST_HANG = 120.0
LARGEST_BODY = 1_000_000
STATIC = Path(__file__).parent / "static"
STATIC_FILES = {"/static/phones.css": "text/css", "/static/phones.js": "text/javascript"}
PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
}


class Double:
    """One running double. `start` returns at once; `stop` ends it; `url` says where it listens."""

    def __init__(self, options: Options) -> None:
        _require_this_machine(options)
        self.exchange = exchange.build(options)
        self.options = options
        self.ledger = self.exchange.ledger
        self.texts = Texts(self.exchange)
        self.voice = Voice(self.exchange)
        self.inbound = Inbound(self.exchange, self.texts)
        self.texts.arrive_at_us = self.inbound.come_back
        self._demo_clock = DemoClock(self.exchange)
        self._zone = ZoneInfo(options.zone)
        self._rest = Rest(self.exchange, self.texts, self.voice)
        self._control = Control(self.exchange, self.inbound, self.voice, self._demo_clock, self._zone)
        self._server = Server((options.host, options.port), self)

    @property
    def url(self) -> str:
        """The address without a slash at its end."""
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}"

    def start(self) -> None:
        """Begin, and go on with whatever an earlier run left unfinished."""
        self.exchange.workers.start()
        self.exchange.timer.start()
        self._demo_clock.start()
        self.texts.resume()
        self.voice.resume()
        self.inbound.start()
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()

    def stop(self) -> None:
        """Listen no more and let go of the state file."""
        self.exchange.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.ledger.close()

    def answer(self, request: Request) -> Answer:
        """The answer to any request."""
        if request.path.startswith(rest.PREFIX):
            answer = self._rest.answer(request)
            self._note(request, answer)
            return answer
        if not self._is_from_here(request):
            return answers.as_json({"problem": "Only pages of the double itself may ask this."}, 403)
        if request.method == "GET" and request.path == "/":
            return Answer(200, self._page().encode(), "text/html; charset=utf-8", PAGE_HEADERS)
        if request.method == "GET" and request.path in STATIC_FILES:
            body = (STATIC / request.path.rpartition("/")[2]).read_bytes()
            return Answer(200, body, f"{STATIC_FILES[request.path]}; charset=utf-8")
        return self._control.answer(request)

    def _note(self, request: Request, answer: Answer) -> None:
        """Write down what was asked and answered, without the sign-in."""
        with self.ledger.changed:
            self.ledger.requests.append(
                {
                    "at": self.exchange.clock.now().isoformat(),
                    "method": request.method,
                    "target": request.target,
                    "form": request.form,
                    "status": answer.status,
                    "answer": answer.body.decode("utf-8", "replace"),
                    "delay": answer.delay,
                    "instead": answer.instead,
                }
            )

    def _page(self) -> str:
        board = f"{self.options.webhook_base}/board/"
        with self.ledger.changed:
            shown = phones(self.ledger, self.options)
            return markup.page(shown, board, self.exchange.clock, self._demo_clock.service, self._zone)

    def _is_from_here(self, request: Request) -> bool:
        """Whether no other web site is asking through somebody's browser."""
        if self.options.allow_remote:
            return True
        host = request.headers.get("host", "")
        origin = request.headers.get("origin", "")
        return is_this_machine(urlsplit(f"//{host}").hostname or "") and origin in {"", f"http://{host}"}


def _require_this_machine(options: Options) -> None:
    if options.allow_remote:
        return
    if not is_this_machine(options.host):
        raise RefusedError(f"{options.host} can be reached from outside. To allow that: --allow-remote.")
    if not is_this_machine(urlsplit(options.webhook_base).hostname or ""):
        raise RefusedError(f"{options.webhook_base} is not on this machine. To allow that: --allow-remote.")


class Server(http.server.ThreadingHTTPServer):
    """Threads, one per connection, that never keep the process alive."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], double: Double) -> None:
        self.double = double
        super().__init__(address, Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is printed."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class Handler(http.server.BaseHTTPRequestHandler):
    """Turns bytes into a Request and an Answer into bytes, broken ones too."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "ProviderDouble"
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 120

    def do_GET(self) -> None:
        """Answer one request."""
        self._serve()

    do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the names http.server looks for

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the addresses have people's numbers in them, and the ledger keeps what matters."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > LARGEST_BODY:
            self.close_connection = True
            self._write(answers.as_json({"problem": "That is too much to take."}, 413))
            return
        headers: Mapping[str, str] = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, self.path, dict(headers), self.rfile.read(length))
        try:
            answer = self.server.double.answer(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            answer = answers.as_json({"problem": "The double itself failed; see its output."}, 500)
        self._break_or_write(answer)

    def _break_or_write(self, answer: Answer) -> None:
        stopping = self.server.double.exchange.stopping
        if answer.delay:
            stopping.wait(answer.delay)
        if answer.instead == "hang":
            self._hang(stopping)
        if answer.instead:
            self.close_connection = True
        if answer.instead == "reset":
            # Closing with nothing to linger for sends a reset instead of an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        if not answer.instead:
            self._write(answer)

    def _hang(self, stopping: threading.Event) -> None:
        """Say nothing until the client gives up."""
        until = time.monotonic() + LONGEST_HANG
        while time.monotonic() < until and not stopping.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.2)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                return

    def _write(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)
        self.wfile.flush()
