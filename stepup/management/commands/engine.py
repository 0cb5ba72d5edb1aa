"""`manage.py engine`: the process that carries out whatever is due."""

import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError

from notifications import clock
from notifications.models import Lane
from stepup import engine

TICK_SECONDS = 1.0
CHECK_SECONDS = 5.0
SLOW_SECONDS = 60.0
PAPER_SECONDS = 10.0
logger = logging.getLogger("stepup.engine")


class Command(BaseCommand):
    help = "Carries out whatever is due, once a second, until stopped. Any number may run side by side."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        # What waits for the provider has threads of its own: a slow provider must not hold up a climbing case.
        turns: list[tuple[Callable[..., object], float]] = [
            *((partial(engine.carry, lane), TICK_SECONDS) for lane in Lane),
            (engine.settle, TICK_SECONDS),
            (engine.check, CHECK_SECONDS),
            (engine.text_ourselves, CHECK_SECONDS),
            (engine.slow_tick, SLOW_SECONDS),
            (engine.keep_paper, PAPER_SECONDS),  # a share that hangs holds up nothing else
        ]
        beside = [
            threading.Thread(target=_keep_turning, args=(stop, turn, seconds), daemon=True)
            for turn, seconds in turns
        ]
        for thread in beside:
            thread.start()
        _keep_turning(stop, engine.act, TICK_SECONDS)
        for thread in beside:
            thread.join(timeout=5)


def _keep_turning(stop: threading.Event, turn: Callable[..., object], seconds: float) -> None:
    """Call `turn` with the present, then every so many seconds, until stopped.

    Whatever goes wrong in one turn, the next one comes: half an engine that lives on looks whole from outside.
    """
    while not stop.is_set():
        try:
            _once(turn)
        except Exception:
            logger.exception("A turn of the engine failed; the next one comes.")
        stop.wait(seconds)


def _once(turn: Callable[..., object]) -> None:
    try:
        now: datetime = clock.now()
        turn(now=now)
    except (OperationalError, InterfaceError):
        logger.warning("The database is away; the engine keeps knocking.")
        engine.reconnect()
