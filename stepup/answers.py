"""Whether whoever waited was answered, by the minutes of the pathway: the service's own next act is not asked, which
may be what is wrong.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from monitoring import desk_calls
from monitoring.models import CheckIn, Escalation, EscalationEvent, Finding, PatientEvent, Task
from monitoring.rules import WatchRules
from notifications.models import Delivery, Message

NO_LEDGER: dict[str, Any] = {"messages": [], "calls": []}
"""Where the provider is part of the same process and what it delivered is counted already."""
SLACK = timedelta(minutes=1)
"""How late the newest act may be where the judge looks: what was due in the last seconds is just being done."""
BEGINS = frozenset({"opened", "raised", "reopened", "handed back"})
TOLD = frozenset({"patient told", "nobody told"})
LOST = frozenset({"undelivered", "failed"})
ENDED = Q(what__startswith="texts to the", what__endswith="ended")


def missing(ledger: dict[str, Any], *, now: datetime) -> list[str]:
    """Who was left waiting for a person, or was told what is not so: a line each."""
    unresolved = Escalation.objects.exclude(state="resolved").order_by("pk")
    rests = [line for case in unresolved for line in _rests(case, now)]
    return [*rests, *_silences(), *_untold_of_takings(), *_believed(ledger)]


def _rests(case: Escalation, now: datetime) -> Iterator[str]:
    """Whether a case went on when the minutes of whoever has it, or is being called, were over."""
    rules, late = WatchRules.thaw(case.rules), now - SLACK
    if case.state == Escalation.State.OPEN:
        newest = _last_called(case)
        if newest is None or newest + _longest(rules, case.urgency) <= late:
            yield f"{case} is open, and nobody is called for it any more"
        if case.round > 1 and not _has_climbed(case):
            yield f"{case} went round its ladder, and only one rung was called"
        if case.patient_id and _is_untold(case, late - timedelta(minutes=rules.tell_patient)):
            yield f"{case} is open, and the patient was not told whom to call"
    elif case.reached_at is None and case.taken_at and case.taken_at + timedelta(minutes=rules.reach) <= late:
        yield f"{case} was taken, nobody reached the patient, and it rests"
    elif case.reached_at and case.reached_at + timedelta(minutes=rules.resolve) <= late:
        yield f"{case} has no outcome, and it rests"


def _longest(rules: WatchRules, urgency: str) -> timedelta:
    """How long a rung may last at most until the next is called."""
    each = [rung.minutes(urgency, rules.per_rung) for rung in rules.ladder]
    return timedelta(minutes=max([*each, rules.per_rung[urgency]]))


def _last_called(case: Escalation) -> datetime | None:
    """When somebody, or the desk, was last called in this climb."""
    pages = case.pages.filter(generation=case.generation, offer=None).values_list("at", flat=True)
    desk = desk_calls.in_this_generation(case).values_list("created_at", flat=True)
    return max([*pages, *desk], default=None)


def _has_climbed(case: Escalation) -> bool:
    """Whether more than one rung was called in this climb, or the case says that nobody was on another."""
    rungs = case.pages.filter(generation=case.generation, offer=None, rung__gt=0).values("rung").distinct()
    nobody = case.events.filter(what="nobody on rung").exists()
    return rungs.count() > 1 or nobody or desk_calls.in_this_generation(case).exists()


def _is_untold(case: Escalation, since: datetime) -> bool:
    """Whether a climb that began before that has not told the patient whom to call."""
    began = case.events.filter(what__in=BEGINS).order_by("number").last()
    if began is None or began.at > since:
        return False
    return not case.events.filter(what__in=TOLD, number__gt=began.number).exists()


def _silences() -> Iterator[str]:
    """Check-ins that ended without an answer, and no person was told: neither then nor by a later one."""
    for asked in CheckIn.objects.filter(state=CheckIn.State.MISSED).order_by("pk"):
        later = CheckIn.objects.filter(watch=asked.watch_id, due_at__gte=asked.due_at).exclude(pk=asked.pk)
        goes_on = later.exclude(state__in=[CheckIn.State.WAITING, CheckIn.State.CANCELLED]).exists()
        if not goes_on and not Finding.objects.filter(checkin=asked, events__isnull=False).exists():
            yield f"{asked} was not answered, and nobody was told"
    for unasked in CheckIn.objects.filter(state=CheckIn.State.UNSENDABLE).select_related("watch"):
        patient = unasked.watch.patient_id
        calls = Task.objects.filter(patient=patient, what__startswith="Call: check-in")
        # One that was being asked when texting ended is a case instead, opened or told of it in the same act.
        ended = unasked.ended_at or unasked.due_at
        told = EscalationEvent.objects.filter(escalation__patient=patient, at=ended)
        if not calls.exists() and not told.exists():
            yield f"{unasked} could not be sent, and nobody was asked to call"


def _untold_of_takings() -> Iterator[str]:
    """Cases that somebody took, of which those at home were not told, though texts go there."""
    taken = EscalationEvent.objects.filter(what="taken", escalation__patient__isnull=False)
    for pk, patient in (
        taken.values_list("escalation", "escalation__patient").distinct().order_by("escalation")
    ):
        said = Message.objects.filter(key__regex=rf"^case\.taken:(caregiver:)?{pk}:")
        if not said.exists() and not PatientEvent.objects.filter(ENDED, patient=patient).exists():
            yield f"case:{pk} was taken, and the patient was not told"


def _believed(ledger: dict[str, Any]) -> Iterator[str]:
    """Texts that count as delivered here and were not, by what the provider itself holds."""
    lost = {text["sid"] for text in ledger["messages"] if text.get("status") in LOST}
    here = Delivery.objects.filter(state=Delivery.State.DELIVERED, provider_sid__in=lost).order_by("pk")
    yield from (f"{one.provider_sid} counts as delivered, and was not" for one in here)
