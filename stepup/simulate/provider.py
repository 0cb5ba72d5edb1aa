"""The provider of the virtual ward, inside the process: takes texts and calls, reports on them, and fails as told.

The service reaches it through the provider's own client library and the gateway's one door (`gateway.through`), so
that every fault is met where a real one would be.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count, takewhile
from random import Random
from typing import Any

import requests

from notifications import gateway, reconcile
from stepup.simulate.agenda import Agenda
from stepup.simulate.figures import Faults

DELIVERED_AFTER = timedelta(seconds=4)
RINGS = timedelta(seconds=gateway.RING_SECONDS)
BLOCKED = "21610"

Arrives = Callable[[str, str, datetime], None]  # phone, words, when
Rings = Callable[[str, str, datetime], bool]  # phone, token of the delivery, when; whether somebody answered


class Provider:
    """Keeps what it took; whoever carries a phone is told through `arrives` and `rings`."""

    def __init__(self, agenda: Agenda, faults: Faults, rng: Random) -> None:
        self.agenda, self.faults, self.now = agenda, faults, datetime.min.replace(tzinfo=UTC)
        self.arrives: Arrives = lambda phone, words, now: None
        self.rings: Rings = lambda phone, token, now: False
        self.blocked: set[str] = set()
        self.taken: list[dict[str, Any]] = []
        self.went_wrong = 0
        self._rng, self._numbers = rng, count(1)
        self._sound: dict[str, bool] = {}

    def __call__(self, method: str, path: str, fields: Mapping[str, Any]) -> tuple[int, str]:
        """Answer one request as the provider's REST interface would: (status, body)."""
        if "/Calls" not in path and "/Messages" not in path:
            return 200, '{"status": "active"}'  # how the account itself is
        kind = "Calls" if "/Calls" in path else "Messages"
        if method == "POST":
            return self._take(kind, fields)
        name = path.rpartition("/")[2].removesuffix(".json")
        if name != kind:
            found = next((one for one in self.taken if one["sid"] == name), None)
            return (200, json.dumps(found)) if found else (404, '{"code": 20404, "message": "not found"}')
        asked = {key.lower(): value for key, value in fields.items() if key in {"To", "From"}}
        since = next((str(value) for key, value in fields.items() if key.endswith(">")), "")
        lately = takewhile(lambda one: one["at"] >= since[:10], reversed(self.taken))
        listed = [one for one in lately if one["kind"] == kind and asked.items() <= one.items()]
        return 200, json.dumps({kind.lower(): listed, "page": 0, "next_page_uri": None})

    def receive(self, phone: str, to: str, words: str, sid: str, now: datetime) -> None:
        """Keep a text from a handset in the log, where the service can fetch it later."""
        facts = {"sid": sid, "from": phone, "to": to, "body": words}
        self.taken.append(_record(kind="Messages", direction="inbound", status="received", at=now, **facts))

    def hit(self, share: float) -> bool:
        """Whether something that happens to this share of messages happens to this one."""
        return share > 0 and self._rng.random() < share

    def _take(self, kind: str, fields: Mapping[str, Any]) -> tuple[int, str]:
        to, faults = str(fields["To"]), self.faults
        if to in self.blocked and kind == "Messages":
            return 400, json.dumps({"code": int(BLOCKED), "message": "blocked", "status": 400})
        if self.hit(faults.too_many):
            self.went_wrong += 1
            return 429, '{"code": 20429, "message": "too many requests", "status": 429}'
        if self.hit(faults.error_before):
            self.went_wrong += 1
            return 500, "{}"
        sid = f"{'CA' if kind == 'Calls' else 'SM'}{next(self._numbers):032x}"
        facts = {"sid": sid, "from": str(fields["From"]), "to": to, "body": str(fields.get("Body", ""))}
        record = _record(kind=kind, direction="outbound-api", status="queued", at=self.now, **facts)
        self.taken.append(record)
        callback = str(fields["StatusCallback"]).rpartition("/")[2]
        (self._ring if kind == "Calls" else self._carry)(record, callback)
        if self.hit(faults.lost_after):
            self.went_wrong += 1
            raise requests.ReadTimeout
        return 201, json.dumps(record)

    def _carry(self, record: dict[str, Any], token: str) -> None:
        if self.hit(self.faults.callback_first):
            self._report(record, token, "sent", "", self.now)
        code = self._fate(record["to"])
        status, at = ("undelivered" if code else "delivered"), self.now + DELIVERED_AFTER
        self._later(record, token, status, code, at)
        if not code:
            phone, words = record["to"], record["body"]
            self.agenda.put(at, lambda now: self.arrives(phone, words, now), quiet=True)

    def _ring(self, record: dict[str, Any], token: str) -> None:
        phone, began = record["to"], self.now

        def ring(now: datetime) -> None:
            answered = self.rings(phone, token, now)
            self._later(record, token, "completed" if answered else "no-answer", "", began + RINGS)

        self.agenda.put(began + DELIVERED_AFTER, ring)

    def _fate(self, phone: str) -> str:
        faults = self.faults
        if phone not in self._sound:
            self._sound[phone] = not self.hit(faults.dead_phone)
        if not self._sound[phone]:
            return "30005"
        codes = {"30003": faults.switched_off, "30007": faults.filtered, "30008": faults.unknown_error}
        return next((code for code, share in codes.items() if self.hit(share)), "")

    def _later(self, record: dict[str, Any], token: str, status: str, code: str, at: datetime) -> None:
        def end(now: datetime) -> None:
            record["status"], record["error_code"] = status, int(code) if code else None
            if code or self.hit(self.faults.no_callback):
                self.went_wrong += 1
            if not code and self.hit(self.faults.no_callback):
                return
            for _ in range(2 if self.hit(self.faults.callback_twice) else 1):
                self._report(record, token, status, code, now)

        self.agenda.put(at, end, quiet=status in reconcile.GOOD_END)

    def _report(self, record: dict[str, Any], token: str, status: str, code: str, now: datetime) -> None:
        kind = "Call" if record["kind"] == "Calls" else "Message"
        payload = {
            f"{kind}Sid": record["sid"],
            f"{kind}Status": status,
            **({"ErrorCode": code} if code else {}),
        }
        reconcile.store_report(token, payload, now=now)


def _record(**facts: Any) -> dict[str, Any]:
    """One text or call as the provider lists it; `at` and `kind` are for finding it here."""
    now = facts["at"]
    return {**facts, "error_code": None, "date_sent": format_datetime(now), "at": now.isoformat()}
