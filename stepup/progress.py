"""How far a site is with the numbers it set for the next stage: counted from what the service itself recorded.

A dose given at home is one whose protocol gives it there, recorded here as given (one known only from a report is
not counted) and not struck. What nobody recorded here is not in these numbers: people weigh it, and may go back.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q

from monitoring.models import Admission, Escalation, Reaction
from notifications.models import Site
from protocols import staging
from protocols.pathway import Protocol
from protocols.staging import Stage
from stepup import approvals, versions
from stepup.models import AdoptionStage, Dose, VersionChoice

GRAVE = 3
NOBODY_HAD_IT = ("patient told", "nobody told")  # what a case's history says when its patient was to be told
WORDS = {
    "least_given": "doses given at home whose watch has ended",
    "least_patients": "patients among them",
    "least_days": "days since this stage began",
    "most_late_cases": "cases that nobody had when the patient was to be told",
    "most_grave_reactions": "reactions of grade 3 or 4 after a dose at home",
}


@dataclass(frozen=True)
class Count:
    """One thing counted since the stage began, and the number the site set for it, if it set any."""

    field: str
    have: int
    need: int | None

    @property
    def words(self) -> str:
        return WORDS[self.field]

    @property
    def is_limit(self) -> bool:
        """Whether the number is the most that may have happened, not the least."""
        return self.field.startswith("most_")

    @property
    def is_met(self) -> bool:
        """Whether this one lets the next stage open; a number nobody set is in nobody's way."""
        if self.need is None:
            return True
        return self.have <= self.need if self.is_limit else self.have >= self.need

    @property
    def said(self) -> str:
        """The count beside its number, like `4 of 10 doses given at home whose watch has ended`."""
        if self.need is None:
            return f"{self.have} {self.words}"
        if self.is_limit:
            return f"{self.have} {self.words} (at most {self.need})"
        return f"{self.have} of {self.need} {self.words}"


def of(
    site: Site, *, stage: Stage, since: datetime, numbers: AdoptionStage | None, now: datetime
) -> tuple[Count, ...]:
    """Every count since the stage began, each beside its number."""
    doses = _at_home(site, since, now)
    let = [
        dose
        for dose, then in doses.items()
        if dose.confirmed_at is not None
        and dose.watch is not None
        and dose.watch.closed_at is not None
        and dose.watch.closed_at <= now
        and staging.goes_home(stage, staging.place(then, dose.course.regimen, dose.step))
    ]
    zone = ZoneInfo(site.time_zone)
    have = {
        "least_given": len(let),
        "least_patients": len({dose.course.patient_id for dose in let}),
        "least_days": (now.astimezone(zone).date() - since.astimezone(zone).date()).days,
        "most_late_cases": _late_cases(doses, now),
        "most_grave_reactions": _grave_reactions(doses, now),
    }
    return tuple(Count(field, have[field], getattr(numbers, field, None)) for field in WORDS)


def _at_home(site: Site, since: datetime, now: datetime) -> dict[Dose, Protocol]:
    """Doses given since then that the protocol of then gives at home, to patients who were not in hospital."""
    stay = Admission.objects.filter(
        patient=OuterRef("course__patient"), admitted_at__lte=OuterRef("given_at"), mistaken=False
    )
    in_hospital = Exists(stay.filter(Q(discharged_at=None) | Q(discharged_at__gt=OuterRef("given_at"))))
    rows = Dose.objects.filter(
        ~in_hospital, course__site=site, given_at__gte=since, given_at__lte=now, report=None
    ).select_related("course__protocol", "watch")
    moved = set(VersionChoice.objects.filter(course__site=site).values_list("course", flat=True))
    found = {
        dose: approvals.content(
            versions.of_dose(dose, dose.course) if dose.course_id in moved else dose.course.protocol
        )
        for dose in rows
    }
    return {dose: then for dose, then in found.items() if then.pathway.gives_at_home(dose.step)}


def _late_cases(doses: Iterable[Dose], now: datetime) -> int:
    """Cases in the watches of these doses that nobody had taken when the patient was to be told."""
    watches = {dose.watch_id for dose in doses if dose.watch_id is not None}
    late = Escalation.objects.filter(watch__in=watches, events__what__in=NOBODY_HAD_IT, events__at__lte=now)
    return late.distinct().count()


def _grave_reactions(doses: Iterable[Dose], now: datetime) -> int:
    """Reactions of any kind graded 3 or 4 that were noted after a patient's first of these doses."""
    first: dict[int, datetime] = {}
    for dose in doses:
        patient = dose.course.patient_id
        first[patient] = min(first.get(patient, dose.given_at), dose.given_at)
    noted = Reaction.objects.filter(patient__in=first, grade__gte=GRAVE, noted_at__lte=now)
    return sum(noted_at >= first[patient] for patient, noted_at in noted.values_list("patient", "noted_at"))


def asked(numbers: AdoptionStage) -> tuple[str, ...]:
    """The numbers that a decision set, in words."""
    found = []
    for field, words in WORDS.items():
        need = getattr(numbers, field)
        if need is not None:
            found.append(f"{'at most' if field.startswith('most_') else 'at least'} {need} {words}")
    return tuple(found)
