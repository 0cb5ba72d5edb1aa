"""Following a call's instructions: fetch a document, speak, wait for keys, post them, follow the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urljoin

from notifications.double import twiml
from notifications.double.exchange import Exchange
from notifications.double.lines import HungUp, Line, Redirected
from notifications.double.options import API_VERSION
from notifications.double.records import Call
from notifications.double.webhooks import UNANNOUNCED, Errand

NOT_RETRIEVED, NOT_TWIML = 11200, 12100
APOLOGY = "We are sorry, an application error has occurred. Goodbye."
WORDS_A_SECOND = 2.5
# A gather listens for keys unless it asks for words.
KEYS_ALONE = "dtmf"
# https://www.twilio.com/docs/voice/twiml/number
MOST_DIALLED = 10
# More documents than any sensible call has: a circle of redirects must end.
MOST_DOCUMENTS = 100


@dataclass(frozen=True)
class Document:
    """Instructions and the address they came from, against which theirs are resolved."""

    verbs: tuple[twiml.Verb, ...]
    url: str


@dataclass(frozen=True)
class Dialled:
    """A second phone that a call asks to be connected with. Times are in seconds of a call."""

    number: str
    caller: str
    ring_seconds: int
    limit_seconds: int
    status_callback: str
    events: tuple[str, ...]


Dial = Callable[[Call, Line, Sequence[Dialled]], Call]


class Walker:
    """Walks one answered call to its end.

    `dial` connects it with whoever of some phones answers first, and returns that call, over.
    """

    def __init__(self, exchange: Exchange, call: Call, line: Line, dial: Dial) -> None:
        self._dial = dial
        self._call = call
        self._line = line
        self._account_sid = exchange.options.account_sid
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._postman = exchange.postman
        self._fetched = 0
        self._ends_at = exchange.clock.now() + timedelta(seconds=call.limit_seconds)

    def walk(self) -> None:
        """Follow the instructions until they end or somebody hangs up. Never raises for what they say."""
        todo: Document | Redirected | None = Redirected(url=self._call.url, twiml=self._call.twiml)
        while todo is not None:
            todo = self._step(todo)

    def _step(self, todo: Document | Redirected) -> Document | Redirected | None:
        try:
            return self._open(todo) if isinstance(todo, Redirected) else self._play(todo)
        except HungUp:
            return None
        except Redirected as redirect:
            return redirect
        except twiml.TwimlError as problem:
            self._fail(NOT_TWIML, str(problem))
            return None

    def _open(self, redirect: Redirected) -> Document | None:
        if redirect.twiml:
            return Document(twiml.read(redirect.twiml), self._call.url)
        return self._fetch(redirect.url, self._call.method)

    def _play(self, document: Document) -> Document | None:
        """Follow one document; the next one, or None when the call is over."""
        for verb in document.verbs:
            if self._clock.now() >= self._ends_at:
                raise HungUp
            match verb.name:
                case "Say" | "Play":
                    self._speak(verb)
                case "Pause":
                    self._line.pause(verb.number("length", 1))
                case "Gather":
                    heard = self._gather(verb)
                    if heard or verb.attributes.get("actionOnEmptyResult", "").lower() == "true":
                        return self._hand_in(verb, document, heard or {"Digits": "", "FinishedOnKey": ""})
                case "Dial":
                    second = self._connect(verb, document)
                    if verb.attributes.get("action"):
                        return self._tell_dialled(verb, document, second)
                case "Redirect":
                    return self._fetch(
                        urljoin(document.url, verb.words), verb.attributes.get("method", "POST")
                    )
                case "Hangup":
                    return None
                case _:
                    self._write("double", f"<{verb.name}> is not simulated and was passed over.")
        return None

    def _speak(self, verb: twiml.Verb, *, until_key: bool = False) -> None:
        words = verb.words if verb.name == "Say" else f"[plays {verb.words}]"
        self._write("service", words, language=verb.attributes.get("language", ""))
        seconds = len(words.split()) / WORDS_A_SECOND * max(1, int(verb.number("loop", 1)))
        self._line.pause(seconds, until_key=until_key)

    def _gather(self, verb: twiml.Verb) -> dict[str, str]:
        """What was pressed or said, as it is told; nothing when nothing was. What came before it began is lost."""
        self._set_listening(verb.attributes.get("input", KEYS_ALONE))
        try:
            for child in verb.inside:
                if self._line.keys or self._line.spoken:
                    break
                if child.name == "Pause":
                    self._line.pause(child.number("length", 1), until_key=True)
                else:
                    self._speak(child, until_key=True)
            return self._collect(verb)
        finally:
            self._set_listening("")

    def _collect(self, verb: twiml.Verb) -> dict[str, str]:
        finish = verb.attributes.get("finishOnKey", "#")
        most = int(verb.number("numDigits", 0))
        timeout = verb.number("timeout", 5)
        keys = ""
        while not most or len(keys) < most:
            key = self._line.key(timeout)
            if not key and not keys and self._line.spoken:
                said = self._line.spoken.popleft()
                return {"SpeechResult": said.words, "Confidence": f"{said.confidence:.8f}"}
            if not key or (finish and key in finish):
                return {"Digits": keys, "FinishedOnKey": key} if keys else {}
            keys += key
        return {"Digits": keys, "FinishedOnKey": ""}

    def _hand_in(self, verb: twiml.Verb, document: Document, heard: dict[str, str]) -> Document | None:
        action = urljoin(document.url, verb.attributes.get("action", "")) or document.url
        return self._fetch(action, verb.attributes.get("method", "POST"), {**heard, "msg": "Gather End"})

    def _connect(self, verb: twiml.Verb, document: Document) -> Call:
        """The second call, over; of several phones that of whoever answered first.

        Raises HungUp or Redirected when the first call ends or turns meanwhile.
        """
        inside = [child for child in verb.inside if child.name == "Number"]
        if len(inside) < len(verb.inside):
            other = next(child.name for child in verb.inside if child.name != "Number")
            raise twiml.TwimlError(f"<Dial> with <{other}> is not simulated.")
        if len(inside) > MOST_DIALLED:
            raise twiml.TwimlError(f"<Dial> has more than {MOST_DIALLED} numbers.")
        dialled = [
            Dialled(
                number=number.words,
                caller=verb.attributes.get("callerId", ""),
                ring_seconds=int(verb.number("timeout", 30)),
                limit_seconds=int(verb.number("timeLimit", 14400)),
                status_callback=_resolved(document.url, number.attributes.get("statusCallback", "")),
                events=tuple(number.attributes.get("statusCallbackEvent", "completed").split()),
            )
            for number in inside or [twiml.Verb("Number", words=verb.words)]
        ]
        self._write("provider", f"[dials {', '.join(one.number for one in dialled)}]")
        return self._dial(self._call, self._line, dialled)

    def _tell_dialled(self, verb: twiml.Verb, document: Document, second: Call) -> Document | None:
        form = {"DialCallSid": second.sid, "DialCallStatus": second.status}
        if second.started_at and second.ended_at:
            form["DialCallDuration"] = str(round((second.ended_at - second.started_at).total_seconds()))
        action = urljoin(document.url, verb.attributes["action"])
        return self._fetch(action, verb.attributes.get("method", "POST"), form)

    def _fetch(self, url: str, method: str, extra: dict[str, str] | None = None) -> Document | None:
        """The document at an address, or at the call's fall-back address; None when neither gives one."""
        self._fetched += 1
        if self._fetched > MOST_DOCUMENTS:
            self._fail(NOT_RETRIEVED, "The call was sent in a circle.")
            return None
        for address in filter(None, (url, self._call.fallback_url)):
            errand = Errand(
                about="voice",
                sid=self._call.sid,
                url=address,
                method="GET" if method.upper() == "GET" else "POST",
                form={**call_form(self._call, self._account_sid), **(extra or {})},
                faults=tuple(self._call.faults),
            )
            outcome = self._postman.deliver(errand)
            if outcome.is_good:
                return Document(twiml.read(outcome.body), address)
        self._fail(NOT_RETRIEVED, APOLOGY)
        return None

    def _fail(self, code: int, words: str) -> None:
        self._call.error_code = code
        self._write("provider", words)

    def _set_listening(self, hears: str) -> None:
        with self._ledger.changed:
            self._line.keys.clear()
            self._line.spoken.clear()
            self._call.listening, self._call.hears = bool(hears), hears
            self._ledger.save(self._call)

    def _write(self, who: str, words: str, language: str = "") -> None:
        with self._ledger.changed:
            entry = {"at": self._clock.now().isoformat(), "who": who, "words": words}
            self._call.transcript.append({**entry, "language": language} if language else entry)
            self._ledger.save(self._call)


def _resolved(base: str, address: str) -> str:
    return urljoin(base, address) if address else ""


def call_form(call: Call, account_sid: str) -> dict[str, str]:
    """What every webhook about a call says."""
    form = {
        "AccountSid": account_sid,
        "ApiVersion": API_VERSION,
        "CallSid": call.sid,
        "CallStatus": call.status,
        "Called": call.to,
        "Caller": call.sender,
        "Direction": call.direction,
        "From": call.sender,
        "To": call.to,
        **UNANNOUNCED,
    }
    if call.parent_sid:
        form["ParentCallSid"] = call.parent_sid
    if call.answered_by:
        form["AnsweredBy"] = call.answered_by
    return form
