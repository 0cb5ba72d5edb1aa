"""Keeping the double's clock with the service's demo clock, and moving both."""

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from notifications.double.exchange import Exchange
from notifications.double.problems import RefusedError
from notifications.double.webhooks import UNANNOUNCED, Errand

PATH = "/demo/clock"


@dataclass
class ServiceSeen:
    """What was last known of the service: whether it answers, and whether it has a demo clock."""

    answers: bool = False
    has_clock: bool = False
    asked: bool = False


class DemoClock:
    """The service owns the demo's time. The double asks for it and follows."""

    def __init__(self, exchange: Exchange) -> None:
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._postman = exchange.postman
        self._stopping = exchange.stopping
        # Asking and taking over are one act: an answer from before a move must not be taken over after it.
        self._looking = threading.Lock()
        self.service = ServiceSeen()

    def start(self) -> None:
        """Follow the service's clock from now on."""
        if self._options.follow_seconds:
            threading.Thread(target=self._follow, name="double-clock", daemon=True).start()

    def advance(self, seconds: int) -> None:
        """Move the service's clock and then the double's. Raises RefusedError when the service would not."""
        outcome = self._postman.deliver(
            Errand(
                about="clock",
                sid="",
                url=self._options.webhook_base + PATH,
                form={"advance_seconds": str(seconds), **UNANNOUNCED},
            )
        )
        if outcome.status is None:
            raise RefusedError(f"The service did not answer, so no clock was moved. {outcome.error}", 409)
        if not outcome.is_good:
            raise RefusedError(f"The service would not move its clock (HTTP {outcome.status}).", 409)
        self.look()

    def look(self) -> None:
        """Ask the service for its clock and take over the offset."""
        with self._looking:
            facts = self._ask()
            offset = facts.get("offset_seconds") if facts else None
            self.service = ServiceSeen(answers=facts is not None, has_clock=offset is not None, asked=True)
            if offset is not None and float(offset) != self._clock.offset_seconds:
                self._clock.offset_seconds = float(offset)
                self._ledger.set_offset(float(offset))

    def _follow(self) -> None:
        while not self._stopping.is_set():
            self.look()
            self._stopping.wait(self._options.follow_seconds)

    def _ask(self) -> dict[str, Any] | None:
        """What the service says about its clock; nothing known when it has none; None when it is silent."""
        parts = urlsplit(self._options.webhook_base + PATH)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=self._options.connect_timeout)
        try:
            connection.request("GET", parts.path, headers={"Accept": "application/json"})
            response = connection.getresponse()
            body = response.read() if response.status == http.client.OK else b"{}"
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        try:
            facts = json.loads(body)
        except ValueError:
            return {}
        return facts if isinstance(facts, dict) else {}
