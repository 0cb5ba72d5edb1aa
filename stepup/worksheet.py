"""What a clinician reads beside a worksheet: what is on record, the grade, and what texts say of managing it."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from monitoring import assessed, escalations, readings
from monitoring.assessments import Judged, Worksheet
from monitoring.models import Escalation, Patient
from protocols import management, reactions
from protocols.astct import Graded
from protocols.management import Advice
from protocols.model import Label
from stepup import approvals
from stepup.models import Course


@dataclass(frozen=True)
class OnRecord:
    """What the record has: a help for whoever asks, and no answer to any of the questions."""

    case: Escalation | None
    standing: tuple[assessed.Standing, ...]
    temperature: readings.Temperature | None
    medicines: tuple[readings.Line, ...]
    last: assessed.Line | None
    newest_id: int


@dataclass(frozen=True)
class Outcome:
    """One kind of a worksheet: its grade, what stands, the label of the patient's course, and what texts say."""

    graded: Graded
    words: str
    stood: assessed.Standing | None
    is_lower: bool
    wants_second: bool
    asks_over: bool
    label: tuple[str, ...]
    advice: Advice


def on_record(patient: Patient, *, now: datetime) -> OnRecord:
    """What the record has of this patient at `now`."""
    lines = assessed.of(patient, limit=1)
    return OnRecord(
        case=escalations.unresolved(patient),
        standing=tuple(assessed.standing(patient).values()),
        temperature=readings.last_temperatures([patient.pk], now=now).get(patient.pk),
        medicines=tuple(line for line in readings.table(patient, limit=30) if line.kind == "medicine"),
        last=lines[0] if lines else None,
        newest_id=assessed.newest_id(patient),
    )


def history(patient: Patient) -> tuple[assessed.Line, ...]:
    """Every worksheet of this patient, newest first."""
    return assessed.of(patient)


def outcomes(patient: Patient, judged: Judged) -> tuple[Outcome, ...]:
    """Each whole grade with everything read beside it."""
    label = _label(patient)
    return tuple(
        Outcome(
            graded=graded,
            words=assessed.said(kind, graded.grade),
            stood=judged.stood.get(kind),
            is_lower=kind in judged.lower,
            wants_second=kind in judged.wants_second,
            asks_over=kind in judged.asks_over,
            label=_by_the_label(label, kind, graded.grade),
            advice=management.of(
                management.load(), kind=kind, grade=graded.grade, drug=label.drug if label else ""
            ),
        )
        for kind, graded in judged.graded.items()
    )


def mark(sheet: Worksheet, record: OnRecord) -> str:
    """What a form hands back to say which answers, beside which record, its reader saw graded."""
    stood = [one.words for one in record.standing]
    return hashlib.sha256(repr((sheet, record.newest_id, stood)).encode()).hexdigest()[:16]


def _label(patient: Patient) -> Label | None:
    """The label of the newest course; None where the patient has none."""
    course = Course.objects.filter(patient=patient).select_related("protocol").order_by("-opened_at").first()
    return approvals.content(course.protocol).label if course else None


def _by_the_label(label: Label | None, kind: str, grade: int) -> tuple[str, ...]:
    """What the course's own label says of the next dose after such a grade, in lines; none of grade 0."""
    if label is None or grade == 0:
        return ()
    ruled = reactions.next_after(label, kind=kind, grade=grade, resolved=False)
    observed = (f"After that dose: {ruled.observe}.",) if ruled.observe else ()
    return (ruled.because, *observed, *ruled.information, f"Source: {ruled.source}")
