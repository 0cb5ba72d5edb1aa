#!/usr/bin/env python3
"""Rings the desk when StepUp stops saying that it is well. For another machine, on another network; Python alone.

    WATCH_URL=https://stepup.example.org/healthz  DESK_NUMBERS=+15550100100,+15550100101  CALL_FROM=+15550100102
    TWILIO_ACCOUNT_SID=AC...  TWILIO_AUTH_TOKEN=...            python3 watchdog.py

A dead engine cannot report itself, and a quiet night looks like a dead service from inside. README.md beside this
file says where to run it, how to try it and what it cannot see.
"""

import argparse
import base64
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
from xml.sax.saxutils import escape

WORDS = (
    "This is the watchdog of Step Up. The service has stopped answering. People may be waiting, and nobody else "
    "will be called. Ring whoever runs it now, and work from the printed downtime list."
)
TWIML = f'<Response><Say loop="3" language="en-US">{escape(WORDS)}</Say></Response>'
TIMEOUT = 10.0
NEEDED = ("WATCH_URL", "DESK_NUMBERS", "CALL_FROM", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN")


def is_well(url: str) -> bool:
    """Whether the address answers 200 in time. Anything else, a redirect too, is no good sign."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return bool(answer.status == 200 and answer.url == url)
    except Exception:
        # Whatever comes instead of an answer, were it no HTTP at all: a watchdog that dies of it rings nobody.
        return False


def ring(number: str, settings: Mapping[str, str]) -> bool:
    """Call one number and say WORDS; whether the provider took the call."""
    account = settings["TWILIO_ACCOUNT_SID"]
    base = settings.get("TWILIO_API_BASE") or "https://api.twilio.com"
    form = {"To": number, "From": settings["CALL_FROM"], "Twiml": TWIML}
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


class Watchdog:
    """Remembers when the service was last well and when the desk was last rung."""

    def __init__(self, settings: Mapping[str, str], *, after: float, again: float) -> None:
        self._settings, self._after, self._again = settings, after, again
        self._numbers = [number.strip() for number in settings["DESK_NUMBERS"].split(",") if number.strip()]
        self._well_at = time.monotonic()
        self._rang_at: float | None = None

    def look(self) -> None:
        """Ask once; ring every number when the silence has lasted, and again until it is over."""
        if is_well(self._settings["WATCH_URL"]):
            if self._rang_at is not None:
                say("The service is well again.")
            self._well_at, self._rang_at = time.monotonic(), None
            return
        now = time.monotonic()
        if now - self._well_at < self._after or (self._rang_at and now - self._rang_at < self._again):
            return
        say(f"Not well for {now - self._well_at:.0f} seconds: ringing the desk.")
        # Every number, whatever became of the one before. Where none was taken, the next look tries again.
        taken = self.ring_everybody()
        if any(taken):
            self._rang_at = now

    def ring_everybody(self) -> list[bool]:
        """Call every number of the desk; whether each call was taken."""
        return [ring(number, self._settings) for number in self._numbers]


def main() -> int:
    """Watch until stopped. Exit status 2 and one sentence where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--every", type=float, default=15.0, help="seconds between two looks")
    parser.add_argument(
        "--after", type=float, default=120.0, help="seconds without a good sign before it rings"
    )
    parser.add_argument("--again", type=float, default=300.0, help="seconds before it rings again")
    parser.add_argument("--try", action="store_true", dest="drill", help="ring every number once, and end")
    given = parser.parse_args()
    missing = [name for name in NEEDED if not os.environ.get(name)]
    if missing:
        print(f"Set {', '.join(missing)} in the environment.", file=sys.stderr)
        return 2
    watchdog = Watchdog(os.environ, after=given.after, again=given.again)
    if given.drill:
        return 0 if all(watchdog.ring_everybody()) else 1
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
