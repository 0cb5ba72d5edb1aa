"""What stands open about a patient or a course and so holds the next dose, derived from the facts each time."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from monitoring import deaths, escalations
from monitoring.models import CheckIn, DeathNotice, Reaction, Task
from notifications import written
from notifications.glance import NOON, Glance
from protocols import delays
from stepup import approvals, arranged, ended, weights
from stepup.models import Course, Hold


@dataclass(frozen=True)
class Obstacle:
    """One thing that is open, in words, and the rule that makes it hold a dose."""

    because: str
    rule: str


def first(course: Course) -> Obstacle | None:
    """The gravest thing that is open, or None."""
    return next(_open(course, LOOKS), None)


def every(course: Course) -> list[Obstacle]:
    """Everything that is open, the gravest first."""
    return list(_open(course, LOOKS))


def before_moving(course: Course) -> Obstacle | None:
    """The gravest thing that is open and keeps a course on its version. A clinician's hold speaks of doses only."""
    return next(_open(course, BEFORE_MOVING), None)


def _open(course: Course, looks: Iterable["Look"]) -> Iterator[Obstacle]:
    """What these find. Of what needs a query hardly anything ever stands: one statement says what does."""
    stands = STANDS.at(NOON, patient=course.patient_id, course=course.pk)
    for look in looks:
        name = STANDS_FOR.get(look)
        if name is None or name in stands:
            found = look(course)
            if found is not None:
                yield found


def _open_case(course: Course) -> Obstacle | None:
    case = escalations.unresolved(course.patient)
    if case is None:
        return None
    return Obstacle(f"Case {case.code}: {case.get_state_display()}.", "no dose while a case is unresolved")


def _death(course: Course) -> Obstacle | None:
    death = deaths.standing(course.patient_id)
    if death is None:
        return None
    said = (
        f"{death.by.name} recorded that the patient has died."
        if death.by
        else "A text says that the patient died."
    )
    return Obstacle(said, "no dose once a death was reported, until somebody says that it is not so")


def _clinicians_hold(course: Course) -> Obstacle | None:
    held = arranged.holds(course)
    if not held:
        return None
    return Obstacle(" ".join(_said(hold, course) for hold in held), "no dose until each hold is lifted")


def _said(hold: Hold, course: Course) -> str:
    at = hold.placed_at.astimezone(ZoneInfo(course.site.time_zone))
    return f"Held by {hold.placed_by.name} since {at:%a %d %b %Y %H:%M %Z}: {hold.reason.rstrip('.')}."


def _open_reaction(course: Course) -> Obstacle | None:
    reaction = _not_over.first(patient=course.patient_id)
    if reaction is None:
        return None
    said = f"{reaction.named[0].upper()}{reaction.named[1:]} is not recorded as over."
    return Obstacle(said, "no dose while a reaction is open")


@written.Query
def _not_over(*, patient: int) -> QuerySet[Reaction]:
    """The patient's reactions whose end nobody has recorded."""
    return Reaction.objects.filter(patient=patient, over_at=None)


def _open_task(course: Course) -> Obstacle | None:
    task = _to_be_done.first(patient=course.patient_id)
    if task is None:
        return None
    return Obstacle(f"To be done first: {task.what}.", "no dose while something needs a person")


@written.Query
def _to_be_done(*, patient: int) -> QuerySet[Task]:
    """The patient's open tasks that page somebody when they are late."""
    return Task.objects.filter(patient=patient, done_at=None, pages_when_late=True)


def _climbing_silence(course: Course) -> Obstacle | None:
    if not _asked_again.exists(patient=course.patient_id):
        return None
    return Obstacle("The patient has not answered the open check-in.", "no dose while a silence is climbing")


@written.Query
def _asked_again(*, patient: int) -> QuerySet[CheckIn]:
    """The patient's open questions that were not answered at first."""
    asked = CheckIn.objects.filter(watch__patient=patient, state=CheckIn.State.ASKED)
    return asked.exclude(stage=CheckIn.Stage.FIRST)


def unchecked_dose(course: Course) -> Obstacle | None:
    """A dose whose second check is missing, named as the label names it."""
    unchecked = next((dose for dose in course.doses.all() if dose.confirmed_at is None), None)
    if unchecked is None:
        return None
    label = approvals.content(course.protocol).label
    dose = delays.regimen_of(label, course.regimen).dose(unchecked.step)
    named = dose.name if dose else unchecked.step
    return Obstacle(f"The second check of {named} is missing.", "no dose while one is unconfirmed")


def _waiting_weight(course: Course) -> Obstacle | None:
    weight = weights.waiting(course)
    if weight is None:
        return None
    said = f"The weight of {weights.in_kg(weight.kg)} changes the sums and waits for a second clinician."
    return Obstacle(said, "no dose while a weight waits for its answer")


def _ended(course: Course) -> Obstacle | None:
    if course.state == Course.State.ACTIVE:
        return None
    return Obstacle(f"{ended.how(course)}.", "no dose after the end of a course")


Look = Callable[[Course], Obstacle | None]
LOOKS: tuple[Look, ...] = (
    _death,
    _open_case,
    _clinicians_hold,
    _open_reaction,
    _open_task,
    _climbing_silence,
    unchecked_dose,
    _waiting_weight,
    _ended,
)
BEFORE_MOVING = tuple(look for look in LOOKS if look is not _clinicians_hold)
STANDS = Glance(
    {
        "death": (lambda *, patient, **_: DeathNotice.objects.filter(patient=patient),),
        "case": (lambda *, patient, **_: escalations.open_cases().filter(patient=patient),),
        "hold": (lambda *, course, **_: arranged.not_lifted(course=course),),
        "reaction": (lambda *, patient, **_: _not_over(patient=patient),),
        "task": (lambda *, patient, **_: _to_be_done(patient=patient),),
        "silence": (lambda *, patient, **_: _asked_again(patient=patient),),
    },
    patient=-1,
    course=-2,
)
"""What may stand against a dose; each query finds whatever the look of it would. None of them asks what time it is."""
STANDS_FOR: dict[Look, str] = {
    _death: "death",
    _open_case: "case",
    _clinicians_hold: "hold",
    _open_reaction: "reaction",
    _open_task: "task",
    _climbing_silence: "silence",
}
