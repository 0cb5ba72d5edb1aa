"""The next dose, decided from what happened: hold while anything is open, then what the label allows, or ask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from monitoring.models import Reaction
from notifications import written
from protocols import delays, precautions, reactions
from protocols.model import Label
from protocols.regimens import Given
from stepup import approvals, arranged, low_counts, obstacles, readiness, stages
from stepup.models import Appointment, Course, Dose


@dataclass(frozen=True)
class NextDose:
    """`decision` is hold, give, wait, ask or stop; `because` the reason for a person; `source` the rule behind it.

    `not_ready` names what the pathway wants before the dose that the label would allow now.
    """

    decision: str
    because: str
    source: str
    step: str = ""
    amount: str = ""
    premedicate: str = "unspecified"
    review: bool = False
    notes: tuple[str, ...] = ()
    not_ready: tuple[str, ...] = ()


def decide(course: Course, *, now: datetime) -> NextDose:
    """What may be done at `now`. A hold is derived from open facts every time; it is never a copied flag."""
    course = arranged.seen(course)
    open_now = obstacles.first(course)
    if open_now is not None:
        return NextDose("hold", open_now.because, open_now.rule, notes=_label_says(course, now))
    return _when_ready(course, _within_the_stage(course, by_the_label(course, now=now), now), now)


def _label_says(course: Course, now: datetime) -> tuple[str, ...]:
    """The label's own row for each reaction that is open, with its source: why it holds, and what it wants after."""
    label = approvals.content(course.protocol).label
    history = _reactions.rows(patient=course.patient_id)
    ruled = [
        _ruled(label, reaction, history[:place], None, now)
        for place, reaction in enumerate(history)
        if reaction.over_at is None
    ]
    return tuple(note for one in ruled for note in (f"{one.because} ({one.source})", *one.information))


def _within_the_stage(course: Course, answer: NextDose, now: datetime) -> NextDose:
    """A dose the label allows is held while the site does not yet give it at home and nobody has overridden that."""
    if answer.decision != "give":
        return answer
    stands = stages.beyond(course, step=answer.step, now=now)
    if stands is None:
        return answer
    because = stages.sentence(stands, course, answer.step, now=now)
    return replace(answer, decision="hold", because=because, source=stages.RULE, amount="")


def _when_ready(course: Course, answer: NextDose, now: datetime) -> NextDose:
    """A dose the label allows is held while anything its pathway wants before it is neither met nor waived."""
    if answer.decision != "give":
        return answer
    missing = tuple(item.name for item in readiness.of(course, step=answer.step, now=now).open)
    if not missing:
        return answer
    source = f"what must be true before a dose, {approvals.content(course.protocol).pathway.id}"
    because = f"Not ready yet: {', '.join(missing)}."
    return replace(answer, decision="hold", because=because, source=source, amount="", not_ready=missing)


def by_the_label(course: Course, *, now: datetime) -> NextDose:
    """What the label allows at `now` after the doses and reactions so far, whatever else may hold the dose back."""
    label = approvals.content(course.protocol).label
    last, put = arranged.last_dose(course), arranged.appointment(course)
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    if last is None:
        first = _first(label, course, today, put.planned_on if put else course.start_on)
        return _after_reactions(label, course, _as_arranged(first, put, today, course), now)
    decision = delays.resume_course(
        label,
        given(course),
        on=today,
        phase=arranged.phase(course),
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
    return _after_reactions(label, course, _as_arranged(answer, put, today, course), now)


def _hours(passed: timedelta) -> Decimal:
    return Decimal(passed.total_seconds()) / 3600


def _as_arranged(answer: NextDose, put: Appointment | None, today: date, course: Course) -> NextDose:
    """A dose that was put on a later day waits for it; whatever is stricter stands, with the appointment beside it."""
    if put is None:
        return answer
    at = put.planned_at.astimezone(ZoneInfo(course.site.time_zone))
    said = f"Put on {at:%a %d %b %Y %H:%M %Z} by {put.by.name}: {put.get_reason_display()}."
    if answer.decision == "give" and today < put.planned_on:
        return NextDose("wait", said, "the appointment made for this dose")
    return replace(answer, notes=(*answer.notes, said))


def given(course: Course) -> list[Given]:
    """The doses given so far, earliest first, as the label's rules count them."""
    return [Given(dose.step, dose.given_on) for dose in course.doses.all()]


def _first(label: Label, course: Course, today: date, start_on: date) -> NextDose:
    step = delays.regimen_of(label, course.regimen).steps[0]
    if today < start_on:
        return NextDose(
            "wait", f"The course starts on {start_on:%a %d %b %Y}.", label.cite(step.sources), step=step.id
        )
    premedicate = "yes" if precautions.required(label, step.id) else "unspecified"
    return NextDose(
        "give", "First dose of the course.", label.cite(step.sources), step=step.id, premedicate=premedicate
    )


def _after_reactions(label: Label, course: Course, answer: NextDose, now: datetime) -> NextDose:
    """The patient's reactions can only add to what the schedule asks for, never relax it.

    A reaction counts until a dose after it was given on plan, in whichever course: nobody starts afresh by opening
    a new one. One that the label answers with stop counts for ever. A dose known from a report settles nothing:
    nobody here saw what was looked at before it.
    """
    history = _reactions.rows(patient=course.patient_id)
    last_on_plan = _last_on_plan(course) if history else None
    for place, reaction in enumerate(history):
        ruled = _ruled(label, reaction, history[:place], answer.step or None, now)
        settled = last_on_plan is not None and last_on_plan.given_at > reaction.noted_at
        if ruled.decision == "stop" or not settled:
            answer = _stricter(answer, ruled)
    results = low_counts.of_results(label, course, now=now)
    return answer if results is None else _stricter(answer, results)


@written.Query
def _reactions(*, patient: int) -> QuerySet[Reaction]:
    """The patient's reactions, open or over, as they were noted."""
    return Reaction.objects.filter(patient=patient).order_by("noted_at", "pk")


def _last_on_plan(course: Course) -> Dose | None:
    """The last dose that the patient was given on plan and that was recorded here, on whichever course."""
    on_plan = Dose.objects.filter(course__patient=course.patient, deviation="", report=None)
    return on_plan.order_by("-given_at").first()


def _ruled(
    label: Label, reaction: Reaction, earlier: Sequence[Reaction], step: str | None, now: datetime
) -> reactions.Ruling:
    """The label's answer to one reaction: a low blood count by its value, everything else by its grade."""
    if reaction.kind == Reaction.Kind.BLOOD_COUNT:
        return low_counts.of_reaction(label, reaction)
    return reactions.next_after(
        label,
        kind=reaction.kind,
        grade=reaction.grade,
        resolved=reaction.over_at is not None,
        recurrent=_is_recurrent(reaction, earlier),
        next_step=step,
        clear_hours=_hours(now - reaction.over_at) if reaction.over_at else None,
    )


def _is_recurrent(reaction: Reaction, earlier: Sequence[Reaction]) -> bool:
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
