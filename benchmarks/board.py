"""How long the board takes with 500 watched patients: `.venv/bin/python -m benchmarks.board`.

500 patients in a watch, each with a temperature, 20 with a case, 100 who wrote, in a database of its own, dropped
at the end. Printed are the queries and the best of several times, in process and without a network: reading the board,
its first view, the part that renews itself every five seconds, and some other pages and acts. Beside them a plain loop
on the same machine, for a time alone says more about the machine. It needs the settings of a test (STEPUP_ENV=test,
DATABASE_URL), as pytest does.
"""

import time
from collections.abc import Callable
from datetime import datetime
from importlib import import_module

import django
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases

PATIENTS, CASES, TIMES = 500, 20, 5
FIRST_VIEW_MS, ACTED_MS = 1000.0, 200.0


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
    # The test runner's own environment watches every template, and some of the time would be its.
    settings.ALLOWED_HOSTS = ["testserver"]
    made = setup_databases(verbosity=0, interactive=False)
    try:
        measure()
    finally:
        teardown_databases(made, verbosity=0)


def measure() -> None:
    """Print a line for each part of the board, and one for each of some other pages and acts."""
    # Models need the settings first; the makers of the tests are not type-checked.
    board, clock = import_module("monitoring.board"), import_module("notifications.clock")
    makers, wards_of_many = import_module("tests.makers"), import_module("tests.wards_of_many")
    now: datetime = clock.now()
    site = wards_of_many.fill(patients=PATIENTS, cases=CASES, now=now)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as PostgreSQL does by itself a minute after so many new rows
    client: Client = makers.signed_in(makers.a_clinician(site))
    with CaptureQueriesContext(connection) as queries:
        board.look(site, now=now)
    print(f"{PATIENTS} watched patients, {CASES} cases; {len(queries)} queries to read the board")
    told("a plain loop", lambda: sum(range(1_000_000)))
    told("reading the board", lambda: board.look(site, now=now))
    told("first view, nothing at hand", lambda: anew(client, "/board/"), FIRST_VIEW_MS)
    told("renewed, every row anew", lambda: anew(client, "/board/rows/"))
    told("renewed", lambda: client.get("/board/rows/"), ACTED_MS)
    patient = site.patients.values_list("pk", flat=True)[0]
    site.patients.filter(pk=patient).update(emergency_code="WXYZWXYZ")
    told("emergency page", lambda: client.get("/e/WXYZWXYZ/"), FIRST_VIEW_MS)
    told("a patient's page", lambda: client.get(f"/patient/{patient}/"))
    cases = iter(site.escalations.values_list("pk", flat=True)[: 2 * TIMES])
    told("a case's card", lambda: client.get(f"/case/{next(cases)}/"))
    told("taking a case", lambda: client.post(f"/case/{next(cases)}/take/"), ACTED_MS)


def anew(client: Client, address: str) -> None:
    """Ask for a page when no row of the board has been written before."""
    import_module("monitoring.board_words").forget()
    client.get(address)


def told(what: str, act: Callable[[], object], most: float | None = None) -> None:
    """Print how long it takes, and how long it may."""
    print(f"{what:<28}{best_ms(act):8.1f} ms{f' (at most {most:.0f})' if most else ''}")


if __name__ == "__main__":
    main()
