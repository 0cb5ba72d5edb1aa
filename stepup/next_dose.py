"""The next dose, decided from what happened: hold while anything is open, then what the label allows, or ask."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from monitoring import escalations
from monitoring.models import CheckIn, Reaction, Task
from protocols import delays, precautions, reactions
from protocols.model import Label
from protocols.regimens import Given
from stepup import approvals
from stepup.models import Course, Dose


@dataclass(frozen=True)
class NextDose:
    """`decision` is hold, give, wait, ask or stop; `because` the reason for a person; `source` the rule behind it."""

    decision: str
    because: str
    source: str
    step: str = ""
    amount: str = ""
    premedicate: str = "unspecified"
    review: bool = False
    notes: tuple[str, ...] = ()


def decide(course: Course, *, now: datetime) -> NextDose:
    """What may be done at `now`. A hold is derived from open facts every time; it is never a copied flag."""
    held = _hold(course)
    if held is not None:
        return held
    label = approvals.content(course.protocol).label
    last = course.doses.order_by("-given_at").first()
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    if last is None:
        return _after_reactions(label, course, _first(label, course, today < course.start_on), now)
    decision = delays.resume_course(
        label,
        given(course),
        on=today,
        regimen=course.regimen,
        weight_kg=course.weight_kg,
        hours=_hours(now - last.given_at),
    )
    answer = NextDose(
        decision=decision.decision,
        because=decision.because,
        source=decision.source,
        step=decision.step or "",
        amount=decision.amount or "",
        premedicate=decision.premedicate,
        review=decision.review,
    )
    return _after_reactions(label, course, answer, now)


def _hours(passed: timedelta) -> Decimal:
    return Decimal(passed.total_seconds()) / 3600


def given(course: Course) -> list[Given]:
    """The doses given so far, earliest first, as the label's rules count them."""
    return [Given(dose.step, dose.given_on) for dose in course.doses.all()]


def _hold(course: Course) -> NextDose | None:
    """The first thing that is open about this patient or this course, or None."""
    return next((held for rule in HOLDS if (held := rule(course)) is not None), None)


def _open_case(course: Course) -> NextDose | None:
    case = escalations.unresolved(course.patient)
    if case is None:
        return None
    said = f"Case {case.code} is {case.get_state_display()}."
    return NextDose("hold", said, "no dose while a case is unresolved")


def _open_reaction(course: Course) -> NextDose | None:
    reaction = Reaction.objects.filter(patient=course.patient, over_at=None).first()
    if reaction is None:
        return None
    said = f"{reaction.get_kind_display()} grade {reaction.grade} is not recorded as over."
    return NextDose("hold", said, "no dose while a reaction is open")


def _open_task(course: Course) -> NextDose | None:
    task = Task.objects.filter(patient=course.patient, done_at=None, pages_when_late=True).first()
    if task is None:
        return None
    return NextDose("hold", f"To be done first: {task.what}.", "no dose while something needs a person")


def _climbing_silence(course: Course) -> NextDose | None:
    asked = CheckIn.objects.filter(watch__patient=course.patient, state=CheckIn.State.ASKED)
    if not asked.exclude(stage=CheckIn.Stage.FIRST).exists():
        return None
    said = "The patient has not answered the open check-in."
    return NextDose("hold", said, "no dose while a silence is climbing")


def _unchecked_dose(course: Course) -> NextDose | None:
    unchecked = course.doses.filter(confirmed_at=None).first()
    if unchecked is None:
        return None
    said = f"The second check of {unchecked.step} is missing."
    return NextDose("hold", said, "no dose while one is unconfirmed")


def _stopped(course: Course) -> NextDose | None:
    if course.state == Course.State.ACTIVE:
        return None
    return NextDose("hold", "The course was stopped.", "no dose after a stop")


HOLDS: tuple[Callable[[Course], NextDose | None], ...] = (
    _open_case,
    _open_reaction,
    _open_task,
    _climbing_silence,
    _unchecked_dose,
    _stopped,
)


def _first(label: Label, course: Course, early: bool) -> NextDose:
    step = delays.regimen_of(label, course.regimen).steps[0]
    if early:
        return NextDose(
            "wait", f"The course starts on {course.start_on}.", label.cite(step.sources), step=step.id
        )
    premedicate = "yes" if precautions.required(label, step.id) else "unspecified"
    return NextDose(
        "give", "First dose of the course.", label.cite(step.sources), step=step.id, premedicate=premedicate
    )


def _after_reactions(label: Label, course: Course, answer: NextDose, now: datetime) -> NextDose:
    """The patient's reactions can only add to what the schedule asks for, never relax it.

    A reaction counts until a dose after it was given on plan, in whichever course: nobody starts afresh by opening
    a new one. One that the label answers with stop counts for ever.
    """
    history = list(Reaction.objects.filter(patient=course.patient).order_by("noted_at", "pk"))
    on_plan = Dose.objects.filter(course__patient=course.patient, deviation="").order_by("-given_at").first()
    for place, reaction in enumerate(history):
        ruled = reactions.next_after(
            label,
            kind=reaction.kind,
            grade=reaction.grade,
            resolved=reaction.over_at is not None,
            recurrent=_is_recurrent(reaction, history[:place]),
            next_step=answer.step or None,
            clear_hours=_hours(now - reaction.over_at) if reaction.over_at else None,
        )
        settled = on_plan is not None and on_plan.given_at > reaction.noted_at
        if ruled.decision == "stop" or not settled:
            answer = _stricter(answer, ruled)
    return answer


def _is_recurrent(reaction: Reaction, earlier: list[Reaction]) -> bool:
    """Whether this is another episode of its kind: one at least as bad was over before this one was noted.

    One night graded twice, in one case or before the first grade's reaction was over, is one episode.
    """
    return any(
        one.kind == reaction.kind
        and one.grade >= reaction.grade
        and one.over_at is not None
        and one.over_at <= reaction.noted_at
        and (one.escalation_id is None or one.escalation_id != reaction.escalation_id)
        for one in earlier
    )


STRICTNESS = {"give": 0, "wait": 1, "ask": 2, "hold": 3, "stop": 4}


def _stricter(answer: NextDose, ruled: reactions.Ruling) -> NextDose:
    said = f"{ruled.because} {ruled.observe}".strip()
    notes = (*answer.notes, f"{said} ({ruled.source})", *ruled.information)
    if STRICTNESS[ruled.decision] > STRICTNESS[answer.decision]:
        return NextDose(
            ruled.decision,
            ruled.because,
            ruled.source,
            step=answer.step,
            amount=answer.amount,
            premedicate=ruled.premedicate,
            review=True,
            notes=notes,
        )
    premedicate = "yes" if ruled.premedicate == "yes" else answer.premedicate
    return NextDose(
        answer.decision,
        answer.because,
        answer.source,
        answer.step,
        answer.amount,
        premedicate,
        answer.review,
        notes,
    )
