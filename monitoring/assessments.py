"""Assessing a patient: CRS and ICANS graded on the worksheet, kept whole, and what follows from it.

A grade keeps or raises the patient's open reaction; with it every dose is held and the next questions come closer.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import assessed, caselog, chains, closer, escalations, grading, patients, people, worklist
from monitoring.models import Assessment, AssessmentReading, Patient, Reaction, Task
from monitoring.models.worksheets import GRAVE
from notifications import audit, roles
from notifications.models import Clinician
from protocols import assessing, astct
from protocols.errors import Refusal

WAITS = "A grade of 3 or 4 is to be lowered: a second clinician reads the worksheet on the patient's page"
READ_WITHIN = timedelta(hours=1)  # our own number; until somebody has read it the graver grade stands
OVERTAKEN = "The patient was assessed again meanwhile."


@dataclass(frozen=True)
class Worksheet:
    """What was found; None where that kind was not assessed."""

    crs: astct.CrsSeen | None = None
    icans: astct.IcansSeen | None = None


@dataclass(frozen=True)
class Judged:
    """A worksheet's grades beside what stood: the kinds that are lower, and those that want a second clinician."""

    answers: Mapping[str, assessing.Answer]
    stood: Mapping[str, assessed.Standing]

    @property
    def graded(self) -> dict[str, astct.Graded]:
        """By kind the grades that are whole."""
        return {kind: one for kind, one in self.answers.items() if isinstance(one, astct.Graded)}

    @property
    def missing(self) -> dict[str, Mapping[str, str]]:
        """By kind, and by field, what is still to be answered."""
        return {kind: one.missing for kind, one in self.answers.items() if isinstance(one, astct.Incomplete)}

    @property
    def lower(self) -> tuple[str, ...]:
        """The kinds with a lower grade than the one that stands."""
        return tuple(
            kind
            for kind, one in self.graded.items()
            if kind in self.stood and one.grade < self.stood[kind].grade
        )

    @property
    def wants_second(self) -> tuple[str, ...]:
        """The kinds whose grade of 3 or 4 is lowered."""
        return tuple(kind for kind in self.lower if self.stood[kind].grade >= GRAVE)

    @property
    def asks_over(self) -> tuple[str, ...]:
        """The kinds with grade 0 while a reaction is open: somebody must say whether it is over."""
        return tuple(kind for kind, one in self.graded.items() if kind in self.stood and one.grade == 0)


def judge(patient: Patient, sheet: Worksheet) -> Judged:
    """What a worksheet comes to, beside what stands. Writes nothing."""
    scale, answers = astct.load(), dict[str, assessing.Answer]()
    if sheet.crs is not None:
        answers["crs"] = assessing.crs(scale, sheet.crs)
    if sheet.icans is not None:
        answers["icans"] = assessing.icans(scale, sheet.icans)
    return Judged(answers, assessed.standing(patient))


@transaction.atomic
def record(
    patient_id: int,
    sheet: Worksheet,
    *,
    seen: int,
    by: Clinician,
    now: datetime,
    why: str = "",
    over: Mapping[str, bool] | None = None,
) -> Assessment:
    """Keep a worksheet whole and let its grades count; `seen` is the newest worksheet its writer had read, 0 for none.

    A lower grade than the one that stands needs `why`; a grade of 3 or 4 is lowered only once a second clinician
    agrees. Grade 0 ends nothing unless `over` says of that kind that it is over. Refused: an incomplete grade, and a
    worksheet written before a colleague's was read.
    """
    if not roles.may(by, "assess a patient"):
        raise Refusal("role", _("A %(role)s does not assess a patient.") % {"role": by.get_role_display()})
    patient = people.hold(patient_id)
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: no assessment is kept on it."))
    _refuse_unseen(patient, seen)
    judged = judge(patient, sheet)
    _refuse_incomplete(judged)
    ends = _answered(judged, why=why, over=over or {})
    row = _keep(patient, sheet, judged, ends, why=why.strip() if judged.lower else "", by=by, now=now)
    _finish_reading(patient, OVERTAKEN, by=by, now=now)
    _let_count(row, [kind for kind in judged.graded if not row.lowers_gravely(kind)], by=by, now=now)
    if row.wants_second:
        worklist.open_task(
            site=patient.site, patient=patient, what=WAITS, due_at=now + READ_WITHIN, pages_when_late=False, now=now
        )  # fmt: skip
    _note(row, "assessed", _in_words(row), by=by, now=now)
    audit.record("assessed the patient", str(patient), site=patient.site, by=by, now=now, assessment=row.pk)
    return row


