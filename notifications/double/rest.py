"""The provider's REST interface: texts and calls, created, fetched, listed, changed."""

import base64
import hmac
import re
from collections.abc import Callable

from notifications.double import answers, checks, shapes
from notifications.double.answers import Answer, ApiError
from notifications.double.checks import first
from notifications.double.exchange import Exchange
from notifications.double.options import API_VERSION
from notifications.double.records import Call, Message
from notifications.double.request import Request
from notifications.double.texts import Texts
from notifications.double.voice import Voice

PREFIX = f"/{API_VERSION}/"
# How long the answer to a create waits for a callback that the fault script wants told first.
EARLY_SECONDS = 3.0


class Rest:
    """Answers whatever the client library asks."""

    def __init__(self, exchange: Exchange, texts: Texts, voice: Voice) -> None:
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._faults = exchange.faults
        self._texts = texts
        self._voice = voice
        self._account = f"/{API_VERSION}/Accounts/{exchange.options.account_sid}"
        self._routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("POST", r"/Messages\.json", self._create_message),
            ("GET", r"/Messages\.json", self._list_messages),
            ("GET", r"/Messages/((?:SM|MM)\w+)\.json", self._fetch_message),
            ("POST", r"/Messages/((?:SM|MM)\w+)\.json", self._change_message),
            ("DELETE", r"/Messages/((?:SM|MM)\w+)\.json", self._delete_message),
            ("POST", r"/Calls\.json", self._create_call),
            ("GET", r"/Calls\.json", self._list_calls),
            ("GET", r"/Calls/(CA\w+)\.json", self._fetch_call),
            ("POST", r"/Calls/(CA\w+)\.json", self._change_call),
        ]

    def answer(self, request: Request) -> Answer:
        """The answer to one request; errors come in the provider's shape."""
        try:
            self._authenticate(request)
            return self._route(request)
        except ApiError as problem:
            return answers.error(problem)
        except ValueError as problem:
            return answers.error(ApiError(400, 20001, f"Invalid parameter: {problem}"))

    def _authenticate(self, request: Request) -> None:
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(credentials).decode() if scheme.lower() == "basic" else ""
        except ValueError:
            given = ""
        options = self._options
        pairs = [(options.account_sid, options.auth_token), (options.api_key_id, options.api_key_secret)]
        known = [f"{name}:{secret}".encode() for name, secret in pairs if name and secret]
        if not any(hmac.compare_digest(given.encode(), one) for one in known):
            raise ApiError(401, 20003, "Authenticate")

    def _route(self, request: Request) -> Answer:
        if request.path == f"{self._account}.json":
            return self._fetch_account(request)
        if request.path.startswith(self._account + "/"):
            rest = request.path.removeprefix(self._account)
            found = [
                (method, act, match)
                for method, path, act in self._routes
                if (match := re.fullmatch(path, rest))
            ]
            for method, act, match in found:
                if method == request.method:
                    return act(request, *match.groups())
            if found:
                raise ApiError(405, 20004, "Method not allowed")
        raise ApiError(404, 20404, f"The requested resource {request.path} was not found")

    def _fetch_account(self, request: Request) -> Answer:
        if request.method != "GET":
            raise ApiError(405, 20004, "Method not allowed")
        broken = answers.before_accepting(self._faults.strike(kind="account", sender="", to=""))
        return broken or answers.as_json(shapes.account(self._options.account_sid, self._account))

    # Texts

    def _create_message(self, request: Request) -> Answer:
        form = request.form
        doing = self._faults.strike(kind="message", sender=first(form, "From"), to=first(form, "To"))
        broken = answers.before_accepting(doing)
        if broken:
            return broken
        order = checks.text_order(form, self._options, self._clock.now())
        # The answer tells the initial status, however fast the text has moved on since.
        with self._ledger.changed:
            message = self._texts.accept(order, doing)
            good = answers.as_json(shapes.message(message, self._account), 201)
        if "early_callback" in doing:
            self._await_first_callback(message.sid)
        return answers.after_accepting(doing, good)

    def _await_first_callback(self, sid: str) -> None:
        self._ledger.wait_for(lambda: any(told.sid == sid for told in self._ledger.webhooks), EARLY_SECONDS)

    def _list_messages(self, request: Request) -> Answer:
        query = request.query
        with self._ledger.changed:
            found = [
                message
                for message in reversed(self._ledger.messages.values())
                if not message.deleted
                and first(query, "To") in {"", message.to}
                and first(query, "From") in {"", message.sender}
                # A text still queued has no date of sending yet; whoever looks for it must find it.
                and shapes.in_time(query, "DateSent", message.sent_at or message.created_at)
            ]
            found.sort(key=lambda message: message.created_at, reverse=True)
            return answers.as_json(
                shapes.page(
                    request, "messages", found, lambda message: shapes.message(message, self._account)
                )
            )

    def _fetch_message(self, request: Request, sid: str) -> Answer:
        with self._ledger.changed:
            return answers.as_json(shapes.message(self._message(request, sid), self._account))

    def _change_message(self, request: Request, sid: str) -> Answer:
        form = request.form
        with self._ledger.changed:
            message = self._message(request, sid)
            if first(form, "Status") == "canceled":
                self._texts.cancel(message)
            elif "Body" in form:
                self._require_over(message)
                message.body = first(form, "Body")
                self._ledger.save(message)
            return answers.as_json(shapes.message(message, self._account))

    def _delete_message(self, request: Request, sid: str) -> Answer:
        with self._ledger.changed:
            message = self._message(request, sid)
            self._require_over(message)
            message.deleted = True
            self._ledger.save(message)
        return Answer(204)

    def _message(self, request: Request, sid: str) -> Message:
        message = self._ledger.messages.get(sid)
        if message is None or message.deleted:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        return message

    def _require_over(self, message: Message) -> None:
        if not message.is_over:
            raise ApiError(409, 20009, "Resource not in a final state: delivery has not been completed.")

    # Calls

    def _create_call(self, request: Request) -> Answer:
        form = request.form
        doing = self._faults.strike(kind="call", sender=first(form, "From"), to=first(form, "To"))
        broken = answers.before_accepting(doing)
        if broken:
            return broken
        order = checks.call_order(form, self._options)
        with self._ledger.changed:
            call = self._voice.place(order, doing)
            good = answers.as_json(shapes.call(call, self._account), 201)
        if "early_callback" in doing:
            self._await_first_callback(call.sid)
        return answers.after_accepting(doing, good)

    def _list_calls(self, request: Request) -> Answer:
        query = request.query
        with self._ledger.changed:
            found = [
                call
                for call in self._ledger.calls.values()
                if first(query, "To") in {"", call.to}
                and first(query, "From") in {"", call.sender}
                and first(query, "Status") in {"", call.status}
                and shapes.in_time(query, "StartTime", call.started_at or call.created_at)
            ]
            found.sort(key=lambda call: call.created_at, reverse=True)
            return answers.as_json(
                shapes.page(request, "calls", found, lambda call: shapes.call(call, self._account))
            )

    def _fetch_call(self, request: Request, sid: str) -> Answer:
        with self._ledger.changed:
            return answers.as_json(shapes.call(self._call(request, sid), self._account))

    def _change_call(self, request: Request, sid: str) -> Answer:
        form = request.form
        with self._ledger.changed:
            call = self._call(request, sid)
            self._voice.update(
                call, status=first(form, "Status"), url=first(form, "Url"), twiml=first(form, "Twiml")
            )
            return answers.as_json(shapes.call(call, self._account))

    def _call(self, request: Request, sid: str) -> Call:
        call = self._ledger.calls.get(sid)
        if call is None:
            raise ApiError(404, 20404, f"The requested resource {request.path} was not found")
        return call
