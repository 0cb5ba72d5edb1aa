"""The HTML of the phones page: rendered whole once, afterwards part by part when something changed."""

import functools
import html
import re
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from zoneinfo import ZoneInfo

from notifications.double.clock import Clock
from notifications.double.democlock import ServiceSeen
from notifications.double.phones import Phone
from notifications.double.records import Call, Message

HERE = Path(__file__).parent
ADDRESS = re.compile(r"https?://[^\s<>\"']*[^\s<>\"'.,;:!?)]")
STEPS = ((60, "+1 min"), (300, "+5 min"), (900, "+15 min"), (3600, "+1 h"), (14400, "+4 h"))
KEYPAD = {key: {"*": "star", "#": "pound"}.get(key, key) for key in "123456789*0#"}
SPEAKERS = {"service": "Voice", "person": "Key pressed", "provider": "Provider", "double": "Note"}
ENDINGS = {
    "completed": "Call answered",
    "busy": "Call declined",
    "no-answer": "Missed call",
    "failed": "Call failed",
    "canceled": "Call ended by the caller before an answer",
}
HANDOVERS = {
    "waiting": "sending",
    "taken": "sent",
    "given up": "not received: the service did not take it (11200)",
    "lost": "lost on its way (30039)",
}


class Html(str):
    """Words that are HTML already. All others are escaped when they are filled in."""

    __slots__ = ()


@functools.cache
def _template(name: str) -> Template:
    return Template((HERE / "templates" / f"{name}.html").read_text(encoding="utf-8").strip())


def _fill(template: str, /, **words: str) -> Html:
    safe = {key: word if isinstance(word, Html) else html.escape(word) for key, word in words.items()}
    return Html(_template(template).substitute(safe))


def _join(pieces: list[Html]) -> Html:
    return Html("\n".join(pieces))


def page(shown: list[Phone], board: str, clock: Clock, service: ServiceSeen, zone: ZoneInfo) -> str:
    """The whole page. `board` is the address of the service's board."""
    return _fill(
        "page",
        layout=layout(shown),
        board=board,
        clock=clock_words(clock, zone),
        offset=offset_words(clock, service),
        steps=_join([_fill("step", seconds=str(seconds), words=words) for seconds, words in STEPS]),
        tabs=_join([_fill("tab", **_names(phone)) for phone in shown]),
        phones=_join([_phone(phone, zone) for phone in shown]),
    )


def layout(shown: list[Phone]) -> str:
    """A text that changes when the set of phones does."""
    return "|".join(f"{phone.handset.number}={phone.handset.label}" for phone in shown)


def parts(phone: Phone, zone: ZoneInfo) -> dict[str, Html]:
    """The parts of one phone's card that change, by name."""
    number = phone.handset.number
    quick = [
        _fill("quick", number=number, place=str(place), words=words)
        for place, words in enumerate(phone.quick)
    ]
    events = [
        _text(event, phone, zone) if isinstance(event, Message) else _past_call(event, zone)
        for event in phone.events
    ]
    return {
        "call": _call(phone, zone),
        "thread": _join(events),
        "quick": _join(quick),
        "to": Html(html.escape(f"to {phone.texts_to}" if phone.texts_to else "(no number to text yet)")),
    }


def clock_words(clock: Clock, zone: ZoneInfo) -> str:
    """The double's time with weekday and zone."""
    return f"{clock.now().astimezone(zone):%a %d %b %Y %H:%M:%S %Z}"


def offset_words(clock: Clock, service: ServiceSeen) -> str:
    """How far the demo runs ahead, and whether the service is there at all."""
    if service.asked and not service.answers:
        return "The service is not answering. Texts from these phones are kept and tried again."
    if service.asked and not service.has_clock:
        return "This service has no demo clock: it runs in real time."
    hours, minutes = divmod(int(clock.offset_seconds) // 60, 60)
    if hours:
        return f"Demo clock: {hours} h {minutes:02d} min ahead"
    return f"Demo clock: {minutes} min ahead" if minutes else "Demo clock: real time"


def _phone(phone: Phone, zone: ZoneInfo) -> Html:
    return _fill("phone", **_names(phone), **parts(phone, zone), hidden="" if phone.is_open else "hidden")


def _names(phone: Phone) -> dict[str, str]:
    number = phone.handset.number
    return {"number": number, "label": phone.handset.label, "anchor": f"phone-{number.lstrip('+')}"}


def _time(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%a %H:%M}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _text(message: Message, phone: Phone, zone: ZoneInfo) -> Html:
    mine = message.direction == "inbound"
    other = message.to if mine else message.sender
    failed = message.status in {"undelivered", "failed", "canceled"} or message.handover in {
        "given up",
        "lost",
    }
    who = "This phone" if mine else "The provider, by itself" if message.automatic else "The service"
    return _fill(
        "text",
        looks=("mine" if mine else "theirs") + (" failed" if failed else ""),
        sid=message.sid,
        who=who,
        words=_linked(" ".join([message.body, *(f"[picture: {address}]" for address in message.media)])),
        moment=_moment(message.created_at),
        time=_time(message.created_at, zone),
        # A phone whose texts all go to one number needs no reminder of it under each.
        route=f" · {'to' if mine else 'from'} {other}" if other != phone.texts_to else "",
        state=_state(message),
    )


def _state(message: Message) -> str:
    if message.direction == "inbound":
        again = f", try {message.tries + 1}" if message.handover == "waiting" and message.tries else ""
        return HANDOVERS[message.handover] + again
    if message.status in {"undelivered", "failed"}:
        return f"not delivered ({message.error_code}): this phone never showed it"
    return f"{message.status}, written by the provider itself" if message.automatic else message.status


def _linked(words: str) -> Html:
    """Words with their web addresses as links."""
    pieces, end = [], 0
    for found in ADDRESS.finditer(words):
        address = html.escape(found[0])
        pieces.append(html.escape(words[end : found.start()]))
        pieces.append(f'<a href="{address}" target="_blank" rel="noopener">{address}</a>')
        end = found.end()
    return Html("".join([*pieces, html.escape(words[end:])]))


def _past_call(call: Call, zone: ZoneInfo) -> Html:
    said = _said(call)
    return _fill(
        "past_call",
        sid=call.sid,
        ending="Voicemail took the call" if call.picked_up_by == "voicemail" else ENDINGS[call.status],
        said=Html(f"<details><summary>What was said</summary>{said}</details>") if said else "",
        moment=_moment(call.created_at),
        time=_time(call.created_at, zone),
        sender=call.sender,
    )


def _said(call: Call) -> Html:
    lines = []
    for place, line in enumerate(call.transcript):
        who, words = line["who"], line["words"]
        lines.append(_fill("said", who=who, name=SPEAKERS[who], words=words, place=f"line-{place}"))
    return _join(lines)


def _call(phone: Phone, zone: ZoneInfo) -> Html:
    """The card of a call that rings or is going on; nothing otherwise."""
    call, number = phone.call, phone.handset.number
    if call is None:
        return Html("")
    facts = {"sid": call.sid, "sender": call.sender, "number": number}
    if call.status == "ringing":
        return _fill("ringing", **facts, label=phone.handset.label, time=_time(call.created_at, zone))
    keys = [_fill("key", number=number, key=key, name=name) for key, name in KEYPAD.items()]
    keypad = Html(f'<div class="keypad" role="group" aria-label="Keypad">{_join(keys)}</div>')
    person = call.picked_up_by == "person"
    return _fill(
        "talking",
        **facts,
        state="In a call" if person else "A voicemail box is listening",
        said=_said(call),
        keypad=keypad if person else "",
    )
