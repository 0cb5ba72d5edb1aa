"""Graded reactions: kept when a case is resolved, and open until a clinician records that they are over."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from monitoring.models import Escalation, Reaction
from notifications import audit
from notifications.models import Clinician
from protocols.errors import Refusal


def keep(
    case: Escalation, graded: Mapping[str, int], *, by: Clinician, now: datetime, over: bool = False
) -> None:
    """Keep each grade above 0 as a reaction of the case's patient; `over` records that they have ended already."""
    if case.patient is None:
        return
    for kind, grade in graded.items():
        if grade:
            Reaction.objects.create(
                patient=case.patient,
                escalation=case,
                kind=kind,
                grade=grade,
                noted_at=now,
                noted_by=by,
                over_at=now if over else None,
                over_by=by if over else None,
            )


@transaction.atomic
def end(reaction_id: int, *, by: Clinician, now: datetime) -> Reaction:
    """Record that a reaction is over. Until then no dose may be given; twice changes nothing and says so."""
    reaction = Reaction.objects.select_for_update().select_related("patient__site").get(pk=reaction_id)
    if reaction.over_at is not None:
        raise Refusal("over-already", f"{reaction.over_by} has already recorded that this reaction is over.")
    reaction.over_at, reaction.over_by = now, by
    reaction.save(update_fields=["over_at", "over_by"])
    patient = reaction.patient
    audit.record("ended a reaction", str(patient), site=patient.site, by=by, now=now, reaction=reaction.pk)
    return reaction
