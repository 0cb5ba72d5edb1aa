"""The only door out: hands texts and calls to the provider, and says plainly how it went.

The provider's create call is not idempotent, so every outcome falls in one of four: taken (with its id), not
taken for now, refused for good, or unknown. Unknown is never retried blindly; the outbox asks first.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import urlsplit

import requests
from django.conf import settings
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import NewConnectionError

from notifications import provider_errors
from notifications.models import Account

CONNECT_SECONDS, READ_SECONDS = 3.0, 12.0
RING_SECONDS = 25
TOO_MANY, NOT_FOUND = 429, 404
PAGE_SIZE = 200
NEWEST = 50  # of what went to one phone: more than two minutes hold
PICTURE_DIGITS = 2  # nobody sends a hundred pictures with one text
# Whatever the library raises when there is no answer, or one that makes no sense.
NO_ANSWER = (TwilioException, requests.RequestException, ValueError, TypeError, AttributeError, KeyError)


@dataclass(frozen=True)
class Taken:
    """The provider has it under this id."""

    sid: str
    status: str


class NotTaken(Exception):  # noqa: N818 - outcomes, not errors
    """Provably not processed (rate limit, connection refused): try again a little later."""


class NoConnection(NotTaken):
    """Provably not processed, because nobody answered the knock."""


class RefusedForGood(Exception):  # noqa: N818
    """The provider will never deliver this; `code` is its own error code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Unknown(Exception):  # noqa: N818
    """It may or may not have been sent (time-out, reset, server error, an answer that makes no sense)."""


Line = Callable[[str, str, Mapping[str, Any]], tuple[int, str]]
_instead: list[Line] = []


@contextlib.contextmanager
def through(line: Line) -> Iterator[None]:
    """For the length of a with-block, put every request to `line` (method, path, fields; answers status and body) and
    none to the network: for a virtual ward, which must reach nobody.
    """
    _instead.append(line)
    try:
        yield
    finally:
        _instead.remove(line)


class _HttpClient(TwilioHttpClient):
    """The library's client, with every request sent to the configured provider address, once, with a time limit.

    Each goes by a connection of its own: one that was kept may be closed at the other end just as a text is put to it,
    and then nobody knows whether it was taken.
    """

    def __init__(self, base: str) -> None:
        super().__init__(pool_connections=False)
        self.base = base

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        # The host the library names depends on TWILIO_REGION and TWILIO_EDGE in the environment; ours does not.
        whole = urlsplit(url)
        if _instead:
            fields = {**(kwargs.get("params") or {}), **(kwargs.get("data") or {})}
            return Response(*_instead[-1](method, whole.path, fields))
        self.timeout = (CONNECT_SECONDS, READ_SECONDS)
        address = self.base + whole.path + (f"?{whole.query}" if whole.query else "")
        return super().request(method, address, *args, **kwargs)


class _Kept(threading.local):
    """The clients of one thread. They are not shared: each passes its answer through an attribute of its own."""

    def __init__(self) -> None:
        self.clients: dict[tuple[str, str, str], Client] = {}


_kept = _Kept()


def _client(account: Account) -> Client:
    facts = (settings.TWILIO_ACCOUNT_SID, settings.TWILIO_AUTH_TOKEN, settings.TWILIO_API_BASE)
    if account == Account.SECOND:
        facts = (
            settings.TWILIO_SECOND_ACCOUNT_SID,
            settings.TWILIO_SECOND_AUTH_TOKEN,
            settings.TWILIO_SECOND_API_BASE,
        )
    if facts not in _kept.clients:
        sid, token, base = facts
        _kept.clients[facts] = Client(sid, token, http_client=_HttpClient(base))
    return _kept.clients[facts]


def is_well(account: Account) -> bool:
    """Whether the provider answers for this account, and lets it send. No answer is a no."""
    try:
        client = _client(account)
        return str(client.api.v2010.accounts(client.account_sid or "").fetch().status) == "active"
    except NO_ANSWER:
        return False


def send_text(
    *, sender: str, to: str, body: str, callback: str, valid_seconds: int, account: Account = Account.FIRST
) -> Taken:
    """Hand over one text. `callback` is our address for its reports; it expires after `valid_seconds`."""
    return _taken(
        lambda: _client(account).messages.create(
            from_=sender,
            to=to,
            body=body,
            status_callback=callback,
            validity_period=max(1, min(valid_seconds, 36000)),
        ),
        prefix=("SM", "MM"),
    )


def place_call(
    *, sender: str, to: str, words_at: str, callback: str, account: Account = Account.FIRST
) -> Taken:
    """Ring a phone; the provider fetches what to say from `words_at` once somebody, or a voicemail, answers.

    Where it gets no answer from us, to this or to a key, the call begins again there: it would read out an apology and
    hang up, and a key pressed to take a case would be lost.

    No machine detection: it is often wrong, and nothing here counts as an answer but a key press.
    """
    return _taken(
        lambda: _client(account).calls.create(
            from_=sender,
            to=to,
            url=words_at,
            method="POST",
            fallback_url=words_at,
            fallback_method="POST",
            timeout=RING_SECONDS,
            status_callback=callback,
            status_callback_event=["initiated", "ringing", "answered", "completed"],
            status_callback_method="POST",
        ),
        prefix=("CA",),
    )


