"""Whether a person of the team has spoken with whoever is watched: texts are never the only watch.

What counts: the dose itself, a telephone call in which somebody was spoken with, a case in which the patient was
reached, a grading at the bedside, and this very task done by somebody who says what came of it.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from monitoring import deaths, stays, worklist
from monitoring.models import Assessment, EscalationEvent, PatientEvent, Task, Watch
from notifications.each import each

AT_LEAST_EVERY = timedelta(hours=24)
"""The least a watch has of people. A proposal of ours: no read source names an interval."""

WHAT = "Call: nobody of the team has spoken with them for a day of this watch"


def look_after(*, now: datetime) -> int:
    """Put a call on the list for each watch in which nobody has spoken with the patient for so long; return how many.

    It pages nobody. In hospital the ward sees the patient, and after a reported death the case does.
    """
    watched = Watch.objects.filter(closed_at=None, given_at__lte=now - AT_LEAST_EVERY, ends_at__gt=now)
    alone = watched.exclude(
        Q(patient__in=stays.at(now).values("patient"))
        | Q(patient__in=deaths.all_standing().values("patient"))
    )
    alone = alone.exclude(_spoken_with_since(now - AT_LEAST_EVERY))
    return each(list(alone.values_list("pk", flat=True)), lambda pk: _one(pk, now))


def _spoken_with_since(since: datetime) -> Q:
    """Watches whose patient a person of the team has seen or spoken with since then, or is already to call."""
    theirs = {"patient": OuterRef("patient")}
    calls = Task.objects.filter(what=WHAT, **theirs)
    reached = EscalationEvent.objects.filter(escalation__patient=OuterRef("patient"), what="reached")
    return (
        Q(Exists(calls.filter(done_at=None)))
        | Q(Exists(calls.filter(done_at__gt=since, done_by__isnull=False)))
        | Q(Exists(PatientEvent.objects.filter(what__startswith="spoke with", at__gt=since, **theirs)))
        | Q(Exists(Assessment.objects.filter(at__gt=since, **theirs)))
        | Q(Exists(reached.filter(at__gt=since)))
    )


def _one(pk: int, now: datetime) -> int:
    watch = Watch.objects.select_related("patient__site").get(pk=pk)
    if Task.objects.filter(patient=watch.patient, what=WHAT, done_at=None).exists():
        return 0
    worklist.open_task(
        site=watch.site,
        patient=watch.patient,
        what=WHAT,
        due_at=now + worklist.SAME_DAY,
        pages_when_late=False,
        now=now,
    )
    return 1
