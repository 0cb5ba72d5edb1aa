"""The monitored hours after a dose: open from the time it was recorded as given, close only with nothing open."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext as _

from monitoring import closer, deaths, escalations, people, stays, texts, unread
from monitoring.models import CheckIn, ClinicianText, Patient, Reaction, Task, Watch
from monitoring.rules import WatchRules
from notifications import once, written
from notifications.each import each
from notifications.glance import NOON, Glance
from notifications.models import Lane
from protocols.errors import Refusal

GAP = "the dose was recorded after this hour had passed"
MOVED = "the dose was corrected, and the hours with it"


@dataclass(frozen=True)
class Due:
    """One check-in to come: when, how many elapsed hours after the dose, and what to ask."""

    due_at: datetime
    hour: Decimal
    ask: tuple[str, ...]


@transaction.atomic
def open_(
    patient: Patient,
    *,
    drug: str,
    step: str,
    protocol: str,
    rules: WatchRules,
    given_at: datetime,
    ends_at: datetime,
    times: Sequence[Due],
    now: datetime,
) -> Watch:
    """Open the watch of a dose given at `given_at`; any watch still open from the dose before gives way to it.

    Recorded late, it opens late: hours already past are kept as missed, and the newest of them is asked at once.
    """
    people.hold(patient.pk)
    for before in _held.rows(patient=patient.pk):
        _close(before, "the watch of the next dose took over", now=now)
    watch = once.add(
        Watch,
        site=patient.site,
        patient=patient,
        drug=drug,
        step=step,
        protocol=protocol,
        rules=rules.freeze(),
        given_at=given_at,
        opened_at=now,
        ends_at=ends_at,
    )
    _lay_out(watch, times, now)
    unread.hurry(watch, now=now)
    if stays.resting(patient.pk, now=now) is None:
        say_opened(watch, now=now)
    return watch


@written.Query
def _held(*, patient: int) -> QuerySet[Watch]:
    """The patient's open watch, locked."""
    return Watch.objects.select_for_update().filter(patient=patient, closed_at=None)


def say_opened(watch: Watch, *, now: datetime) -> None:
    """Tell the patient that check-ins have begun: once, and not before anybody is asked at home."""
    texts.to_patient(
        watch.patient,
        "watch.opened",
        key=f"watch.opened:{watch.pk}",
        lane=Lane.CHECKIN,
        now=now,
        facts={"end_time": texts.day_and_time(watch.patient, watch.ends_at)},
    )


def _lay_out(watch: Watch, times: Sequence[Due], now: datetime) -> None:
    """Every check-in of the watch; of the hours already past the newest is asked at once, the others are gaps."""
    past = [due for due in times if due.due_at <= now]
    ask_now = past[-1] if past and watch.ends_at > now else None
    once.add_each(_checkin(watch, due, now, gap=due in past and due is not ask_now) for due in times)


def _checkin(watch: Watch, due: Due, now: datetime, *, gap: bool) -> CheckIn:
    facts = {"watch": watch, "due_at": due.due_at, "hour": due.hour, "ask": list(due.ask)}
    if gap:
        return CheckIn(**facts, state=CheckIn.State.MISSED, ended_at=now, ended_why=GAP)
    return CheckIn(**facts, next_at=max(due.due_at, now))


@transaction.atomic
def move(
    watch_id: int, *, step: str, given_at: datetime, ends_at: datetime, times: Sequence[Due], now: datetime
) -> None:
    """The dose of an open watch was corrected: its check-ins to come follow the corrected time and step.

    What was asked stays as it is, an open question included. Of the hours that are past by the corrected time and
    after the last question, the newest is asked at once and the others are gaps.
    """
    patient = people.hold(Watch.objects.values_list("patient", flat=True).get(pk=watch_id))
    watch = Watch.objects.select_for_update().get(pk=watch_id)
    was_until = watch.ends_at
    watch.checkins.filter(state=CheckIn.State.WAITING, extra=False).update(
        state=CheckIn.State.CANCELLED, next_at=None, ended_at=now, ended_why=MOVED
    )
    watch.step, watch.given_at, watch.ends_at = step, given_at, ends_at
    # Recorded before it was given: the watch cannot have been open before its dose.
    watch.opened_at = max(watch.opened_at, given_at)
    watch.save(update_fields=["step", "given_at", "ends_at", "opened_at"])
    asked_at = watch.checkins.aggregate(newest=Max("question_at"))["newest"]
    to_come = [due for due in times if asked_at is None or due.due_at > asked_at]
    past = [due for due in to_come if due.due_at <= now]
    once.add_each(_checkin(watch, due, now, gap=due in past[:-1]) for due in to_come)
    if ends_at != was_until and ends_at > now:
        texts.to_patient(
            patient,
            "watch.opened",
            key=f"watch.moved:{watch.pk}:{now.timestamp():.6f}",
            lane=Lane.CHECKIN,
            now=now,
            facts={"end_time": texts.day_and_time(patient, ends_at)},
        )


