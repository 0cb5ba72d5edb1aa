"""The double's own interface: what it accepted, what people do on the handsets, what goes wrong, the time.

It needs no sign-in, because only this machine reaches it. README.md lists it for people.
"""

import re
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from notifications.double import answers, markup
from notifications.double.answers import Answer
from notifications.double.checks import first
from notifications.double.democlock import DemoClock
from notifications.double.exchange import Exchange
from notifications.double.inbound import Inbound
from notifications.double.phones import BY_DEFAULT, phones, read_handsets, texts_to
from notifications.double.problems import RefusedError
from notifications.double.records import Handset
from notifications.double.request import Request
from notifications.double.voice import SURE, Voice

LONGEST_WAIT = 60.0
# A script that answers a call placed a moment ago, or presses a key before the call listens, is waited with.
ACT_WITHIN = 10.0


class Control:
    """Answers everything under /double/, and /health."""

    def __init__(
        self, exchange: Exchange, inbound: Inbound, voice: Voice, demo_clock: DemoClock, zone: ZoneInfo
    ) -> None:
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._faults = exchange.faults
        self._inbound = inbound
        self._voice = voice
        self._demo_clock = demo_clock
        self._zone = zone
        self._routes: list[tuple[str, str, Callable[..., Answer]]] = [
            ("GET", r"/health", self._health),
            ("GET", r"/double/ledger", self._show_ledger),
            ("GET", r"/double/(messages|calls|webhooks)", self._show_some),
            ("GET", r"/double/requests", self._show_requests),
            ("POST", r"/double/inbound", self._send),
            ("POST", r"/double/calls/(CA\w+)/(answer|digits|say|decline|voicemail|hangup)", self._act),
            ("GET", r"/double/handsets", self._show_handsets),
            ("PUT", r"/double/handsets", self._set_handsets),
            ("GET", r"/double/clock", self._show_clock),
            ("POST", r"/double/clock", self._advance),
            ("GET", r"/double/faults", self._show_faults),
            ("POST", r"/double/faults", self._add_faults),
            ("DELETE", r"/double/faults", self._clear_faults),
            ("GET", r"/double/phones", self._show_changes),
        ]

    def answer(self, request: Request) -> Answer:
        """The answer to one request; a problem is a JSON object with one sentence."""
        found = [
            (method, act, match)
            for method, path, act in self._routes
            if (match := re.fullmatch(path, request.path))
        ]
        for method, act, match in found:
            if method == request.method:
                try:
                    return act(request, *match.groups())
                except RefusedError as problem:
                    return answers.as_json({"problem": str(problem)}, problem.status)
                except (ValueError, TypeError) as problem:
                    return answers.as_json({"problem": str(problem)}, 400)
        return answers.as_json({"problem": "No such address here."}, 405 if found else 404)

    def _health(self, request: Request) -> Answer:
        with self._ledger.changed:
            counts = {"messages": len(self._ledger.messages), "calls": len(self._ledger.calls)}
        return answers.as_json({"ok": True, **counts})

    def _show_ledger(self, request: Request) -> Answer:
        with self._ledger.changed:
            return answers.as_json(
                {
                    "version": self._ledger.version,
                    "messages": self._records("messages", {}),
                    "calls": self._records("calls", {}),
                    "webhooks": self._records("webhooks", {}),
                    "opted_out": sorted(self._ledger.opted_out),
                    "faults": self._faults.to_json(),
                }
            )

    def _show_some(self, request: Request, what: str) -> Answer:
        """Records that match the query, and on `at_least` only once there are that many or time is up."""
        # A plus sign somebody forgot to escape arrives as a space.
        query = {name: values[-1].replace(" ", "+") for name, values in request.query.items()}
        at_least, within = int(query.pop("at_least", 0)), float(query.pop("within", 10))
        with self._ledger.changed:
            self._ledger.wait_for(
                lambda: len(self._records(what, query)) >= at_least, min(within, LONGEST_WAIT)
            )
            return answers.as_json({what: self._records(what, query)})

    def _show_requests(self, request: Request) -> Answer:
        with self._ledger.changed:
            return answers.as_json({"requests": list(self._ledger.requests)})

    def _records(self, what: str, query: dict[str, str]) -> list[dict[str, Any]]:
        records = {
            "messages": self._ledger.messages.values(),
            "calls": self._ledger.calls.values(),
            "webhooks": self._ledger.webhooks,
        }[what]
        wanted = {"sender" if name == "from" else name: value for name, value in query.items()}
        return [
            record.to_json()
            for record in records
            if all(str(getattr(record, name, "")) == value for name, value in wanted.items())
        ]

    def _send(self, request: Request) -> Answer:
        facts = request.facts()
        sender = str(facts.get("from", ""))
        with self._ledger.changed:
            to = str(facts.get("to") or texts_to(sender, self._ledger, self._options))
        if not to:
            raise RefusedError("Nobody has texted this phone yet: say which number to text.")
        message = self._inbound.send(
            sender=sender, to=to, body=str(facts.get("body", "")), media=_pictures(facts.get("media"))
        )
        if request.is_form:
            return Answer(303, headers={"Location": f"/#phone-{sender.lstrip('+')}"})
        return answers.as_json(message.to_json(), 201)

    def _act(self, request: Request, sid: str, act: str) -> Answer:
        facts = request.facts() if request.body else {}
        within = min(float(facts.get("within", ACT_WITHIN)), LONGEST_WAIT)
        given = str(facts.get("words" if act == "say" else "digits", ""))
        sure = float(facts.get("confidence", SURE))
        call = self._voice.act(sid, act, given, within, confidence=sure)
        with self._ledger.changed:
            return answers.as_json(call.to_json())

    def _show_handsets(self, request: Request) -> Answer:
        with self._ledger.changed:
            handsets = list(self._ledger.handsets.values()) or list(BY_DEFAULT)
        return answers.as_json({"handsets": [_shown(handset) for handset in handsets]})

    def _set_handsets(self, request: Request) -> Answer:
        self._ledger.set_handsets(read_handsets(request.json()))
        return self._show_handsets(request)

    def _show_clock(self, request: Request) -> Answer:
        service = self._demo_clock.service
        return answers.as_json(
            {
                "offset_seconds": self._clock.offset_seconds,
                "skew_seconds": self._clock.skew_seconds,
                "now": self._clock.now().isoformat(),
                "service_answers": service.answers,
                "service_has_clock": service.has_clock,
            }
        )

    def _advance(self, request: Request) -> Answer:
        facts = request.facts()
        if "skew_seconds" in facts:
            self._clock.skew_seconds = float(facts["skew_seconds"])
            return self._show_clock(request)
        seconds = str(facts.get("advance_seconds", ""))
        if not seconds.isdigit() or not int(seconds):
            raise RefusedError("advance_seconds is a whole number of seconds to move forward.")
        self._demo_clock.advance(int(seconds))
        return self._show_clock(request)

    def _show_faults(self, request: Request) -> Answer:
        return answers.as_json({"faults": self._faults.to_json()})

    def _add_faults(self, request: Request) -> Answer:
        try:
            self._faults.add(request.json())
        except AttributeError as problem:
            raise RefusedError("A match is an object.") from problem
        return self._show_faults(request)

    def _clear_faults(self, request: Request) -> Answer:
        self._faults.clear()
        return Answer(204)

    def _show_changes(self, request: Request) -> Answer:
        """What the page asks for every second: the time, and the phones when something changed."""
        with self._ledger.changed:
            version = self._ledger.version
            changed = first(request.query, "version") != str(version)
            shown = phones(self._ledger, self._options) if changed else []
        facts: dict[str, Any] = {
            "version": version,
            "clock": markup.clock_words(self._clock, self._zone),
            "offset": markup.offset_words(self._clock, self._demo_clock.service),
        }
        if changed:
            facts["layout"] = markup.layout(shown)
            facts["phones"] = {phone.handset.number: markup.parts(phone, self._zone) for phone in shown}
        return answers.as_json(facts)


def _pictures(given: Any) -> list[str]:
    """Addresses of pictures: as given, or made up when only their number is."""
    if isinstance(given, int):
        return [f"https://api.twilio.com/pictures/{place}" for place in range(given)]
    return [str(address) for address in given or []]


def _shown(handset: Handset) -> dict[str, str]:
    return {
        "number": handset.number,
        "label": handset.label,
        "kind": handset.kind_of_person,
        "to": handset.to,
        "on_call": handset.on_call,
    }
