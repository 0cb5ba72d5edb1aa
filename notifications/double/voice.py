"""Calls: ringing, a person or a voicemail box picking up, the conversation, and the callbacks about it."""

import email.utils
import threading
from collections.abc import Sequence
from datetime import datetime

from notifications.double import faults
from notifications.double.answers import ApiError
from notifications.double.checks import E164, CallOrder
from notifications.double.exchange import Exchange
from notifications.double.lines import Leg, Line, Race, Redirected, Spoken
from notifications.double.problems import RefusedError
from notifications.double.records import Call, new_sid
from notifications.double.walker import Dialled, Walker, call_form
from notifications.double.webhooks import UNANNOUNCED, Errand
from notifications.double.workers import carry_out

KEYS = frozenset("0123456789*#")
CONFLICT = 409
SURE = 0.9
# A voicemail box that a call was connected with hangs up after so many seconds.
VOICEMAIL_SECONDS = 120
# How long it takes to hear whether a machine answered.
DETECTION_SECONDS = 3
ENDINGS = {"decline": "busy", "fail": "failed", "cancel": "canceled", "hangup": "failed"}
# What a call is called in its callbacks, where that differs from its status.
EVENT_STATUS = {"initiated": "initiated", "ringing": "ringing", "answered": "in-progress"}