@transaction.atomic
def end_without_dose(watch_id: int, *, why: str, now: datetime) -> None:
    """End a watch that has no dose any more. Refused while anything in it still needs somebody."""
    patient = people.hold(Watch.objects.values_list("patient", flat=True).get(pk=watch_id))
    watch = Watch.objects.select_for_update().get(pk=watch_id)
    if watch.closed_at is not None:
        raise Refusal("watch-ended", _("This watch has ended already."))
    if (
        Reaction.objects.filter(patient=patient, over_at=None).exists()
        or escalations.unresolved(patient) is not None
        or Task.objects.filter(patient=patient, done_at=None, pages_when_late=True).exists()
        or watch.checkins.filter(state=CheckIn.State.ASKED).exists()
        or stays.of(patient) is not None
    ):
        raise Refusal(
            "watch-needs-somebody",
            _(
                "A case, a reaction, a task, a question to the patient or a stay in hospital is still open."
                " Settle it first."
            ),
        )
    _close(watch, why[:120], now=now)
    texts.to_patient(patient, "watch.ended", key=f"watch.ended:{watch.pk}", lane=Lane.CHECKIN, now=now)


def current(patient: Patient) -> Watch | None:
    """The patient's open watch, if there is one."""
    return open_of.first(patient_id=patient.pk)


@written.Query
def open_of(patient_id: int) -> QuerySet[Watch]:
    """The patient's open watch: one at most."""
    return Watch.objects.filter(patient=patient_id, closed_at=None)


def ended(*, now: datetime) -> QuerySet[Watch]:
    """Open watches whose end has come."""
    return Watch.objects.filter(closed_at=None, ends_at__lte=now)


def close_due(*, now: datetime) -> int:
    """Close watches that have come to their end with nothing open; return how many."""
    return each(list(ended(now=now).values_list("pk", flat=True)), lambda pk: _close_one(pk, now))


@transaction.atomic
def _close_one(pk: int, now: datetime) -> int:
    patient_id = Watch.objects.filter(pk=pk).values_list("patient", flat=True).get()
    if not people.hold_if_free(patient_id):
        return 0
    watch = Watch.objects.select_for_update(skip_locked=True).filter(pk=pk, closed_at=None).first()
    if watch is None or (something_open(watch) and not _is_over_by_death(watch)):
        return 0
    _close(watch, "the hours are over and nothing is open", now=now)
    texts.to_patient(watch.patient, "watch.ended", key=f"watch.ended:{watch.pk}", lane=Lane.CHECKIN, now=now)
    return 1


def _is_over_by_death(watch: Watch) -> bool:
    """After a death that somebody recorded only a case and a task keep a watch open: no reaction ends any more."""
    return (
        deaths.is_known(watch.patient_id)
        and escalations.unresolved(watch.patient) is None
        and not Task.objects.filter(patient=watch.patient, done_at=None).exists()
    )


def something_open(watch: Watch) -> bool:
    """Whether a case, a reaction, a task, a check-in, closer questions, a stay or a clinician's text needs somebody."""
    return bool(HOLDS.at(NOON, watch=watch.pk, patient=watch.patient_id))


HOLDS = Glance(
    {
        "closer questions": (lambda *, watch, **_: closer.going_on(watch_id=watch),),
        "reaction": (lambda *, patient, **_: Reaction.objects.filter(patient=patient, over_at=None),),
        "case": (lambda *, patient, **_: escalations.open_cases().filter(patient=patient),),
        "task": (lambda *, patient, **_: Task.objects.filter(patient=patient, done_at=None),),
        "check-in": (lambda *, watch, **_: CheckIn.objects.filter(watch=watch, state__in=CheckIn.OPEN),),
        "stay": (lambda *, patient, **_: stays.not_ended(patient=patient),),
        "quiet": (lambda *, patient, **_: ClinicianText.objects.filter(patient=patient, quiet_over_at=None),),
    },
    watch=-1,
    patient=-2,
)
"""What keeps a watch open, by name. None of it asks what time it is."""


def _close(watch: Watch, why: str, *, now: datetime) -> None:
    _cancel(watch=watch.pk, why=why, now=now)
    _end(watch=watch.pk, why=why, now=now)


@written.Update
def _cancel(*, watch: int, why: str, now: datetime) -> tuple[QuerySet[CheckIn], dict[str, Any]]:
    """Ask nothing more of a watch, what is asked now included."""
    cancelled = {"state": CheckIn.State.CANCELLED, "next_at": None, "ended_at": now, "ended_why": why}
    return CheckIn.objects.filter(watch=watch, state__in=CheckIn.OPEN), cancelled


@written.Update
def _end(*, watch: int, why: str, now: datetime) -> tuple[QuerySet[Watch], dict[str, Any]]:
    """Close a watch that is open still."""
    return Watch.objects.filter(pk=watch, closed_at=None), {"closed_at": now, "closed_why": why}
