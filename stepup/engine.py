"""The engine: nudges a worker for whatever has come due, carries out itself what stays waiting, settles and checks.

Any number may run side by side and none leads: every operation claims its rows. A dead worker or broker therefore
costs seconds, never an act.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, close_old_connections, connection

from monitoring import (
    admissions,
    canary,
    checkins,
    conversation,
    desk,
    drills,
    escalations,
    inbound,
    ladder_drills,
    numbers,
    opting_out,
    silence,
    spoken,
    watches,
    worklist,
)
from monitoring.models import CheckIn, Escalation
from notifications import audit, heartbeat, outbox, reconcile
from notifications.models import Delivery, Lane
from stepup import downtime_files, invariants, log_differences, missed_texts

PATIENCE = timedelta(seconds=3)
logger = logging.getLogger(__name__)


def tick(*, now: datetime, patience: timedelta = PATIENCE) -> None:
    """One whole turn at `now`: what is due is nudged, done, handed over and settled, as if no worker had come."""
    act(now=now, patience=patience)
    for lane in Lane:
        carry(lane, now=now, patience=patience)
    settle(now=now)


def act(*, now: datetime, patience: timedelta = PATIENCE) -> dict[str, int]:
    """Everything that needs no network: nudge, ask, climb, page, close, seal; return what was done, by name.

    What has been due for less than `patience` is left to the workers. One step's failure does not keep the others
    from running: a broken check-in must not silence a page.
    """
    nudge_due(now=now)
    steps: list[tuple[str, Callable[[], int]]] = [
        ("replies", lambda: inbound.sweep(now=now)),
        ("cases", lambda: escalations.climb(now=now, patience=patience)),
        ("unheard", lambda: escalations.notice_unheard_pages(now=now)),
        ("unpaged", lambda: escalations.notice_unpaged(now=now)),
        ("stays", lambda: admissions.look_after(now=now)),
        ("quiet over", lambda: conversation.take_over(now=now)),
        ("asked", lambda: checkins.ask_due(now=now, patience=patience)),
        ("unsendable", lambda: silence.notice_unsendable(now=now)),
        ("silences", lambda: silence.climb(now=now, patience=patience)),
        ("canaries", lambda: canary.look_after(now=now)),
        ("drills", lambda: ladder_drills.climb(now=now)),
        ("unproved", lambda: drills.look_after(now=now)),
        ("tasks", lambda: worklist.page_for_late(now=now)),
        ("dead numbers", lambda: opting_out.notice_dead_numbers(now=now)),
        ("kept close", lambda: checkins.keep_close(now=now)),
        ("closed", lambda: watches.close_due(now=now)),
        ("sealed", audit.seal),
    ]
    done = {name: _try(name, step) for name, step in steps}
    heartbeat.sign_in(heartbeat.ENGINE, now=now)
    return done


def check(*, now: datetime) -> None:
    """Count the rows that break an invariant, for the health page. On a thread of its own: it changes nothing, and no
    case waits for it."""
    heartbeat.sign_in(heartbeat.CHECKS, now=now, broken=invariants.counts(now=now))


def text_ourselves(*, now: datetime) -> int:
    """Send the canaries that are due. Every few seconds: after an hour away the line is known to work again at once."""
    return _try("canary", lambda: canary.send_due(now=now))


def carry(lane: Lane, *, now: datetime, patience: timedelta = PATIENCE) -> None:
    """Hand over what waits in one lane. Each has a thread of its own: no page waits while a check-in is handed over."""
    _try("delivered", lambda: outbox.deliver_due(now=now, lanes=[lane], patience=patience))
    heartbeat.sign_in(heartbeat.of_lane(lane), now=now)


def settle(*, now: datetime) -> None:
    """Ask the provider about what is not known, on a thread of its own: a slow one must not hold up a climbing case."""
    _try("settled", lambda: reconcile.settle_all(now=now))
    heartbeat.sign_in(heartbeat.CARRIER, now=now)


def slow_tick(*, now: datetime) -> int:
    """What need not happen every second: ask who comes on call for an answer, look for whom nobody has spoken with and
    for numbers nobody has tried or proved, and hold the provider's log against ours in both directions.
    """
    _try("log compared", lambda: log_differences.find(now=now))
    _try("asked at the start", lambda: drills.begin_due(now=now))
    _try("test calls", lambda: desk.look_after(now=now))
    _try("unproved numbers", lambda: numbers.look_after(now=now))
    _try("nobody has spoken with them", lambda: spoken.look_after(now=now))
    return _try("missed texts", lambda: missed_texts.fetch(now=now))


def keep_paper(*, now: datetime) -> int:
    """What goes onto a disk that may be away: the downtime lists that are due. On a thread of its own."""
    return _try("downtime lists", lambda: downtime_files.keep_due(now=now))


def nudge_due(*, now: datetime) -> None:
    """Ask the workers to look wherever something has come due; they answer long before patience runs out."""
    due = Delivery.objects.filter(state=Delivery.State.PENDING, due_at__lte=now)
    carriers = {outbox.CARRIERS[Lane(lane)] for lane in due.values_list("lane", flat=True).distinct()}
    if CheckIn.objects.filter(next_at__lte=now).exists():
        carriers.add("monitoring.ask")
    if Escalation.objects.filter(next_at__lte=now).exists():
        carriers.add("monitoring.climb")
    for task in sorted(carriers):
        outbox.nudge(task)


def _try(name: str, step: Callable[[], int]) -> int:
    try:
        return step()
    except (OperationalError, InterfaceError):
        raise  # the database is away: the loop reconnects
    except Exception:
        logger.exception("The engine's step %r failed; the others go on.", name)
        return 0


def reconnect() -> None:
    """Drop a broken database connection so that the next tick opens a new one."""
    connection.close()
    close_old_connections()
