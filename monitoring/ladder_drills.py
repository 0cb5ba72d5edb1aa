"""A whole ladder called for practice: rung after rung, on real phones, marked DRILL in every text and call.

It goes out as a page does: by the same two lanes, to whoever stands on the rung at that moment, after the delays that
were signed, but behind everything real. It is about no patient and opens no case. Where a case waits for somebody it is
not begun, and it is broken off when one comes in, so that "1" never means two things.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from monitoring import drills, ladders, paging
from monitoring.models import Escalation, LadderDrill, ReachTest
from monitoring.rules import WatchRules
from notifications import audit, outbox
from notifications.each import each
from notifications.models import Clinician, Delivery, Message, Site
from protocols import wording
from protocols.errors import Refusal

End = LadderDrill.End
# Every rung is called, and each has the fewer minutes: a proposal of ours.
AS_IN = "emergency"
ROUTES = ("text", "call")


@transaction.atomic
def begin(site: Site, *, rules: WatchRules, named: str, by: Clinician, now: datetime) -> LadderDrill:
    """Call the first rung that has somebody. Refused while another drill runs, while a case waits, and with nobody on
    any rung.
    """
    Site.objects.select_for_update(no_key=True).get(pk=site.pk)
    if LadderDrill.objects.filter(site=site, ended_at=None).exists():
        raise Refusal(
            "drill-runs", gettext("A drill is under way. Look at it, and begin another when it is over.")
        )
    case = _waiting(site).first()
    if case is not None:
        raise Refusal(
            "case-open",
            gettext("Case %(code)s waits for somebody. A drill is begun when nobody is called for.")
            % {"code": case.code},
        )
    standing = ladders.at(site, rules.ladder, now=now)
    if not any(one.people for one in standing):
        raise Refusal(
            "nobody-on-call", gettext("Nobody stands on any rung now. Fill the on-call list first.")
        )
    drill = LadderDrill.objects.create(
        site=site,
        began_by=by,
        began_at=now,
        named=named,
        rules=rules.freeze(),
        calls=[", ".join(one.rung.calls) for one in standing],
        next_at=now,
    )
    audit.record("began a drill of the ladder", str(drill), site=site, by=by, now=now)
    _call_next(drill, now)
    return drill


def under_way(*, now: datetime) -> QuerySet[LadderDrill]:
    """Drills that are not over."""
    return LadderDrill.objects.filter(ended_at=None)


def climb(*, now: datetime) -> int:
    """Call the next rung of every drill whose rung has answered or had its time; return how many were moved."""
    return each(list(under_way(now=now).values_list("pk", flat=True)), lambda pk: _act(pk, now))


@transaction.atomic
def _act(pk: int, now: datetime) -> int:
    locked = LadderDrill.objects.select_for_update(skip_locked=True, of=("self",)).select_related("site")
    drill = locked.filter(pk=pk, ended_at=None).first()
    if drill is None:
        return 0
    if _waiting(drill.site).exists():
        _end(drill, End.CASE, now)
        return 1
    if drill.next_at is not None and now < drill.next_at and _is_awaited(drill, now):
        return 0
    _call_next(drill, now)
    return 1


def _is_awaited(drill: LadderDrill, now: datetime) -> bool:
    """Whether somebody on the rung may still answer. As with a page, a route whose other one has failed waits for its
    delay no longer, and somebody whom neither reaches is not waited for.
    """
    awaited = False
    for test in drill.tests.filter(rung=drill.rung, answered_at=None).select_related("text"):
        call = Message.objects.get(key=drills.call_key(test))
        failed = [one for one in (test.text, call) if outbox.has_failed(one)]
        if failed:
            waiting = Delivery.objects.filter(message__in=[test.text, call], state=Delivery.State.PENDING)
            waiting.filter(due_at__gt=now).update(due_at=now)
        awaited = awaited or len(failed) < len(ROUTES)
    return awaited


def _call_next(drill: LadderDrill, now: datetime) -> None:
    """Call everybody on the next rung that has somebody; after the last one the drill is over."""
    rules = WatchRules.thaw(drill.rules)
    standing = ladders.at(drill.site, rules.ladder, now=now)[: len(drill.calls)]
    called = next((one for one in standing if one.number > drill.rung and one.people), None)
    if called is None:
        _end(drill, End.DONE, now)
        return
    lasts = timedelta(minutes=called.rung.minutes(AS_IN, rules.per_rung))
    for person in called.people:
        _call(drill, called, person, lasts, now)
    drill.rung, drill.next_at = called.number, now + lasts
    drill.save(update_fields=["rung", "next_at"])


def _call(
    drill: LadderDrill, called: ladders.Standing, person: Clinician, lasts: timedelta, now: datetime
) -> None:
    text, _ = paging.both(
        drill.site,
        person,
        f"reach:{person.pk}:ladder:{drill.pk}:{called.number}",
        wording.text("page.drill", "en"),
        on=called.rung,
        valid_for=lasts,
        urgency="",
        now=now,
    )
    ReachTest.objects.create(
        site=drill.site,
        clinician=person,
        kind=ReachTest.Kind.LADDER,
        drill=drill,
        rung=called.number,
        asked_at=now,
        due_at=now + lasts,
        text=text,
    )


def _end(drill: LadderDrill, end: str, now: datetime) -> None:
    drill.ended_at, drill.end, drill.next_at = now, end, None
    drill.save(update_fields=["ended_at", "end", "next_at"])
    said = [(test.text_id, drills.call_key(test)) for test in drill.tests.select_related("text")]
    keys = [key for _, key in said]
    outbox.cancel(
        Message.objects.filter(pk__in=[pk for pk, _ in said]) | Message.objects.filter(key__in=keys), now=now
    )


def _waiting(site: Site) -> QuerySet[Escalation]:
    return Escalation.objects.filter(site=site, state=Escalation.State.OPEN).order_by("opened_at")


# Showing


@dataclass(frozen=True)
class Called:
    """One person of one rung: whether they answered, after how long, and how far the text and the call got."""

    name: str
    asked_at: datetime
    took: timedelta | None
    how: str
    is_late: bool
    is_silent: bool
    text: str
    call: str


@dataclass(frozen=True)
class RungResult:
    """One rung: whom it calls, who was called. `is_empty`: the drill went past it, because nobody stood there."""

    number: int
    calls: str
    people: tuple[Called, ...]
    is_empty: bool


def result(drill: LadderDrill, *, now: datetime) -> tuple[RungResult, ...]:
    """Every rung of a drill, first called first."""
    tests = list(drill.tests.select_related("clinician", "text").order_by("rung", "pk"))
    went = _states([test.text.key for test in tests] + [drills.call_key(test) for test in tests])
    rows = []
    for number, calls in enumerate(drill.calls, start=1):
        people = tuple(_called(test, went, now) for test in tests if test.rung == number)
        passed = number < drill.rung or drill.end == End.DONE
        rows.append(RungResult(number, calls, people, is_empty=passed and not people))
    return tuple(rows)


def _called(test: ReachTest, went: dict[str, str], now: datetime) -> Called:
    return Called(
        name=test.clinician.name,
        asked_at=test.asked_at,
        took=test.answered_at - test.asked_at if test.answered_at else None,
        how=test.how,
        is_late=test.answered_at is not None and test.answered_at > test.due_at,
        is_silent=test.answered_at is None and test.due_at <= now,
        text=went.get(test.text.key, ""),
        call=went.get(drills.call_key(test), ""),
    )


def _states(keys: list[str]) -> dict[str, str]:
    """How far the newest attempt of each message got, in a word."""
    messages = Message.objects.filter(key__in=keys).prefetch_related("deliveries")
    newest = {one.key: max(one.deliveries.all(), key=lambda each: each.pk, default=None) for one in messages}
    return {key: delivery.get_state_display() for key, delivery in newest.items() if delivery is not None}
