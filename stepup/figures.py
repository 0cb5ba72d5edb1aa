"""What the service measures of itself, asked of the rows whenever somebody looks: counts and seconds, nobody in them.

Counted is what happened within the last hour, so that a look costs the same however many rows there are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Case, Count, F, Max, Min, When
from django.db.models.functions import Greatest

from monitoring import canary
from monitoring.models import CheckIn, Escalation, Task
from notifications import accounts, heartbeat, outbox, provider_errors
from notifications.models import Account, Delivery, Lane, LogDifference, ProviderReport
from stepup import invariants

HOUR = timedelta(hours=1)
State = Delivery.State
ENDS = (State.DELIVERED, State.FAILED, State.CANCELLED, State.EXPIRED)

# A rung may let its call wait for some minutes. What was claimed once was due as meant; what came back has been put off
# since, so that it counts from its cause.
_MEANT_AT = Case(
    When(
        attempt=1,
        fence__lte=1,
        due_at__lt=F("submitted_at"),
        then=Greatest("due_at", "message__created_at"),
    ),
    default=F("message__created_at"),
)


@dataclass(frozen=True)
class Sample:
    """One value, and by what it is told from the others of its figure."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Figure:
    """One figure by its name, what it means, and its values now."""

    name: str
    means: str
    samples: tuple[Sample, ...]


def take(*, now: datetime) -> tuple[Figure, ...]:
    """Every figure at `now`. All are gauges; seconds are seconds."""
    return (*_engine(now), *_line(now), *_queues(now), *_provider(now), *_cases(now))


def _engine(now: datetime) -> tuple[Figure, ...]:
    broken = heartbeat.figures(heartbeat.CHECKS).get("broken") or {}
    silent = {part: heartbeat.age(part, now=now) for part in heartbeat.parts()}
    return (
        Figure(
            "stepup_engine_silent_seconds",
            "since a part of the engine last signed in; no value: it never has",
            _by("part", {part: age.total_seconds() for part, age in silent.items() if age is not None}),
        ),
        Figure(
            "stepup_engine_parts_late",
            "parts of the engine that are silent for too long, or never signed in",
            _one(sum(heartbeat.is_late(part, now=now) for part in heartbeat.parts())),
        ),
        Figure(
            "stepup_invariant_rows",
            "rows that break an invariant, as the engine last found them",
            _by("invariant", {name: broken.get(name, 0) for name in invariants.QUERIES}),
        ),
    )


def _line(now: datetime) -> tuple[Figure, ...]:
    """Whether texts come and go: what the provider's log says, and what the service texts itself."""
    lately = LogDifference.objects.filter(found_at__gt=now - HOUR)
    return (
        Figure(
            "stepup_missed_texts_age_seconds",
            "since the provider's log was last read whole; no value: never",
            _age(heartbeat.MISSED_TEXTS, now),
        ),
        Figure(
            "stepup_log_compared_age_seconds",
            "since all of the provider's log of what it sent was last compared with ours; no value: never",
            _age(heartbeat.LOG_COMPARED, now),
        ),
        Figure(
            "stepup_log_differences",
            "texts and calls of the last hour that only the provider's log, or only ours, has",
            _by("kind", {str(kind): lately.filter(kind=kind).count() for kind in LogDifference.Kind}),
        ),
        Figure(
            "stepup_canary_age_seconds",
            "since a text the service sent to itself came back; no value: none has yet",
            _by("site", {site: age.total_seconds() for site, age in canary.ages(now=now).items()}),
        ),
        Figure(
            "stepup_canary_late",
            "sites whose last such text has not come back in time, or was not sent",
            _one(len(canary.late(now=now))),
        ),
    )


