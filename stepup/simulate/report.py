"""What a virtual ward went through, read from its own records, as figures that add up and as lines for people."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import quantiles
from typing import Any

from django.db.models import Min, Q

from monitoring.models import CheckIn, Escalation, Page, Reply, Task, Watch
from notifications.models import Delivery
from stepup.simulate import figures
from stepup.simulate.clinic import ZONE
from stepup.simulate.ward import BEGINS, Plan, Seen

HOURS = 24
PERSON_TIMES = {
    "its first page has left": "page",
    "somebody has it": "take",
    "the patient is reached": "reach",
    "a text that a person must read": "read",
}
SHOWN = {"half": "p50", "9 of 10": "p90", "99 of 100": "p99", "longest": "longest"}
MESSAGES = {
    "text": {"delivered": "delivered", "failed": "failed"},
    "voice": {"delivered": "answered", "failed": "not answered"},
}
"""What became of texts and calls, for people; any other state is called by its own name."""
COUNTED = ("checkins", "deliveries", "cases", "broken", "waiting")
CALLS = Q(what__startswith=figures.CALL)


@dataclass
class Report:
    """One clinic's figures, or those of several added up. Spans are in seconds."""

    days: int = 0
    patients: int = 0
    watched_days: float = 0.0
    by_hour: dict[str, list[int]] = field(default_factory=dict)
    spans: dict[str, list[float]] = field(default_factory=dict)
    checkins: Counter[str] = field(default_factory=Counter)
    deliveries: Counter[str] = field(default_factory=Counter)
    cases: Counter[str] = field(default_factory=Counter)
    pages: int = 0
    doses: int = 0
    doses_put_off: int = 0
    fevers: int = 0
    went_wrong: int = 0
    checks: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    """Of each of the spans, how many had not ended when the run did: without them the slowest count as nothing."""
    unanswered: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Take another clinic's figures in."""
        self.days = max(self.days, other.days)
        for name in (
            "patients",
            "watched_days",
            "pages",
            "doses",
            "doses_put_off",
            "fevers",
            "went_wrong",
            "checks",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in COUNTED:
            getattr(self, name).update(getattr(other, name))
        self.unanswered.extend(other.unanswered)
        for what, counts in other.by_hour.items():
            mine = self.by_hour.setdefault(what, [0] * HOURS)
            self.by_hour[what] = [a + b for a, b in zip(mine, counts, strict=True)]
        for what, spans in other.spans.items():
            self.spans.setdefault(what, []).extend(spans)


def gather(plan: Plan, seen: Seen) -> Report:
    """Read the figures of the one clinic in this database."""
    ends_at = BEGINS + timedelta(days=plan.days)
    watches = Watch.objects.values_list("opened_at", "closed_at")
    outward = Delivery.objects.exclude(submitted_at=None)
    cases = Escalation.objects.order_by("pk")
    spans, waiting = _spans()
    return Report(
        days=plan.days,
        patients=plan.patients,
        watched_days=sum(((min(end or ends_at, ends_at) - start).total_seconds() for start, end in watches), 0.0)
        / 86400,
        by_hour={
            "texts in": _hours(Reply.objects.filter(channel="text").values_list("received_at", flat=True)),
            "texts out": _hours(outward.filter(message__channel="text").values_list("submitted_at", flat=True)),
            "calls out": _hours(outward.filter(message__channel="voice").values_list("submitted_at", flat=True)),
            "pages": _hours(Page.objects.values_list("at", flat=True)),
            "texts to read": _hours(Task.objects.exclude(CALLS).values_list("opened_at", flat=True)),
            "calls to make": _hours(Task.objects.filter(CALLS).values_list("opened_at", flat=True)),
            "cases": _hours(cases.values_list("opened_at", flat=True)),
        },
        spans=spans,
        waiting=waiting,
        checkins=Counter(CheckIn.objects.exclude(question_at=None).values_list("state", flat=True)),
        deliveries=Counter(map(" ".join, Delivery.objects.values_list("message__channel", "state"))),
        cases=Counter(_kind(case.headline) for case in cases),
        pages=Page.objects.count(),
        doses=seen.doses,
        doses_put_off=seen.doses_put_off,
        fevers=seen.fevers,
        went_wrong=seen.went_wrong,
        checks=seen.checks,
        broken=seen.broken,
        unanswered=seen.unanswered,
    )  # fmt: skip


def _hours(moments: Iterable[datetime | None]) -> list[int]:
    counts = Counter(moment.astimezone(ZONE).hour for moment in moments if moment is not None)
    return [counts[hour] for hour in range(HOURS)]


def _spans() -> tuple[dict[str, list[float]], Counter[str]]:
    """Each span that has ended, and how many have not."""
    said = {
        name: Min("events__at", filter=Q(events__what=what))
        for name, what in (("taken_first", "taken"), ("reached_first", "reached"))
    }
    submitted = Min("pages__text__deliveries__submitted_at")
    rows = Escalation.objects.annotate(**said, page_at=submitted).values_list(
        "opened_at", "page_at", "taken_first", "reached_first"
    )
    found: dict[str, list[float]] = {"page": [], "take": [], "reach": [], "read": []}
    waiting: Counter[str] = Counter()
    for opened_at, *moments in rows.order_by("pk"):
        for name, at in zip(("page", "take", "reach"), moments, strict=True):
            if at is not None:
                found[name].append((at - opened_at).total_seconds())
            else:
                waiting[name] += 1
    to_read = Task.objects.exclude(CALLS)
    waiting["read"] = to_read.filter(done_at=None).count()
    done = to_read.exclude(done_at=None).exclude(done_by=None).values_list("opened_at", "done_at")
    found["read"] = [(end - begin).total_seconds() for begin, end in done.order_by("pk") if end is not None]
    return found, +waiting


def _kind(headline: str) -> str:
    if headline.startswith("Silence"):
        return "by silence"
    late = headline.startswith("Nobody has done this")
    return "by a task not done in time" if late else "by what was texted"


def staff(report: Report) -> list[float]:
    """How many people each hour of the day keeps busy, at the share of an hour that somebody can be busy."""
    each = {
        "texts to read": figures.MINUTES_A_TASK,
        "calls to make": figures.MINUTES_A_CALL,
        "cases": figures.MINUTES_A_CASE,
    }
    minutes = [sum(report.by_hour[what][hour] * one for what, one in each.items()) for hour in range(HOURS)]
    return [one / report.days / 60 / figures.BUSY_SHARE for one in minutes]


def document(report: Report) -> dict[str, Any]:
    """The same for machines; spans as percentiles."""
    whole = dict(vars(report))
    for name in COUNTED:
        whole[name] = dict(sorted(whole[name].items()))
    whole["spans"] = {name: _percentiles(spans) for name, spans in report.spans.items()}
    whole["watched_days"] = round(report.watched_days, 2)
    whole["pages_per_patient_day"] = _rate(report.pages, report.patients * report.days)
    whole["pages_per_watched_day"] = _rate(report.pages, report.watched_days)
    whole["staff_by_hour"] = [round(one, 2) for one in staff(report)]
    return whole


def lines(plan: Plan, report: Report) -> list[str]:
    """The report for people."""
    asked = sum(report.checkins[state] for state in ("answered", "missed", "unsendable"))
    return [
        f"{report.patients} patients for {report.days} days, seed {plan.seed}, faults {plan.faults}",
        f"{report.doses} doses given, {report.doses_put_off} times one had to wait a day;"
        f" {report.watched_days:.0f} days of watch; {report.fevers} fevers",
        "",
        f"On an average day, by the clinic's clock ({ZONE}):",
        f"{'hour':<6}" + "".join(f"{what:>15}" for what in report.by_hour) + f"{'people busy':>15}",
        *_table(report),
        "",
        f"check-ins          {asked} asked; {_share(report.checkins['answered'], asked)} answered,"
        f" {_share(report.checkins['missed'], asked)} not,"
        f" {_share(report.checkins['unsendable'], asked)} could not be sent",
        f"texts              {_messages(report, 'text')}",
        f"calls              {_messages(report, 'voice')}",
        f"faults             {report.went_wrong} played at the provider",
        f"cases              {report.cases.total()} opened: {_counted(report.cases)}",
        f"pages              {report.pages}, each one person called for one case:"
        f" {_rate(report.pages, report.patients * report.days)} a patient and day,"
        f" {_rate(report.pages, report.watched_days)} a day of watch",
        "",
        "From a case's opening, or a text's coming, until the moment; the service itself takes no time on this clock.",
        f"{'':<32}{'number':>8}" + "".join(f"{name:>11}" for name in SHOWN) + f"{'still not':>11}",
        *(
            f"{_span_line(what, report.spans[name])}{report.waiting[name]:>11}"
            for what, name in PERSON_TIMES.items()
        ),
        "",
        *_staff_lines(report),
        f"invariants         looked at {report.checks} times, {_broken(report.broken)}",
        f"left unanswered    {len(report.unanswered) or 'nobody'}",
        *(f"                   {one}" for one in report.unanswered),
    ]  # fmt: skip


def _staff_lines(report: Report) -> list[str]:
    need = staff(report)
    top = max(range(HOURS), key=need.__getitem__)
    published = report.patients / figures.PATIENTS_A_NURSE
    return [
        f"people busy        {need[top]:.1f} at the hour with most work ({top:02d}:00),"
        f" {sum(need) / HOURS:.2f} on average,"
        f" where nobody is for more than {100 * figures.BUSY_SHARE:.0f} % of an hour",
        f"                   at {figures.MINUTES_A_CASE:.0f} minutes a case, {figures.MINUTES_A_TASK:.0f} a text to"
        f" read and {figures.MINUTES_A_CALL:.0f} a call on the list;",
        f"                   a nurse for {figures.PATIENTS_A_NURSE} patients, as published, would be {published:.1f}",
    ]  # fmt: skip


def _messages(report: Report, channel: str) -> str:
    """What became of the texts, or of the calls."""
    said: Counter[str] = Counter()
    for name, number in report.deliveries.items():
        of, state = name.split(" ", 1)
        if of == channel:
            said[MESSAGES[channel].get(state, state)] += number
    return _counted(said) or "none"


def _broken(broken: Counter[str]) -> str:
    """How often each was found broken anew."""
    times = {1: "once", 2: "twice"}
    told = [
        f"{name} broken {times.get(number, f'{number} times')}" for name, number in sorted(broken.items())
    ]
    return ", ".join(told) or "none broken"


def _table(report: Report) -> list[str]:
    need, days = staff(report), max(report.days, 1)
    whole = "".join(f"{sum(counts) / days:>15.1f}" for counts in report.by_hour.values())
    return [
        *(
            f"{hour:02d}:00 " + "".join(f"{counts[hour] / days:>15.1f}" for counts in report.by_hour.values())
            + f"{need[hour]:>15.2f}"
            for hour in range(HOURS)
        ),
        f"{'whole':<6}{whole}{sum(need) / HOURS:>15.2f}",
    ]  # fmt: skip


def _span_line(what: str, spans: Sequence[float]) -> str:
    shown = _percentiles(spans)
    return f"{what:<32}{len(spans):>8}" + "".join(f"{_clock(shown[name]):>11}" for name in SHOWN.values())


def _percentiles(spans: Sequence[float]) -> dict[str, float | None]:
    if len(spans) < 2:
        return dict.fromkeys(SHOWN.values(), spans[0] if spans else None)
    hundredths = quantiles(spans, n=100, method="inclusive")
    return {"p50": hundredths[49], "p90": hundredths[89], "p99": hundredths[98], "longest": max(spans)}


def _clock(seconds: float | None) -> str:
    return "-" if seconds is None else str(timedelta(seconds=round(seconds)))


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))


def _rate(number: int, of: float) -> float:
    return round(number / of, 3) if of else 0.0


def _share(number: int, of: int) -> str:
    return f"{100 * number / of:.0f} %" if of else "none"
