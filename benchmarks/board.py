"""How long the board takes with 500 watched patients: `.venv/bin/python -m benchmarks.board`.

500 patients in a watch, 20 with a case, 100 who wrote, in a database of its own that is dropped afterwards. Printed are
the queries and the best of several times, in process and without a network: reading the board, its first view, and the
part that renews itself every five seconds. Beside them a plain loop on the same machine, for a time alone says more
about the machine. It needs the settings of a test (STEPUP_ENV=test, DATABASE_URL), as pytest does.
"""

import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

import django
from django.db import connection
from django.test import Client
from django.test.utils import (
    CaptureQueriesContext,
    setup_databases,
    setup_test_environment,
    teardown_databases,
)

PATIENTS, CASES, TIMES = 500, 20, 5
FIRST_VIEW_MS, RENEWED_MS = 1000.0, 200.0


def best_ms(act: Callable[[], object]) -> float:
    """Milliseconds of the fastest of several goes."""
    fastest = float("inf")
    for _ in range(TIMES):
        begun = time.perf_counter()
        act()
        fastest = min(fastest, time.perf_counter() - begun)
    return fastest * 1000


def main() -> None:
    """Make the ward, time it, print."""
    django.setup()
    setup_test_environment()
    made = setup_databases(verbosity=0, interactive=False)
    try:
        measure()
    finally:
        teardown_databases(made, verbosity=0)


def measure() -> None:
    """Print a line for each part of the board."""
    # Models need the settings first; the makers of the tests are not type-checked.
    board, clock = import_module("monitoring.board"), import_module("notifications.clock")
    makers, wards_of_many = import_module("tests.makers"), import_module("tests.wards_of_many")
    now: datetime = clock.now()
    site = wards_of_many.fill(patients=PATIENTS, cases=CASES, now=now)
    client: Client = makers.signed_in(makers.a_clinician(site))
    with CaptureQueriesContext(connection) as queries:
        board.look(site, now=now)
    print(f"{PATIENTS} watched patients, {CASES} cases; {len(queries)} queries to read the board")
    print(f"a plain loop         {best_ms(lambda: sum(range(1_000_000))):8.1f} ms")
    print(f"reading the board    {best_ms(lambda: board.look(site, now=now)):8.1f} ms")
    print(
        f"first view           {best_ms(lambda: client.get('/board/')):8.1f} ms (at most {FIRST_VIEW_MS:.0f})"
    )
    print(
        f"renewed              {best_ms(lambda: client.get('/board/rows/')):8.1f} ms (at most {RENEWED_MS:.0f})"
    )


if __name__ == "__main__":
    main()
