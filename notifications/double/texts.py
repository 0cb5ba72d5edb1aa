"""Texts on their way to a handset: queued, sending, sent, delivered, each step told to the service."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from notifications.double import faults, segments
from notifications.double.answers import ApiError
from notifications.double.checks import TextOrder
from notifications.double.exchange import Exchange
from notifications.double.options import API_VERSION
from notifications.double.records import Message, new_sid
from notifications.double.webhooks import UNANNOUNCED, Errand

NEXT = {
    "scheduled": "queued",
    "accepted": "queued",
    "queued": "sending",
    "sending": "sent",
    "sent": "delivered",
}
EXPIRED, BLOCKED, UNKNOWN = 30036, 21610, 30008


class Texts:
    """Accepts texts and takes each to its end on the double's clock."""

    def __init__(self, exchange: Exchange) -> None:
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._timer = exchange.timer
        self._lanes = exchange.lanes
        self._postman = exchange.postman
        self._air_free_at: dict[str, datetime] = {}
        self._air = threading.Lock()
        # Takes a text to one of the account's own numbers back to the service, as from any phone.
        self.arrive_at_us: Callable[[Message], object] = lambda _: None

    def accept(self, order: TextOrder, doing: Sequence[str] = ()) -> Message:
        """Take a text in. Raises ApiError 21610 when the recipient has texted STOP to this sender."""
        if (order.sender, order.to) in self._ledger.opted_out:
            raise ApiError(400, BLOCKED, "Attempt to send to unsubscribed recipient")
        now = self._clock.now()
        status = "scheduled" if order.send_at else "accepted" if order.service_sid else "queued"
        message = Message(
            sid=new_sid("MM" if order.media else "SM"),
            direction="outbound-api",
            sender=order.sender,
            to=order.to,
            body=order.body,
            status=status,
            created_at=now,
            updated_at=now,
            num_segments=segments.count(order.body),
            expires_at=(order.send_at or now) + order.expires_in,
            send_at=order.send_at,
            messaging_service_sid=order.service_sid,
            media=list(order.media),
            status_callback=order.status_callback,
            history=[[status, now.isoformat()]],
            faults=list(doing),
        )
        self._begin(message)
        return message

    def answer_by_itself(self, *, sender: str, to: str, body: str, automatic: bool) -> Message:
        """A text that answers an inbound one: the provider's own (automatic) or the service's."""
        now = self._clock.now()
        message = Message(
            sid=new_sid("SM"),
            direction="outbound-reply",
            sender=sender,
            to=to,
            body=body,
            status="queued",
            created_at=now,
            updated_at=now,
            num_segments=segments.count(body),
            expires_at=now + timedelta(hours=10),
            history=[["queued", now.isoformat()]],
            automatic=automatic,
        )
        self._begin(message)
        return message

    def resume(self) -> None:
        """After a restart: texts that were on their way go on."""
        for message in list(self._ledger.messages.values()):
            if message.direction != "inbound" and not message.is_over and not message.deleted:
                self._plan(message)

    def cancel(self, message: Message) -> None:
        """Cancel a scheduled text. Raises ApiError 30409 for any other."""
        with self._ledger.changed:
            if message.status != "scheduled":
                raise ApiError(409, 30409, "This message cannot be canceled.")
            self._move(message, "canceled")

    def _begin(self, message: Message) -> None:
        self._ledger.save(message)
        self._plan(message)

    def _plan(self, message: Message) -> None:
        """Set the time of the next step."""
        due_at = self._clock.now() + timedelta(seconds=self._options.step_seconds)
        if message.status == "scheduled" and message.send_at:
            due_at = message.send_at
        elif message.status == "queued":
            due_at = self._place_in_queue(message, due_at)
        self._timer.at(due_at, lambda: self._step(message))

    def _place_in_queue(self, message: Message, soonest: datetime) -> datetime:
        """When its turn comes, or when it expires, whichever is first."""
        expires_at = message.expires_at or soonest
        if "hold" in message.faults:
            return expires_at
        rate = self._options.segments_per_second
        if not rate:
            return soonest
        with self._air:
            due_at = max(soonest, self._air_free_at.get(message.sender, soonest))
            self._air_free_at[message.sender] = due_at + timedelta(seconds=message.num_segments / rate)
        return min(due_at, expires_at)

    def _step(self, message: Message) -> None:
        with self._ledger.changed:
            if message.is_over or message.deleted:
                return
            status, code = self._next(message)
            self._move(message, status, code)
            comes_back = status == "delivered" and message.to in self._ledger.numbers_of(self._options)
        if comes_back:
            self.arrive_at_us(message)
        if not message.is_over:
            self._plan(message)

    def _next(self, message: Message) -> tuple[str, int | None]:
        """The next status, and the error that explains it."""
        status = NEXT[message.status]
        if status == "sending":
            if message.expires_at and self._clock.now() >= message.expires_at:
                return "undelivered", EXPIRED
            if not message.automatic and (message.sender, message.to) in self._ledger.opted_out:
                return "undelivered", BLOCKED
        if status == "delivered":
            for ending in ("undelivered", "failed"):
                code = faults.argument(message.faults, ending)
                if code is not None:
                    return ending, int(code or UNKNOWN)
        return status, None

    def _move(self, message: Message, status: str, code: int | None = None) -> None:
        now = self._clock.now()
        sent_at = now if status == "sent" else message.sent_at
        self._ledger.move(message, status, now, error_code=code, sent_at=sent_at)
        self._report(message)

    def _report(self, message: Message) -> None:
        """Tell the service about the status just reached, or what the fault script makes of that."""
        if not message.status_callback or "no_callback" in message.faults:
            return
        if "reorder_callbacks" in message.faults:
            if message.is_over:
                for status, _ in reversed(message.history[1:]):
                    self._post(message, status)
            return
        for _ in range(2 if "duplicate_callback" in message.faults else 1):
            self._post(message, message.status)

    def _post(self, message: Message, status: str) -> None:
        errand = Errand(
            about="message-status",
            sid=message.sid,
            url=message.status_callback,
            form=status_form(message, status, self._options.account_sid),
            faults=tuple(message.faults),
        )
        late = float(faults.argument(message.faults, "late_callback") or 0)
        if late:
            due_at = self._clock.now() + timedelta(seconds=late)
            self._timer.at(due_at, lambda: self._lanes.put(message.sid, lambda: self._deliver(errand)))
        else:
            self._lanes.put(message.sid, lambda: self._deliver(errand))

    def _deliver(self, errand: Errand) -> None:
        self._postman.deliver(errand)


def status_form(message: Message, status: str, account_sid: str) -> dict[str, str]:
    """The form of a status callback."""
    form = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "From": message.sender,
        "To": message.to,
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        **UNANNOUNCED,
    }
    if message.messaging_service_sid:
        form["MessagingServiceSid"] = message.messaging_service_sid
    if message.error_code and status == message.status:
        form["ErrorCode"] = str(message.error_code)
    return form
