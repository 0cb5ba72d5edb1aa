"""Processes killed (-9) at a commit: just before it, or just after it.

Every commit of the product is met, whichever function makes it: the outermost transaction of each operation, and each
statement that changes rows outside of any.
"""

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, cast

from django.db import connection

from tests.races.processes import Child

BEFORE, AFTER = "before", "after"
OURS = ("monitoring", "notifications", "stepup", "protocols")
# What writes rows for others: whose they are, is the question.
HANDS = ("notifications.written", "notifications.once", "notifications.prepared", "notifications.each")
CHANGES = re.compile(
    r"\s*(INSERT|UPDATE|DELETE|WITH\b.*\b(INSERT|UPDATE|DELETE))\b", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, order=True)
class Place:
    """One side of one commit; `of` is the function whose commit it is."""

    side: str
    of: str

    def __str__(self) -> str:
        return f"{self.side} {self.of}"


@dataclass(frozen=True)
class Life:
    """The places a process passed, in their order; `died` where the last one killed it."""

    places: tuple[Place, ...]
    died: bool


def in_a_process(act: Callable[[], Any], *, dies: Callable[[Place], bool]) -> Life:
    """Carry `act` out in a process of its own, which dies at the first place for which `dies` says so.

    Raises AssertionError with the other process's traceback where the act raised.
    """

    def live(child: Child) -> None:
        def passes(place: Place) -> None:
            child.tell(str(place))
            if dies(place):
                child.die()

        with commits(passes):
            act()

    told, died = Child(live).ends()
    return Life(tuple(Place(*line.split(" ", 1)) for line in told), died)


@contextmanager
def commits(told: Callable[[Place], None]) -> Iterator[None]:
    """Tell of each commit on this connection, before it and after it."""
    line = cast("Any", connection)
    whole = line._commit

    def around(of: str, act: Callable[[], Any]) -> Any:
        told(Place(BEFORE, of))
        answer = act()
        told(Place(AFTER, of))
        return answer

    def execute(go_on: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if line.in_atomic_block or not CHANGES.match(sql):
            return go_on(sql, params, many, context)
        return around(_whose(sys._getframe()), lambda: go_on(sql, params, many, context))

    line._commit = lambda: around(_whose(sys._getframe()), whole)
    try:
        with line.execute_wrapper(execute):
            yield
    finally:
        del line._commit


def _whose(frame: FrameType | None) -> str:
    """The function of ours whose transaction ends here, or whose statement this is."""
    while frame is not None:
        inside = frame.f_locals.get("func")
        if frame.f_globals["__name__"] == "contextlib" and hasattr(inside, "__qualname__"):
            return f"{inside.__module__}.{inside.__qualname__}"  # a function with a transaction around it
        module = str(frame.f_globals["__name__"])
        if module.partition(".")[0] in OURS and not module.startswith(HANDS):
            return f"{module}.{frame.f_code.co_qualname}"
        frame = frame.f_back
    return "nobody of ours"
