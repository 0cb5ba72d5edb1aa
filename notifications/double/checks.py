"""What the provider refuses to accept, with its codes (https://www.twilio.com/docs/api/errors).

The last digits of the provider's test numbers mean the same here, so that every refusal can be had by number.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from notifications.double.answers import ApiError
from notifications.double.options import Options

E164 = re.compile(r"\+[1-9]\d{6,14}")
SERVICE_SID = re.compile(r"MG[0-9a-f]{32}")
LONGEST_BODY = 1600
LONGEST_VALIDITY = 36000
SOONEST, LATEST = timedelta(seconds=300), timedelta(days=35)

# https://www.twilio.com/docs/iam/test-credentials
TEST_RECIPIENTS = {
    "+15005550001": (21211, "The 'To' number {} is not a valid phone number."),
    "+15005550002": (21612, "The 'To' phone number {} is not currently reachable."),
    "+15005550003": (21408, "Permission to send to {} has not been enabled."),
    "+15005550004": (21610, "Attempt to send to unsubscribed recipient {}."),
    "+15005550009": (21614, "'To' number {} is not a valid mobile number."),
}
TEST_SENDERS = {
    "+15005550007": (
        400,
        21606,
        "The 'From' phone number {} is not a valid message-capable number of this account.",
    ),
    "+15005550008": (429, 21611, "The 'From' number {} has exceeded the maximum number of queued messages."),
}

Form = Mapping[str, Sequence[str]]


def first(form: Form, name: str) -> str:
    """The first value of a form field, or an empty string."""
    values = form.get(name)
    return values[0] if values else ""


@dataclass(frozen=True)
class TextOrder:
    """A request to send a text, found good."""

    to: str
    sender: str
    body: str
    media: tuple[str, ...]
    service_sid: str | None
    status_callback: str
    expires_in: timedelta
    send_at: datetime | None


def text_order(form: Form, options: Options, now: datetime) -> TextOrder:
    """The order in a form. Raises ApiError with the provider's code when it would be refused."""
    to = first(form, "To").strip()
    if not to:
        raise ApiError(400, 21604, "A 'To' phone number is required.")
    _recipient(to)
    service_sid = first(form, "MessagingServiceSid") or None
    sender = _sender(first(form, "From").strip(), service_sid, options)
    if sender == to:
        raise ApiError(400, 21266, "'To' and 'From' number cannot be the same.")
    body, media = first(form, "Body"), tuple(form.get("MediaUrl", ()))
    if not body and not media:
        raise ApiError(400, 21602, "Message body is required.")
    if len(body) > LONGEST_BODY:
        raise ApiError(400, 21617, "The concatenated message body exceeds the 1600 character limit.")
    return TextOrder(
        to=to,
        sender=sender,
        body=body,
        media=media,
        service_sid=service_sid,
        status_callback=_callback(first(form, "StatusCallback")),
        expires_in=_validity(first(form, "ValidityPeriod")),
        send_at=_send_at(first(form, "SendAt"), first(form, "ScheduleType"), service_sid, now),
    )


@dataclass(frozen=True)
class CallOrder:
    """A request to place a call, found good."""

    to: str
    sender: str
    url: str
    method: str
    fallback_url: str
    twiml: str
    status_callback: str
    events: tuple[str, ...]
    ring_seconds: int
    limit_seconds: int
    machine_detection: str
    detects_meanwhile: bool
    detection_callback: str


