"""Keeps children running: starts them when what they need is ready, and again when they crash."""

import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path

from stepup.local import interrupts, progress
from stepup.local.processes import Child, stop_in_order
from stepup.local.trouble import Trouble

# A child that crashes as often as this within this time will not get better by itself.
_CRASHES = 5
_WITHIN_SECONDS = 60
# Before the first, second, third and fourth start again.
_PAUSES = (0, 1, 2, 4)
_TAIL_LINES = 30
_STEP_SECONDS = 0.1


class Supervisor:
    """A set of children that run together and end together. Raises Trouble when one keeps crashing."""

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.children: list[Child] = []
        self._on_change = on_change
        self._ready: set[str] = set()
        self._crashes: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=_CRASHES))
        self._not_before: dict[str, float] = {}

    def start(self, children: Sequence[Child], *, patience: float = 60) -> None:
        """Take these on, and wait until each of them answers."""
        self.children += children
        deadline = time.monotonic() + patience
        while not self._ready.issuperset(child.name for child in children):
            self.step()
            if time.monotonic() > deadline:
                late = next(child for child in children if child.name not in self._ready)
                raise Trouble(
                    f"{late.name} did not answer within {patience:.0f} seconds.\n{tail(late.log)}", status=1
                )
            time.sleep(_STEP_SECONDS / 4)

    def watch(self) -> None:
        """Keep all of them running. Returns never; ends with what interrupts it."""
        while True:
            self.step()
            time.sleep(_STEP_SECONDS)

    def pids(self) -> dict[str, int]:
        """The process id of every child that runs now."""
        return {child.name: child.process.pid for child in self.children if child.process is not None}

    def stop(self) -> None:
        """Stop all, the last started first, and no server before everybody who needs it is gone. Leaves none,
        within a dozen seconds at the very most.
        """
        needed = {server.name for child in self.children for server in child.needs}
        with interrupts.ignored():
            last_first = self.children[::-1]
            stop_in_order([child for child in last_first if child.name not in needed], patience=5)
            for server in last_first:
                stop_in_order([server], patience=4)

    def step(self) -> None:
        """Look after every child once."""
        for child in self.children:
            if child.process is None:
                self._start_when_possible(child)
            elif not child.is_running():
                self._note_crash(child)
            elif child.name not in self._ready and child.answers():
                self._ready.add(child.name)

    def _start_when_possible(self, child: Child) -> None:
        if time.monotonic() < self._not_before.get(child.name, 0):
            return
        if self._ready.issuperset(needed.name for needed in child.needs):
            child.start()
            self._on_change()

    def _note_crash(self, child: Child) -> None:
        code = child.process.returncode if child.process else 0
        how = f"was ended by signal {-code}" if code < 0 else f"ended with status {code}"
        child.sweep()
        self._ready.discard(child.name)
        now = time.monotonic()
        crashes = self._crashes[child.name]
        crashes.append(now)
        recent = sum(now - at < _WITHIN_SECONDS for at in crashes)
        if recent >= _CRASHES:
            raise Trouble(
                f"{child.name} {how}, for the {_CRASHES}th time within {_WITHIN_SECONDS} seconds. "
                f"Its log ends ({child.log}):\n{tail(child.log)}",
                status=1,
            )
        progress.say(f"{child.name} {how}; starting it again.")
        self._not_before[child.name] = now + _PAUSES[recent - 1]
        self._on_change()


def tail(log: Path, lines: int = _TAIL_LINES) -> str:
    """The last lines of a log."""
    with log.open(errors="replace") as stream:
        return "".join(deque(stream, maxlen=lines)).rstrip()
