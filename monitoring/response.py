"""How fast people answered: for each case the time to page, to take, to reach and to resolve, and every miss.

Times are counted from the moment a case was opened to the first such moment, so that a case that came back keeps what
it was answered in at first. A page counts from when the provider was handed it. What has not happened yet is counted as
waiting and never left out.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.db.models import Min, QuerySet

from monitoring.models import Escalation, EscalationEvent, Page
from notifications.models import Site

MEDIAN_FROM, MOST_FROM = 5, 20  # fewer cases than these have no such figure: each is named instead
MISSES = {
    "reopened": "a step was not done in its time",
    "nobody on rung": "a rung had nobody on it",
    "page failed": "a page got through by no route",
    "patient told": "nobody had it at the set minute",
    "nobody told": "nobody had it, and nobody at home could be told",
}
STEP_WORDS = {
    "page": "first page handed to the provider after",
    "take": "taken after",
    "reach": "patient reached after",
    "resolve": "resolved after",
}


@dataclass(frozen=True)
class Answered:
    """One case and how long each step took from its opening; None for what has not happened."""

    case: Escalation
    page: timedelta | None
    take: timedelta | None
    reach: timedelta | None
    resolve: timedelta | None


@dataclass(frozen=True)
class Spread:
    """The times of one step over some cases: how many, how many still wait, and the figures so many allow."""

    step: str
    urgency: str
    count: int
    waiting: int
    median: timedelta | None
    most: timedelta | None
    worst: timedelta | None


@dataclass(frozen=True)
class Miss:
    """One moment at which a case was not answered as it should be."""

    case: Escalation
    at: datetime
    what: str
    why: str
    text: str


def cases(site: Site, *, since: datetime, until: datetime) -> QuerySet[Escalation]:
    """Every case of a site that was opened in the span, newest first."""
    return Escalation.objects.filter(site=site, opened_at__gte=since, opened_at__lt=until).order_by(
        "-opened_at"
    )


def answered(some: Sequence[Escalation]) -> list[Answered]:
    """The times of these cases, in two queries however many they are."""
    ids = [case.pk for case in some]
    happened = EscalationEvent.objects.filter(escalation__in=ids, what__in=["taken", "reached"])
    first = {
        (row["escalation"], row["what"]): row["first"]
        for row in happened.values("escalation", "what").annotate(first=Min("at"))
    }
    paged = dict(_handed_over(ids))
    return [
        Answered(
            case,
            page=_after(case, paged.get(case.pk)),
            take=_after(case, first.get((case.pk, "taken"))),
            reach=_after(case, first.get((case.pk, "reached"))),
            resolve=_after(case, case.resolved_at),
        )
        for case in some
    ]


def _handed_over(ids: Sequence[int]) -> Iterator[tuple[int, datetime]]:
    """When the first page of each case was handed to the provider."""
    pages = Page.objects.filter(escalation__in=ids).values("escalation")
    for row in pages.annotate(
        text=Min("text__deliveries__submitted_at"), voice=Min("voice__deliveries__submitted_at")
    ):
        moments = [at for at in (row["text"], row["voice"]) if at is not None]
        if moments:
            yield row["escalation"], min(moments)


def _after(case: Escalation, at: datetime | None) -> timedelta | None:
    return None if at is None else max(at - case.opened_at, timedelta(0))


def spreads(some: Iterable[Answered]) -> list[Spread]:
    """Each step's times, the emergencies first."""
    rows = list(some)
    return [
        spread([row for row in rows if row.case.urgency == urgency], step, urgency)
        for urgency in ("emergency", "urgent")
        for step in STEP_WORDS
    ]


def spread(rows: Sequence[Answered], step: str, urgency: str) -> Spread:
    """The figures that so many times allow: no median of fewer than five, no 95th percentile of fewer than twenty."""
    times = sorted(time for row in rows if (time := getattr(row, step)) is not None)
    return Spread(
        step=step,
        urgency=urgency,
        count=len(times),
        waiting=len(rows) - len(times),
        median=_rank(times, 50) if len(times) >= MEDIAN_FROM else None,
        most=_rank(times, 95) if len(times) >= MOST_FROM else None,
        worst=times[-1] if times else None,
    )


def _rank(times: Sequence[timedelta], percent: int) -> timedelta:
    """The nearest-rank percentile: a time that was measured, never one between two."""
    return times[ceil(len(times) * percent / 100) - 1]


def misses(some: Mapping[int, Escalation]) -> list[Miss]:
    """Every miss of these cases, newest first."""
    events = EscalationEvent.objects.filter(escalation__in=list(some), what__in=list(MISSES))
    return [
        Miss(some[event.escalation_id], event.at, event.what, MISSES[event.what], event.text)
        for event in events.order_by("-at", "-pk")
    ]
