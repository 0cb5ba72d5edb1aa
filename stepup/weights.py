"""Weights: each weighing is a row in kilograms, and one is used for dosing only when somebody has said so.

A weighing that changes no sum is used at once. One within the protocol's limit is used or not as whoever records it
says, with both sums in view. One beyond it waits for another clinician, and no dose is given meanwhile.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, daynames, once
from notifications.models import Clinician
from protocols import delays, dosing
from protocols.errors import Refusal
from stepup import approvals, ended, moments, versions
from stepup.models import Course, CourseEvent, Weight, WeightAnswer

TENTH = Decimal("0.1")


@dataclass(frozen=True)
class Weighing:
    """What the scale showed, on which day, who read it and how."""

    kg: Decimal
    on: date
    by: str
    how: str = ""


@dataclass(frozen=True)
class Choice:
    """Use the new weight or keep the old one, and the two that the person had side by side when they chose."""

    use: bool
    old: int
    kg: Decimal


@dataclass(frozen=True)
class Sums:
    """One dose of the regimen as a sum with the weight in use and with the new one."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """What another weight would change: by how many percent, against which limit, and every sum side by side."""

    old: Weight
    kg: Decimal
    percent: Decimal
    limit: Decimal | None
    sums: tuple[Sums, ...]

    @property
    def matters(self) -> bool:
        """Whether any dose becomes another one; a flat dose stays what it is."""
        return any(one.old != one.new for one in self.sums)

    @property
    def is_beyond(self) -> bool:
        """Whether a second clinician must answer. A protocol signed without a limit wants one for every change."""
        return self.matters and (
            self.limit is None or abs(self.kg - self.old.kg) * 100 > self.limit * self.old.kg
        )


def used_at(course: Course, at: datetime) -> Weight:
    """The weighing that was used for dosing at that moment; before the first answer, the first."""
    return _newest_at([one for one in course.weights.all() if one.is_used], at)


def last_settled(course: Course, at: datetime) -> Weight:
    """The newest weighing that had an answer at that moment, used or not: when the patient was last weighed."""
    return _newest_at([one for one in course.weights.all() if one.answered], at)


def _newest_at(answered: Sequence[Weight], at: datetime) -> Weight:
    """The newest of these that had its answer by the end of that minute, or else the first."""
    by_then = moments.end_of_minute(at)
    return next((one for one in reversed(answered) if one.answer.at < by_then), answered[0])


def waiting(course: Course) -> Weight | None:
    """The newest weighing, if it still waits for its answer. An older one was overtaken by it."""
    newest = next(reversed(list(course.weights.all())), None)
    return newest if newest is not None and newest.answered is None else None


def change(course: Course, kg: Decimal) -> Change:
    """What this weight would change for this course. Refuses a weight nobody has."""
    dosing.plausible_weight(kg)
    protocol, old = approvals.content(course.protocol), course.weight
    sums = tuple(
        Sums(
            dose.name,
            dosing.amount(protocol.label, dose, old.kg).sum,
            dosing.amount(protocol.label, dose, kg).sum,
        )
        for dose in delays.regimen_of(protocol.label, course.regimen).doses
    )
    percent = ((kg - old.kg) * 100 / old.kg).quantize(TENTH)
    return Change(old, kg, percent, protocol.pathway.weight_change_percent, sums)


def first(course: Course, weighing: Weighing, *, by: Clinician, now: datetime) -> Weight:
    """The weighing a course starts with; used at once, in the caller's transaction."""
    weight = _keep(course, weighing, by=by, now=now)
    _answer(weight, used=True, beyond_limit=False, by=by, now=now)
    return weight


