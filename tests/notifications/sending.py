"""What the outbox tests share: a message in the queue, and a stand-in for the gateway that does as it is told."""

from datetime import datetime, timedelta
from itertools import count
from typing import Any

from notifications import gateway, outbox
from notifications.models import Channel, Clinician, Delivery, Lane, Message, Site
from tests import makers
from tests.makers import NOON

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)

_keys = count(1)


def a_message(
    site: Site,
    *,
    key: str = "",
    lane: Lane = Lane.REPLY,
    to: str = "",
    body: str = "We read your text.",
    clinician: Clinician | None = None,
    urgency: str = "",
    valid_for: timedelta = 15 * MINUTE,
    now: datetime = NOON,
) -> Message:
    """One message in the queue; a lane of pages by voice rings, every other lane texts."""
    return outbox.queue(
        site=site,
        key=key or f"test:{next(_keys)}",
        lane=lane,
        channel=Channel.VOICE if lane == Lane.PAGE_VOICE else Channel.TEXT,
        to=to or makers.a_phone(),
        body=body,
        clinician=clinician,
        urgency=urgency,
        valid_for=valid_for,
        now=now,
    )


def delivery_of(message: Message) -> Delivery:
    """The newest attempt at a message, as the database has it."""
    return message.deliveries.order_by("-attempt")[0]


class Line:
    """The provider as the gateway would report it. `says` scripts the answers; without a script all is taken."""

    def __init__(self) -> None:
        self.handed: list[dict[str, Any]] = []
        self.held: dict[str, dict[str, Any]] = {}
        self.statuses: dict[str, tuple[str, str]] = {}
        self.is_silent = False
        self.silent: set[str] = set()  # accounts that do not answer
        self.unwell: set[str] = set()
        self.questions = 0
        self._script: list[object] = []
        self._numbers = count(1)

    def says(self, *answers: object) -> None:
        """The next answers: an exception to raise, "unheard" for taken without our hearing of it, or a call."""
        self._script.extend(answers)

    def bodies(self) -> list[str]:
        """The texts handed over, in order."""
        return [given["body"] for given in self.handed]

    def send_text(self, **given: Any) -> gateway.Taken:
        return self._take("SM", given)

    def place_call(self, **given: Any) -> gateway.Taken:
        return self._take("CA", {"body": "", **given})

    def _take(self, prefix: str, given: dict[str, Any]) -> gateway.Taken:
        self.handed.append(given)
        answer = self._script.pop(0) if self._script else None
        if isinstance(answer, Exception):
            raise answer
        sid = f"{prefix}{next(self._numbers):032x}"
        self.held[sid] = given
        if callable(answer):
            answer(sid, given)
        if answer == "unheard":
            raise gateway.Unknown("ReadTimeout")
        return gateway.Taken(sid, "queued")

    def status(self, sid: str, *, account: str) -> tuple[str, str]:
        self._ask(account)
        if sid not in self.statuses:
            raise gateway.Unknown("404")
        return self.statuses[sid]

    def texts_sent(self, *, account: str, sender: str, to: str, body: str, since: datetime) -> list[str]:
        return self._find("SM", account=account, sender=sender, to=to, body=body)

    def calls_placed(self, *, account: str, sender: str, to: str, since: datetime) -> list[str]:
        return self._find("CA", account=account, sender=sender, to=to)

    def is_well(self, account: str) -> bool:
        return account not in self.unwell

    def _find(self, prefix: str, **wanted: str) -> list[str]:
        self._ask(wanted["account"])
        return [
            sid
            for sid, given in self.held.items()
            if sid.startswith(prefix) and all(given[name] == value for name, value in wanted.items())
        ]

    def _ask(self, account: str) -> None:
        self.questions += 1
        if self.is_silent or account in self.silent:
            raise gateway.Unknown("ConnectTimeout")
