"""The provider's JSON: one text, one call, one page of a list."""

import email.utils
import re
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from notifications.double.checks import first
from notifications.double.options import API_VERSION
from notifications.double.records import Call, Message
from notifications.double.request import Request
from notifications.double.voice import duration

R = TypeVar("R", Message, Call)
FOUNDED = datetime(2020, 1, 1, tzinfo=UTC)
PAGING = frozenset({"PageSize", "Page", "PageToken"})

ERRORS = {
    11200: "HTTP retrieval failure",
    21610: "Attempt to send to unsubscribed recipient",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Message filtered",
    30008: "Unknown error",
    30034: "Message from an unregistered number",
    30036: "Validity period expired",
    30039: "Message filtered to prevent message loops",
}


def message(record: Message, account: str) -> dict[str, Any]:
    """A text as the provider's interface shows it."""
    uri = f"{account}/Messages/{record.sid}"
    return {
        "account_sid": account.rpartition("/")[2],
        "api_version": API_VERSION,
        "body": record.body,
        "date_created": _when(record.created_at),
        "date_sent": _when(record.sent_at),
        "date_updated": _when(record.updated_at),
        "direction": record.direction,
        "error_code": record.error_code,
        "error_message": ERRORS.get(record.error_code, "Unknown error") if record.error_code else None,
        "from": record.sender,
        "messaging_service_sid": record.messaging_service_sid,
        "num_media": str(len(record.media)),
        "num_segments": "0" if record.messaging_service_sid else str(record.num_segments),
        "price": None,
        "price_unit": "USD",
        "sid": record.sid,
        "status": record.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": record.to,
        "uri": f"{uri}.json",
    }


def account(sid: str, uri: str) -> dict[str, Any]:
    """The account itself as the provider's interface shows it, without its token."""
    parts = ("calls", "messages", "incoming_phone_numbers", "recordings")
    return {
        "sid": sid,
        "owner_account_sid": sid,
        "friendly_name": "The provider double",
        "status": "active",
        "type": "Full",
        "date_created": _when(FOUNDED),
        "date_updated": _when(FOUNDED),
        "auth_token": None,
        "subresource_uris": {
            part: f"{uri}/{''.join(word.capitalize() for word in part.split('_'))}.json" for part in parts
        },
        "uri": f"{uri}.json",
    }


def call(record: Call, account: str) -> dict[str, Any]:
    """A call as the provider's interface shows it."""
    uri = f"{account}/Calls/{record.sid}"
    over = record.ended_at is not None
    return {
        "account_sid": account.rpartition("/")[2],
        "annotation": None,
        "answered_by": record.answered_by,
        "api_version": API_VERSION,
        "caller_name": None,
        "date_created": _when(record.created_at),
        "date_updated": _when(record.updated_at),
        "direction": record.direction,
        "duration": str(duration(record, record.updated_at)) if over else None,
        "end_time": _when(record.ended_at),
        "forwarded_from": None,
        "from": record.sender,
        "from_formatted": _spoken(record.sender),
        "group_sid": None,
        "parent_call_sid": record.parent_sid,
        "phone_number_sid": "",
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "sid": record.sid,
        "start_time": _when(record.started_at or record.ended_at),
        "status": record.status,
        "stir_verstat": None,
        "subresource_uris": {"events": f"{uri}/Events.json", "recordings": f"{uri}/Recordings.json"},
        "to": record.to,
        "to_formatted": _spoken(record.to),
        "trunk_sid": None,
        "uri": f"{uri}.json",
    }


def page(
    request: Request, key: str, records: Sequence[R], shape: Callable[[R], dict[str, Any]]
) -> dict[str, Any]:
    """One page of a list, newest first. A page is found again by the record beside it, not by its number.

    So texts that arrive between two pages push nothing out of sight.
    """
    query = request.query
    size = min(max(int(first(query, "PageSize") or 50), 1), 1000)
    number = int(first(query, "Page") or 0)
    token = first(query, "PageToken")
    start = _start(records, token, number, size)
    shown = records[start : start + size]
    more = start + size < len(records)
    kept: list[tuple[str, str]] = [
        (name, value) for name, values in query.items() for value in values if name not in PAGING
    ]
    base = f"{request.path}?{urlencode([*kept, ('PageSize', str(size))])}"
    previous = f"{base}&Page={number - 1}&PageToken=PB{shown[0].sid}" if number > 0 and shown else None
    return {
        key: [shape(record) for record in shown],
        "end": start + max(len(shown) - 1, 0),
        "first_page_uri": f"{base}&Page=0",
        "next_page_uri": f"{base}&Page={number + 1}&PageToken=PA{shown[-1].sid}" if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": previous,
        "start": start,
        "uri": request.target,
    }


def _start(records: Sequence[R], token: str, number: int, size: int) -> int:
    places = {record.sid: place for place, record in enumerate(records)}
    beside = places.get(token[2:])
    if beside is None:
        return number * size
    return beside + 1 if token.startswith("PA") else max(beside - size, 0)


def in_time(query: dict[str, list[str]], name: str, moment: datetime) -> bool:
    """Whether a time passes a list's filters `name`, `name>` and `name<`: dates or times, inclusive.

    Times are compared to the second, because that is all the provider shows.
    """
    moment = moment.replace(microsecond=0)
    exact, after, before = (first(query, name + sign) for sign in ("", ">", "<"))
    if exact:
        begin = _moment(exact)
        length = timedelta(days=1) if len(exact) == len("2026-03-02") else timedelta(seconds=1)
        if not begin <= moment < begin + length:
            return False
    return (not after or moment >= _moment(after)) and (not before or moment <= _moment(before))


def _moment(given: str) -> datetime:
    if len(given) == len("2026-03-02"):
        given_on = date.fromisoformat(given)
        return datetime(given_on.year, given_on.month, given_on.day, tzinfo=UTC)
    moment = datetime.fromisoformat(given)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _when(moment: datetime | None) -> str | None:
    return email.utils.format_datetime(moment) if moment else None


def _spoken(number: str) -> str:
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number
