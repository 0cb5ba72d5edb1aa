#!/usr/bin/env python3
"""Rings the desk when StepUp stops saying that it is well, and says why. For another machine, on another network.

    WATCH_URL=https://stepup.example.org/healthz  DESK_NUMBERS=+15550100100,+15550100101  CALL_FROM=+15550100102
    TWILIO_ACCOUNT_SID=AC...  TWILIO_AUTH_TOKEN=...            python3 watchdog.py

A dead engine cannot report itself, and a quiet night looks like a dead service from inside. README.md beside this
file says where to run it, how to try it and what it cannot see. It needs Python alone.
"""

import argparse
import base64
import http.client
import json
import os
import signal
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

BEGINNING = "This is the watchdog of Step Up."
NO_ANSWER = {
    "no answer": "The service has stopped answering. People may be waiting, and nobody else will be called."
}
ANSWERS = "The service answers, and says what is wrong."
RING_NOW = "Ring whoever runs it now, and work from the printed downtime list."
TRIED = "It is being tried. Nothing is wrong, and there is nothing to do."
# Fields of the health page, and its checks: what each means to whoever is rung. The page's own words are for machines.
FIELDS = {
    "silent_parts": "A part of it has stopped. People may not be asked, and nobody may be called.",
    "accounts_out": "An account at the telephone company cannot be used. Texts to people may wait.",
    "database": "Its database does not answer. Nothing comes in, and nobody is asked or called.",
    "canary_late": "The test alarm that it sends to itself was not answered. Texts may not arrive.",
}
STUCK = "A message is stuck on its way."
CHECKS = {
    "I1": "A case waits for its next step.",
    "I2": "A case is open, and nobody was called about it.",
    "I3": "The call about a case reached nobody.",
    "I4": STUCK,
    "I5": STUCK,
    "I6": STUCK,
    "I7": "Something that came in was not read.",
    "I8": "A message may have gone out twice. Nobody waits because of it. Tell whoever runs it.",
    "I9": "Somebody who is watched will not be asked again.",
    "I10": "Somebody who is watched was not asked in time.",
    "I11": "There are hours until this time tomorrow when somebody on call is missing, or cannot be reached by text. "
    "Look at the on-call list, and put somebody there.",
    "I12": "Its clock is wrong.",
    "I13": "Something that a person had to read or do is late.",
    "I14": "Somebody whose case nobody has was not told whom to call.",
    "I15": "Somebody is still watched past the end.",
    "I16": "Somebody is no longer known to be in hospital, and is not asked at home.",
    "I17": "Somebody who is in hospital is asked at home.",
    "I18": "It kept quiet for somebody, and did not go on.",
}
CAN_WAIT = {"I8", "I11"}  # the service works; said at once, and then seldom
OTHER = "Something is wrong that this watchdog has no words for."
TIMEOUT = 10.0
LONGEST = 100_000  # bytes of a health page
NEEDED = ("WATCH_URL", "DESK_NUMBERS", "CALL_FROM", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")


class AsItIs(urllib.request.HTTPErrorProcessor):
    """Takes every answer for what it is: no redirect is followed, and no status is an error."""

    def http_response(self, request: object, response: http.client.HTTPResponse) -> http.client.HTTPResponse:
        """The answer itself."""
        return response

    https_response = http_response


OPENER = urllib.request.build_opener(AsItIs)


def troubles(url: str) -> dict[str, str]:
    """What is wrong, a sentence by each name. Nothing where the address answers 200 and its page says that it is well;
    what the page says is wrong where it says so; and for anything else that it does not answer: a redirect, or somebody
    else's page, such as a web server's own, whatever its status.
    """
    try:
        with OPENER.open(url, timeout=TIMEOUT) as answer:
            page = json.loads(whole(answer))
            return {} if answer.status == 200 and page["healthy"] is True else told(page)
    except Exception:
        # Whatever comes instead of an answer, were it no HTTP at all: a watchdog that dies of it rings nobody.
        return NO_ANSWER


def whole(answer: http.client.HTTPResponse) -> bytes:
    """What an answer holds, were it sent a letter at a time for ever: cut off after the time an answer has."""
    end, read = time.monotonic() + TIMEOUT, b""
    while len(read) < LONGEST and time.monotonic() < end and (more := answer.read1(LONGEST)):
        read += more
    return read


def told(page: dict[str, Any]) -> dict[str, str]:
    """What a health page says is wrong. Fails on a page that is not one."""
    if page["healthy"] is not False:
        return NO_ANSWER
    found = {field: words for field, words in FIELDS.items() if page.get(field)}
    for name in page.get("broken_invariants") or {}:
        check = name.split()[0]  # of "I7 replies", I7
        found[check if check in CHECKS else "another check"] = CHECKS.get(check, OTHER)
    return found or {"something else": OTHER}


def spoken(found: Mapping[str, str]) -> str:
    """What whoever is rung hears about these: each sentence once, and what to do now unless all of it can wait."""
    begun = [BEGINNING] if found == NO_ANSWER else [BEGINNING, ANSWERS]
    return " ".join(
        [*begun, *dict.fromkeys(found.values()), *([] if found.keys() <= CAN_WAIT else [RING_NOW])]
    )


def ring(number: str, words: str, settings: Mapping[str, str]) -> bool:
    """Call one number and say these words three times; whether the provider took the call."""
    account = settings["TWILIO_ACCOUNT_SID"]
    base = settings.get("TWILIO_API_BASE") or "https://api.twilio.com"
    twiml = f'<Response><Say loop="3" language="en-US">{escape(words)}</Say></Response>'
    form = {"To": number, "From": settings["CALL_FROM"], "Twiml": twiml}
    key = base64.b64encode(f"{account}:{settings['TWILIO_AUTH_TOKEN']}".encode()).decode()
    request = urllib.request.Request(
        f"{base}/2010-04-01/Accounts/{account}/Calls.json",
        data=urllib.parse.urlencode(form).encode(),
        headers={"Authorization": f"Basic {key}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
            return bool(json.load(answer).get("sid"))
    except Exception as problem:
        # An answer cut short, or one that tells of no call: the other numbers of the desk are still to be rung.
        say(f"A call could not be placed: {getattr(problem, 'code', type(problem).__name__)}.")
        return False


def say(line: str) -> None:
    """One line with its time in UTC; no number and no token in it."""
    print(time.strftime("%Y-%m-%d %H:%M:%SZ", time.gmtime()), line, flush=True)


class Bell:
    """How long one kind of trouble has lasted without a break, and when the desk was last rung for it."""

    def __init__(self, *, after: float, again: float) -> None:
        self._after, self._again = after, again
        self._absent_at = time.monotonic()
        self._rang_at: float | None = None

    def rest(self) -> None:
        """There is none of it now."""
        if self._rang_at is not None:
            say("What the desk was rung for is over.")
        self._absent_at, self._rang_at = time.monotonic(), None

    def lasted(self) -> float:
        """For how many seconds there has been some of it."""
        return time.monotonic() - self._absent_at

    def is_due(self) -> bool:
        """Whether it has lasted long enough, and the desk was not rung for it lately."""
        lately = self._rang_at is not None and time.monotonic() - self._rang_at < self._again
        return self.lasted() >= self._after and not lately

    def rang(self) -> None:
        """The desk was rung for it."""
        self._rang_at = time.monotonic()


class Watchdog:
    """Looks at the service, and rings the desk: often for what cannot wait, seldom for what can."""

    def __init__(self, settings: Mapping[str, str], *, after: float, again: float, later: float) -> None:
        self._settings = settings
        self._numbers = [number.strip() for number in settings["DESK_NUMBERS"].split(",") if number.strip()]
        self._grave, self._mild = Bell(after=after, again=again), Bell(after=after, again=later)

    def look(self) -> None:
        """Ask once; ring every number when a trouble has lasted, and again until it is over. What can wait is not
        spoken of beside what cannot.
        """
        found = troubles(self._settings["WATCH_URL"])
        grave = {name: words for name, words in found.items() if name not in CAN_WAIT}
        if not grave:
            self._grave.rest()
        if found.keys() == grave.keys() and found != NO_ANSWER:
            self._mild.rest()
        if found:
            self._ring_for(grave or found, self._grave if grave else self._mild)

    def _ring_for(self, found: Mapping[str, str], bell: Bell) -> None:
        if bell.is_due():
            say(f"Not well for {bell.lasted():.0f} seconds ({', '.join(found)}): ringing the desk.")
            # Every number, whatever became of the one before. Where none was taken, the next look tries again.
            if any(self.ring_everybody(spoken(found))):
                bell.rang()

    def ring_everybody(self, words: str) -> list[bool]:
        """Call every number of the desk; whether each call was taken."""
        return [ring(number, words, self._settings) for number in self._numbers]


def main() -> int:
    """Watch until stopped. Exit status 2 and one sentence where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two looks")
    parser.add_argument(
        "--after", type=float, default=120.0, help="seconds without a good sign before it rings"
    )
    parser.add_argument("--again", type=float, default=300.0, help="seconds before it rings again")
    parser.add_argument(
        "--later", type=float, default=3600.0, help="seconds before it rings again for what can wait"
    )
    parser.add_argument("--try", action="store_true", dest="drill", help="ring every number once, and end")
    given = parser.parse_args()
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(f"Set {', '.join(missing)} in the environment.", file=sys.stderr)
        return 2
    watchdog = Watchdog(os.environ, after=given.after, again=given.again, later=given.later)
    if given.drill:
        return 0 if all(watchdog.ring_everybody(f"{BEGINNING} {TRIED}")) else 1
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    say("Watching.")
    while not stop.is_set():
        watchdog.look()
        stop.wait(given.every)
    return 0


if __name__ == "__main__":
    sys.exit(main())
