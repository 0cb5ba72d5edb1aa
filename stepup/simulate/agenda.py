"""The virtual clock: what people and the provider will do, in the order of its time."""

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from random import Random

Act = Callable[[datetime], None]


class Agenda:
    """Acts to come. Those of one moment happen in the order in which they were put down."""

    def __init__(self) -> None:
        self._acts: list[tuple[datetime, int, Act, bool]] = []
        self._numbers = count()

    def put(self, at: datetime, act: Act, *, quiet: bool = False) -> None:
        """Have `act` called with its moment when the clock gets there. A `quiet` one makes nothing due."""
        heapq.heappush(self._acts, (at, next(self._numbers), act, quiet))

    def next_at(self) -> datetime | None:
        """When the next act comes; None if there is none."""
        return self._acts[0][0] if self._acts else None

    def due(self, now: datetime) -> list[tuple[Act, bool]]:
        """Take out what has come due, in order, and whether it is quiet."""
        taken = []
        while self._acts and self._acts[0][0] <= now:
            _, _, act, quiet = heapq.heappop(self._acts)
            taken.append((act, quiet))
        return taken


def after(rng: Random, median: float, sigma: float, *, most: float = 24 * 60) -> timedelta:
    """A log-normal span with this median in minutes, in whole seconds, at least one."""
    minutes = min(median * rng.lognormvariate(0, sigma), most)
    return timedelta(seconds=max(1, round(minutes * 60)))
