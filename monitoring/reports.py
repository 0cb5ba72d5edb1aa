"""The record of response of one site over a span of days: read once, shown on a page and written as tables."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import StringIO

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from monitoring import economy, response
from monitoring.economy import Load, Worth
from monitoring.models import Escalation
from monitoring.response import Answered, Miss, Spread, Wait
from notifications.models import Site
from protocols.errors import Refusal

FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would reckon instead of show


@dataclass(frozen=True)
class Report:
    """What happened at a site between two moments: each part is read when asked for, in a fixed number of queries."""

    site: Site
    since: datetime
    until: datetime

    @cached_property
    def cases(self) -> list[Answered]:
        """Every case opened in the span and how long each step took each time it was open, newest first."""
        return response.answered(
            list(response.cases(self.site, since=self.since, until=self.until).select_related("owner"))
        )

    @cached_property
    def spreads(self) -> list[Spread]:
        """Each step's times by urgency."""
        return response.spreads(self.cases)

    @cached_property
    def misses(self) -> list[Miss]:
        """Every miss that happened in the span, of an older case too."""
        return response.misses(self.site, since=self.since, until=self.until)

    @property
    def waits(self) -> list[Wait]:
        """Each time one of these cases was open."""
        return [wait for one in self.cases for wait in one.waits]

    @cached_property
    def load(self) -> Load:
        """How often people were called for a day that one patient was watched."""
        return economy.load(self.site, since=self.since, until=self.until)

    @cached_property
    def rules(self) -> list[Worth]:
        """What each rule's alarms were worth."""
        return economy.of(self.site, since=self.since, until=self.until)


def of(site: Site, *, days: int, now: datetime) -> Report:
    """The report of the days up to `now`."""
    return Report(site, now - timedelta(days=days), now)


def table(report: Report, name: str) -> str:
    """One part of the report as CSV, times in seconds and moments in UTC. Refused where there is no such part."""
    if name not in TABLES:
        raise Refusal(
            "no-such-table",
            _("There is no table %(name)s. Known: %(tables)s.") % {"name": name, "tables": ", ".join(TABLES)},
        )
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in TABLES[name](report):
        writer.writerow([_cell(one) for one in row])
    return out.getvalue()


Row = tuple[object, ...]


def _cases(report: Report) -> Iterator[Row]:
    seconds = [f"{step}_seconds" for step in response.STEP_WORDS]
    yield "case", "code", "opened_at", "opened_as", "urgency", "state", "outcome", *seconds
    for one in report.cases:
        case: Escalation = one.case
        times = [getattr(one, step) for step in response.STEP_WORDS]
        opened = (case.pk, case.code, case.opened_at, one.waits[0].urgency)
        yield *opened, case.urgency, case.state, case.outcome, *times


def _waits(report: Report) -> Iterator[Row]:
    yield "case", "code", "since", "what", "urgency", "page_seconds", "take_seconds", "reach_seconds"
    for one in report.waits:
        yield one.case.pk, one.case.code, one.at, one.what, one.urgency, one.page, one.take, one.reach


def _misses(report: Report) -> Iterator[Row]:
    yield "case", "code", "at", "what", "why", "text"
    for one in report.misses:
        yield one.case.pk, one.case.code, one.at, one.what, one.why, one.text


def _rules(report: Report) -> Iterator[Row]:
    yield "rule", "why", "fired", "cases", "resolved", "acted_on", "owner", "reviewed_at", "review"
    for one in report.rules:
        review = one.review
        said = (review.owner.name, review.at, review.words) if review else ("", "", "")
        yield one.rule, one.why, one.fired, len(one.cases), one.resolved, one.acted_on, *said


TABLES = {"cases": _cases, "waits": _waits, "misses": _misses, "rules": _rules}


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, timedelta):
        return str(int(value.total_seconds()))
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    said = str(value)
    return f"'{said}" if said.startswith(FORMULA) else said