@transaction.atomic
def read(assessment_id: int, *, agrees: bool, words: str, by: Clinician, now: datetime) -> AssessmentReading:
    """A second clinician's word on a grade of 3 or 4 that is to be lowered. Without agreement it stands.

    Refused: whoever wrote the worksheet, one that waits for nobody or was overtaken, and disagreement without words.
    """
    patient = people.hold(Assessment.objects.values_list("patient", flat=True).get(pk=assessment_id))
    row = Assessment.objects.select_related("by", "patient__site", "escalation").get(pk=assessment_id)
    if not roles.may(by, "read a lower grade"):
        raise Refusal("role", _("A prescriber or a responder reads a grade that is to be lowered."))
    if row.by_id == by.pk:
        raise Refusal("yourself", _("You wrote this worksheet: another clinician reads it."))
    if assessed.waiting(patient) != row:
        raise Refusal(
            "not-waiting", _("This worksheet waits for nobody: it was read, or written over by a newer one.")
        )
    if not agrees and not words.strip():
        raise Refusal("words", _("Say why you do not agree."))
    made = AssessmentReading.objects.create(
        assessment=row, assessed_by=row.by, by=by, at=now, agrees=agrees, words=words.strip()
    )
    said = "agreed" if agrees else f"did not agree: {made.words}"
    _finish_reading(patient, f"A second clinician {said}", by=by, now=now)
    if agrees:
        kinds = [str(kind) for kind in assessed.KINDS if row.lowers_gravely(str(kind))]
        _let_count(row, kinds, by=by, now=now)
    _note(row, chains.READ, f"{_grades(row)}: {said}", by=by, now=now)
    audit.record(
        "read a lower grade",
        str(patient),
        site=patient.site,
        by=by,
        now=now,
        assessment=row.pk,
        agrees=agrees,
    )
    return made


def _refuse_unseen(patient: Patient, seen: int) -> None:
    newest = patient.assessments.select_related("by").order_by("-pk").first()
    if newest is not None and newest.pk != seen:
        raise Refusal(
            "assessed-meanwhile",
            _("%(by)s has assessed this patient meanwhile: %(newest)s. Read it, then keep yours.")
            % {"by": newest.by.name, "newest": _grades(newest)},
        )


def _refuse_incomplete(judged: Judged) -> None:
    if not judged.answers:
        raise Refusal("nothing", _("Choose what you assess."))
    for kind, missing in judged.missing.items():
        raise Refusal(
            "incomplete",
            _("No grade of %(kind)s yet. %(missing)s")
            % {"kind": Reaction.Kind(kind).label, "missing": " ".join(missing.values())},
        )


def _answered(judged: Judged, *, why: str, over: Mapping[str, bool]) -> dict[str, bool]:
    """By kind whether the open reaction is over; refuses what a lower grade or grade 0 leaves unsaid."""
    for kind in judged.asks_over:
        if kind not in over:
            stands = judged.stood[kind].words
            raise Refusal(
                "over",
                _("%(stands)s is open: say whether it is over. Grade 0 alone does not end it.")
                % {"stands": stands},
            )
    if judged.lower and not why.strip():
        stood = ", ".join(judged.stood[kind].words for kind in judged.lower)
        raise Refusal("why", _("This is lower than what stands (%(stood)s): say why.") % {"stood": stood})
    return {kind: over[kind] for kind in judged.asks_over}


