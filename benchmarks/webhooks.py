"""A text stored, triaged and committed: `python -m benchmarks webhooks --texts 2000 --rate 50 --rows 1000000`.

A web server of the service's own takes signed webhooks at so many a second, each a text of some patient under watch, as
the provider posts them. Beside it, in the same run: a plain view (the health of a process that is ready) and a plain
INSERT with its commit. `--rows` fills each table that grows with so many finished rows first, and may be given several
times; `--kill-every 5` kills a process of the web server now and then, and the provider posts again what was not
answered. Wanted: p99 under 100 ms at 50 a second, and every text stored, understood and kept once.
"""

import argparse
import contextlib
import http.client
import logging
import os
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from twilio.request_validator import RequestValidator

from benchmarks import killing, rows
from monitoring.models import Patient, Reply
from notifications import clock
from stepup.local import places, ports
from stepup.simulate import clinic as clinics

TARGET_MS = 100.0
WORDS = ["98.6", "6", "NONE", "Thank you", "my temp is 98.9", "99.8", "What time is my visit?"]
SENDERS = 32
TRIES = 20
FIRST = 200  # every thread of the server opens its connection meanwhile; shown beside the others
ADDRESS = f"https://{ports.LOOPBACK}"


def main() -> None:
    """Print what each costs, for each number of rows."""
    options = _options()
    logging.disable(logging.WARNING)
    phones = _patients()
    port = ports.free_port()
    web = _web(port, options.workers)
    post, get = _poster(port, phones), _getter(port)
    print(f"{f'in ms, at {options.rate:g} a second':<56}{'number':>8}{'p50':>9}{'p99':>9}{'longest':>9}")
    posted = before = 0
    try:
        _show(f"the first {FIRST} after the server was started", _at_rate(post, FIRST, options.rate))
        for size in sorted(options.rows or [0]):
            rows.fill(before, size)
            begin = FIRST + posted
            with killing.now_and_then(web.pid, options.kill_every) as killed:
                spent = killing.cpu_seconds(web.pid)
                times = _at_rate(post, options.texts, options.rate, begin=begin)
                spent = 1000 * (killing.cpu_seconds(web.pid) - spent) / options.texts
            _show(f"a text: stored, triaged, committed; {size:,} rows", times)
            _show_work(spent, killed)
            _show("a plain view (/readyz)", _at_rate(get, min(options.texts, 500), options.rate))
            _show("a plain INSERT and its commit", _inserts(min(options.texts, 500)))
            before, posted = size, posted + options.texts
    finally:
        web.terminate()
        web.wait()
    sys.exit(_judge(FIRST + posted))


def _judge(posted: int) -> int:
    """Say whether every text was kept once and understood; 0 if so."""
    kept = Reply.objects.filter(provider_sid__startswith="SMbench").exclude(understood_at=None).count()
    print(f"{kept} of {posted} stored and understood, {posted - kept} lost")
    return 0 if kept == posted else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks webhooks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=50.0, help="a second")
    parser.add_argument(
        "--rows", type=int, action="append", help="finished rows in each table that grows (none)"
    )
    parser.add_argument(
        "--kill-every", type=float, default=0.0, help="seconds, about, between two kills (none)"
    )
    parser.add_argument(
        "--workers", type=int, default=2, help="processes of the web server, as in the image (2)"
    )
    return parser.parse_args()


def _patients() -> list[str]:
    """A clinic with patients under watch; their phones."""
    now = clock.now() - timedelta(hours=2)
    clinic = clinics.build(0, days=3, now=now)
    zone = clinics.ZONE
    for number in range(SENDERS + 1):
        pk = clinics.admit(
            clinic, number, seed="1", first_on=now.astimezone(zone).date(), later=False, now=now
        )
        clinics.give(clinic, pk, now=now + timedelta(minutes=30))
        if number == SENDERS:  # of whom everything is over; the others write
            rows.history(Patient.objects.get(pk=pk), by=clinic.responders[0], now=now + timedelta(minutes=90))
    return [f"+15550{200_000 + number}" for number in range(SENDERS)]


