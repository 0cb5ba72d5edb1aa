"""Cases: raised in the transaction that stored the concern, paged up the ladder until a named person has them,
reached and resolved. The table of moves is NEXT; one function moves; a constraint forbids lies. What a rung's page and
a start from the foot are is in `climbing`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import caselog, chains, climbing, closer, codes, deaths, grading, offers, paging
from monitoring.models import Escalation, Finding, Patient, Watch
from monitoring.rules import DEFAULT, WatchRules
from notifications import audit, crashing, once, outbox, written
from notifications.each import each
from notifications.models import Clinician, Site
from protocols.errors import Refusal

State = Escalation.State
RANK = {"urgent": 1, "emergency": 2}
IN_ONE_TURN = 50

# OPEN again after TAKEN: the owner's time to reach the patient ran out, the case was handed back, or it got worse.
NEXT: dict[str, frozenset[str]] = {
    State.OPEN: frozenset({State.TAKEN}),
    State.TAKEN: frozenset({State.REACHED, State.OPEN}),
    State.REACHED: frozenset({State.RESOLVED, State.OPEN}),
    State.RESOLVED: frozenset(),
}
MUST_GRADE = frozenset({"crs", "icans"})
UNGRADED = frozenset({"no concern", "died"})
OUTCOMES = {
    "home": "stays at home, watched more closely",
    "clinic": "comes to the clinic",
    "emergency department": "sent to the emergency department",
    "admitted": "admitted",
    "died": "the patient has died",
    "no concern": "not a reaction; nothing further needed",
}


@transaction.atomic
def raise_concern(
    *,
    site: Site,
    patient: Patient | None,
    urgency: str,
    headline: str,
    now: datetime,
    watch: Watch | None = None,
    caller: str = "",
    finding: Finding | None = None,
) -> tuple[Escalation, bool]:
    """Open a case, or join the unresolved one; answer it and whether anybody was newly paged for this.

    Worse news raises an open case and pages from the foot of the ladder again, even when it was already taken; so
    does any news after the patient was reached. Equal or lesser news is added as an event, and the owner is paged
    about it. Runs inside the caller's transaction, with its first page.
    """
    about = {"patient": patient} if patient else {"patient": None, "site": site, "caller": caller}
    facts = {"site": site, "watch": watch, "headline": headline[:200], "urgency": urgency}
    case, created = _find_or_open(about, facts, watch, now)
    if created:
        caselog.note(case, "opened", now=now, text=headline, finding=finding)
        climbing.page_next_rung(case, now)
        return case, True
    if RANK[urgency] > RANK[case.urgency] or case.state == State.REACHED:
        # Whoever reached the patient spoke with them before this: it is news again, and somebody must have it.
        _raise_higher(case, max(urgency, case.urgency, key=RANK.__getitem__), headline, now, finding)
        return case, True
    caselog.note(case, "joined", now=now, text=headline, finding=finding)
    if case.owner:
        paging.tell_owner_of_news(case, case.owner, now=now)
    return case, False


def _find_or_open(
    about: dict[str, Any], facts: dict[str, Any], watch: Watch | None, now: datetime
) -> tuple[Escalation, bool]:
    """The unresolved case about somebody, locked, or a new one; and whether it is new."""
    rules = WatchRules.thaw(watch.rules) if watch else DEFAULT
    tell_patient_at = now + timedelta(minutes=rules.tell_patient) if about["patient"] else None
    times = {"opened_at": now, "next_at": now, "tell_patient_at": tell_patient_at}
    new = {name: facts[name] for name in facts if name not in about} | times | {"rules": rules.freeze()}
    # Locked while it is looked for: a case that is being resolved at this moment is not joined, a new one opens. The
    # database passes over a new one where somebody opened one about them at this moment, or another's with its code.
    while (case := caselog.hold_unresolved(**about)) is None:
        opened = once.add_if_free(Escalation, **about, **new, code=codes.fresh(now))
        if opened is not None:
            return opened, True
    return case, False


def _raise_higher(
    case: Escalation, urgency: str, headline: str, now: datetime, finding: Finding | None
) -> None:
    had_it = case.owner
    climbing.start_over(case, now, urgency=urgency, headline=headline[:200])
    caselog.note(case, "raised", now=now, text=headline, finding=finding)
    paging.cancel_waiting(case, now=now)
    climbing.page_next_rung(case, now, besides=had_it)


def climb(*, now: datetime, patience: timedelta = timedelta(0)) -> int:
    """Carry out every act that is due on unresolved cases, each in its own transaction; return how many."""
    acted = each([late.pk for late in _next_due.rows(by=now - patience)], lambda pk: _act_and_commit(pk, now))
    return acted + climbing.tell_waiting_patients(now) + offers.lapse(now=now)


@written.Query
def _next_due(*, by: datetime) -> QuerySet[Escalation]:
    """Those that are acted on in one turn, the longest overdue first."""
    return due(now=by).order_by("next_at", "pk")[:IN_ONE_TURN]


def due(*, now: datetime) -> QuerySet[Escalation]:
    """Cases whose next act is due."""
    return open_cases().filter(next_at__lte=now)


def _act_and_commit(pk: int, now: datetime) -> int:
    acted = _act_on(pk, now)
    crashing.point(crashing.AFTER_COMMIT_CASE)
    return acted


@transaction.atomic
def _act_on(pk: int, now: datetime) -> int:
    case = Escalation.objects.select_for_update(skip_locked=True).filter(pk=pk, next_at__lte=now).first()
    if case is None:
        return 0
    if case.state == State.OPEN:
        climbing.page_next_rung(case, now)
    else:
        why = "not reached in time" if case.state == State.TAKEN else "no outcome recorded in time"
        _lapse(case, now, why)
    crashing.point(crashing.BEFORE_COMMIT_CASE)
    return 1


def _lapse(case: Escalation, now: datetime, why: str) -> None:
    had_it = case.owner
    climbing.start_over(case, now)
    caselog.note(case, "reopened", now=now, by=had_it, text=why)
    climbing.page_next_rung(case, now, besides=had_it)


@transaction.atomic
def take(case_id: int, *, by: Clinician, now: datetime, how: str) -> Escalation:
    """Give the case to `by`, or refuse, saying who has it. `how`: text, key press or screen."""
    case = caselog.hold(case_id)
    rules = WatchRules.thaw(case.rules)
    caselog.must_work(by)
    if case.state == State.TAKEN and case.owner_id == by.pk:
        return case  # pressing twice is not a mistake worth a message
    if offers.accept(case, by=by, now=now, how=how):
        return case
    _move(
        case,
        State.TAKEN,
        by=by,
        now=now,
        owner=by,
        taken_at=now,
        next_at=now + timedelta(minutes=rules.reach),
        tell_patient_at=None,
    )
    caselog.note(case, "taken", now=now, by=by, text=f"By {how}.")
    paging.cancel_waiting(case, now=now)
    paging.tell_the_others(case, by, now=now)
    if case.patient:
        paging.tell_home(case, "case.taken", role=by.role, now=now)
    audit.record("took the case", str(case), site=case.site, by=by, now=now, how=how)
    return case


@transaction.atomic
def hand_back(case_id: int, *, by: Clinician, now: datetime, reason: str) -> Escalation:
    """Undo a taking at once: the case is open again and its ladder starts over."""
    case = caselog.hold(case_id)
    caselog.must_own(case, by)
    if case.state not in {State.TAKEN, State.REACHED}:
        raise Refusal("not-taken", _("Only a case you have taken can be handed back."))
    climbing.start_over(case, now)
    caselog.note(case, "handed back", now=now, by=by, text=reason)
    climbing.page_next_rung(case, now)
    audit.record("handed the case back", str(case), site=case.site, by=by, now=now)
    return case


@transaction.atomic
def decline(case_id: int, *, by: Clinician, now: datetime, reason: str) -> bool:
    """Somebody paged cannot take it: noted, and whether the next rung is called at once; if not, the desk is.

    Said again, or by somebody whose rung has had its time, it takes no minute from whoever is being called by now.
    Refused to whoever was never called, and where it is not open. One offered stays its owner's; nobody else is called.
    """
    case = caselog.hold(case_id)
    caselog.must_be_called(case, by)
    if offers.decline(case, by=by, now=now, reason=reason):
        return False
    if case.state != State.OPEN:
        raise Refusal("not-possible-now", caselog.how_it_stands(case))
    caselog.note(case, "declined", now=now, by=by, text=reason)
    called = climbing.call_sooner(case, now, no_of=by)
    audit.record("declined the case", str(case), site=case.site, by=by, now=now)
    outbox.nudge("monitoring.climb")
    return called


@transaction.atomic
def reach(case_id: int, *, by: Clinician, now: datetime, text: str = "") -> Escalation:
    """Record that the owner has spoken with the patient or caregiver."""
    case = caselog.hold(case_id)
    if case.state == State.TAKEN:
        caselog.must_own(case, by)
    rules = WatchRules.thaw(case.rules)
    _move(case, State.REACHED, by=by, now=now, reached_at=now, next_at=now + timedelta(minutes=rules.resolve))
    caselog.note(case, "reached", now=now, by=by, text=text)
    audit.record("reached the patient", str(case), site=case.site, by=by, now=now)
    return case


@transaction.atomic
def resolve(
    case_id: int,
    *,
    by: Clinician,
    now: datetime,
    outcome: str,
    text: str = "",
    grades: Iterable[tuple[str, int]] = (),
    over: bool = False,
    other: str = "",
) -> Escalation:
    """Close a reached case with an outcome and the grades its owner gave, as (kind, grade 0 to 4) pairs.

    Grade 0 records that the reaction was looked for and ruled out; `over` that the graded ones have ended; `other`
    says in words which reaction of another kind was graded.
    """
    if outcome not in OUTCOMES:
        raise Refusal("outcome", _("Choose an outcome: %(outcomes)s.") % {"outcomes": ", ".join(OUTCOMES)})
    graded = dict(grades)
    case = caselog.hold(case_id)
    _refuse_over_a_death(case, outcome)
    if case.patient_id and outcome not in UNGRADED and not graded.keys() >= MUST_GRADE:
        raise Refusal("grades", _("Grade CRS and ICANS, or record that each was looked for and ruled out."))
    if case.state == State.REACHED:
        caselog.must_own(case, by)
    offers.withdraw(case, now=now)
    ended = {"resolved_at": now, "next_at": None, "tell_patient_at": None}
    _move(case, State.RESOLVED, by=by, now=now, outcome=outcome, note=text, **ended)
    grading.keep(case, graded, by=by, now=now, over=over, other=other)
    grades_said = ", ".join(f"{kind} grade {grade}" for kind, grade in graded.items()) or "no grade"
    caselog.note(case, "resolved", now=now, by=by, text=f"{OUTCOMES[outcome]}; {grades_said}. {text}".strip())
    closer.settle(case.patient, why=f"case {case.code} resolved", by=by, now=now)
    paging.cancel_waiting(case, now=now)
    end = chains.end_of(case)
    ends = {"outcome": outcome, "line": end.number, "digest": end.digest}
    audit.record(chains.RESOLVED, str(case), site=case.site, by=by, now=now, **ends)
    return case


def _refuse_over_a_death(case: Escalation, outcome: str) -> None:
    """A case is not closed over a reported death nobody answered, nor with one that nobody recorded."""
    if deaths.is_unanswered(case.patient):
        raise Refusal(
            "death-unanswered",
            _(
                "A text says that the patient has died. Say on the patient's page whether it is so, "
                "then close the case."
            ),
        )
    if outcome == "died" and not (case.patient_id and deaths.is_known(case.patient_id)):
        raise Refusal(
            "outcome", _("Record on the patient's page that the patient has died, then close the case.")
        )


def unanswered(*, now: datetime) -> QuerySet[Escalation]:
    """Cases that nobody has."""
    return Escalation.objects.filter(state=State.OPEN)


def open_cases() -> QuerySet[Escalation]:
    """Every case that is not resolved."""
    return Escalation.objects.exclude(state=State.RESOLVED)


def unresolved(patient: Patient) -> Escalation | None:
    """The patient's one unresolved case, if there is one."""
    return open_cases().filter(patient=patient).first()


def _move(case: Escalation, to: str, *, by: Clinician, now: datetime, **facts: Any) -> None:
    """Move the row if it still stands where it may move from; otherwise refuse, saying how it stands.

    The caller holds the row.
    """
    sources = [state for state, targets in NEXT.items() if to in targets]
    if not Escalation.objects.filter(pk=case.pk, state__in=sources).update(state=to, **facts):
        case.refresh_from_db()
        raise Refusal("not-possible-now", caselog.how_it_stands(case))
    for name, value in {"state": to, **facts}.items():  # as it stands now: the row is locked
        setattr(case, name, value)
