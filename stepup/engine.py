"""The engine: nudges a worker for whatever has come due, carries out itself what stays waiting, settles and checks.

Any number may run side by side and none leads: every operation claims its rows. A dead worker or broker therefore
costs seconds, never an act.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from django.db import connection

from monitoring import (
    admissions,
    canary,
    checkins,
    climbing,
    conversation,
    desk,
    drills,
    escalations,
    inbound,
    ladder_drills,
    numbers,
    offers,
    opting_out,
    silence,
    spoken,
    watches,
    worklist,
)
from notifications import accounts, audit, given_hours, heartbeat, outbox, reconcile
from notifications.each import database_is_away
from notifications.glance import Glance
from notifications.models import Lane
from stepup import downtime_files, invariants, log_differences, missed_texts

PATIENCE = timedelta(seconds=3)

DUE = Glance(
    {
        "replies": (inbound.not_understood,),
        "cases": (escalations.due, climbing.untold, offers.unanswered),
        "unheard": (escalations.unanswered,),
        "unpaged": (escalations.unanswered,),
        "stays": (admissions.due,),
        "quiet over": (conversation.over,),
        "asked": (checkins.due,),
        "unsendable": (silence.being_asked,),
        "silences": (silence.due,),
        "canaries": (canary.lost,),
        "drills": (ladder_drills.under_way,),
        "unproved": (drills.late,),
        "given hours": (given_hours.due,),
        "tasks": (worklist.late,),
        "dead numbers": (opting_out.refused,),
        "kept close": (checkins.in_need,),
        "closed": (watches.ended,),
        "sealed": (audit.unsealed,),
        **{lane.name: (partial(outbox.due, lanes=(lane,)),) for lane in Lane},
    }
)
"""What each step of a turn would find: with nothing due, a turn asks this and no more."""

OF_LANE = {lane: Glance({lane.name: (partial(outbox.due, lanes=(lane,)),)}) for lane in Lane}
"""The same of one lane: its thread asks every second, and need not ask about the others."""

UNSETTLED = Glance(
    {
        "settled": (
            reconcile.unapplied, outbox.starving, accounts.to_ask, reconcile.let_go, reconcile.perhaps_sent,
            reconcile.silent,
        )
    }
)  # fmt: skip

WORKERS = {
    "cases": "monitoring.climb",
    "asked": "monitoring.ask",
    "silences": "monitoring.ask",
    **{lane.name: outbox.CARRIERS[lane] for lane in Lane},
}
"""Which task of the workers looks after what is due."""

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
    waits = _waits(DUE, now)
    nudge(waits)
    steps: dict[str, Callable[[], int]] = {
        "replies": lambda: inbound.sweep(now=now),
        "cases": lambda: escalations.climb(now=now, patience=patience),
        "unheard": lambda: climbing.notice_unheard_pages(now=now),
        "unpaged": lambda: climbing.notice_unpaged(now=now),
        "stays": lambda: admissions.look_after(now=now),
        "quiet over": lambda: conversation.take_over(now=now),
        "asked": lambda: checkins.ask_due(now=now, patience=patience),
        "unsendable": lambda: silence.notice_unsendable(now=now),
        "silences": lambda: silence.climb(now=now, patience=patience),
        "canaries": lambda: canary.look_after(now=now),
        "drills": lambda: ladder_drills.climb(now=now),
        "unproved": lambda: drills.look_after(now=now),
        "given hours": lambda: given_hours.tell_due(now=now),
        "tasks": lambda: worklist.page_for_late(now=now),
        "dead numbers": lambda: opting_out.notice_dead_numbers(now=now),
        "kept close": lambda: checkins.keep_close(now=now),
        "closed": lambda: watches.close_due(now=now),
        "sealed": audit.seal,
    }
    done = {name: _try(name, step) if name in waits else 0 for name, step in steps.items()}
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
    if _waits(OF_LANE[lane], now):
        _try("delivered", lambda: outbox.deliver_due(now=now, lanes=[lane], patience=patience))
    heartbeat.sign_in(heartbeat.of_lane(lane), now=now)


def settle(*, now: datetime) -> None:
    """Ask the provider about what is not known, on a thread of its own: a slow one must not hold up a climbing case."""
    if _waits(UNSETTLED, now):
        for name, step in reconcile.STEPS.items():
            _try(name, partial(step, now=now))
    heartbeat.sign_in(heartbeat.CARRIER, now=now)


def slow_tick(*, now: datetime) -> int:
    """What need not happen every second: ask who comes on call for an answer, look for whom nobody has spoken with and
    for numbers nobody has tried or proved, and hold the provider's log against ours in both directions.

    What needs no answer of the provider goes first, and what may be a fever before what is only compared: each question
    to a provider that hangs takes as long as it may.
    """
    _try("asked at the start", lambda: drills.begin_due(now=now))
    _try("test calls", lambda: desk.look_after(now=now))
    _try("unproved numbers", lambda: numbers.look_after(now=now))
    _try("nobody has spoken with them", lambda: spoken.look_after(now=now))
    fetched = _try("missed texts", lambda: missed_texts.fetch(now=now))
    _try("log compared", lambda: log_differences.find(now=now))
    return fetched


def keep_paper(*, now: datetime) -> int:
    """What goes onto a disk that may be away: the downtime lists that are due. On a thread of its own."""
    return _try("downtime lists", lambda: downtime_files.keep_due(now=now))


def nudge(waits: Iterable[str]) -> None:
    """Ask the workers to look wherever something has come due; they answer long before patience runs out."""
    for task in sorted({WORKERS[name] for name in waits if name in WORKERS}):
        outbox.nudge(task)


def _waits(glance: Glance, now: datetime) -> set[str]:
    """What a glance says is due; everything, where it cannot say: one broken table must not silence a page."""
    try:
        return glance.at(now)
    except Exception as error:
        if database_is_away(error):
            raise  # the loop reconnects
        logger.exception("Nobody knows what is due; every step is taken.")
        return glance.names


def _try(name: str, step: Callable[[], int]) -> int:
    try:
        return step()
    except Exception as error:
        if database_is_away(error):
            raise  # the loop reconnects
        logger.exception("The engine's step %r failed; the others go on.", name)
        return 0


def reconnect() -> None:
    """Drop a broken database connection so that the next tick opens a new one."""
    connection.close()
