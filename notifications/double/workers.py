"""Who carries things out, and when: a few threads, timers, and lanes that keep one record's news in order."""

import heapq
import itertools
import queue
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime

from notifications.double.clock import Clock

Job = Callable[[], None]


class Workers:
    """Threads that carry out jobs. A job that fails is printed and forgotten; the thread lives on."""

    def __init__(self, size: int = 24) -> None:
        self._jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
        self._size = size

    def start(self) -> None:
        """Begin. The threads end with the process."""
        for number in range(self._size):
            threading.Thread(target=self._work, name=f"double-{number}", daemon=True).start()

    def submit(self, job: Job) -> None:
        """Have `job` carried out soon."""
        self._jobs.put(job)

    def _work(self) -> None:
        while True:
            carry_out(self._jobs.get())


def carry_out(job: Job) -> None:
    """Run a job and print what goes wrong: a silent double would look like a silent service."""
    try:
        job()
    except Exception:
        traceback.print_exc(file=sys.stderr)


class Timer:
    """Jobs to be done at a time of the given clock, which may jump."""

    # A clock that jumped is noticed this late at most.
    GLANCE_SECONDS = 0.1

    def __init__(self, clock: Clock, workers: Workers, stopping: threading.Event) -> None:
        self._clock = clock
        self._workers = workers
        self._stopping = stopping
        self._due: list[tuple[datetime, int, Job]] = []
        self._numbers = itertools.count()
        self._news = threading.Condition()

    def start(self) -> None:
        """Begin watching the clock."""
        threading.Thread(target=self._watch, name="double-timer", daemon=True).start()

    def at(self, due_at: datetime, job: Job) -> None:
        """Have `job` carried out at that time, or soon when it has passed."""
        with self._news:
            heapq.heappush(self._due, (due_at, next(self._numbers), job))
            self._news.notify()

    def _watch(self) -> None:
        while not self._stopping.is_set():
            with self._news:
                if not self._due:
                    self._news.wait(timeout=self.GLANCE_SECONDS * 10)
                    continue
                remaining = (self._due[0][0] - self._clock.now()).total_seconds()
                if remaining > 0:
                    self._news.wait(timeout=min(remaining, self.GLANCE_SECONDS))
                    continue
                job = heapq.heappop(self._due)[2]
            self._workers.submit(job)


class Lanes:
    """Jobs of one lane are carried out one after the other; lanes do not wait for each other."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[Job]] = {}

    def put(self, lane: str, job: Job) -> None:
        """Add `job` at the end of a lane."""
        with self._lock:
            jobs = self._waiting.setdefault(lane, deque())
            jobs.append(job)
            first = len(jobs) == 1
        if first:
            self._workers.submit(lambda: self._empty(lane))

    def _empty(self, lane: str) -> None:
        while True:
            carry_out(self._waiting[lane][0])
            with self._lock:
                jobs = self._waiting[lane]
                jobs.popleft()
                if not jobs:
                    del self._waiting[lane]
                    return
