"""A number nobody registered: whom its words may be about, for a person to decide. Nothing is joined by itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from monitoring.models import Patient, Reply, Watch
from monitoring.rules import DEFAULT, WatchRules
from notifications.models import Site

READ_WITHIN = timedelta(hours=1)
SHORTEST = 3  # letters of a name that mean something; a Chinese name has two characters
MOST = 5
LATIN = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Possible:
    """Somebody whose own name, or whose caregiver's, stands in the words of a stranger. Never more than a guess."""

    patient: Patient
    named: str
    whose: str
    watch: Watch | None


def possible(site: Site, words: Iterable[str]) -> list[Possible]:
    """The site's patients whose name, or whose caregiver's name, is in the words; whoever is watched comes first."""
    said = " ".join(words).casefold()
    spoken = set(LATIN.findall(said))
    watches = {watch.patient_id: watch for watch in Watch.objects.filter(site=site, closed_at=None)}
    found = []
    for patient in Patient.objects.filter(site=site, is_active=True).order_by("name", "pk"):
        for name, whose in ((patient.name, "the patient"), (patient.caregiver_name, "the caregiver")):
            named = _named(name, said, spoken)
            if named:
                found.append(Possible(patient, named, whose, watches.get(patient.pk)))
                break
    return sorted(found, key=lambda one: (one.watch is None, -len(one.named)))[:MOST]


def _named(name: str, said: str, spoken: set[str]) -> str:
    """The parts of a name that were said, as the record writes them."""
    parts = [part for part in LATIN.findall(name) if part.casefold() in spoken and len(part) >= SHORTEST]
    if not parts and not name.isascii() and len(name) > 1 and name.casefold() in said:
        parts = [name]
    return " ".join(parts)


def read_within(reply: Reply) -> timedelta:
    """How soon a stranger's text must be read: within the minutes of a watch when its words name somebody watched."""
    watched = [one.watch for one in possible(reply.site, [reply.body]) if one.watch is not None]
    minutes = [WatchRules.thaw(watch.rules).clarify for watch in watched]
    return timedelta(minutes=min(minutes, default=DEFAULT.clarify)) if watched else READ_WITHIN
