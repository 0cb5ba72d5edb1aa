"""One processor for each virtual clinic and for the process of the database that answers it.

One of the two always waits for the other, and to wake a process on another processor takes longer than most of what is
asked of it. No model is imported here: a process that starts afresh begins with `begin`, before Django is set up.
"""

import contextlib
import os
from collections.abc import Sequence
from multiprocessing.queues import SimpleQueue
from typing import Any

import django
from django.db.backends.signals import connection_created

from stepup.local import processes


def ours() -> Sequence[int | None]:
    """The processors this process may use, by number; None for each where the system lets nobody choose."""
    if hasattr(os, "sched_setaffinity"):
        return sorted(os.sched_getaffinity(0))
    return [None] * (os.cpu_count() or 1)


def begin(processors: "SimpleQueue[int | None]") -> None:
    """What a process does before its first clinic: it sets Django up and keeps to the next of these processors."""
    django.setup()
    if (processor := processors.get()) is not None:
        os.sched_setaffinity(0, {processor})
        connection_created.connect(keep_together)


def keep_together(connection: Any, **_: Any) -> None:
    """Have the process of the database that answers this connection run where this process runs.

    A database on another machine, or of an account that we may not touch, is left as it is.
    """
    answers = connection.connection.info.backend_pid
    if connection.settings_dict["NAME"] in processes.command_of(answers):
        with contextlib.suppress(PermissionError, ProcessLookupError):
            os.sched_setaffinity(answers, os.sched_getaffinity(0))
