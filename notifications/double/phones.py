"""What the phones page shows: every simulated phone with its conversation, its call and its quick replies."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from notifications.double.checks import E164
from notifications.double.ledger import Ledger
from notifications.double.options import Options
from notifications.double.problems import RefusedError
from notifications.double.records import KINDS, Call, Handset, Message

BY_DEFAULT = (
    Handset("+15550100001", "Patient", "patient"),
    Handset("+15550100002", "Caregiver", "caregiver"),
    Handset("+15550100011", "On call, first", "oncall"),
    Handset("+15550100012", "On call, second", "oncall"),
    Handset("+15550100013", "On call, third", "oncall"),
    Handset("+15550100099", "A stranger", "stranger"),
)
QUICK = {
    "patient": ("98.6", "38.6 and shaking", "not so good", "STOP"),
    "caregiver": ("98.6", "38.6 and shaking", "she seems confused"),
    "oncall": (),
    "stranger": ("38.6 and shaking", "who is this?"),
}
OPEN_AT_FIRST = {"patient": 1, "caregiver": 1, "oncall": 3, "stranger": 1}
# What one phone shows; the ledger keeps the rest.
MOST_EVENTS = 80
ON_CALL = re.compile(r"ring|answer|decline|voicemail|fail|press:[0-9*#]+|say:.+")
# "Reply 4821 to take it"; failing that, four digits that are no part of a time, a date or a phone number.
ASKED_FOR = re.compile(r"(?i:\b(?:reply|text|send|code|case)\b)\W{1,3}(?i:with\s+|code\s+)?(\d{4})\b")
FOUR_DIGITS = re.compile(r"(?<![\w:/.+-])(\d{4})(?![\w:/-])")
ADDRESS = re.compile(r"https?://\S+")


@dataclass(frozen=True)
class Phone:
    """One phone as the page shows it. `events` are its texts and calls, oldest first."""

    handset: Handset
    texts_to: str
    events: tuple[Message | Call, ...]
    call: Call | None
    quick: tuple[str, ...]
    # A big clinic has more phones than a page: the others come when they are asked for or when something happens.
    is_open: bool


def phones(ledger: Ledger, options: Options) -> list[Phone]:
    """Every phone: those that were set up, and any other number the service has written to or called."""
    with ledger.changed:
        known = dict(ledger.handsets) or {handset.number: handset for handset in BY_DEFAULT}
        numbers = [person(text) for text in ledger.messages.values()]
        ours = ledger.numbers_of(options)
        for number in [*numbers, *(call.to for call in ledger.calls.values())]:
            if number in ours:
                continue  # the service texts itself, to hear whether texts arrive at all
            known.setdefault(number, Handset(number, "Another number", "stranger"))
        found = []
        left = Counter(OPEN_AT_FIRST)
        for handset in known.values():
            found.append(_phone(handset, ledger, options, is_first=left[handset.kind_of_person] > 0))
            left[handset.kind_of_person] -= 1
        return found


def person(text: Message) -> str:
    """The number on the person's side of a text."""
    return text.sender if text.direction == "inbound" else text.to


def texts_to(number: str, ledger: Ledger, options: Options) -> str:
    """The service's number a phone writes to: the last that wrote, the one set up, the account's first."""
    for message in reversed(ledger.messages.values()):
        if person(message) == number:
            return message.to if message.direction == "inbound" else message.sender
    handset = ledger.handsets.get(number)
    if handset and handset.to:
        return handset.to
    return options.numbers[0] if options.numbers else ""


def read_handsets(given: object) -> list[Handset]:
    """Handsets from JSON. Raises RefusedError for a number, a kind or a habit that is not one."""
    if not isinstance(given, list):
        raise RefusedError("Give a list of handsets.")
    return [_handset(facts) for facts in given]


def _handset(facts: object) -> Handset:
    if not isinstance(facts, dict):
        raise RefusedError('A handset is an object such as {"number": "+15550100001", "label": "Patient"}.')
    number, kind = str(facts.get("number", "")), str(facts.get("kind", "stranger"))
    to, habit = str(facts.get("to") or ""), str(facts.get("on_call") or "ring")
    for phone in filter(None, (number or "nothing", to)):
        if not E164.fullmatch(phone):
            raise RefusedError(f"{phone} is not a phone number such as +15550100001.")
    if kind not in KINDS:
        raise RefusedError(f"The kind of a handset is one of {', '.join(KINDS)}.")
    if not ON_CALL.fullmatch(habit):
        raise RefusedError("on_call is ring, answer, decline, voicemail, fail, press:KEYS or say:WORDS.")
    return Handset(number, str(facts.get("label") or number), kind, to, habit)


def _phone(handset: Handset, ledger: Ledger, options: Options, *, is_first: bool) -> Phone:
    number = handset.number
    texts = [text for text in ledger.messages.values() if person(text) == number and not text.deleted]
    calls = [call for call in ledger.calls.values() if call.to == number]
    open_calls = [call for call in calls if not call.is_over and call.status != "queued"]
    past: list[Message | Call] = [*texts, *(call for call in calls if call.is_over)]
    return Phone(
        handset=handset,
        texts_to=texts_to(number, ledger, options),
        events=tuple(sorted(past, key=_time)[-MOST_EVENTS:]),
        call=open_calls[0] if open_calls else None,
        quick=_quick(handset, texts),
        is_open=is_first or bool(past) or bool(open_calls),
    )


def _time(event: Message | Call) -> datetime:
    return event.created_at


def _quick(handset: Handset, texts: list[Message]) -> tuple[str, ...]:
    """What this person may want to say next; for someone on call, the newest code."""
    if handset.kind_of_person != "oncall":
        return QUICK[handset.kind_of_person]
    code = newest_code(texts)
    return (code, "ack") if code else ("ack",)


def newest_code(texts: list[Message]) -> str:
    """The code in the newest text that has one, as it was written; an empty string when none has."""
    for text in reversed(texts):
        words = ADDRESS.sub("", text.body) if text.direction != "inbound" else ""
        found = ASKED_FOR.search(words) or FOUR_DIGITS.search(words)
        if found:
            return found[1]
    return ""
