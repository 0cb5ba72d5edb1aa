"""A case that nobody has: its ladder from the foot, its next rung, whatever calls that sooner, and what the patient is
told when the set minute passes. Who raises a case, takes it and ends it is in `escalations`.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitoring import caselog, deaths, desk_calls, offers, paging
from monitoring.models import Escalation
from monitoring.rules import WatchRules
from notifications import once
from notifications.each import each
from notifications.models import Clinician

State = Escalation.State
IN_ONE_TURN = 50
SILENT = "A death was reported: the service texts nothing to this home."
NO_TEXTS = "Texts to this patient and their caregiver have ended: nobody could be told whom to call."


def start_over(case: Escalation, now: datetime, **facts: Any) -> None:
    """Start a new generation at the foot of the ladder. The caller holds the row."""
    rules = WatchRules.thaw(case.rules)
    case.state, case.owner, case.taken_at, case.reached_at = State.OPEN, None, None, None
    offers.withdraw(case, now=now)
    case.generation, case.round, case.rung = case.generation + 1, 1, 0
    case.next_at = now
    if case.tell_patient_at is None and case.patient_id:  # a promise not kept yet is not put off
        case.tell_patient_at = now + timedelta(minutes=rules.tell_patient)
    for name, value in facts.items():
        setattr(case, name, value)
    case.save()


def page_next_rung(case: Escalation, now: datetime, *, besides: Clinician | None = None) -> None:
    """Page the next rung with somebody on it. An empty one costs no time; the last is followed by the first.

    `besides`, who had the case, is paged too where the rung does not hold them. The caller holds the row.
    """
    climbed = paging.page_next_rung(case, now=now)
    for rung in climbed.empty:
        caselog.note(
            case, "nobody on rung", now=now, text=f"Nobody is on rung {rung}. Somebody must cover it."
        )
    if not climbed.paged:
        caselog.note(case, desk_calls.RUNG, now=now, text="Nobody is on any rung.")
    case.round, case.rung = climbed.round, climbed.rung
    case.next_at = now + climbed.lasts
    once.change(case, "round", "rung", "next_at")
    for person in climbed.paged:
        caselog.note(case, "paged", now=now, text=f"Rung {climbed.rung}: {person.name}, {climbed.by}.")
    if besides is not None and besides not in climbed.paged:
        paging.page_owner(case, besides, now=now)
        caselog.note(case, "paged", now=now, text=f"{besides.name} again, who had it, by text and voice.")


def call_sooner(case: Escalation, now: datetime, *, no_of: Clinician | None = None) -> bool:
    """Whether the next rung is due at once. With nobody left in this round the desk is rung and the minutes go on.

    After the no of somebody (`no_of`) whose rung is over the next is being called already, and keeps its minutes; nor
    is the desk rung then, which is rung once a round, and would not be when nobody is left.
    """
    if no_of is not None and not caselog.is_being_called(case, no_of):
        return not desk_calls.is_rung_in_round(case)
    if paging.ring_desk_if_nobody_is_left(case, now=now):
        return False
    Escalation.objects.filter(pk=case.pk, state=State.OPEN, next_at__gt=now).update(next_at=now)
    return True


def notice_unheard_pages(*, now: datetime) -> int:
    """Pages whose text and call both failed cost no more time: the next rung, or the desk, is called at once.

    A desk that was rung and did not answer is rung again.
    """
    each(sorted(desk_calls.unheard(now=now)), lambda pk: _ring_desk_again(pk, now))
    forward = each([page.pk for page in paging.unheard(now=now)], lambda pk: _bring_forward(pk, now))
    paging.hurry_other_routes(now=now)  # may wait in vain for a row that a carrier holds
    return forward


def notice_unpaged(*, now: datetime) -> int:
    """An open case for whose generation nobody was paged, nor the desk rung: its next rung is due at once.

    It cannot come about by any operation, whose page commits with it; a row lost by hand or by a fault of ours can.
    """
    lost = Escalation.objects.filter(pk__in=paging.unpaged(now=now), state=State.OPEN)
    return lost.filter(next_at__gt=now).update(next_at=now)


@transaction.atomic
def _bring_forward(page_id: int, now: datetime) -> int:
    about = Escalation.objects.filter(pages=page_id)
    case = about.select_for_update(skip_locked=True, of=("self",)).first()
    if case is None or not paging.mark_unheard(page_id, now=now):
        return 0
    caselog.note(case, "page failed", now=now, text="Neither text nor call got through.")
    if case.state == State.OPEN:
        call_sooner(case, now)
    return 1


@transaction.atomic
def _ring_desk_again(pk: int, now: datetime) -> int:
    cases = Escalation.objects.select_related("site").filter(pk=pk, state=State.OPEN)
    case = cases.select_for_update(skip_locked=True, of=("self",)).first()
    return int(case is not None and desk_calls.ring_again(case, now=now))


def untold(*, now: datetime) -> QuerySet[Escalation]:
    """Open cases whose patient is to be told by now that nobody has them yet."""
    return Escalation.objects.filter(state=State.OPEN, tell_patient_at__lte=now)


def tell_waiting_patients(now: datetime) -> int:
    """Tell those of `untold`, the longest waiting first, each in its own transaction; return how many."""
    waiting = untold(now=now).order_by("tell_patient_at", "pk").values_list("pk", flat=True)
    return each(list(waiting[:IN_ONE_TURN]), lambda pk: _tell_patient(pk, now))


@transaction.atomic
def _tell_patient(pk: int, now: datetime) -> int:
    """The set time has passed and nobody has it: the patient gets a number to call, once per generation."""
    case = Escalation.objects.select_for_update().get(pk=pk)
    moved = Escalation.objects.filter(pk=pk, state=State.OPEN, tell_patient_at__lte=now).update(
        tell_patient_at=None
    )
    if moved and case.patient:
        told = " and ".join(paging.tell_home(case, "case.nobody_yet", now=now))
        said = f"Told that nobody has it yet, and whom to call: {told}."
        silent = SILENT if deaths.standing(case.patient.pk) else NO_TEXTS
        caselog.note(case, "patient told" if told else "nobody told", now=now, text=said if told else silent)
    return moved
