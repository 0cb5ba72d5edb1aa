"""Check-ins whose moment has come, each locked behind its patient, and what may bear on what is then said."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from monitoring import deaths, kits, quiet, stays
from monitoring.models import CheckIn, Patient
from notifications import written
from notifications.each import each
from notifications.glance import Glance

IN_ONE_TURN = 200


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


@dataclass(frozen=True)
class Due:
    """A check-in whose moment has come when it was looked for, and whose it is."""

    checkin: int
    patient: int


def each_due(late: Iterable[CheckIn], act: Callable[[Due, datetime], int], now: datetime) -> int:
    """Act on every check-in that `with_whose` found, as `each` does; return how many were acted on."""
    whose = {checkin.pk: checkin.watch.patient_id for checkin in late}
    return each(list(whose), lambda pk: act(Due(pk, whose[pk]), now))


def with_whose(late: QuerySet[CheckIn]) -> QuerySet[CheckIn]:
    """As much of check-ins that are due as says whose they are, whoever has waited longest first."""
    longest_first = late.order_by("next_at", "pk")[:IN_ONE_TURN]
    return longest_first.select_related("watch").only("watch", "watch__patient")


def if_due(due: Due, state: str, now: datetime) -> tuple[CheckIn, Set[str]] | None:
    """The check-in, locked behind its patient, and what stands, of STANDS, if it stands in `state` and is due.

    None if somebody is at it.
    """
    patient = _patient_if_free.first(pk=due.patient)
    if patient is None:
        return None
    checkin = _if_free.first(pk=due.checkin, state=state, now=now, patient=due.patient)
    if checkin is None:
        return None
    checkin.watch.patient = patient
    if checkin.watch.site_id == patient.site_id:
        checkin.watch.site = patient.site
    return checkin, STANDS.seen_beside(checkin)


@written.Query
def _patient_if_free(*, pk: int) -> QuerySet[Patient]:
    """The patient with the site, locked as `people.hold_if_free` does."""
    free = Patient.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
    return free.select_related("site").filter(pk=pk)


@written.Beside
def _if_free(*, pk: int, state: str, now: datetime, patient: int) -> QuerySet[CheckIn]:
    """The check-in as it stands once its patient is held, and what stands: until then both may have changed."""
    free = CheckIn.objects.select_for_update(skip_locked=True, of=("self",)).select_related("watch")
    due = free.filter(pk=pk, state=state, next_at__lte=now, watch__closed_at=None)
    return STANDS.beside(due, now, known=(), patient=patient)
