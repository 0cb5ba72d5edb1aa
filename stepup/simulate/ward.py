"""One clinic lived through: people act, the provider reports, and the service does what is due, each at its moment."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from random import Random

from django.db import connection

from monitoring import checkins, climbing, escalations, opting_out, paging, silence, spoken, watches, worklist
from notifications import gateway, outbox, prepared, reconcile
from notifications.glance import Glance
from notifications.models import Delivery
from stepup import answers, engine, invariants
from stepup.simulate import clinic as clinics
from stepup.simulate import figures
from stepup.simulate.agenda import Agenda
from stepup.simulate.clinic import ZONE
from stepup.simulate.people import People
from stepup.simulate.provider import Provider

BEGINS = datetime(2027, 3, 1, tzinfo=ZONE).astimezone(UTC)  # a Monday; the clocks change on day 14
WHOLE_TURN = timedelta(hours=2)
LONG_LOOK = timedelta(hours=2)
SHORT_LOOK = timedelta(seconds=15)  # what most invariants allow
MINUTE = timedelta(minutes=1)
ROUND = timedelta(minutes=5)
TIDY = timedelta(hours=8)
CHAIRS_FROM, CHAIRS_HOURS = 9, 6

# When something of the service's own is due next, each from its own index, and what then acts on it.
DUE: dict[str, str] = {
    "ask": "SELECT min(next_at) FROM monitoring_checkin WHERE state = 'waiting' AND next_at IS NOT NULL",
    "silence": "SELECT min(next_at) FROM monitoring_checkin WHERE state = 'asked' AND next_at IS NOT NULL",
    "cases": "SELECT least(min(next_at), min(tell_patient_at)) FROM monitoring_escalation WHERE state <> 'resolved'",
    "tasks": "SELECT min(due_at) FROM monitoring_task WHERE done_at IS NULL AND pages_when_late",
    "closed": "SELECT min(ends_at) FROM monitoring_watch WHERE closed_at IS NULL AND ends_at > %s",
    "deliver": "SELECT min(due_at) FROM notifications_delivery WHERE state = 'pending'",
    "settle": "SELECT least(min(lease_until), min(deadline_at), min(due_at) FILTER (WHERE state = 'ambiguous'))"
    " FROM notifications_delivery WHERE state IN ('claimed', 'submitting', 'ambiguous', 'accepted')",
}
NOTICED = Glance(
    {
        "failed": (
            lambda now, since: Delivery.objects.filter(state__in=paging.UNDELIVERED, ended_at__gt=since),
        ),
        "kept close": (lambda now, since: checkins.in_need(now=now),),
        "closed": (
            lambda now, since: invariants.overdue_watches(now + MINUTE),
        ),  # at their end, not a minute past
    },
    since=datetime.max.replace(tzinfo=UTC),
)
"""What has no moment of its own, or not that alone: the engine notices it within a second of what brings it about."""
SENDING = ("deliver", "settle")
"""What carries and settles, and the times it may change: it knows of nothing above the messages."""
TIMES = {names: "SELECT " + ", ".join(f"({DUE[name]})" for name in names) for names in (tuple(DUE), SENDING)}
AFTER_A_FAILURE = (
    silence.notice_unsendable,
    climbing.notice_unheard_pages,
    opting_out.notice_dead_numbers,
)
ACT: dict[str, Callable[[datetime], object]] = {
    "ask": lambda now: checkins.ask_due(now=now),
    "silence": lambda now: silence.climb(now=now),
    "cases": lambda now: escalations.climb(now=now),
    "tasks": lambda now: worklist.page_for_late(now=now),
    "deliver": lambda now: outbox.deliver_due(now=now, passed=lambda: 0.0),
    "settle": lambda now: reconcile.settle_all(now=now),
    "kept close": lambda now: checkins.keep_close(now=now),
    "closed": lambda now: watches.close_due(now=now),
    "failed": lambda now: [step(now=now) for step in AFTER_A_FAILURE],
}
LASTING = ("I8", "I8 reports", "I11")
"""Broken for a day, or a day before: they need not be looked for every few seconds, and cost the most."""
BROKEN = Glance({name: (query,) for name, query in invariants.QUERIES.items() if name not in LASTING})
CHANGE_OFTEN = "notifications_delivery, monitoring_checkin, monitoring_escalation, monitoring_task"
"""Tables of whose rows most have been written over."""
ROUNDS = 9  # at one moment: what one act makes due the next one carries out


@dataclass(frozen=True)
class Plan:
    """What is to be lived through. `starting` is the share that begins the step-up; the others are further on."""

    patients: int
    days: int
    seed: int
    faults: str = "usual"
    starting: float = 0.1


@dataclass
class Seen:
    """What the ward itself counts; the rest is read from the records."""

    doses: int = 0
    doses_put_off: int = 0
    checks: int = 0
    broken: Counter[str] = field(default_factory=Counter)  # how often each began
    went_wrong: int = 0
    fevers: int = 0
    unanswered: list[str] = field(default_factory=list)  # at the end, whatever no invariant says


class Ward:
    """One clinic on its own clock."""

    def __init__(self, plan: Plan, number: int) -> None:
        self.plan, self.seed = plan, f"{plan.seed}:{number}"
        self.ends_at = BEGINS + timedelta(days=plan.days)
        self.agenda, self.seen = Agenda(), Seen()
        self.now: datetime = BEGINS
        self._times: dict[str, datetime | None] = {}  # as they were last read
        self._due: datetime | None = None
        self._noticed_at = self._looked_at = self._looked_at_all = BEGINS
        self._broken: set[str] = set()  # as was last found
        self.provider = Provider(self.agenda, figures.FAULTS[plan.faults], Random(f"{self.seed}:provider"))
        self.clinic = clinics.build(number, days=plan.days, now=BEGINS)
        self.people = People(self.clinic, self.provider, self.agenda, Random(f"{self.seed}:staff"))

    def live(self) -> Seen:
        """Everything from the first day to the last; nothing leaves the process."""
        self.provider.now = BEGINS
        with gateway.through(self.provider):
            self._admit_everybody()
            self._every(WHOLE_TURN, self._whole_turn)
            self._every(ROUND, self.people.look_at_the_list, quiet=True)
            self._every(TIDY, self._tidy, quiet=True)
            self._carry_out()
            while (moment := self._next_moment()) is not None:
                self._turn(moment)
            self.now = self.provider.now = self.ends_at
            self._look()
        self.seen.unanswered = answers.missing(answers.NO_LEDGER, now=self.now)
        self.seen.went_wrong = self.provider.went_wrong
        fevers = [person.fever for person in self.clinic.persons.values() if person.fever]
        self.seen.fevers = sum(began < self.ends_at for began, _ in fevers)
        return self.seen

    def _admit_everybody(self) -> None:
        """Whoever begins, and whoever is further on, has the next dose on some weekday of the run, at some chair."""
        rng = Random(f"{self.seed}:chairs")
        for number in range(self.plan.patients):
            later = rng.random() >= self.plan.starting
            has_a_dose = not later or rng.random() < figures.HAS_A_DOSE
            within = figures.WEEK_DAYS if later else self.plan.days
            day = (BEGINS + timedelta(days=rng.randrange(within))).astimezone(ZONE).date()
            day -= timedelta(days=max(0, day.weekday() - 4))
            pk = clinics.admit(
                self.clinic,
                number,
                seed=self.seed,
                first_on=day if has_a_dose else None,
                later=later,
                now=BEGINS,
            )
            minute = CHAIRS_FROM * 60 + rng.randrange(CHAIRS_HOURS * 60)
            at = datetime.combine(day, time(minute // 60, minute % 60), ZONE).astimezone(UTC)
            if has_a_dose:
                self.agenda.put(at, self._dose_of(pk))
            if later:
                self.people.writes_unasked(pk, BEGINS)
            self.people.may_opt_out(pk, BEGINS if later else at, self.ends_at)

    def _dose_of(self, patient: int) -> Callable[[datetime], None]:
        def give(now: datetime) -> None:
            step = clinics.give(self.clinic, patient, now=now)
            if step:
                self.seen.doses += 1
                self.people.is_given_a_dose(patient, step, now)
                on = clinics.next_on(self.clinic, patient)
                ahead = (on - now.astimezone(ZONE).date()).days if on else self.plan.days
            else:
                self.seen.doses_put_off += 1
                ahead = 1
            self.agenda.put(now + timedelta(days=max(1, ahead)), give)

        return give

    # the clock

    def _next_moment(self) -> datetime | None:
        coming = min(filter(None, [self.agenda.next_at(), self._due]), default=None)
        return coming if coming is not None and coming < self.ends_at else None

    def _turn(self, moment: datetime) -> None:
        """What people and the provider do at this moment, and then what the service does.

        Before it does anything, what is broken is looked for: nothing has changed since the moment before, so that
        whatever has been broken for its time is seen here, before it can be mended.
        """
        self.now = self.provider.now = max(self.now, moment)
        acts = self.agenda.due(self.now)
        is_quiet, is_due = all(quiet for _, quiet in acts), self._due is not None and self._due <= self.now
        if (is_due or not is_quiet) and self.now - self._looked_at >= SHORT_LOOK:
            self._look()
        for act, _ in acts:
            act(self.now)
        if not is_quiet:
            self._carry_out()
        elif is_due:
            self._carry_out(SENDING)  # nobody did anything: at most a message has arrived

    def _carry_out(self, unknown: tuple[str, ...] = tuple(DUE)) -> None:
        """Whatever is due, and what that makes due; then the moment at which something is due next.

        `unknown` are the times that may have changed since they were read.
        """
        noticed = False
        for _ in range(ROUNDS):
            found = self._read(unknown)
            due = [name for name, at in self._times.items() if at is not None and at <= self.now]
            acting = due or ([] if noticed else found)
            if not acting:
                break
            for name in acting:
                ACT[name](self.now)
            noticed, unknown = not due, tuple(DUE)
        if unknown != SENDING:
            self._noticed_at = self.now
        # What is overdue and was not acted on is looked at again in a second, not at this moment for ever.
        soonest = min(filter(None, self._times.values()), default=None)
        self._due = None if soonest is None else max(soonest, self.now + timedelta(seconds=1))

    def _read(self, unknown: tuple[str, ...]) -> list[str]:
        """Read these times anew. With all of them it is asked, and answered, what there is to be noticed."""
        if unknown == SENDING:
            [times] = prepared.ask(TIMES[SENDING]).rows
            self._times |= zip(SENDING, times, strict=True)
            return []
        looks, values = NOTICED.asked(self.now, since=self._noticed_at)
        both = f"SELECT * FROM ({TIMES[unknown]}) AS times, ({looks}) AS looks"  # noqa: S608 two texts of our own
        [row] = prepared.ask(both, [self.now, *values]).rows
        self._times = dict(zip(DUE, row[: len(DUE)], strict=True))
        return [name for name, there in zip(NOTICED.looks, row[len(DUE) :], strict=True) if there]

    def _every(self, span: timedelta, act: Callable[[datetime], None], *, quiet: bool = False) -> None:
        def again(now: datetime) -> None:
            act(now)
            self.agenda.put(now + span, again, quiet=quiet)

        self.agenda.put(BEGINS + span, again, quiet=quiet)

    def _whole_turn(self, now: datetime) -> None:
        """A turn of the engine itself, and calls to put on the list: where a delay of two hours changes no figure."""
        self._carry_out()
        engine.act(now=now)
        spoken.look_after(now=now)

    def _look(self) -> None:
        """Count the invariants that have been broken since they were last looked at."""
        at_all = self.now - self._looked_at_all >= LONG_LOOK
        found = set(invariants.counts(now=self.now)) if at_all else BROKEN.at(self.now)
        standing = set() if at_all else self._broken.intersection(LASTING)
        self.seen.checks += 1
        self.seen.broken.update(found - self._broken)
        self._broken, self._looked_at = found | standing, self.now
        if at_all:
            self._looked_at_all = self.now

    def _tidy(self, _: datetime) -> None:
        """What the database does by itself every minute: ten days in two minutes leave it no time.

        Not more often than it helps, for every plan over these tables is made again after it.
        """
        if not connection.in_atomic_block:
            with connection.cursor() as cursor:
                cursor.execute(f"VACUUM (ANALYZE) {CHANGE_OFTEN}")
