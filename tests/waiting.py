"""Waiting for a condition instead of for a while."""

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
PAUSE = 0.02
PATIENCE = 60.0  # only a test that fails waits so long: a busy machine is no reason to fail


def until(condition: Callable[[], Found], what: str, *, seconds: float = PATIENCE) -> Found:
    """The first true value of `condition`; an AssertionError saying what was waited for when none comes."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = condition()
        if found:
            return found
        time.sleep(PAUSE)
    raise AssertionError(f"Waited {seconds} s in vain: {what}.")
