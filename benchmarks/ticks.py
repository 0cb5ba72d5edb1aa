"""What an idle turn of the engine costs while finished rows pile up: `python -m benchmarks ticks --rows 100000`.

A small virtual ward is lived through and ends; its finished rows are copied until each table that grows has as many as
were asked for. Then nothing is due, and every step of a turn is timed, and the statements that a turn asks in their
place, beside one plain `SELECT 1` on the same connection. `--rows` may be given several times.

Wanted: looking for what is due under 5 ms and flat as rows grow. What the invariants cost is shown
beside it; whatever grows with finished rows needs an index.
"""

import argparse
import logging
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection

from benchmarks import rows
from monitoring import (
    canary,
    checkins,
    climbing,
    escalations,
    inbound,
    opting_out,
    silence,
    watches,
    worklist,
)
from monitoring.models import Canary
from notifications import outbox, reconcile
from notifications.models import Message
from stepup import engine, invariants
from stepup.simulate.ward import BEGINS, Plan, Ward

TARGET_MS = 5.0
TIMES = 20


def main() -> None:
    """Print what every step costs for each number of rows."""
    parser = argparse.ArgumentParser(
        prog="benchmarks ticks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, action="append", help="in each table that grows (1,000)")
    sizes = sorted(parser.parse_args().rows or [1000])
    logging.disable(logging.WARNING)
    now, found = _ward(), dict[str, list[float]]()
    before = 0
    for size in sizes:
        rows.fill(before, size)
        before = size
        for name, step in _steps(now).items():
            found.setdefault(name, []).append(_spent_ms(step))
    _show(sizes, found)


def _show(sizes: list[int], found: dict[str, list[float]]) -> None:
    print(f"{f'median of {TIMES}, in ms':<34}" + "".join(f"{f'{size:,} rows':>17}" for size in sizes))
    for name, times in found.items():
        print(f"{name:<34}" + "".join(f"{one:>17.2f}" for one in times))
    verdicts = [
        "reached" if one <= TARGET_MS else "MISSED" for one in found["what an idle turn asks instead"]
    ]
    print(f"{f'that under {TARGET_MS:g} ms':<34}" + "".join(f"{one:>17}" for one in verdicts))


def _ward() -> datetime:
    """A ward with something of everything, lived through; the moment at which nothing is due any more."""
    plan = Plan(patients=4, days=3, seed=1, faults="storm", starting=1.0)
    Ward(plan, 0).live()
    now = BEGINS + timedelta(days=plan.days)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE monitoring_checkin SET next_at = next_at + interval '20 days' WHERE state = 'waiting'"
        )
        cursor.execute("UPDATE monitoring_watch SET closed_at = ends_at, closed_why = 'over' WHERE id = (SELECT min(id)"
                       " FROM monitoring_watch)")  # fmt: skip
    text = Message.objects.earliest("pk")
    lapsed = {"token": "lost", "sent_at": BEGINS, "lapsed_at": BEGINS + canary.BACK_WITHIN}
    Canary.objects.create(site=text.site, text=text, **lapsed)
    return now


def _steps(now: datetime) -> dict[str, Callable[[], object]]:
    """Every step of a turn by name, all that look for what is due together, and each invariant."""
    due: dict[str, Callable[[], object]] = {
        "replies": lambda: inbound.sweep(now=now),
        "cases": lambda: escalations.climb(now=now),
        "unheard pages": lambda: climbing.notice_unheard_pages(now=now),
        "asking": lambda: checkins.ask_due(now=now),
        "unsendable": lambda: silence.notice_unsendable(now=now),
        "silences": lambda: silence.climb(now=now),
        "late tasks": lambda: worklist.page_for_late(now=now),
        "dead numbers": lambda: opting_out.notice_dead_numbers(now=now),
        "kept close": lambda: checkins.keep_close(now=now),
        "watches that end": lambda: watches.close_due(now=now),
        "deliveries": lambda: outbox.deliver_due(now=now),
        "settling": lambda: reconcile.settle_all(now=now),
    }
    checks = {f"invariant {name}": _asking(query, now) for name, query in invariants.QUERIES.items()}
    return {
        "a plain SELECT 1": _select_one,
        **due,
        "all of these": lambda: [step() for step in due.values()],
        "what an idle turn asks instead": lambda: (engine.DUE.at(now), engine.UNSETTLED.at(now)),
        **checks,
        "all invariants": lambda: invariants.counts(now=now),
    }


def _asking(query: Callable[[datetime], object], now: datetime) -> Callable[[], object]:
    return lambda: len(query(now)[:50])  # type: ignore[index]


def _select_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        cursor.fetchone()


def _spent_ms(step: Callable[[], object]) -> float:
    step()
    spent = []
    for _ in range(TIMES):
        began = time.perf_counter()
        step()
        spent.append(1000 * (time.perf_counter() - began))
    return statistics.median(spent)
