"""Lines that tell the person at the keyboard what goes on. On standard error: standard output is for answers."""

import sys
from types import TracebackType


def say(line: str) -> None:
    """One line, at once."""
    print(line, file=sys.stderr, flush=True)


class Counter:
    """Counts up to about `total`: in place on a terminal, a line every so often elsewhere."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._count = 0
        self._in_place = sys.stderr.isatty()

    def step(self) -> None:
        """One more is done."""
        self._count = min(self._count + 1, self._total)
        shown = f"{self._title}: {self._count} of {self._total}"
        if self._in_place:
            print(f"\r{shown}", end="", file=sys.stderr, flush=True)
        elif self._count % 20 == 0 or self._count == self._total:
            say(shown)

    def __enter__(self) -> "Counter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._in_place:
            print(file=sys.stderr)