def status(sid: str, *, account: Account = Account.FIRST) -> tuple[str, str]:
    """What the provider says now about a text or call: (status, error code or ""). Raises Unknown."""
    try:
        client = _client(account)
        found: Any = client.calls(sid).fetch() if sid.startswith("CA") else client.messages(sid).fetch()
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem
    return str(found.status), str(getattr(found, "error_code", None) or "")


def texts_sent(
    *, sender: str, to: str, body: str, since: datetime, account: Account = Account.FIRST
) -> list[str]:
    """Ids of texts the provider already holds with this sender, recipient and body. Raises Unknown."""
    try:
        listed = _client(account).messages.list(to=to, from_=sender, limit=NEWEST)
        return [str(one.sid) for one in listed if one.body == body and _made_since(one, since)]
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem


def calls_placed(*, sender: str, to: str, since: datetime, account: Account = Account.FIRST) -> list[str]:
    """Ids of calls the provider already placed from `sender` to `to`. Raises Unknown."""
    try:
        listed = _client(account).calls.list(to=to, from_=sender, limit=NEWEST)
        return [str(one.sid) for one in listed if _made_since(one, since)]
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem


def _made_since(one: Any, since: datetime) -> bool:
    """Whether a text or call was made since then. What still waits at the provider was not sent, and no phone rang: a
    list by the time of that may leave it out, and it would go out twice.
    """
    return one.date_created is None or one.date_created >= since


def sent_by(
    *, sender: str, since: datetime, account: Account = Account.FIRST
) -> list[tuple[str, datetime | None]]:
    """Every text and call that left one of our numbers since then, by its id, with when it was made. Raises Unknown.

    What the provider sends by itself, such as its answer to STOP, is not among them.
    """
    client = _client(account)
    try:
        texts = client.messages.list(from_=sender, date_sent_after=since, page_size=PAGE_SIZE)
        calls = client.calls.list(from_=sender, start_time_after=since, page_size=PAGE_SIZE)
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem
    ours = [one for one in [*texts, *calls] if str(one.direction) == "outbound-api"]
    return [(str(one.sid), one.date_created) for one in ours]


def has(sid: str, *, account: Account = Account.FIRST) -> bool:
    """Whether the provider has a text or call of this id at all. Raises Unknown where it does not say."""
    try:
        client = _client(account)
        _ = client.calls(sid).fetch() if sid.startswith("CA") else client.messages(sid).fetch()
    except TwilioRestException as problem:
        if problem.status == NOT_FOUND:
            return False
        raise Unknown(str(problem.status)) from problem
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem
    return True


class Received(TypedDict):
    """One text as the provider's log has it. `DateSent` is None where the log does not say."""

    MessageSid: str
    From: str
    To: str
    Body: str
    NumMedia: int
    DateSent: datetime | None


def pictures(number: object) -> int:
    """How many pictures came with a text, as the provider says it. What is no such number counts as one: somebody looks
    at the text, and nothing is concluded from its words alone.
    """
    said = str(number or 0)
    return int(said) if said.isdecimal() and len(said) <= PICTURE_DIGITS else 1


def texts_received(*, to: str, since: datetime, account: Account = Account.FIRST) -> list[Received]:
    """Every text the provider received for one of our numbers since then, page by page, whether or not it managed to
    tell us, oldest first. Raises Unknown.
    """
    try:
        listed = _client(account).messages.list(to=to, date_sent_after=since, page_size=PAGE_SIZE)
    except NO_ANSWER as problem:
        raise Unknown(str(type(problem).__name__)) from problem
    inbound = [one for one in listed if str(one.direction) == "inbound"]
    return [
        Received(
            MessageSid=str(one.sid),
            From=str(one.from_ or ""),
            To=str(one.to),
            Body=str(one.body or ""),
            NumMedia=pictures(one.num_media),
            DateSent=one.date_sent,
        )
        for one in reversed(inbound)
    ]


def _taken(create: Callable[[], Any], *, prefix: tuple[str, ...]) -> Taken:
    try:
        made = create()
    except (TwilioRestException, TwilioServiceException) as problem:
        if problem.status == TOO_MANY and not _another_account_helps(str(problem.code)):
            raise NotTaken(str(problem.code)) from problem
        # The library puts the status where the answer has no code. Such a refusal is somebody else's on the way there:
        # the next time it may get through, or by the other account.
        if 400 <= problem.status < 500 and problem.code != problem.status:
            raise RefusedForGood(str(problem.code or problem.status)) from problem
        raise Unknown(str(problem.status)) from problem
    except NO_ANSWER as problem:
        if _never_connected(problem):
            raise NoConnection("no connection") from problem
        raise Unknown(type(problem).__name__) from problem
    # A 201 with an empty body parses into a message without an id: nothing is known about it.
    if not str(made.sid or "").startswith(prefix):
        raise Unknown("no id")
    return Taken(str(made.sid), str(made.status or ""))


def _another_account_helps(code: str) -> bool:
    """Whether the error says that our number or account is full or cut off: waiting would not pass it on."""
    return provider_errors.of(code).means in provider_errors.MENDED_BY_ANOTHER_ACCOUNT


def _never_connected(problem: Exception) -> bool:
    """Whether the request cannot have left: refused, no such host, no way there, or no answer to the knock."""
    if isinstance(problem, requests.ConnectTimeout):
        return True
    cause = problem.args[0] if problem.args else None
    return isinstance(problem, requests.ConnectionError) and isinstance(
        getattr(cause, "reason", None), NewConnectionError
    )
