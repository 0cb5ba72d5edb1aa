"""What was assessed: the grade that stands of an open reaction, and every worksheet as a line of the record."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext

from monitoring.models import Assessment, AssessmentReading, Escalation, Patient, Reaction
from monitoring.models.worksheets import GRAVE
from notifications import written
from protocols.errors import Refusal

KINDS = (Reaction.Kind.CRS, Reaction.Kind.ICANS)


@dataclass(frozen=True)
class Standing:
    """How grave an open reaction is now, by whose word, and the worst it has been."""

    kind: str
    grade: int
    worst: int
    at: datetime
    by: str

    @property
    def words(self) -> str:
        """`CRS grade 2`, or `CRS grade 1 now, grade 3 at its worst`."""
        said = f"{Reaction.Kind(self.kind).label} grade {self.grade}"
        return said if self.worst == self.grade else f"{said} now, grade {self.worst} at its worst"


@dataclass(frozen=True)
class Part:
    """One kind of one worksheet: the grade, why, where it is published, and every answer in words."""

    kind: str
    grade: int
    because: str
    source: str
    notes: tuple[str, ...]
    proposals: tuple[str, ...]
    answers: tuple[tuple[str, str], ...]

    @property
    def words(self) -> str:
        """`CRS grade 2`; grade 0 is ruled out."""
        return said(self.kind, self.grade)


@dataclass(frozen=True)
class Line:
    """One worksheet as the record shows it. `state` is empty where it counts."""

    id: int
    at: datetime
    by: str
    parts: tuple[Part, ...]
    why: str
    scale: str
    criteria: str
    state: str
    waits: bool
    reading: AssessmentReading | None

    @property
    def words(self) -> str:
        """Every grade in a few words."""
        return ", ".join(part.words for part in self.parts)


def said(kind: str, grade: int) -> str:
    """`CRS grade 2`, or `CRS grade 0`: not found on the scale."""
    return f"{Reaction.Kind(kind).label} grade {grade}"


def of(patient: Patient, *, limit: int | None = None) -> tuple[Line, ...]:
    """The patient's worksheets, newest first."""
    rows = patient.assessments.select_related("by", "reading__by").order_by("-at", "-pk")[:limit]
    return tuple(_line(row, is_newest=place == 0) for place, row in enumerate(rows))


def newest_id(patient: Patient) -> int:
    """The newest worksheet's number, 0 where there is none: what a form says it was filled in after."""
    return patient.assessments.order_by("-pk").values_list("pk", flat=True).first() or 0


def waiting(patient: Patient) -> Assessment | None:
    """The worksheet that a second clinician has yet to read: only ever the newest."""
    newest = patient.assessments.select_related("by", "reading").order_by("-pk").first()
    return newest if newest is not None and newest.wants_second and _reading(newest) is None else None


def standing(patient: Patient) -> dict[str, Standing]:
    """By kind the grade that stands of CRS and ICANS; a kind without an open reaction is absent.

    The newest word counts, a worksheet's or a reaction's own. A grave grade that is to be lowered stands until a
    second clinician agreed.
    """
    rows = _graded.rows(patient_id=patient.pk)
    worksheets = list(patient.assessments.select_related("by", "reading")) if rows else []
    found = {}
    for kind in KINDS:
        reactions = [row for row in rows if row.kind == kind]
        if reactions:
            found[str(kind)] = _standing(str(kind), reactions, worksheets)
    return found


@written.Query
def _graded(*, patient_id: int) -> QuerySet[Reaction]:
    """The open CRS and ICANS of a patient, each with who noted it."""
    return Reaction.objects.filter(patient=patient_id, over_at=None, kind__in=KINDS).select_related(
        "noted_by"
    )