class Voice:
    """Places calls and lets handsets act on them."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._options = exchange.options
        self._clock = exchange.clock
        self._ledger = exchange.ledger
        self._lanes = exchange.lanes
        self._postman = exchange.postman
        self._stopping = exchange.stopping
        self._lines: dict[str, Line] = {}

    def place(self, order: CallOrder, doing: Sequence[str] = ()) -> Call:
        """Begin a call; it goes on by itself."""
        now = self._clock.now()
        call = Call(
            sid=new_sid("CA"),
            sender=order.sender,
            to=order.to,
            status="queued",
            created_at=now,
            updated_at=now,
            ring_seconds=order.ring_seconds,
            limit_seconds=order.limit_seconds,
            url=order.url,
            method=order.method,
            fallback_url=order.fallback_url,
            twiml=order.twiml,
            status_callback=order.status_callback,
            events=list(order.events),
            machine_detection=order.machine_detection,
            detects_meanwhile=order.detects_meanwhile,
            detection_callback=order.detection_callback,
            history=[["queued", now.isoformat()]],
            faults=list(doing),
        )
        line = Line(self._exchange)
        with self._ledger.changed:
            self._lines[call.sid] = line
            self._ledger.save(call)
        threading.Thread(
            target=lambda: carry_out(lambda: self._run(call, line)), name=call.sid, daemon=True
        ).start()
        return call

    def resume(self) -> None:
        """After a restart: a line that was open has been cut."""
        for call in list(self._ledger.calls.values()):
            if not call.is_over:
                self._end(call, "failed")

    def act(
        self, sid: str, act: str, given: str = "", within: float = 0.0, *, confidence: float = SURE
    ) -> Call:
        """A handset answers, declines, lets voicemail pick up, hangs up, or presses or says what is `given`.

        Waits up to `within` real seconds until the call is ready for it, as a person would. Raises
        RefusedError when it is not.
        """
        self._ledger.wait_for(lambda: self._is_ready(sid, act), within)
        with self._ledger.changed:
            call, line = self._ledger.calls.get(sid), self._lines.get(sid)
            if call is None:
                raise RefusedError("There is no such call.", 404)
            if call.is_over or line is None:
                raise RefusedError(f"The call is over: {call.status}.", CONFLICT)
            if act == "digits":
                self._press(call, line, given)
            elif act == "say":
                self._say(call, line, Spoken(given, confidence))
            elif call.status == "in-progress" and act == "hangup":
                line.do("hangup")
            elif call.status == "ringing" and not line.act:
                line.do("decline" if act == "hangup" else act)
            else:
                raise RefusedError("The phone is not ringing.", CONFLICT)
            return call

    def _is_ready(self, sid: str, act: str) -> bool:
        """Whether there is no use in waiting any longer for this act."""
        call = self._ledger.calls.get(sid)
        if call is None or call.is_over:
            return True
        if act in {"digits", "say"}:
            return call.listening
        return call.status == "ringing" or (act == "hangup" and call.status == "in-progress")

    def update(self, call: Call, *, status: str, url: str, twiml: str) -> None:
        """The service ends or redirects a call. Raises ApiError 21220 when it is over."""
        with self._ledger.changed:
            line = self._lines.get(call.sid)
            if call.is_over or line is None:
                raise ApiError(400, 21220, f"Call {call.sid} is not in-progress. Cannot redirect.")
            if status == "canceled" and call.status not in {"queued", "ringing"}:
                raise ApiError(
                    400, 21220, f"Call {call.sid} was answered; it can be completed, not canceled."
                )
            if status in {"canceled", "completed"}:
                line.do("cancel" if call.status in {"queued", "ringing"} else "hangup")
            elif url or twiml:
                line.send_elsewhere(Redirected(url=url, twiml=twiml))

    def _press(self, call: Call, line: Line, keys: str) -> None:
        if not keys or not set(keys) <= KEYS:
            raise RefusedError("Keys are 0 to 9, * and #.", CONFLICT)
        self._require_a_person(call, "A voicemail box has no fingers.")
        if "dtmf" not in call.hears:
            raise RefusedError("Nothing is waiting for a key now; the key was not heard.", CONFLICT)
        self._write(call, keys)
        line.press(keys)

    def _say(self, call: Call, line: Line, spoken: Spoken) -> None:
        if not spoken.words.strip() or not 0 <= spoken.confidence <= 1:
            raise RefusedError("Say something, with a confidence from 0 to 1.", CONFLICT)
        self._require_a_person(call, "A voicemail box says nothing.")
        if "speech" not in call.hears:
            raise RefusedError("Nothing is listening to words now; they were not heard.", CONFLICT)
        self._write(call, spoken.words)
        line.say(spoken)

    def _require_a_person(self, call: Call, otherwise: str) -> None:
        if call.status != "in-progress":
            raise RefusedError("Answer the call first.", CONFLICT)
        if call.picked_up_by != "person":
            raise RefusedError(otherwise, CONFLICT)

    def _write(self, call: Call, words: str) -> None:
        call.transcript.append({"at": self._clock.now().isoformat(), "who": "person", "words": words})
        self._ledger.save(call)

    def _run(self, call: Call, line: Line) -> None:
        """The life of one call, in its own thread."""
        self._stopping.wait(self._options.step_seconds)
        self._tell(call, "initiated")
        if not line.act:
            self._ledger.move(call, "ringing", self._clock.now())
            self._tell(call, "ringing")
        act, _, given = self._by_itself(call).partition(":")
        act = act or line.ring(call.updated_at, call.ring_seconds)
        if act in {"answer", "voicemail", "press", "say"}:
            self._talk(call, line, act, given)
            self._end(call, "completed")
            return
        self._end(call, ENDINGS.get(act, "no-answer"))

    def _dial(self, first: Call, line: Line, dialled: Sequence[Dialled]) -> Call:
        """Ring other phones for a call that is going on, let it speak with whoever answers first, and return that
        call, over; where nobody answers, the last one dialled.

        Raises HungUp or Redirected when the first call ended or turned meanwhile.
        """
        legs = [Leg(self._second(first, one), Line(self._exchange)) for one in dialled]
        with self._ledger.changed:
            for leg in legs:
                self._lines[leg.call.sid] = leg.line
                self._ledger.save(leg.call)
        race = Race(line, legs)
        threads = [threading.Thread(target=self._ring_leg, args=(leg, race), daemon=True) for leg in legs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        line.raise_if_interrupted()
        return (race.winner or legs[-1]).call

    def _second(self, first: Call, dialled: Dialled) -> Call:
        now = self._clock.now()
        sender = dialled.caller or first.sender
        return Call(
            sid=new_sid("CA"),
            sender=sender,
            to=dialled.number,
            status="queued",
            created_at=now,
            updated_at=now,
            ring_seconds=dialled.ring_seconds,
            limit_seconds=dialled.limit_seconds,
            status_callback=dialled.status_callback,
            events=list(dialled.events),
            history=[["queued", now.isoformat()]],
            faults=self._exchange.faults.strike(kind="call", sender=sender, to=dialled.number),
            direction="outbound-dial",
            parent_sid=first.sid,
        )

    def _ring_leg(self, leg: Leg, race: Race) -> None:
        """One dialled call from its start to its end, in a thread of its own."""
        self._tell(leg.call, "initiated")
        self._end(leg.call, self._speak_with(leg, race))

    def _speak_with(self, leg: Leg, race: Race) -> str:
        """The life of a dialled call; how it ended."""
        second, other = leg.call, leg.line
        if not E164.fullmatch(second.to):
            return "failed"
        self._ledger.move(second, "ringing", self._clock.now())
        self._tell(second, "ringing")
        act = self._by_itself(second).partition(":")[0]
        act = act or other.ring(second.updated_at, second.ring_seconds, caller=race.caller)
        if act not in {"answer", "voicemail", "press", "say"}:
            return "canceled" if race.caller.is_interrupted else ENDINGS.get(act, "no-answer")
        with self._ledger.changed:
            if not race.is_won_by(leg):
                return "canceled"
        self._pick_up(second, other, person=act != "voicemail")
        most = VOICEMAIL_SECONDS if act == "voicemail" else second.limit_seconds
        other.talk(min(most, second.limit_seconds), race.caller)
        return "completed"

    def _by_itself(self, call: Call) -> str:
        """What happens without anybody's doing: a fault, or what the handset was told to do."""
        if any(faults.split(do)[0] in {"failed", "undelivered"} for do in call.faults):
            return "fail"
        handset = self._ledger.handsets.get(call.to)
        return handset.on_call if handset and handset.on_call != "ring" else ""

    def _talk(self, call: Call, line: Line, act: str, given: str) -> None:
        self._pick_up(call, line, person=act != "voicemail")
        if given:
            threading.Thread(target=self._do_when_asked, args=(call, line, act, given), daemon=True).start()
        Walker(self._exchange, call, line, self._dial).walk()

    def _pick_up(self, call: Call, line: Line, *, person: bool) -> None:
        now = self._clock.now()
        found = _who_answers(call, person=person)
        with self._ledger.changed:
            line.act = ""
            self._ledger.move(
                call,
                "in-progress",
                now,
                started_at=now,
                picked_up_by="person" if person else "voicemail",
                answered_by=None if call.detects_meanwhile else found,
            )
        self._tell(call, "answered")
        if found and call.detects_meanwhile:
            threading.Thread(target=self._detect, args=(call, found), daemon=True).start()

    def _detect(self, call: Call, found: str) -> None:
        """Say after some seconds who answered, to a service that did not want the call to wait for it."""
        self._stopping.wait(DETECTION_SECONDS * self._options.pace)
        with self._ledger.changed:
            call.answered_by = found
            self._ledger.save(call)
        if not call.detection_callback:
            return
        form = {
            "AccountSid": self._options.account_sid,
            "CallSid": call.sid,
            "AnsweredBy": found,
            "MachineDetectionDuration": str(DETECTION_SECONDS * 1000),
            **UNANNOUNCED,
        }
        errand = Errand(
            about="machine-detection",
            sid=call.sid,
            url=call.detection_callback,
            form=form,
            faults=tuple(call.faults),
        )
        self._lanes.put(call.sid, lambda: self._deliver(errand))

    def _do_when_asked(self, call: Call, line: Line, act: str, given: str) -> None:
        """A handset told to press keys, or to say something, does so the first time the call listens."""
        with self._ledger.changed:
            self._ledger.changed.wait_for(lambda: call.listening or call.is_over)
            if call.is_over:
                return
            if act == "say":
                self._say(call, line, Spoken(given, SURE))
            else:
                self._press(call, line, given)

    def _end(self, call: Call, status: str) -> None:
        now = self._clock.now()
        with self._ledger.changed:
            self._lines.pop(call.sid, None)
            self._ledger.move(call, status, now, ended_at=now, listening=False)
        self._tell(call, "completed")

    def _tell(self, call: Call, event: str) -> None:
        """Post a callback when the service asked for that event."""
        if not call.status_callback or "no_callback" in call.faults:
            return
        asked = {name for given in call.events for name in given.split()}
        if event not in asked:
            return
        errand = Errand(
            about="call-status",
            sid=call.sid,
            url=call.status_callback,
            form=self._status_form(call, event),
            faults=tuple(call.faults),
        )
        for _ in range(2 if "duplicate_callback" in call.faults else 1):
            self._lanes.put(call.sid, lambda: self._deliver(errand))

    def _deliver(self, errand: Errand) -> None:
        self._postman.deliver(errand)

    def _status_form(self, call: Call, event: str) -> dict[str, str]:
        form = {
            **call_form(call, self._options.account_sid),
            "CallStatus": EVENT_STATUS.get(event, call.status),
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(call.sequence),
            "Timestamp": email.utils.format_datetime(self._clock.now()),
        }
        call.sequence += 1
        if event == "completed":
            form["CallDuration"] = str(duration(call, self._clock.now()))
        return form


def _who_answers(call: Call, *, person: bool) -> str | None:
    """What machine detection says, if it was asked for."""
    if call.machine_detection.lower() not in {"enable", "detectmessageend"}:
        return None
    machine = "machine_end_beep" if call.machine_detection == "DetectMessageEnd" else "machine_start"
    return "human" if person else machine


def duration(call: Call, now: datetime) -> int:
    """Whole seconds of conversation so far."""
    return round(((call.ended_at or now) - call.started_at).total_seconds()) if call.started_at else 0
