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

SENT_AFTER, DELIVERED_AFTER = timedelta(seconds=1), timedelta(seconds=4)
BEHIND = timedelta(seconds=2)  # so long after the last report comes the first one, where they change places
RINGS = timedelta(seconds=gateway.RING_SECONDS)
BLOCKED = "21610"

Arrives = Callable[[str, str, datetime], None]  # phone, words, when
Rings = Callable[[str, str, datetime], bool]  # phone, token of the delivery, when; whether somebody answered
Reports = Callable[..., object]  # token of the delivery, what the callback says, when
QUIET = reconcile.GOOD_END | reconcile.ON_ITS_WAY | {"ringing"}
"""Reports that make nothing due."""


class Provider:
    """Keeps what it took. Whoever carries a phone is told through `arrives` and `rings`, the service by `reports`."""

    def __init__(self, agenda: Agenda, faults: Faults, rng: Random) -> None:
        self.agenda, self.faults, self.now = agenda, faults, datetime.min.replace(tzinfo=UTC)
        self.arrives: Arrives = lambda phone, words, now: None
        self.rings: Rings = lambda phone, token, now: False
        self.reports: Reports = reconcile.store_report
        self.blocked: set[str] = set()
        self.taken: list[dict[str, Any]] = []
        self.went_wrong = 0
        self._rng, self._numbers = rng, count(1)
        self._dead: dict[str, bool] = {}

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
        since = next((str(value) for key, value in fields.items() if key.endswith(">")), self._a_day_ago())
        lately = takewhile(lambda one: one["at"] >= since[:10], reversed(self.taken))
        listed = [one for one in lately if one["kind"] == kind and asked.items() <= one.items()]
        return 200, json.dumps({kind.lower(): listed, "page": 0, "next_page_uri": None})

    def _a_day_ago(self) -> str:
        """Further back nobody looks for what was perhaps sent."""
        newest = self.taken[-1]["at"] if self.taken else ""
        return newest and (datetime.fromisoformat(newest) - timedelta(days=1)).isoformat()

    def receive(self, phone: str, to: str, words: str, sid: str, now: datetime) -> int:
        """Keep a text from a handset in the log, where the service can fetch it later; how often it is handed over."""
        facts = {"sid": sid, "from": phone, "to": to, "body": words}
        self.taken.append(_record(kind="Messages", direction="inbound", status="received", at=now, **facts))
        if self.plays(self.faults.inbound_lost):
            return 0
        return 2 if self.plays(self.faults.inbound_twice) else 1

    def plays(self, share: float) -> bool:
        """Whether a fault that happens to this share of messages happens to this one; it is counted."""
        played = self._rng.random() < share
        self.went_wrong += played
        return played

    def _take(self, kind: str, fields: Mapping[str, Any]) -> tuple[int, str]:
        to, faults = str(fields["To"]), self.faults
        if to in self.blocked and kind == "Messages":
            return 400, json.dumps({"code": int(BLOCKED), "message": "blocked", "status": 400})
        if self.plays(faults.too_many):
            return 429, '{"code": 20429, "message": "too many requests", "status": 429}'
        if self.plays(faults.error_before):
            return 500, "{}"
        sid = f"{'CA' if kind == 'Calls' else 'SM'}{next(self._numbers):032x}"
        facts = {"sid": sid, "from": str(fields["From"]), "to": to, "body": str(fields.get("Body", ""))}
        record = _record(kind=kind, direction="outbound-api", status="queued", at=self.now, **facts)
        self.taken.append(record)
        callback = str(fields["StatusCallback"]).rpartition("/")[2]
        (self._ring if kind == "Calls" else self._carry)(record, callback)
        if self.plays(faults.lost_after):
            raise requests.ReadTimeout
        return 201, json.dumps(record)

    def _carry(self, record: dict[str, Any], token: str) -> None:
        """A text is sent, and then delivered or not."""
        code = self._fate(record["to"])
        arrives_at = self.now + DELIVERED_AFTER
        self._first_report(record, token, "sent", self.now + SENT_AFTER, last_at=arrives_at)
        self._last_report(record, token, "undelivered" if code else "delivered", code, arrives_at)
        if not code:
            phone, words = record["to"], record["body"]
            self.agenda.put(arrives_at, lambda now: self.arrives(phone, words, now), quiet=True)

    def _ring(self, record: dict[str, Any], token: str) -> None:
        """A phone rings, and somebody answers or nobody does."""
        phone, rings_at, ends_at = record["to"], self.now + DELIVERED_AFTER, self.now + RINGS
        self._first_report(record, token, "ringing", rings_at, last_at=ends_at)

        def ring(now: datetime) -> None:
            answered = self.rings(phone, token, now)
            self._last_report(record, token, "completed" if answered else "no-answer", "", ends_at)

        self.agenda.put(rings_at, ring)

    def _fate(self, phone: str) -> str:
        """The code of the error that this text ends in; none for most."""
        faults = self.faults
        if phone not in self._dead:
            self._dead[phone] = self._rng.random() < faults.dead_phone
        if self._dead[phone]:
            self.went_wrong += 1
            return "30005"
        codes = {"30003": faults.switched_off, "30007": faults.filtered, "30008": faults.unknown_error}
        return next((code for code, share in codes.items() if self.plays(share)), "")

    def _first_report(
        self, record: dict[str, Any], token: str, status: str, at: datetime, *, last_at: datetime
    ) -> None:
        """On its way: told in its turn, before the answer to the service's own request, or after the last report."""
        if self.plays(self.faults.callback_first):
            at = self.now
        elif self.plays(self.faults.out_of_order):
            at = last_at + BEHIND
        if at == self.now:
            self._report(record, token, status, "", at)
        else:
            self.agenda.put(
                at, lambda now: self._report(record, token, status, "", now), quiet=status in QUIET
            )

    def _last_report(self, record: dict[str, Any], token: str, status: str, code: str, at: datetime) -> None:
        """How it ended, which the provider knows even where its report is lost."""

        def end(now: datetime) -> None:
            record["status"], record["error_code"] = status, int(code) if code else None
            if not self.plays(self.faults.no_callback):
                self._report(record, token, status, code, now)

        self.agenda.put(at, end, quiet=status in QUIET)

    def _report(self, record: dict[str, Any], token: str, status: str, code: str, now: datetime) -> None:
        """Tell the service, now and then twice."""
        kind = "Call" if record["kind"] == "Calls" else "Message"
        payload = {
            f"{kind}Sid": record["sid"],
            f"{kind}Status": status,
            **({"ErrorCode": code} if code else {}),
        }
        for _ in range(2 if self.plays(self.faults.callback_twice) else 1):
            self.reports(token, payload, now=now)


def _record(**facts: Any) -> dict[str, Any]:
    """One text or call as the provider lists it; `at` and `kind` are for finding it here."""
    now = facts["at"]
    at = format_datetime(now)
    return {**facts, "error_code": None, "date_created": at, "date_sent": at, "at": now.isoformat()}
