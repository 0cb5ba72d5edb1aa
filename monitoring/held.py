"""Check-ins whose moment has come, each locked behind its patient, and what may bear on what is then said."""

from datetime import datetime

from django.db.models import QuerySet

from monitoring import deaths, kits, quiet, stays
from monitoring.models import CheckIn, Patient
from notifications import written
from notifications.glance import Glance


@written.Query
def asked_of(patient_id: int) -> QuerySet[CheckIn]:
    """The check-in of the patient's open watch that waits for an answer: one at most."""
    return CheckIn.objects.filter(watch__patient=patient_id, watch__closed_at=None, state=CheckIn.State.ASKED)


STANDS = Glance(
    {
        "stay": (lambda *, now, patient: stays.at(now).filter(patient=patient),),
        "death": (lambda *, patient, **_: deaths.all_standing().filter(patient=patient),),
        "quiet": (lambda *, now, patient: quiet.standing(patient, now=now),),
        "question": (lambda *, patient, **_: asked_of(patient),),
        "kit": (lambda *, patient, **_: kits.all_of(patient),),
    },
    patient=-1,
)
"""What may bear on the asking of a patient, by name. Little of it ever stands, and only that is read."""

ANYTHING = frozenset(STANDS.names)
"""What may stand where nobody has looked: then each is asked for."""


def if_due(pk: int, state: str, now: datetime) -> CheckIn | None:
    """The check-in, locked behind its patient, if it stands in `state` and is due; None if somebody is at it."""
    patient = _its_patient_if_free.first(pk=pk, state=state, now=now)
    checkin = _if_free.first(pk=pk, state=state, now=now) if patient else None
    if checkin is not None and patient is not None:
        checkin.watch.patient = patient
    return checkin


@written.Query
def _its_patient_if_free(*, pk: int, state: str, now: datetime) -> QuerySet[Patient]:
    """The patient of a check-in that is due, with the site, locked as `people.hold_if_free` does."""
    free = Patient.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return free.select_related("site").filter(pk__in=_one_due(pk, state, now).values("watch__patient"))


@written.Query
def _if_free(*, pk: int, state: str, now: datetime) -> QuerySet[CheckIn]:
    """The same check-in as it stands once its patient is held: until then it may have changed."""
    free = _one_due(pk, state, now).select_for_update(skip_locked=True, of=("self",))
    return free.select_related("watch")


def _one_due(pk: int, state: str, now: datetime) -> QuerySet[CheckIn]:
    return CheckIn.objects.filter(pk=pk, state=state, next_at__lte=now, watch__closed_at=None)
