"""What low blood counts mean for the next dose: those recorded as reactions, and numbers typed with supportive care.

The label's own rows decide by the value. Where none was read the service asks, with a panel's line beside it as
information: of the counts, a printed line was read for neutrophils alone.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db.models import QuerySet

from monitoring.models import Reaction
from notifications import written
from protocols import counts, supportive
from protocols.model import Label
from protocols.reactions import Ruling
from stepup.models import CareEntry, Course


def of_reaction(label: Label, reaction: Reaction) -> Ruling:
    """What the label says after a low count that somebody recorded as a reaction, open or over."""
    value = reaction.value or Decimal(0)  # never empty: the database holds that
    ruled = counts.next_after(
        label,
        count=reaction.count,
        value=value,
        over=reaction.over_at is not None,
        back_to=reaction.back_to,
    )
    return _informed(ruled, reaction.count, value)


def of_results(label: Label, course: Course, *, now: datetime) -> Ruling | None:
    """What the numbers typed with supportive care mean now; None where nothing stands against a dose.

    A value under a row of the label holds until a later one has reached what the row wants. Where no row was read, a
    value under the panel's line asks until a pharmacist or a prescriber has decided, or a later value is above it.
    """
    item = next(
        (one for one in supportive.load().items if one.threshold and one.threshold.measure in counts.UNITS),
        None,
    )
    if item is None or item.threshold is None:
        return None
    line, rows = item.threshold, _standing.rows(patient=course.patient_id, item=item.id, now=now)
    numbers = sorted(
        (row for row in rows if row.value is not None and row.unit == line.unit),
        key=lambda row: (row.on, row.pk),
    )
    values = [row.value for row in numbers if row.value is not None]
    if not values:
        return None
    ruled = counts.now_at(label, count=line.measure, values=values)
    if ruled is None and not counts.is_read(label, line.measure) and values[-1] < line.below:
        low = counts.capital(counts.shown(line.measure, values[-1]))
        because = f"{low}. {counts.unread(label, line.measure)} Decide it with supportive care, or type a newer value."
        ruled = Ruling("ask", "unspecified", True, "", because, "not read")
    if ruled is None or (ruled.decision == "ask" and _is_decided(rows, since=numbers[-1].pk)):
        return None
    return _informed(ruled, line.measure, values[-1])


def _is_decided(rows: Sequence[CareEntry], *, since: int) -> bool:
    return any(row.kind == CareEntry.Kind.DECIDED and row.pk > since for row in rows)


@written.Query
def _standing(*, patient: int, item: str, now: datetime) -> QuerySet[CareEntry]:
    """What was said of the item for this patient, on whichever course, and not taken back, by `now`."""
    said = CareEntry.objects.filter(course__patient=patient, item=item, at__lte=now, taken_back=None)
    return said.exclude(kind=CareEntry.Kind.BACK).order_by("pk")


def _informed(ruled: Ruling, count: str, value: Decimal) -> Ruling:
    """The ruling with the panel's line beside it where the value is under it: marked, and never deciding."""
    care = supportive.load()
    lines = [one.threshold for one in care.items if one.threshold and one.threshold.measure == count]
    said = tuple(
        f"guideline, not label: {count} below {line.below} {line.unit}: {line.asks} ({care.cite(line.sources)})"
        for line in lines
        if value < line.below
    )
    return (
        ruled
        if ruled.decision == "give"
        else Ruling(**{**vars(ruled), "information": (*ruled.information, *said)})
    )