def _keep(
    patient: Patient,
    sheet: Worksheet,
    judged: Judged,
    ends: Mapping[str, bool],
    *,
    why: str,
    by: Clinician,
    now: datetime,
) -> Assessment:
    scale = astct.load()
    facts: dict[str, Any] = {kind: one.grade for kind, one in judged.graded.items()}
    facts |= {f"{kind}_stood": judged.stood[kind].grade for kind in judged.graded if kind in judged.stood}
    facts |= {f"{kind}_over": is_over for kind, is_over in ends.items()}
    return Assessment.objects.create(
        patient=patient,
        escalation=escalations.unresolved(patient),
        at=now,
        by=by,
        worksheet={kind: _plain(seen) for kind, seen in _sheets(sheet)},
        result={kind: _shown(scale, kind, seen, judged.graded[kind]) for kind, seen in _sheets(sheet)},
        criteria=scale.fingerprint,
        scale=scale.scale,
        why=why,
        wants_second=bool(judged.wants_second),
        **facts,
    )


def _sheets(sheet: Worksheet) -> list[tuple[str, astct.CrsSeen | astct.IcansSeen]]:
    return [(kind, seen) for kind, seen in (("crs", sheet.crs), ("icans", sheet.icans)) if seen is not None]


def _plain(seen: astct.CrsSeen | astct.IcansSeen) -> dict[str, Any]:
    """Every answer as JSON can keep it: a temperature keeps its digits."""
    return {name: str(one) if isinstance(one, Decimal) else one for name, one in asdict(seen).items()}


def _shown(
    scale: astct.Scale, kind: str, seen: astct.CrsSeen | astct.IcansSeen, graded: astct.Graded
) -> dict[str, Any]:
    """The result as it was shown, and every answer in the words it was chosen by."""
    if isinstance(seen, astct.CrsSeen):
        answers = list(assessing.answers_of_crs(scale, seen))
    else:
        answers = list(assessing.answers_of_icans(scale, seen))
    return {**asdict(graded), "kind": kind, "answers": answers}


def _let_count(row: Assessment, kinds: list[str], *, by: Clinician, now: datetime) -> None:
    """Keep or raise the open reaction of each kind, or end it where grade 0 was said to be its end."""
    for kind in kinds:
        grade = row.grade(kind) or 0
        grading.rise(row.patient, kind, grade, by=row.by, now=now, case=row.escalation)
        if grade:
            _come_closer(row, assessed.said(kind, grade), now)
        if getattr(row, f"{kind}_over"):
            for reaction in row.patient.reactions.filter(kind=kind, over_at=None):
                grading.finish(reaction.pk, by=by, now=now)


def _come_closer(row: Assessment, why: str, now: datetime) -> None:
    """A watch moves to closer questions, by name, as it does for a concern that was texted."""
    watch = row.patient.watches.filter(closed_at=None).first()
    if watch is not None:
        closer.begin(watch, why=f"{why} was assessed", now=now)


def _finish_reading(patient: Patient, outcome: str, *, by: Clinician, now: datetime) -> None:
    """Whoever reads the worksheet, or writes a newer one, has done what the task asks."""
    for task in Task.objects.filter(patient=patient, what=WAITS, done_at=None):
        worklist.finish(task.pk, by=by, outcome=outcome, now=now)


def _note(row: Assessment, what: str, words: str, *, by: Clinician, now: datetime) -> None:
    patients.note(row.patient, what, words, by=by, now=now)
    if row.escalation is not None:
        caselog.note(row.escalation, what, text=words, by=by, now=now)


def _grades(row: Assessment) -> str:
    grades = {str(kind): row.grade(str(kind)) for kind in assessed.KINDS}
    return ", ".join(assessed.said(kind, grade) for kind, grade in grades.items() if grade is not None)


def _in_words(row: Assessment) -> str:
    words = f"{_grades(row)} by {row.scale}."
    words += f" Lower than what stood: {row.why}" if row.why else ""
    return words + (" Waits for a second clinician." if row.wants_second else "")