def call_order(form: Form, options: Options) -> CallOrder:
    """The order in a form. Raises ApiError with the provider's code when it would be refused."""
    to, sender = first(form, "To").strip(), first(form, "From").strip()
    if not to:
        raise ApiError(400, 21201, "No 'To' number is specified")
    _recipient(to)
    if not sender:
        raise ApiError(400, 21213, "No 'From' number is specified")
    if not E164.fullmatch(sender) or (options.numbers and sender not in options.numbers):
        raise ApiError(400, 21210, f"Source phone number {sender} is not yet verified for this account.")
    url, twiml = first(form, "Url"), first(form, "Twiml")
    if not twiml and not _is_address(url):
        raise ApiError(400, 21205, f"Url is not a valid URL: {url}")
    return CallOrder(
        to=to,
        sender=sender,
        url=url,
        method=first(form, "Method").upper() or "POST",
        fallback_url=first(form, "FallbackUrl"),
        twiml=twiml,
        status_callback=_callback(first(form, "StatusCallback")),
        events=tuple(form.get("StatusCallbackEvent", ())) or ("completed",),
        ring_seconds=_whole(first(form, "Timeout"), "Timeout", 60, range(1, 601)),
        limit_seconds=_whole(first(form, "TimeLimit"), "TimeLimit", 14400, range(1, 86401)),
        machine_detection=first(form, "MachineDetection"),
        # The provider takes true in any case of letters.
        detects_meanwhile=first(form, "AsyncAmd").lower() == "true",
        detection_callback=_callback(first(form, "AsyncAmdStatusCallback")),
    )


def _recipient(to: str) -> None:
    if to in TEST_RECIPIENTS:
        code, sentence = TEST_RECIPIENTS[to]
        raise ApiError(400, code, sentence.format(to))
    if not E164.fullmatch(to):
        raise ApiError(400, 21211, f"The 'To' number {to} is not a valid phone number.")


def _sender(sender: str, service_sid: str | None, options: Options) -> str:
    if service_sid:
        if not SERVICE_SID.fullmatch(service_sid):
            raise ApiError(404, 21701, f"The Messaging Service {service_sid} does not exist.")
        if not sender and not options.numbers:
            raise ApiError(400, 21703, "The Messaging Service does not have a phone number to send from.")
        return sender or options.numbers[0]
    if not sender:
        raise ApiError(400, 21603, "A 'From' phone number is required.")
    if sender in TEST_SENDERS:
        status, code, sentence = TEST_SENDERS[sender]
        raise ApiError(status, code, sentence.format(sender))
    if not E164.fullmatch(sender):
        raise ApiError(400, 21212, f"The 'From' number {sender} is not a valid phone number.")
    if options.numbers and sender not in options.numbers:
        raise ApiError(400, 21606, f"The 'From' phone number {sender} is not a number of this account.")
    return sender


def _callback(url: str) -> str:
    if url and not _is_address(url):
        raise ApiError(400, 21609, f"The 'StatusCallback' URL {url} is not a valid URL.")
    return url


def _is_address(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _validity(given: str) -> timedelta:
    if not given:
        return timedelta(seconds=LONGEST_VALIDITY)
    if not given.isdigit() or not 1 <= int(given) <= LONGEST_VALIDITY:
        raise ApiError(400, 21624, "The validity period must be a whole number from 1 to 36000 seconds.")
    return timedelta(seconds=int(given))


def _send_at(given: str, schedule: str, service_sid: str | None, now: datetime) -> datetime | None:
    if not given and not schedule:
        return None
    if not given:
        raise ApiError(400, 35111, "SendAt timestamp is missing.")
    if not service_sid:
        raise ApiError(400, 35118, "MessagingServiceSid is required to schedule a message.")
    try:
        send_at = datetime.fromisoformat(given)
    except ValueError:
        send_at = now
    send_at = send_at if send_at.tzinfo else send_at.replace(tzinfo=UTC)
    if not SOONEST < send_at - now <= LATEST:
        raise ApiError(400, 35115, "SendAt must be more than 300 seconds and at most 35 days in the future.")
    return send_at


def _whole(given: str, name: str, otherwise: int, allowed: range) -> int:
    if not given:
        return otherwise
    if not given.isdigit() or int(given) not in allowed:
        raise ApiError(400, 21200, f"{name} must be a whole number from {allowed[0]} to {allowed[-1]}.")
    return int(given)
