"""Reactions after they were graded: open until a clinician records that they are over."""

from datetime import datetime

from django.db import transaction

from monitoring.models import Reaction
from notifications import audit
from notifications.models import Clinician
from protocols.errors import Refusal


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
