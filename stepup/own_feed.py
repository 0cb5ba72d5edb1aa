"""What stands in one clinician's calendar feed: when they are on call, and on which rung. Nobody else is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.urls import reverse

from notifications import oncall
from notifications.models import AuditEntry, Clinician, Override, TimeOff
from protocols import rotas
from stepup.feeds import AHEAD, BACK, Event

# A turn or shift is shown whole wherever it began, so the list is read further than it is shown.
FURTHER = timedelta(days=62)


def of_clinician(clinician: Clinician, *, now: datetime) -> list[Event]:
    """Turns, shifts and overrides of one clinician around `now`.

    The edges of what is read stand still for a month, so that the same facts are the same text.
    """
    since, until = _month(now - BACK) - FURTHER, _month(now + AHEAD) + FURTHER
    read = oncall.stints(clinician.site, since=since, until=until)
    mine = sorted(
        (one for one in read if one.clinician == clinician), key=lambda one: (one.kind, one.id, one.starts_at)
    )
    changes = _changes(clinician, mine)
    events: list[Event] = []
    for _, parts in groupby(mine, key=lambda one: (one.kind, one.id)):
        for number, one in enumerate(parts):
            if one.ends_at >= now - BACK and one.starts_at <= now + AHEAD:
                events.append(_event(one, number, changes(one)))
    return events


def _event(one: oncall.Stint, number: int, changed: Sequence[datetime]) -> Event:
    """A turn is known by its start, as a rotation has many; so is the second part of what an override cut in two."""
    is_one_of_many = one.kind == rotas.ROTATION or number > 0
    start = f"-{one.starts_at:%Y%m%dT%H%M%SZ}" if is_one_of_many else ""
    return Event(
        uid=f"{one.kind}-{one.id}{start}",
        stamp=changed[-1] if changed else one.starts_at,
        start=one.starts_at,
        end=one.ends_at,
        title=f"On call, rung {one.rung}",
        path=reverse("on-call"),
        sequence=max(0, len(changed) - 1),
    )


@dataclass(frozen=True)
class _Changes:
    """When each stint may have changed: its own lines in the ledger, and whatever was laid over it since."""

    lines: dict[str, list[datetime]]
    over: dict[int, list[datetime]]
    off: list[datetime]

    def __call__(self, one: oncall.Stint) -> list[datetime]:
        """In order of time."""
        own = self.lines.get(f"{one.kind}:{one.id}", [])
        over = self.over.get(one.rung, []) if one.kind != rotas.OVERRIDE else []
        since = own[0] if own else datetime.min.replace(tzinfo=one.starts_at.tzinfo)
        return sorted([*own, *(at for at in (*over, *self.off) if at > since)])


def _changes(clinician: Clinician, mine: Sequence[oncall.Stint]) -> _Changes:
    lines: dict[str, list[datetime]] = {}
    found = AuditEntry.objects.filter(
        site=clinician.site, subject__in={f"{one.kind}:{one.id}" for one in mine}
    )
    for line in found.order_by("at"):
        lines.setdefault(line.subject, []).append(line.at)
    over: dict[int, list[datetime]] = {}
    for row in Override.objects.filter(site=clinician.site):
        over.setdefault(row.rung, []).extend(_moments(row))
    off = TimeOff.objects.filter(clinician=clinician)
    return _Changes(lines, over, [at for row in off for at in _moments(row)])


def _moments(row: Override | TimeOff) -> list[datetime]:
    return [at for at in (row.made_at, row.ended_at) if at is not None]


def _month(at: datetime) -> datetime:
    return at.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
