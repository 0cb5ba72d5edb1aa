"""Whether somebody says that a patient has died, so that nobody is asked and no text goes there: questions only."""

from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from monitoring.models import DeathNotice, Patient
from notifications import written

Said = DeathNotice.Said
WHY = "a death was reported: nobody is asked"


def standing(patient_id: int) -> DeathNotice | None:
    """The newest word, if it says or confirms a death; None once somebody said that the patient is alive."""
    rows = DeathNotice.objects.filter(patient=patient_id).select_related("by", "finding__reply")
    newest = rows.order_by("-pk").first()
    return None if newest is None or newest.said == Said.ALIVE else newest


def is_standing(patient_id: int) -> bool:
    """Whether the newest word says or confirms a death."""
    return _standing.exists(patient_id=patient_id)


@written.Query
def _standing(*, patient_id: int) -> QuerySet[DeathNotice]:
    """The newest word, where it says or confirms a death."""
    return all_standing().filter(patient=patient_id)


@written.Query
def _words(*, patient_id: int) -> QuerySet[DeathNotice]:
    """What was ever said of the patient's death, newest first."""
    return DeathNotice.objects.filter(patient=patient_id).order_by("-pk")


def is_unanswered(patient: Patient | None) -> bool:
    """Whether a text says so and nobody has answered it yet."""
    newest = _words.first(patient_id=patient.pk) if patient else None
    return newest is not None and newest.said == Said.REPORTED


def is_known(patient_id: int) -> bool:
    """Whether a clinician has said that the patient has died."""
    newest = _words.first(patient_id=patient_id)
    return newest is not None and newest.said == Said.DIED


def all_standing() -> QuerySet[DeathNotice]:
    """Every death that is reported or known, one row a patient."""
    later = DeathNotice.objects.filter(patient=OuterRef("patient"), pk__gt=OuterRef("pk"))
    return DeathNotice.objects.filter(~Exists(later)).exclude(said=Said.ALIVE)


def lines(patients: Iterable[int]) -> dict[int, DeathNotice]:
    """The deaths that are reported or known, by patient: one query for a whole board."""
    return {notice.patient_id: notice for notice in all_standing().filter(patient__in=patients)}
