"""A text stored, triaged and committed: `python -m benchmarks webhooks --texts 2000 --rate 50`.

A web server of the service's own takes signed webhooks at so many a second, each a text of some patient under watch, as
the provider posts them. Beside it, in the same run: a plain view (the health of a process that is ready) and a plain
INSERT with its commit. Wanted: p99 under 100 ms at 50 a second, and every text stored, understood and kept once.
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
from pathlib import Path

from django.conf import settings
from django.db import connection
from twilio.request_validator import RequestValidator

from monitoring.models import Reply
from notifications import clock
from stepup.local import places, ports
from stepup.simulate import clinic as clinics

TARGET_MS = 100.0
WORDS = ["98.6", "6", "NONE", "Thank you", "my temp is 98.9", "99.8", "What time is my visit?"]
SENDERS = 32
FIRST = 200  # every thread of the server opens its connection meanwhile; shown beside the others
ADDRESS = f"https://{ports.LOOPBACK}"


def main() -> None:
    """Print what each costs."""
    options = _options()
    logging.disable(logging.WARNING)
    phones = _patients()
    port = ports.free_port()
    web = _web(port, options.workers)
    try:
        post = _poster(port, phones)
        get = _getter(port)
        first = _at_rate(post, FIRST, options.rate)
        before = _cpu_seconds(web.pid)
        times = _at_rate(lambda place: post(FIRST + place), options.texts, options.rate)
        spent = 1000 * (_cpu_seconds(web.pid) - before) / options.texts
        plain = _at_rate(get, min(options.texts, 500), options.rate)
    finally:
        web.terminate()
        web.wait()
    inserted = _inserts(min(options.texts, 500))
    print(
        f"{'in ms, at ' + format(options.rate, 'g') + ' a second':<44}{'number':>8}{'p50':>9}{'p99':>9}{'longest':>9}"
    )
    _show("a text: signature, stored, triaged, committed", times)
    _show(f"the first {FIRST} after the server was started", first)
    _show("a plain view (/readyz)", plain)
    _show("a plain INSERT and its commit", inserted)
    _show_work(spent)
    kept = Reply.objects.filter(provider_sid__startswith="SMbench").exclude(understood_at=None).count()
    p99 = _p99(times)
    print(f"p99 {p99:.1f} ms, target {TARGET_MS:g} ms: {'reached' if p99 <= TARGET_MS else 'MISSED'}")
    posted = FIRST + options.texts
    print(f"{kept} of {posted} stored and understood, {posted - kept} lost")
    sys.exit(0 if kept == posted else 1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks webhooks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=50.0, help="a second")
    parser.add_argument(
        "--workers", type=int, default=2, help="processes of the web server, as in the image (2)"
    )
    return parser.parse_args()


def _patients() -> list[str]:
    """A clinic with patients under watch; their phones."""
    now = clock.now() - timedelta(hours=2)
    clinic = clinics.build(0, days=3, now=now)
    zone = clinics.ZONE
    for number in range(SENDERS):
        pk = clinics.admit(
            clinic, number, seed="1", first_on=now.astimezone(zone).date(), later=False, now=now
        )
        clinics.give(clinic, pk, now=now + timedelta(minutes=30))
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


def _show_work(spent: float) -> None:
    """What no neighbour on the machine can change: how much of one core a text takes."""
    print(
        f"\nthe web server worked {spent:.1f} ms for a text: a core takes {1000 / spent:.0f} a second at most"
    )


def _cpu_seconds(parent: int) -> float:
    """What the server's processes have worked so far; 0 where the system does not say."""
    ticks = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            facts = stat.read_text().rpartition(")")[2].split()
            if int(facts[1]) == parent:
                ticks += int(facts[11]) + int(facts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


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
        _ask(port, "POST", path, urllib.parse.urlencode(form), headers)

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


def _at_rate(ask: Callable[[int], None], number: int, rate: float) -> list[float]:
    """Ask at a steady rate from threads, as a provider does, and take each answer's time from when it was due."""
    times: list[float] = []
    began = time.perf_counter() + 0.1

    def one(place: int) -> None:
        due = began + place / rate
        time.sleep(max(0.0, due - time.perf_counter()))
        ask(place)
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
        cursor.execute("CREATE TABLE plain (id bigserial PRIMARY KEY, words text)")
        for place in range(number):
            began = time.perf_counter()
            cursor.execute("INSERT INTO plain (words) VALUES (%s)", [f"words {place}"])
            times.append(1000 * (time.perf_counter() - began))
    return times


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100, method="inclusive")[98]


def _show(what: str, times: list[float]) -> None:
    print(f"{what:<44}{len(times):>8}{statistics.median(times):>9.1f}{_p99(times):>9.1f}{max(times):>9.1f}")
