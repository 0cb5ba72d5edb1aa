"""A test's hands on the provider double: text and answer as people would, and look at what reached their phones."""

import json
import urllib.error
import urllib.request
from typing import Any

from tests.waiting import PATIENCE, until


class ProviderDouble:
    """Speaks the double's control address. Phones are E.164 strings."""

    def __init__(self, base: str) -> None:
        self.base = base

    def wait_until_ready(self) -> None:
        until(self._alive, f"the provider double at {self.base}")

    def text(self, sender: str, to: str, body: str, *, media: int = 0) -> dict[str, Any]:
        """A person texts us."""
        return self._send("POST", "/double/inbound", {"from": sender, "to": to, "body": body, "media": media})

    def texts_to(self, phone: str) -> list[str]:
        """What a handset has received, oldest first."""
        return [
            message["body"]
            for message in self._get(f"/double/messages?to={phone.replace('+', '%2B')}")["messages"]
        ]

    def ledger(self) -> dict[str, Any]:
        """Everything the double accepted and every webhook it tried."""
        return self._get("/double/ledger")

    def calls_to(self, phone: str) -> list[dict[str, Any]]:
        """Calls placed to a handset, oldest first."""
        return [call for call in self.calls() if call["to"] == phone]

    def calls(self) -> list[dict[str, Any]]:
        """Every call, oldest first; much less to carry than the whole ledger of a long story."""
        calls: list[dict[str, Any]] = self._get("/double/calls")["calls"]
        return calls

    def answer(self, call_sid: str) -> None:
        """Somebody picks up."""
        self._send("POST", f"/double/calls/{call_sid}/answer", {})

    def press(self, call_sid: str, digits: str) -> None:
        """Somebody presses keys."""
        self._send("POST", f"/double/calls/{call_sid}/digits", {"digits": digits})

    def voicemail(self, call_sid: str) -> None:
        """A machine picks up."""
        self._send("POST", f"/double/calls/{call_sid}/voicemail", {})

    def turn_to_voicemail(self, phone: str) -> None:
        """A handset that lets its voicemail answer every call from now on."""
        self._send("PUT", "/double/handsets", [{"number": phone, "on_call": "voicemail"}])

    def move_clock(self, seconds: int) -> None:
        """Move the service's clock and the double's with it, in one request: no call is placed between the two."""
        self._send("POST", "/double/clock", {"advance_seconds": seconds})

    def faults(self, *rules: dict[str, Any]) -> None:
        """Script what goes wrong from now on; none clears the script."""
        if rules:
            self._send("POST", "/double/faults", list(rules))
        else:
            self._send("DELETE", "/double/faults", None)

    def _alive(self) -> bool:
        try:
            self._get("/health")
        except (urllib.error.URLError, ConnectionError):
            return False
        return True

    def _get(self, path: str) -> Any:
        with urllib.request.urlopen(self.base + path, timeout=PATIENCE) as answer:
            return json.load(answer)

    def _send(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data=data, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else {}
