"""The parts that texts, calls and pages share: one clock, one ledger, one way out."""

import threading
from dataclasses import dataclass

from notifications.double.clock import Clock
from notifications.double.faults import Faults
from notifications.double.ledger import Ledger
from notifications.double.options import Options
from notifications.double.webhooks import Postman
from notifications.double.workers import Lanes, Timer, Workers


@dataclass(frozen=True)
class Exchange:
    """What one running double is made of. `stopping` is set when it must end."""

    options: Options
    clock: Clock
    ledger: Ledger
    faults: Faults
    stopping: threading.Event
    workers: Workers
    timer: Timer
    lanes: Lanes
    postman: Postman


def build(options: Options) -> Exchange:
    """The parts, put together and not yet started. The clock goes on from where an earlier run left it."""
    stopping = threading.Event()
    ledger = Ledger(options.state)
    clock = Clock(ledger.offset_seconds)
    workers = Workers()
    return Exchange(
        options=options,
        clock=clock,
        ledger=ledger,
        faults=Faults(),
        stopping=stopping,
        workers=workers,
        timer=Timer(clock, workers, stopping),
        lanes=Lanes(workers),
        postman=Postman(options, clock, ledger, stopping),
    )
