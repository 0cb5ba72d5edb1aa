"""How fast people answered: each time a case was open, the time to page, to take and to reach; and every miss.

A case is open when it is opened, and anew when it gets worse, comes back or is handed back: from then on somebody must
have it again, however soon it was taken before. Each such time counts under the urgency it had then, up to the first
page handed to the provider, the next taking and the next reaching. Resolving counts once, from the opening. What has
not happened yet is counted as waiting and never left out.

A case belongs to the span in which it was opened; a miss to the span in which it happened, so that of spans that follow
each other each miss is in exactly one.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from math import ceil
from typing import NamedTuple

from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from monitoring.models import Escalation, EscalationEvent, Page
from monitoring.rules import WatchRules
from notifications.models import Site

MEDIAN_FROM, MOST_FROM = 5, 20  # fewer cases than these have no such figure: each is named instead
MISSES = {
    "reopened": "a step was not done in its time",
    "nobody on rung": "a rung had nobody on it",
    "desk rung": "nobody was left to call, so the desk was rung",
    "page failed": "a page got through by no route",
    "patient told": "nobody had it at the set minute",
    "nobody told": "nobody had it, and nobody at home could be told",
}
UNTAKEN = "not taken"  # a miss of which no line of the case says anything
STEP_WORDS = {
    "page": "first page handed to the provider after",
    "take": "taken after",
    "reach": "patient reached after",
    "resolve": "resolved after",
}
OPENINGS = ("opened", "raised", "reopened", "handed back")
TOLD = ("patient told", "nobody told")
MOVES = (*OPENINGS, "taken", "reached")


@dataclass(frozen=True)
class Wait:
    """One time a case was open: since when, how urgent, and how long each step took; None for what has not happened.

    `what` is the line that began it; `told` whether a line says that the patient was told that nobody has it, or that
    nobody could be.
    """

    case: Escalation
    what: str
    at: datetime
    urgency: str
    page: timedelta | None
    take: timedelta | None
    reach: timedelta | None
    told: bool

    def may_still(self, step: str) -> bool:
        """Whether a step that has not happened still can: a page of a case that was taken before it left cannot."""
        done = step == "page" and self.take is not None
        return not done and self.case.state != Escalation.State.RESOLVED

    @property
    def steps(self) -> list[tuple[str, timedelta | None]]:
        """Each step in words and how long it took; what has not happened and cannot any more is left out."""
        steps = [(step, getattr(self, step)) for step in ("page", "take", "reach")]
        return [(STEP_WORDS[step], took) for step, took in steps if took is not None or self.may_still(step)]


@dataclass(frozen=True)
class Answered:
    """One case: each time it was open, from its opening on, and how long it took to resolve it."""

    case: Escalation
    waits: tuple[Wait, ...]
    resolve: timedelta | None

    @property
    def page(self) -> timedelta | None:
        """From the opening to the first page handed to the provider."""
        return self.waits[0].page

    @property
    def take(self) -> timedelta | None:
        """From the opening to the first taking."""
        return self.waits[0].take

    @property
    def reach(self) -> timedelta | None:
        """From the opening to the first time the patient was reached."""
        return self.waits[0].reach


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


class Line(NamedTuple):
    """A line of a case that moved it; `found` is the urgency of the finding that caused it, if one did."""

    what: str
    at: datetime
    found: str | None


def answered(some: Sequence[Escalation]) -> list[Answered]:
    """The times of these cases, in two queries however many they are."""
    ids = [case.pk for case in some]
    lines, pages = _lines(ids), _handed_over(ids)
    return [
        Answered(
            case,
            tuple(_waits(case, lines[case.pk], pages[case.pk])),
            resolve=_after(case.opened_at, case.resolved_at),
        )
        for case in some
    ]


def _lines(ids: Sequence[int]) -> Mapping[int, list[Line]]:
    """What moved each case, in order."""
    moved = EscalationEvent.objects.filter(escalation__in=ids, what__in=[*MOVES, *TOLD])
    found = defaultdict[int, list[Line]](list)
    in_order = moved.order_by("number").values_list("escalation", "what", "at", "finding__urgency")
    for pk, what, at, urgency in in_order:
        found[pk].append(Line(what, at, urgency))
    return found


def _handed_over(ids: Sequence[int]) -> Mapping[int, list[tuple[int, datetime]]]:
    """When the first page of each generation of each case was handed to the provider."""
    pages = Page.objects.filter(escalation__in=ids, offer=None).values("escalation", "generation")
    found = defaultdict[int, list[tuple[int, datetime]]](list)
    for row in pages.annotate(
        text=Min("text__deliveries__submitted_at"), voice=Min("voice__deliveries__submitted_at")
    ):
        moments = [at for at in (row["text"], row["voice"]) if at is not None]
        if moments:
            found[row["escalation"]].append((row["generation"], min(moments)))
    return found


def _waits(case: Escalation, lines: Sequence[Line], pages: Sequence[tuple[int, datetime]]) -> Iterator[Wait]:
    """Each time a case was open; each began a generation. The opening is there even where its line is not."""
    is_whole = bool(lines) and lines[0].what == "opened"
    lines = [Line("opened", case.opened_at, lines[0].found if is_whole else None), *lines[is_whole:]]
    begins = [place for place, line in enumerate(lines) if line.what in OPENINGS]
    grave_from = _emergency_from(case, lines)
    for generation, (place, end) in enumerate(zip_longest(begins, begins[1:]), start=1):
        line, later = lines[place], lines[place + 1 :]
        taken = next((one.at for one in later if one.what == "taken"), None)
        paged = min((at for which, at in pages if which >= generation), default=None)
        yield Wait(
            case,
            line.what,
            line.at,
            "emergency" if place >= grave_from else "urgent",
            page=None if paged and taken and paged > taken else _after(line.at, paged),
            take=_after(line.at, taken),
            reach=_after(line.at, next((one.at for one in later if one.what == "reached"), None)),
            told=any(one.what in TOLD for one in lines[place:end]),
        )


def _emergency_from(case: Escalation, lines: Sequence[Line]) -> int:
    """The place of the line from which a case is an emergency, behind them all where it is none.

    A line does not keep the urgency, and it never falls. A case nobody had spoken about with the patient is only
    raised by what is graver. Of one that was reached any news is a raise: then the finding behind the line tells, and
    where no finding does, it counts as the emergency it became from the opening on.
    """
    if case.urgency != "emergency":
        return len(lines)
    candidates = [0]
    for place, line in enumerate(lines):
        if line.what == "raised":
            if [one.what for one in lines[:place] if one.what in MOVES][-1] != "reached":
                return place
            candidates.append(place)
    return next((place for place in candidates if lines[place].found == "emergency"), 0)


def _after(since: datetime, at: datetime | None) -> timedelta | None:
    return None if at is None else max(at - since, timedelta(0))


def spreads(some: Iterable[Answered]) -> list[Spread]:
    """Each step's times, the emergencies first."""
    cases = list(some)
    return [
        spread(_times(cases, step, urgency), step, urgency)
        for urgency in ("emergency", "urgent")
        for step in STEP_WORDS
    ]


