"""From a red flag received to its first page with the provider: `python -m benchmarks pages --times 20`.

The whole service runs as real processes on a folder of its own. A patient texts a red flag at the provider double; it
ends when the double has taken the page. `--kill worker` or `--kill valkey` kills that part as the text goes out. Then
check-ins run out in silence, and the time from each deadline to its case is read from the records. Beside both, in the
same run, stands a Celery task that does nothing, carried by a broker of the same kind. `--rows` fills each table that
grows with so many finished rows first, and may be given several times.

At the end the provider's ledger is compared with what is known here: nothing sent twice for one key.

Wanted: a page in 1 s (half), 3 s (p99); 35 s with a worker killed; at most 5 s more without the broker; a case within
5 s (p99) of the deadline; nothing twice.
"""

import argparse
import logging
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import timedelta

import redis

from benchmarks import noop, rows
from monitoring import escalations
from monitoring.models import CheckIn, Escalation, Patient
from notifications import clock
from stepup.local import places
from stepup.soak import house as houses
from stepup.soak import judge

WORDS = "38.6 and shaking"
PATIENCE_SECONDS = 120.0
STEP_SECONDS = 0.02


def main() -> None:
    """Print what each took."""
    options = _options()
    logging.disable(logging.WARNING)
    with houses.running() as house:
        judge.look_into(house.database_url)
        plain = _noops(house, options.times)
        print(f"{'in seconds':<52}{'number':>8}{'p50':>9}{'p99':>9}{'longest':>9}")
        _show("a Celery task that does nothing, sent to run", plain)
        before = 0
        for size in sorted(options.rows or [0]):
            if size:
                _red_flag(house, None, of=0)  # something of everything must be over before it can be copied
                rows.fill(before, size)
                before = size
            _measure(house, options, f"{size:,} rows")
        _compare(house)


def _compare(house: houses.House) -> None:
    """What the provider's ledger holds for one key twice, or for nothing that is known here."""
    judge.to_quiet(house)
    wrong = judge.sends(house.ask("/double/ledger"))
    print(
        f"{'sent twice, or known to one side alone':<52}{len(wrong):>8}  {'MISSED' if wrong else 'reached'}",
        *wrong,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks pages", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--kill", choices=("worker", "valkey"), help="this part, each time")
    parser.add_argument(
        "--rows", type=int, action="append", help="finished rows in each table that grows (none)"
    )
    return parser.parse_args()


def _measure(house: houses.House, options: argparse.Namespace, rows_there: str) -> None:
    half, p99 = {None: (1.0, 3.0), "worker": (35.0, 35.0), "valkey": (6.0, 8.0)}[options.kill]
    what = f"a red flag to its page{f', {options.kill} killed' if options.kill else ''}; {rows_there}"
    # Of somebody else than whose rows were copied: nobody has a million of their own.
    _show(what, [_red_flag(house, options.kill, of=1) for _ in range(options.times)], half, p99)
    if not options.kill:
        silent = [_silence(house) for _ in range(options.times)]
        _show(f"a check-in's deadline to its case; {rows_there}", silent, 5.0, 5.0)


def _show(what: str, times: Sequence[float], half: float = 0.0, most: float = 0.0) -> None:
    if not times:
        return
    p50, p99 = statistics.median(times), statistics.quantiles(times, n=100, method="inclusive")[98]
    verdict = "" if not most else ("  reached" if p50 <= half and p99 <= most else "  MISSED")
    print(f"{what:<52}{len(times):>8}{p50:>9.3f}{p99:>9.3f}{max(times):>9.3f}{verdict}", flush=True)


def _red_flag(house: houses.House, kill: str | None, *, of: int) -> float:
    """A text from one of the patients under watch, by place; wait for the page, close the case, answer the seconds."""
    watched = Patient.objects.filter(watches__closed_at=None, watches__isnull=False)
    patient = watched.order_by("pk").distinct()[of]
    before = _pages(house)
    began = time.monotonic()
    body = {"from": patient.phone, "to": patient.site.patient_number, "body": WORDS}
    house.ask("/double/inbound", method="POST", body=body)
    if kill:
        house.kill(kill)
    _until(house, lambda: _pages(house) > before)
    took = time.monotonic() - began
    _close_cases()
    house.go_on(1.0 if not kill else 16.0)  # who dies oftener than five times a minute is given up on
    return took


def _pages(house: houses.House) -> int:
    messages = (house.ask("/double/messages") or {}).get("messages", [])
    return sum("to take it" in message["body"] for message in messages)


def _silence(house: houses.House) -> float:
    """A question's last deadline passes; answer the seconds until its case."""
    checkin = _asked(house)
    deadline = clock.now() + timedelta(seconds=1.5)
    CheckIn.objects.filter(pk=checkin.pk).update(stage=CheckIn.Stage.VOICE, next_at=deadline)
    _until(house, lambda: Escalation.objects.exclude(state="resolved").exists())
    case = Escalation.objects.exclude(state="resolved").get()
    _close_cases()
    return (case.opened_at - deadline).total_seconds()


def _asked(house: houses.House) -> CheckIn:
    """An open question; the next check-in's if none is open."""
    waiting = CheckIn.objects.filter(watch__closed_at=None, state="waiting").order_by("due_at")
    if not CheckIn.objects.filter(watch__closed_at=None, state="asked").exists():
        CheckIn.objects.filter(pk=waiting[0].pk).update(next_at=clock.now())
    asked = CheckIn.objects.filter(watch__closed_at=None, state="asked")
    _until(house, asked.exists)
    return asked[0]


def _close_cases() -> None:
    now = clock.now()
    for case in Escalation.objects.exclude(state="resolved"):
        by = case.site.clinicians.filter(role="responder").order_by("pk")[0]
        escalations.take(case.pk, by=by, now=now, how="screen")
        escalations.reach(case.pk, by=by, now=now)
        grades = [("crs", 0), ("icans", 0)]
        escalations.resolve(case.pk, by=by, now=now, outcome="home", grades=grades)


def _noops(house: houses.House, times: int) -> list[float]:
    """So many tasks that do nothing, one after the other, on a worker and a broker of their own."""
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "benchmarks.noop",
        "worker",
        "--concurrency",
        "2",
        "-n",
        "noop@%h",
    ]
    worker = subprocess.Popen(command, cwd=places.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with redis.Redis.from_url(os.environ["REDIS_URL"]) as broker:
            for number in range(times + 1):
                noop.nothing.delay(time.time())
                _until(house, lambda number=number: broker.llen(noop.DONE) > number)  # type: ignore[misc]
            return [float(one) for one in broker.lrange(noop.DONE, 1, -1)]  # the first waited for the worker
    finally:
        worker.terminate()
        worker.wait()


def _until(house: houses.House, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        house.go_on(STEP_SECONDS)
        if time.monotonic() > deadline:
            raise SystemExit("Waited two minutes in vain.")