def _web(port: int, workers: int) -> "subprocess.Popen[bytes]":
    command = [
        sys.executable, "-m", "gunicorn", "stepup.wsgi", "--worker-class", "gthread",
        "--workers", str(workers), "--threads", "4",
        "--no-control-socket", "--bind", f"{ports.LOOPBACK}:{port}", "--log-level", "error",
    ]  # fmt: skip
    web = subprocess.Popen(command, cwd=places.ROOT, env=_as_in_production())
    for _ in range(200):
        try:
            _getter(port)(0)
        except OSError:
            time.sleep(0.1)
        else:
            return web
    raise SystemExit("The web server did not start.")


def _as_in_production() -> dict[str, str]:
    """The server's environment: as a site runs it, without a clock that can be moved. It hands nothing over itself."""
    return {
        **os.environ,
        "STEPUP_ENV": "production",
        "PUBLIC_BASE_URL": ADDRESS,
        "TWILIO_API_BASE": "https://api.twilio.com",
        "TWILIO_SECOND_API_BASE": "https://api.twilio.com",
        "DOUBLE_URL": "",
    }


def _show_work(spent: float, killed: list[int]) -> None:
    """What no neighbour on the machine can change: how much of one core a text takes."""
    if killed:
        print(f"    the web server was killed {len(killed)} times")
    else:
        print(
            f"    the web server worked {spent:.1f} ms for each: a core takes {1000 / spent:.0f} a second at most"
        )


def _poster(port: int, phones: list[str]) -> Callable[[int], None]:
    path = "/webhooks/twilio/inbound"
    validator = RequestValidator(settings.TWILIO_AUTH_TOKEN)
    to = "+15550100001"

    def post(number: int) -> None:
        form = {"MessageSid": f"SMbench{number:027d}", "From": phones[number % len(phones)], "To": to,
                "Body": WORDS[number % len(WORDS)], "NumMedia": "0"}  # fmt: skip
        signature = validator.compute_signature(ADDRESS + path, form)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        headers["Host"] = ports.LOOPBACK
        for _ in range(TRIES):  # a provider posts again what was not answered
            with contextlib.suppress(OSError, http.client.HTTPException):
                return _ask(port, "POST", path, urllib.parse.urlencode(form), headers)
        raise SystemExit(f"A text was not answered {TRIES} times.")

    return post


def _getter(port: int) -> Callable[[int], None]:
    return lambda number: _ask(port, "GET", "/readyz", None, {})


def _ask(port: int, method: str, path: str, body: str | None, headers: dict[str, str]) -> None:
    line = http.client.HTTPConnection(ports.LOOPBACK, port, timeout=30)
    try:
        line.request(method, path, body, headers)
        answer = line.getresponse()
        answer.read()
        if answer.status != http.HTTPStatus.OK:
            raise SystemExit(f"{method} {path} was answered with {answer.status}.")
    finally:
        line.close()


def _at_rate(ask: Callable[[int], None], number: int, rate: float, *, begin: int = 0) -> list[float]:
    """Ask at a steady rate from threads, as a provider does, and take each answer's time from when it was due.

    What is asked is numbered from `begin`.
    """
    times: list[float] = []
    began = time.perf_counter() + 0.1

    def one(place: int) -> None:
        due = began + place / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        ask(begin + place)
        times.append(1000 * (time.perf_counter() - due))

    def some(first: int) -> None:
        for place in range(first, number, 16):
            one(place)

    threads = [threading.Thread(target=some, args=(first,)) for first in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return times


def _inserts(number: int) -> list[float]:
    times = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE IF NOT EXISTS plain (id bigserial PRIMARY KEY, words text)")
        for place in range(number):
            began = time.perf_counter()
            cursor.execute("INSERT INTO plain (words) VALUES (%s)", [f"words {place}"])
            times.append(1000 * (time.perf_counter() - began))
    return times


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[98]


def _show(what: str, times: list[float]) -> None:
    p99 = _p99(times)
    verdict = ("  reached" if p99 <= TARGET_MS else "  MISSED") if what.startswith("a text") else ""
    figures = f"{len(times):>8}{statistics.median(times):>9.1f}{p99:>9.1f}{max(times):>9.1f}"
    print(f"{what:<56}{figures}{verdict}", flush=True)
