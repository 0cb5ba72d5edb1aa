"""Which rung is called next. The ladder never ends: after its last rung it starts again at the first."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """The rung to call, in which round of the ladder, whether anybody stands on it, and which were passed over."""

    round: int
    rung: int
    staffed: bool
    skipped: tuple[int, ...]


def next_step(round_: int, rung: int, staffed: Sequence[int], *, top: int) -> Step:
    """The first staffed rung above `rung` (0 at the foot), going round to the next round when needed.

    A rung with nobody on it is skipped at no cost of time and reported. With nobody anywhere the answer is the top
    of this climb, unstaffed, so that a caller still has a place to stand and a time to come back.
    """
    skipped: list[int] = []
    for candidate in [*range(rung + 1, top + 1), *range(1, rung + 1)]:
        if candidate in staffed:
            return Step(round_ if candidate > rung else round_ + 1, candidate, True, tuple(skipped))
        skipped.append(candidate)
    return Step(round_ + 1, 0, False, tuple(skipped))
