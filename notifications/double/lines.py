"""The telephone line of one call: where a person's acts and the call's own thread meet."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from notifications.double.exchange import Exchange
from notifications.double.records import Call


class HungUp(Exception):  # noqa: N818 - an end, not an error
    """The person put the phone down, the service ended the call, or its time was over."""


class Redirected(Exception):  # noqa: N818 - a turn, not an error
    """The service gave the call other instructions: an address to ask, or the document itself."""

    def __init__(self, *, url: str = "", twiml: str = "") -> None:
        super().__init__(url)
        self.url = url
        self.twiml = twiml


@dataclass(frozen=True)
class Spoken:
    """Words said to a call that listens for them, and how sure the recogniser is of them (0 to 1)."""

    words: str
    confidence: float


class Line:
    """Waiting with a deadline on the double's clock, interrupted by whatever the handset or the service does.

    Every method that waits raises HungUp or Redirected when that happens first. The condition is the
    ledger's lock under another name, so acts and records change together.
    """

    GLANCE_SECONDS = 0.1

    def __init__(self, exchange: Exchange) -> None:
        self.news = threading.Condition(exchange.ledger.lock)
        self._clock = exchange.clock
        self._pace = exchange.options.pace
        self._stopping = exchange.stopping
        self.act = ""
        self.redirect: Redirected | None = None
        self.keys: deque[str] = deque()
        self.spoken: deque[Spoken] = deque()

    def ring(self, since: datetime, seconds: float, *, caller: "Line | None" = None) -> str:
        """What the handset did while it rang: answer, decline, voicemail, hangup, cancel, or nothing.

        Rings no longer than the call that dialled it, `caller`, is there.
        """
        with self.news:
            self._wait(
                seconds, lambda: bool(self.act) or (caller is not None and caller.is_interrupted), since
            )
            return self.act

    def talk(self, seconds: float, caller: "Line") -> None:
        """Let two people speak until one of them or the service ends it, for so long at most."""
        with self.news:
            self._wait(seconds, lambda: self.is_interrupted or caller.is_interrupted)

    def pause(self, seconds: float, *, until_key: bool = False) -> None:
        """Let that much of the call go by, or less when something is pressed or said and that ends it."""
        with self.news:
            self._wait(seconds, lambda: self.is_interrupted or (until_key and self._is_told))
            self.raise_if_interrupted()

    def key(self, seconds: float) -> str:
        """The next key pressed within that time; an empty string when there is none, or words come first."""
        with self.news:
            self._wait(seconds, lambda: self.is_interrupted or self._is_told)
            self.raise_if_interrupted()
            return self.keys.popleft() if self.keys else ""

    def do(self, act: str) -> None:
        """The handset or the service acts."""
        with self.news:
            self.act = act
            self.news.notify_all()

    def press(self, keys: str) -> None:
        """The handset presses keys."""
        with self.news:
            self.keys.extend(keys)
            self.news.notify_all()

    def say(self, spoken: Spoken) -> None:
        """The handset says something."""
        with self.news:
            self.spoken.append(spoken)
            self.news.notify_all()

    def send_elsewhere(self, redirect: Redirected) -> None:
        """The service gives other instructions."""
        with self.news:
            self.redirect = redirect
            self.news.notify_all()

    def _wait(self, seconds: float, enough: Callable[[], bool], since: datetime | None = None) -> None:
        until = (since or self._clock.now()) + timedelta(seconds=seconds * self._pace)
        while not enough():
            if self._stopping.is_set():
                self.act = "hangup"
                return
            remaining = (until - self._clock.now()).total_seconds()
            if remaining <= 0:
                return
            # Short glances, because the demo's clock may jump while a phone rings.
            self.news.wait(timeout=min(remaining, self.GLANCE_SECONDS))

    @property
    def _is_told(self) -> bool:
        return bool(self.keys or self.spoken)

    @property
    def is_interrupted(self) -> bool:
        """Whether the call was ended, or sent to other instructions."""
        return self.act in {"hangup", "cancel"} or self.redirect is not None

    def raise_if_interrupted(self) -> None:
        """Turn to what interrupted the call, if anything did."""
        if self.act in {"hangup", "cancel"}:
            raise HungUp
        if self.redirect is not None:
            redirect, self.redirect = self.redirect, None
            raise redirect


@dataclass(frozen=True)
class Leg:
    """One phone that rings for a call that is going on, and its line."""

    call: Call
    line: Line


class Race:
    """Several phones rung for one call, whose line is `caller`: who answers first has it, the others stop ringing."""

    def __init__(self, caller: Line, legs: Sequence[Leg]) -> None:
        self.caller = caller
        self.winner: Leg | None = None
        self._legs = legs

    def is_won_by(self, leg: Leg) -> bool:
        """Whether this one is the first. The caller holds the ledger's lock."""
        if self.winner is None:
            self.winner = leg
            for other in self._legs:
                if other is not leg:
                    other.line.do("cancel")
        return self.winner is leg
