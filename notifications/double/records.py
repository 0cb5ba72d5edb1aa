"""What the double keeps: texts, calls, webhooks it tried, handsets people play."""

import dataclasses
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

FINAL_TEXT = frozenset({"delivered", "undelivered", "failed", "canceled", "received"})
FINAL_CALL = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
KINDS = ("patient", "caregiver", "oncall", "stranger")


def new_sid(prefix: str) -> str:
    """A name that never comes twice, not even after a restart: it is random, not counted."""
    return prefix + uuid.uuid4().hex


class Record:
    """A dataclass that goes to JSON and back. Fields ending in `_at` are aware UTC times or None."""

    kind: ClassVar[str]

    def to_json(self) -> dict[str, Any]:
        """Plain values only; times in ISO 8601."""
        facts = dataclasses.asdict(self)  # type: ignore[call-overload]
        return {name: _plain(value) for name, value in facts.items()}

    @classmethod
    def from_json(cls, facts: dict[str, Any]) -> Self:
        """The record `to_json` came from. Fields it does not know are left out."""
        known = {spec.name for spec in dataclasses.fields(cls)}  # type: ignore[arg-type]
        return cls(**{name: _rich(name, value) for name, value in facts.items() if name in known})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _rich(name: str, value: Any) -> Any:
    return datetime.fromisoformat(value) if name.endswith("_at") and value is not None else value


@dataclass
class Message(Record):
    """One text, either way. `history` holds [status, time] pairs."""

    kind: ClassVar[str] = "message"

    sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    created_at: datetime
    updated_at: datetime
    num_segments: int = 1
    sent_at: datetime | None = None
    expires_at: datetime | None = None
    send_at: datetime | None = None
    error_code: int | None = None
    messaging_service_sid: str | None = None
    media: list[str] = field(default_factory=list)
    status_callback: str = ""
    history: list[list[str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # Inbound only: waiting, taken (the service answered 2xx), given up (11200), lost (30039).
    handover: str = ""
    tries: int = 0
    # Written by the provider itself, such as its answer to STOP.
    automatic: bool = False
    deleted: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINAL_TEXT


@dataclass
class Call(Record):
    """One outbound call, of the service or dialled by another call. `transcript` holds what was said, in order."""

    kind: ClassVar[str] = "call"

    sid: str
    sender: str
    to: str
    status: str
    created_at: datetime
    updated_at: datetime
    ring_seconds: int = 60
    limit_seconds: int = 14400
    url: str = ""
    method: str = "POST"
    fallback_url: str = ""
    twiml: str = ""
    status_callback: str = ""
    events: list[str] = field(default_factory=list)
    machine_detection: str = ""
    # Whether the call goes on while it is found out who answered, and where that is told.
    detects_meanwhile: bool = False
    detection_callback: str = ""
    answered_by: str | None = None
    picked_up_by: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    error_code: int | None = None
    listening: bool = False
    # What a listening call takes: dtmf, speech or both.
    hears: str = ""
    transcript: list[dict[str, str]] = field(default_factory=list)
    history: list[list[str]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    sequence: int = 0
    direction: str = "outbound-api"
    # Of a call that another one dialled: that one.
    parent_sid: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the line is free again."""
        return self.status in FINAL_CALL


@dataclass
class Webhook(Record):
    """One try to tell the service something, and what came back."""

    kind: ClassVar[str] = "webhook"

    id: str
    at: str
    about: str
    sid: str
    method: str
    url: str
    form: dict[str, str]
    token: str
    attempt: int
    status: int | None = None
    error: str = ""
    milliseconds: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Handset(Record):
    """A simulated phone on the page. `on_call` is what it does by itself when it rings."""

    kind: ClassVar[str] = "handset"

    number: str
    label: str
    kind_of_person: str = "stranger"
    to: str = ""
    on_call: str = "ring"
