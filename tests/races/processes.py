"""Work done in processes of its own: children of the test's, each with connections of its own."""

import os
import signal
import tempfile
import traceback
from collections.abc import Callable
from typing import IO, Any

from django.db import connections

from tests.waiting import until

LONGEST = 60  # seconds, after which one counts as hanging


class Child:
    """A process that carries out one act and ends. What it told with `tell` outlives it, however it ended.

    The test's own connections are closed first. A child must not use what else the test holds open, like a line to the
    provider: leave that to children alone.
    """

    def __init__(self, act: Callable[["Child"], Any], *, waits_for: int | None = None) -> None:
        connections.close_all()
        self._told: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - outlives this; `ends` closes it
        self._pid = os.fork()
        if not self._pid:
            self._live(act, waits_for)

    def _live(self, act: Callable[["Child"], Any], waits_for: int | None) -> None:
        status = 1
        try:
            if waits_for is not None:
                os.read(waits_for, 1)
            act(self)
            status = 0
        except BaseException:  # the test judges it
            self.tell(traceback.format_exc())
        finally:
            os._exit(status)

    def tell(self, words: str) -> None:
        """Leave a line for the test, at once."""
        os.write(self._told.fileno(), f"{words}\n".encode())

    def die(self) -> None:
        """End here and now (kill -9)."""
        os.kill(os.getpid(), signal.SIGKILL)

    def ends(self) -> tuple[list[str], bool]:
        """Wait for its end: what it told, and whether it was killed.

        Raises AssertionError with its traceback where the act raised, and where it does not end.
        """
        try:
            _, status = until(self._ended, "a process to end", seconds=LONGEST)
        except AssertionError:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            raise
        with self._told as told:
            told.seek(0)
            words = told.read().decode()
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        assert killed or status == 0, words or f"ended with {status}"
        return words.splitlines(), killed

    def _ended(self) -> tuple[int, int] | None:
        ended = os.waitpid(self._pid, os.WNOHANG)
        return ended if ended[0] else None


def at_once(*acts: Callable[[], Any]) -> None:
    """Each act in a process of its own, all let go together. Raises AssertionError where one of them raised."""
    held, let_go = os.pipe()

    def waiting(act: Callable[[], Any]) -> Callable[[Child], Any]:
        return lambda child: act()

    def begin(act: Callable[[], Any]) -> Child:
        return Child(waiting(act), waits_for=held)

    children = [begin(act) for act in acts]
    os.write(let_go, b"." * len(acts))
    try:
        for child in children:
            child.ends()
    finally:
        os.close(held)
        os.close(let_go)