def _standing(kind: str, reactions: list[Reaction], worksheets: Iterable[Assessment]) -> Standing:
    since = min(reaction.noted_at for reaction in reactions)
    said = [(one.noted_at, 0, one.grade, one.noted_by.name) for one in reactions]
    for one in worksheets:
        grade, counts_from = one.grade(kind), _counts_from(one, kind)
        if grade is not None and counts_from is not None and counts_from >= since:
            said.append((counts_from, one.pk, grade, one.by.name))
    at, _, grade, by = min(said)
    for when, worksheet, graded, who in sorted(said):
        # A reaction recorded beside the worksheets can only raise what stands; a worksheet can lower it.
        if worksheet or graded > grade:
            at, grade, by = when, graded, who
    return Standing(kind, grade, worst=max(one.grade for one in reactions), at=at, by=by)


def _counts_from(row: Assessment, kind: str) -> datetime | None:
    """From when on this grade counts: at once, or when a second clinician agreed; None while it does not."""
    if not row.lowers_gravely(kind):
        return row.at
    reading = _reading(row)
    return reading.at if reading is not None and reading.agrees else None


def graded_in(case: Escalation) -> dict[str, int]:
    """The newest grades from the worksheets of one case, for whoever closes it."""
    found: dict[str, int] = {}
    for row in case.assessments.order_by("at", "pk"):
        found |= {str(kind): grade for kind in KINDS if (grade := row.grade(kind)) is not None}
    return found


def refuse_lowering(patient: Patient, graded: Mapping[str, int]) -> None:
    """Refuse to close a case with less than a grade of 3 or 4 that stands: that is lowered on the worksheet."""
    for kind, stands in standing(patient).items():
        if stands.grade > graded.get(kind, stands.grade) and stands.grade >= GRAVE:
            raise Refusal(
                "lower",
                gettext(
                    "%(by)s graded %(kind)s, and it stands. Assess the patient again: a grade of 3 or 4 "
                    "is lowered on the worksheet, with a reason, and a second clinician reads it."
                )
                % {"by": stands.by, "kind": said(kind, stands.grade)},
            )


def is_grave(patient: Patient, kind: str) -> bool:
    """Whether an open CRS or ICANS stands at 3 or 4: only two clinicians end it, on the worksheet."""
    stands = standing(patient).get(kind)
    return stands is not None and stands.grade >= GRAVE


def refuse_ending(patient: Patient, kind: str) -> None:
    """Refuse to record, by one person's word, that a CRS or ICANS is over which stands at 3 or 4."""
    if is_grave(patient, kind):
        stands = standing(patient)[kind]
        raise Refusal(
            "second-reader",
            gettext(
                "%(kind)s stands. Assess the patient: where nothing of it is left the worksheet asks "
                "whether it is over, and a second clinician reads it. Nothing is over yet."
            )
            % {"kind": said(kind, stands.grade)},
        )


def _reading(row: Assessment) -> AssessmentReading | None:
    found: AssessmentReading | None = getattr(row, "reading", None)
    return found


def _line(row: Assessment, *, is_newest: bool) -> Line:
    reading = _reading(row)
    waits = row.wants_second and reading is None
    state = ""
    if waits:
        state = "waits for a second clinician" if is_newest else "never read by a second clinician"
    elif reading is not None and not reading.agrees:
        state = "the second clinician did not agree"
    parts = tuple(_part(kind, row.result[kind]) for kind in map(str, KINDS) if kind in row.result)
    return Line(
        id=row.pk,
        at=row.at,
        by=row.by.name,
        parts=parts,
        why=row.why,
        scale=row.scale,
        criteria=row.criteria,
        state=state,
        waits=waits and is_newest,
        reading=reading,
    )


def _part(kind: str, kept: dict[str, Any]) -> Part:
    return Part(
        kind=kind,
        grade=kept["grade"],
        because=kept["because"],
        source=kept["source"],
        notes=tuple(kept["notes"]),
        proposals=tuple(kept["proposals"]),
        answers=tuple((asked, answered) for asked, answered in kept["answers"]),
    )
