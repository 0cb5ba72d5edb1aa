"""Everything the double accepted and every webhook it tried, kept across a restart when given a file.

The file holds one JSON object a line; the last line about a record stands. A line cut short by a kill is
skipped. Callers change records only through `save` and `move`, so that memory, file and watchers agree.
"""

import json
import os
import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from notifications.double.options import Options
from notifications.double.records import Call, Handset, Message, Webhook

REQUESTS_KEPT = 2000


class Ledger:
    """The double's memory. `lock` guards every record; `changed` wakes whoever waits for news."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.version = 0
        self.messages: dict[str, Message] = {}
        self.calls: dict[str, Call] = {}
        self.webhooks: list[Webhook] = []
        self.handsets: dict[str, Handset] = {}
        self.opted_out: set[tuple[str, str]] = set()
        self.offset_seconds = 0.0
        # What the client library asked last, and what it was answered. Not kept across a restart.
        self.requests: deque[dict[str, Any]] = deque(maxlen=REQUESTS_KEPT)
        self._file = self._open(path) if path else None

    def save(self, record: Message | Call | Webhook) -> None:
        """Keep a new or changed record."""
        with self.changed:
            match record:
                case Message():
                    self.messages[record.sid] = record
                case Call():
                    self.calls[record.sid] = record
                case Webhook():
                    self.webhooks.append(record)
            self._write({"kind": record.kind, **record.to_json()})

    def move(self, record: Message | Call, status: str, now: datetime, **facts: Any) -> None:
        """Give a text or a call its next status, with the facts that come with it."""
        with self.changed:
            record.status = status
            record.updated_at = now
            record.history.append([status, now.isoformat()])
            for name, value in facts.items():
                setattr(record, name, value)
            self.save(record)

    def set_handsets(self, handsets: list[Handset]) -> None:
        """Replace the phones on the page."""
        with self.changed:
            self.handsets = {handset.number: handset for handset in handsets}
            self._write({"kind": "handsets", "handsets": [handset.to_json() for handset in handsets]})

    def numbers_of(self, options: Options) -> set[str]:
        """The account's own numbers, as far as they are known: those it was started with, and those handsets text."""
        return {*options.numbers, *(handset.to for handset in self.handsets.values() if handset.to)}

    def set_opted_out(self, sender: str, number: str, out: bool) -> None:
        """Block or unblock what `sender` may text to `number`."""
        with self.changed:
            pair = (sender, number)
            self.opted_out.add(pair) if out else self.opted_out.discard(pair)
            self._write({"kind": "opt-out", "sender": sender, "number": number, "out": out})

    def set_offset(self, seconds: float) -> None:
        """Remember how far the demo's clock runs ahead."""
        with self.changed:
            self.offset_seconds = seconds
            self._write({"kind": "clock", "offset_seconds": seconds})

    def wait_for(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Whether `condition` came true within that many real seconds."""
        with self.changed:
            return self.changed.wait_for(condition, timeout=seconds)

    def close(self) -> None:
        """Let go of the file."""
        with self.changed:
            if self._file:
                self._file.close()
                self._file = None

    def _write(self, line: dict[str, Any]) -> None:
        self.version += 1
        self.changed.notify_all()
        if self._file:
            self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._file.flush()

    def _open(self, path: Path) -> TextIO:
        """Read what an earlier run left, write it back without its superseded lines, and go on from there."""
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                self._read(line)
        shorter = path.with_suffix(path.suffix + ".new")
        with shorter.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in self._lines())
            file.flush()
            os.fsync(file.fileno())
        shorter.replace(path)
        # The double appends for as long as it lives; `close` ends it.
        return path.open("a", encoding="utf-8")

    def _read(self, line: str) -> None:
        try:
            facts = json.loads(line)
        except ValueError:
            return
        match facts.pop("kind", ""):
            case "message":
                self.messages[facts["sid"]] = Message.from_json(facts)
            case "call":
                self.calls[facts["sid"]] = Call.from_json(facts)
            case "webhook":
                self.webhooks.append(Webhook.from_json(facts))
            case "handsets":
                handsets = [Handset.from_json(handset) for handset in facts["handsets"]]
                self.handsets = {handset.number: handset for handset in handsets}
            case "opt-out":
                pair = (facts["sender"], facts["number"])
                self.opted_out.add(pair) if facts["out"] else self.opted_out.discard(pair)
            case "clock":
                self.offset_seconds = facts["offset_seconds"]

    def _lines(self) -> list[dict[str, Any]]:
        records = [*self.messages.values(), *self.calls.values(), *self.webhooks]
        lines = [{"kind": record.kind, **record.to_json()} for record in records]
        handsets = [handset.to_json() for handset in self.handsets.values()]
        return [
            {"kind": "clock", "offset_seconds": self.offset_seconds},
            {"kind": "handsets", "handsets": handsets},
            *({"kind": "opt-out", "sender": a, "number": b, "out": True} for a, b in sorted(self.opted_out)),
            *lines,
        ]
