"""A thousand cases in ten seconds, at one text and one call a second: `python -m benchmarks storm --cases 1000`.

Real cases on real rows, opened by the service's own operation, one in ten an emergency; the engine turns once in a
second of a clock of its own, and a stand-in for the provider takes whatever is handed over. Nobody answers. Printed is
when the first page of each case left, by urgency. Judged, with status 1: no emergency left after something urgent
that was opened before it could be handed over; everybody was paged; no number was given more than its rate; nothing
was handed over twice; no invariant is broken at the end.
"""

import argparse
import logging
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any

from django.db import transaction

from monitoring import escalations
from monitoring.models import Escalation, Page, Patient
from notifications import clock, gateway, outbox, pacing, reconcile
from notifications.models import Site
from stepup import engine, invariants

SECOND = timedelta(seconds=1)
OPENED_IN = 10
ONE_IN_TEN = 10
NOT_ASKED = {"I11", "I12"}  # a rota and a clock of its own


@dataclass(frozen=True)
class Left:
    """One page handed over: of which case, how urgent it was, and how many seconds after the first case."""

    case: int
    urgency: str
    second: int


def main() -> None:
    """Open them, let the time pass, print and judge."""
    parser = argparse.ArgumentParser(
        prog="benchmarks storm", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=1000)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    began, now = time.monotonic(), clock.now()
    site, line = _site(options.cases, now), _line()
    left = _storm(site, line, options.cases, now)
    found = _wrong(site, line, left, options.cases)
    for urgency in ("emergency", "urgent"):
        _show(urgency, [one.second for one in left.values() if one.urgency == urgency])
    print(f"{len(line.handed)} texts and calls handed over, {time.monotonic() - began:.0f} s of work")
    print(*(found or ["nothing is wrong"]), sep="\n")
    sys.exit(1 if found else 0)


def _site(cases: int, now: datetime) -> Site:
    """So many watched patients, two people on call, and numbers of one text and one call a second."""
    site = import_module("tests.wards_of_many").fill(patients=cases, cases=0, now=now)
    rates = ("patient_texts_per_second", "page_texts_per_second", "calls_per_second")
    Site.objects.filter(pk=site.pk).update(**dict.fromkeys(rates, Decimal(1)))
    return Site.objects.get(pk=site.pk)


def _line() -> Any:
    """A stand-in for the provider that takes everything and says at once that it arrived."""
    line = import_module("tests.notifications.sending").Line()
    for name in ("send_text", "place_call", "status", "texts_sent", "calls_placed", "is_well"):
        setattr(gateway, name, getattr(line, name))
    return line


def _storm(site: Site, line: Any, cases: int, now: datetime) -> dict[int, Left]:
    """The first page of each case, by its id. Ends when all have one, or long after they should have."""
    patients = list(Patient.objects.filter(site=site).order_by("pk"))
    left: dict[int, Left] = {}
    for second in range(3 * cases):
        at = now + second * SECOND
        if second < OPENED_IN:
            for place in range(second, cases, OPENED_IN):
                _open(site, patients[place], place, at)
        already = len(line.handed)
        engine.act(now=at)
        outbox.deliver_due(now=at)
        _arrive(line, already, at)
        _note(left, line.handed[already:], second)
        if len(left) == cases:
            break
    return left


@transaction.atomic
def _open(site: Site, patient: Patient, place: int, at: datetime) -> None:
    urgency = "emergency" if place // OPENED_IN % ONE_IN_TEN == 0 else "urgent"
    escalations.raise_concern(site=site, patient=patient, urgency=urgency, headline="a fever", now=at)


def _arrive(line: Any, already: int, at: datetime) -> None:
    """Everything just handed over arrives; a call rings and nobody picks up."""
    for sid in list(line.held)[already:]:
        end = "no-answer" if sid.startswith("CA") else "delivered"
        line.statuses[sid] = (end, "")
    reconcile.settle_all(now=at)


def _note(left: dict[int, Left], handed: Sequence[dict[str, Any]], second: int) -> None:
    tokens = [given["callback"].rpartition("/")[2] for given in handed]
    pages = Page.objects.filter(text__deliveries__token__in=tokens) | Page.objects.filter(
        voice__deliveries__token__in=tokens
    )
    for page in pages.select_related("escalation").distinct():
        case = page.escalation
        left.setdefault(case.pk, Left(case.pk, case.urgency, second))


def _wrong(site: Site, line: Any, left: dict[int, Left], cases: int) -> list[str]:
    found = []
    if len(left) < cases:
        found.append(f"{cases - len(left)} cases were never paged")
    last = max((one.second for one in left.values() if one.urgency == "emergency"), default=0)
    # While cases still came in, what was urgent had to be taken from a queue without an emergency in it.
    early = [one for one in left.values() if one.urgency == "urgent" and OPENED_IN <= one.second < last]
    found += [f"case {one.case} is urgent and left before an emergency" for one in early]
    tokens = Counter(given["callback"] for given in line.handed)
    found += [f"{callback} was handed over {times} times" for callback, times in tokens.items() if times > 1]
    longest = max((one.second for one in left.values()), default=0)
    most = 3 * (longest + pacing.AHEAD.seconds + outbox.BATCH)  # two numbers' texts, and calls
    if len(line.handed) > most:
        found.append(f"{len(line.handed)} were handed over in {longest} s, more than three numbers send")
    at = Escalation.objects.filter(site=site).latest("opened_at").opened_at + longest * SECOND
    broken = {
        name: list(query(at))
        for name, query in invariants.QUERIES.items()
        if name.split()[0] not in NOT_ASKED
    }
    return [*found, *(f"invariant {name} has {len(rows)} rows" for name, rows in broken.items() if rows)]


def _show(urgency: str, seconds: Sequence[int]) -> None:
    if seconds:
        half, last = statistics.median(seconds), max(seconds)
        print(f"{urgency:<12}{len(seconds):>6} cases: first page after {half:.0f} s (half), {last} s (all)")
