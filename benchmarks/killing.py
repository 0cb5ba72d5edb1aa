"""kill -9 one of a server's processes now and then, while something else is measured."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

LOOK_SECONDS = 0.05  # between two looks for a process to kill, while the server starts another
ZOMBIE = "Z"


class Process(NamedTuple):
    """One process that the system shows, and how many ticks it has worked."""

    pid: int
    parent: int
    state: str
    ticks: int


@contextlib.contextmanager
def now_and_then(parent: int, every: float) -> Iterator[list[int]]:
    """Inside it, about every so many seconds, a process that `parent` started is killed; who was killed. Where none
    lives just then, the next one is waited for. Nobody is, for 0 seconds. Where the killing itself ended, the run says
    so and ends.
    """
    killed: list[int] = []
    over, troubles = threading.Event(), list[BaseException]()

    def kill() -> None:
        try:
            _kill(parent, every, over, killed)
        except BaseException as trouble:
            troubles.append(trouble)

    killer = threading.Thread(target=kill)
    if every:
        killer.start()
    try:
        yield killed
    finally:
        over.set()
        if every:
            killer.join()
    if troubles:
        raise SystemExit(f"The killing ended after {len(killed)}: {troubles[0]!r}.")


def _kill(parent: int, every: float, over: threading.Event, killed: list[int]) -> None:
    chance = Random(1)  # noqa: S311
    while not over.wait(chance.uniform(0.5, 1.5) * every):
        while not (living := children_of(parent)) and not over.wait(LOOK_SECONDS):
            os.kill(parent, 0)  # fails where there is nobody to start another
        if living:
            pid = chance.choice(living)
            with contextlib.suppress(ProcessLookupError):  # it ended by itself, that moment
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)


def children_of(parent: int) -> list[int]:
    """The processes that it started and that run."""
    return [one.pid for one in _processes() if one.parent == parent and one.state != ZOMBIE]


def cpu_seconds(parent: int) -> float:
    """What its processes have worked so far; 0 where the system does not say."""
    return sum(one.ticks for one in _processes() if one.parent == parent) / os.sysconf("SC_CLK_TCK")


def _processes() -> Iterator[Process]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            facts = stat.read_text().rpartition(")")[2].split()
            yield Process(int(stat.parent.name), int(facts[1]), facts[0], int(facts[11]) + int(facts[12]))
