"""Telling the service: signed forms, posted as the provider posts them, each try kept in the ledger.

Time-outs and the one retry after a failed connection follow
https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides, including what an address may say
about them in its fragment (`#rc=3&rp=5xx,ct`).
"""

import http.client
import json
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from notifications.double import signing
from notifications.double.clock import Clock
from notifications.double.ledger import Ledger
from notifications.double.options import Options, is_this_machine
from notifications.double.records import Webhook, new_sid

# The provider adds parameters without notice; a signature check that forgets unknown ones fails here.
UNANNOUNCED = {"Unannounced": "the provider may add parameters at any time"}
HTTP_OK = range(200, 300)


@dataclass(frozen=True)
class Outcome:
    """What came back: a status and a body, or the reason why nothing did (`ct` connecting, `rt` reading)."""

    status: int | None = None
    body: str = ""
    failure: str = ""
    error: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the service took it."""
        return self.status in HTTP_OK


@dataclass(frozen=True)
class Errand:
    """Something to tell the service. `faults` may ask for a signature nobody can verify."""

    about: str
    sid: str
    url: str
    form: Mapping[str, str]
    method: str = "POST"
    faults: tuple[str, ...] = ()
    # The same on every try of one errand.
    token: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass(frozen=True)
class Policy:
    """How often, how long and after which failures to try again."""

    retries: int
    after: frozenset[str]
    connect_timeout: float
    read_timeout: float

    def wants_another(self, outcome: Outcome) -> bool:
        """Whether this outcome is one the policy retries."""
        if outcome.is_good:
            return False
        reason = outcome.failure or f"{(outcome.status or 0) // 100}xx"
        return "all" in self.after or reason in self.after


def policy(options: Options, url: str) -> Policy:
    """The account's policy, with what the fragment of the address overrides."""
    wishes = {name: values[-1] for name, values in parse_qs(urlsplit(url).fragment).items()}
    return Policy(
        retries=min(5, int(wishes.get("rc", "1"))),
        after=frozenset(wishes.get("rp", "ct").split(",")),
        connect_timeout=float(wishes.get("ct", options.connect_timeout * 1000)) / 1000,
        read_timeout=float(wishes.get("rt", options.read_timeout * 1000)) / 1000,
    )


class Postman:
    """The only way from the double to the service."""

    def __init__(self, options: Options, clock: Clock, ledger: Ledger, stopping: threading.Event) -> None:
        self._options = options
        self._clock = clock
        self._ledger = ledger
        self._stopping = stopping

    def deliver(self, errand: Errand) -> Outcome:
        """Post it, and again as its policy says. The outcome is the last try's."""
        rules = policy(self._options, errand.url)
        outcome = self.attempt(errand, 1)
        for attempt in range(2, rules.retries + 2):
            if not rules.wants_another(outcome) or self._stopping.wait(self._options.retry_pause):
                break
            outcome = self.attempt(errand, attempt)
        return outcome

    def attempt(self, errand: Errand, attempt: int) -> Outcome:
        """Post it once and write down what happened."""
        began = time.monotonic()
        at = self._clock.now().isoformat()
        address = errand.url.partition("#")[0]
        body = None
        if "as_json" in errand.faults:
            body = json.dumps(errand.form).encode()
            address = signing.with_hash(address, body)
        outcome = self._exchange(errand, address, body)
        self._ledger.save(
            Webhook(
                id=new_sid("WH"),
                at=at,
                about=errand.about,
                sid=errand.sid,
                method=errand.method,
                url=address,
                form=dict(errand.form),
                token=errand.token,
                attempt=attempt,
                status=outcome.status,
                error=outcome.error,
                milliseconds=round((time.monotonic() - began) * 1000),
                faults=list(errand.faults),
            )
        )
        return outcome

    def _exchange(self, errand: Errand, address: str, body: bytes | None) -> Outcome:
        parts = urlsplit(address)
        if not self._options.allow_remote and not is_this_machine(parts.hostname or ""):
            return Outcome(error="Not sent: the double talks to this machine only.")
        rules = policy(self._options, errand.url)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=rules.connect_timeout)
        try:
            connection.connect()
        except OSError as problem:
            return Outcome(failure="ct", error=f"No connection: {problem}")
        try:
            connection.sock.settimeout(rules.read_timeout)
            return self._ask(connection, errand, address, body)
        except (OSError, http.client.HTTPException) as problem:
            return Outcome(failure="rt", error=f"No answer: {type(problem).__name__} {problem}".strip())
        finally:
            connection.close()

    def _ask(
        self, connection: http.client.HTTPConnection, errand: Errand, address: str, body: bytes | None
    ) -> Outcome:
        parts = urlsplit(address)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        signed = errand.form if errand.method == "POST" and body is None else {}
        headers = {
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
            "I-Twilio-Idempotency-Token": errand.token,
            **self._signature(errand, address, signed),
        }
        if body is not None:
            headers["Content-Type"] = "application/json"
        elif errand.method == "POST":
            body = urlencode(errand.form).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded; charset=UTF-8"
        connection.request(errand.method, target, body=body, headers=headers)
        response = connection.getresponse()
        return Outcome(status=response.status, body=response.read().decode("utf-8", "replace"))

    def _signature(self, errand: Errand, address: str, form: Mapping[str, str]) -> dict[str, str]:
        options, forged = self._options, "bad_signature" in errand.faults
        shared = bool(options.shared_key_id and options.shared_key)
        token = options.next_token if "rotated_token" in errand.faults else options.auth_token
        secret = "somebody else's" if forged else options.shared_key if shared else token
        given = signing.signature(secret, address, form, "sha256" if shared else "sha1")
        named = {signing.SETTINGS_HEADER: signing.settings(options.shared_key_id)} if shared else {}
        return {"X-Twilio-Signature": given, **named}
