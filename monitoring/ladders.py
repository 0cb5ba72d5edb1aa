"""Who stands on each rung of a ladder at one moment. Read whenever somebody is paged; nothing is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitoring.models import Watch
from monitoring.rules import WatchRules
from notifications import oncall
from notifications.models import Clinician, Site
from protocols import ladder
from protocols.ladder import Rung

PERSON = oncall.PERSON


@dataclass(frozen=True)
class Standing:
    """One rung, its number in the climb, and everybody it calls who can be reached."""

    number: int
    rung: Rung
    people: tuple[Clinician, ...]


def at(site: Site, rungs: Sequence[Rung], *, now: datetime) -> tuple[Standing, ...]:
    """The ladder of this site at `now`, the places of its on-call list that no rung names after the last one."""
    places = oncall.rungs(site, now=now)
    climbed = ladder.whole(rungs, places=places)
    named = {place for rung in climbed for place in rung.places}
    found = oncall.who_each(site, now=now)
    on_call = {place: found.get(place, []) for place in sorted(named | set(range(1, places + 1)))}
    return tuple(
        Standing(number, rung, _people(site, rung, on_call, now))
        for number, rung in enumerate(climbed, start=1)
    )


def in_use(site: Site) -> tuple[tuple[Rung, ...], ...]:
    """The signed ladders of the watches that are open at a site, once each."""
    frozen = Watch.objects.filter(site=site, closed_at=None).values_list("rules", flat=True).distinct()
    return tuple(dict.fromkeys(WatchRules.thaw(rules).ladder for rules in frozen))


def next_step(standing: Sequence[Standing], *, urgency: str, round_: int, rung: int) -> ladder.Step:
    """Which rung a case of this urgency calls after `rung` of that round."""
    staffed = [one.number for one in standing if one.people]
    not_called = [one.number for one in standing if not one.rung.is_called(urgency)]
    return ladder.next_step(round_, rung, staffed, top=len(standing), not_called=not_called)


def _people(
    site: Site, rung: Rung, on_call: dict[int, list[Clinician]], now: datetime
) -> tuple[Clinician, ...]:
    """Everybody the rung calls, once each, in its own order."""
    found: dict[int, Clinician] = {}
    for call in rung.calls:
        for person in _called(site, call, on_call, now):
            found.setdefault(person.pk, person)
    return tuple(found.values())


def _called(site: Site, call: str, on_call: dict[int, list[Clinician]], now: datetime) -> list[Clinician]:
    if call.startswith("on call "):
        return on_call[int(call.removeprefix("on call "))]
    if call.startswith(PERSON):
        return oncall.named(site, [call.removeprefix(PERSON)], now=now)
    return [person for people in on_call.values() for person in people if person.role == call]