def _queues(now: datetime) -> tuple[Figure, ...]:
    due = Delivery.objects.filter(state=State.PENDING, due_at__lte=now).values("lane")
    rows = due.order_by().annotate(n=Count("pk"), oldest=Min("due_at"))
    waiting = {row["lane"]: (row["n"], _since(row["oldest"], now)) for row in rows}
    unfinished = Delivery.objects.filter(state__in=Delivery.LIVE).order_by().values_list("state")
    states = dict(unfinished.annotate(n=Count("pk")))
    unapplied = ProviderReport.objects.filter(applied_at=None).aggregate(oldest=Min("received_at"))["oldest"]
    return (
        Figure(
            "stepup_queue_waiting",
            "messages due and not handed over",
            _by("lane", {lane.label: waiting.get(lane, (0, 0.0))[0] for lane in Lane}),
        ),
        Figure(
            "stepup_queue_oldest_seconds",
            "how long the message that has waited longest has been due",
            _by("lane", {lane.label: waiting.get(lane, (0, 0.0))[1] for lane in Lane}),
        ),
        Figure(
            "stepup_deliveries_unfinished",
            "deliveries that have not ended",
            _by("state", {str(state): states.get(state, 0) for state in Delivery.LIVE}),
        ),
        Figure(
            "stepup_report_oldest_seconds",
            "how long the oldest report of the provider waits to be applied",
            _one(_since(unapplied, now)),
        ),
    )


def _provider(now: datetime) -> tuple[Figure, ...]:
    lately = Delivery.objects.filter(ended_at__gt=now - HOUR)
    ended = {
        (row["lane"], row["state"]): row["n"]
        for row in lately.values("lane", "state").annotate(n=Count("pk"))
    }
    codes = lately.filter(state=State.FAILED).values_list("error_code").annotate(n=Count("pk"))
    means = dict.fromkeys((str(one) for one in provider_errors.Means), 0)
    for code, number in codes:
        means[provider_errors.of(code).means] += number
    pages = lately.filter(lane__in=outbox.PAGES, submitted_at__isnull=False)
    slowest = pages.aggregate(most=Max(F("submitted_at") - _MEANT_AT))["most"]
    out = accounts.out()
    return (
        Figure(
            "stepup_deliveries_ended",
            "deliveries that ended within the last hour",
            tuple(
                Sample(ended.get((lane, state), 0), (("lane", lane.label), ("state", str(state))))
                for lane in Lane
                for state in ENDS
            ),
        ),
        Figure(
            "stepup_delivery_failures",
            "deliveries that failed within the last hour, by what the provider's error means",
            _by("means", means),
        ),
        Figure(
            "stepup_page_handover_seconds_max",
            "the longest a page of the last hour took to the provider, from when its rung meant it to leave",
            _one(slowest.total_seconds() if slowest else 0),
        ),
        Figure(
            "stepup_account_out",
            "1 while nothing should be handed to an account",
            _by("account", {str(account): int(account in out) for account in Account}),
        ),
    )


def _cases(now: datetime) -> tuple[Figure, ...]:
    unresolved = Escalation.objects.exclude(state=Escalation.State.RESOLVED)
    found = {
        (row["urgency"], row["state"]): row["n"]
        for row in unresolved.values("urgency", "state").annotate(n=Count("pk"))
    }
    checkins = CheckIn.objects.filter(next_at__lte=now).aggregate(oldest=Min("next_at"))["oldest"]
    tasks = Task.objects.filter(done_at=None, due_at__lte=now)
    return (
        Figure(
            "stepup_cases",
            "cases that are not resolved",
            tuple(
                Sample(found.get((urgency, state), 0), (("urgency", urgency), ("state", state)))
                for urgency in ("emergency", "urgent")
                for state in ("open", "taken", "reached")
            ),
        ),
        Figure(
            "stepup_case_lag_seconds",
            "how late the latest act on a case is",
            _one(_since(unresolved.filter(next_at__lte=now).aggregate(oldest=Min("next_at"))["oldest"], now)),
        ),
        Figure(
            "stepup_checkin_lag_seconds",
            "how late the latest act on a check-in is",
            _one(_since(checkins, now)),
        ),
        Figure("stepup_tasks_late", "tasks that are past their time", _one(tasks.count())),
    )


def _by(label: str, values: Mapping[str, float]) -> tuple[Sample, ...]:
    return tuple(Sample(value, ((label, name),)) for name, value in values.items())


def _one(value: float) -> tuple[Sample, ...]:
    return (Sample(value),)


def _age(name: str, now: datetime) -> tuple[Sample, ...]:
    age = heartbeat.age(name, now=now)
    return () if age is None else _one(age.total_seconds())


def _since(at: datetime | None, now: datetime) -> float:
    return 0.0 if at is None else max(0.0, (now - at).total_seconds())