def _times(cases: Sequence[Answered], step: str, urgency: str) -> list[timedelta | None]:
    """How long a step took each time a case was open so urgently; to resolve, once for each case."""
    if step == "resolve":
        return [one.resolve for one in cases if one.case.urgency == urgency]
    waits = [wait for one in cases for wait in one.waits if wait.urgency == urgency]
    steps = [(wait, getattr(wait, step)) for wait in waits]
    return [took for wait, took in steps if took is not None or wait.may_still(step)]


def spread(took: Sequence[timedelta | None], step: str, urgency: str) -> Spread:
    """The figures that so many times allow: no median of fewer than five, no 95th percentile of fewer than twenty."""
    times = sorted(time for time in took if time is not None)
    return Spread(
        step=step,
        urgency=urgency,
        count=len(times),
        waiting=len(took) - len(times),
        median=_rank(times, 50) if len(times) >= MEDIAN_FROM else None,
        most=_rank(times, 95) if len(times) >= MOST_FROM else None,
        worst=times[-1] if times else None,
    )


def _rank(times: Sequence[timedelta], percent: int) -> timedelta:
    """The nearest-rank percentile: a time that was measured, never one between two."""
    return times[ceil(len(times) * percent / 100) - 1]


def misses(site: Site, *, since: datetime, until: datetime) -> list[Miss]:
    """Every miss of a site that happened in the span, however old its case is, newest first: each line that says so,
    and each time a case was open for longer than its set minutes of which no line says anything.
    """
    events = EscalationEvent.objects.filter(
        escalation__site=site, at__gte=since, at__lt=until, what__in=list(MISSES)
    )
    found = [
        Miss(event.escalation, event.at, event.what, MISSES[event.what], event.text)
        for event in events.select_related("escalation").order_by("-at", "-pk")
    ]
    waits = [wait for one in answered(list(_open_in(site, since, until))) for wait in one.waits]
    found += [miss for wait in waits if (miss := _untaken(wait)) and since <= miss.at < until]
    return sorted(found, key=lambda miss: miss.at, reverse=True)


def _open_in(site: Site, since: datetime, until: datetime) -> QuerySet[Escalation]:
    """Every case of a site that was not resolved before the span, newest first."""
    not_over = Q(resolved_at=None) | Q(resolved_at__gt=since)
    return Escalation.objects.filter(not_over, site=site, opened_at__lt=until).order_by("-opened_at")


def _untaken(wait: Wait) -> Miss | None:
    """That nobody took a case at the minute at which its patient is told so, where no line says it: there was nobody
    to tell, or the case had got worse meanwhile. Where that minute is still to come, nobody knows yet.
    """
    minutes = WatchRules.thaw(wait.case.rules).tell_patient
    set_at = wait.at + timedelta(minutes=minutes)
    over_at = wait.case.resolved_at if wait.take is None else wait.at + wait.take
    if wait.told or (over_at is not None and over_at <= set_at):
        return None
    said = _("Nobody took it within %(minutes)s minutes.") % {"minutes": minutes}
    words = f"{wait.what.capitalize()}, {wait.urgency}. {said}"
    return Miss(wait.case, set_at, UNTAKEN, MISSES["patient told"], words)