@transaction.atomic
def record(
    course_id: int, weighing: Weighing, *, by: Clinician, now: datetime, choice: Choice | None = None
) -> Weight:
    """Keep a weighing. Within the limit `choice` says whether doses are calculated from it; beyond, it waits.

    A choice made with other sums in view is no choice: refused with `keep-or-use`, like none.
    """
    course = _held(course_id)
    if weighing.on > now.astimezone(ZoneInfo(course.site.time_zone)).date():
        raise Refusal("weighed-on", _("The weight cannot be from the future."))
    changed = change(course, weighing.kg)
    old = changed.old
    if weighing.on < old.weighed_on:
        raise Refusal(
            "older-weight",
            _("The weight in use is newer: it is of %(weighed_on)s.")
            % {"weighed_on": daynames.written(old.weighed_on)},
        )
    chosen = choice is not None and (choice.old, choice.kg) == (old.pk, weighing.kg)
    if changed.matters and not changed.is_beyond and not chosen:
        raise Refusal(
            "keep-or-use", _("This weight changes the sums. Compare them, then use it or keep the old one.")
        )
    use = not changed.matters or (choice is not None and choice.use)
    weight = _keep(course, weighing, by=by, now=now)
    if not changed.is_beyond:
        _answer(weight, used=use, beyond_limit=False, by=by, now=now)
    said = (
        "waits for a second clinician" if changed.is_beyond else "in use" if use else f"{in_kg(old.kg)} kept"
    )
    _note(course, "weight recorded", f"{in_kg(weight.kg)}, {said}", by=by, now=now)
    audit.record("recorded a weight", str(course.patient), site=course.site, by=by, now=now, weight=weight.pk)
    return weight


@transaction.atomic
def answer(weight_id: int, *, use: bool, by: Clinician, now: datetime) -> WeightAnswer:
    """Another clinician has compared the sums: doses are calculated from this weighing, or the old one is kept."""
    course = _held(Weight.objects.values_list("course", flat=True).get(pk=weight_id))
    weight = waiting(course)
    if weight is None or weight.pk != weight_id:
        raise Refusal("weight-answered", _already(weight_id))
    if weight.recorded_by_id == by.pk:
        raise Refusal("same-person", _("The answer is another person's: ask a colleague to sign in."))
    given = _answer(weight, used=use, beyond_limit=True, by=by, now=now)
    said = "used from now on" if use else f"not used, {in_kg(course.weight.kg)} kept"
    _note(course, "weight answered", f"{in_kg(weight.kg)} {said}", by=by, now=now)
    audit.record(
        "answered a weight", str(course.patient), site=course.site, by=by, now=now, weight=weight.pk, used=use
    )
    return given


def in_kg(kg: Decimal) -> str:
    """`70 kg`, `70.5 kg`."""
    return dosing.format_mg(kg).replace("mg", "kg")


def _held(course_id: int) -> Course:
    """The course, so that two who weigh, answer or record a dose at once take turns."""
    course = versions.hold(course_id)
    ended.refuse(course, "no weight changes it any more.")
    return course


def _already(weight_id: int) -> str:
    given = WeightAnswer.objects.filter(weight=weight_id).select_related("by").first()
    if given is None:
        return "A newer weight was recorded meanwhile. Look at that one."
    return f"{given.by.name} has answered already: {'it is used' if given.used else 'it is not used'}."


def _keep(course: Course, weighing: Weighing, *, by: Clinician, now: datetime) -> Weight:
    return once.add(
        Weight,
        course=course,
        kg=dosing.plausible_weight(weighing.kg),
        weighed_on=weighing.on,
        weighed_by=weighing.by,
        method=weighing.how,
        recorded_by=by,
        recorded_at=now,
    )


def _answer(weight: Weight, *, used: bool, beyond_limit: bool, by: Clinician, now: datetime) -> WeightAnswer:
    return once.add(
        WeightAnswer,
        weight=weight,
        used=used,
        beyond_limit=beyond_limit,
        recorded_by=weight.recorded_by,
        by=by,
        at=now,
    )


def _note(course: Course, what: str, text: str, *, by: Clinician, now: datetime) -> None:
    once.add(CourseEvent, course=course, at=now, by=by, what=what, text=text)
