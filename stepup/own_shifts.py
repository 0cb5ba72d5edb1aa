"""One clinician's own on call: their hours, offers to and from colleagues, time off, and cases to accept."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from monitoring import changeover
from notifications import oncall, overrides, roles
from notifications.models import Asked, Clinician, Site, Swap, TimeOff

SHOWN = timedelta(days=28)


@dataclass(frozen=True)
class Off:
    """Time off to come, and the stints of it that nobody has been put on yet."""

    row: TimeOff
    uncovered: tuple[oncall.Stint, ...]
    may_end: bool


@dataclass(frozen=True)
class Own:
    """Everything on one page. `waiting` are cases to accept, and none unless this clinician is on call now."""

    stints: tuple[oncall.Stint, ...]
    others: tuple[oncall.Stint, ...]
    is_on_now: bool
    waiting: tuple[changeover.Waiting, ...]
    to_answer: QuerySet[Swap]
    offered: QuerySet[Swap]


def of(clinician: Clinician, *, now: datetime) -> Own:
    """The coming four weeks of one clinician, and of colleagues whose hours could be asked for."""
    read = oncall.stints(clinician.site, since=now, until=now + SHOWN)
    mine = tuple(sorted((s for s in read if s.clinician == clinician), key=lambda one: one.starts_at))
    theirs = (s for s in read if s.clinician != clinician)
    is_on_now = any(one.starts_at <= now for one in mine)
    swaps = Swap.objects.filter(state=Swap.State.OFFERED, period__startswith__gt=now)
    swaps = swaps.select_related("offered_by", "offered_to").prefetch_related("asked__clinician")
    asked = Asked.objects.filter(clinician=clinician, declined_at=None)
    return Own(
        stints=mine,
        others=tuple(sorted(theirs, key=lambda one: one.starts_at)),
        is_on_now=is_on_now,
        waiting=tuple(changeover.waiting(clinician.site, now=now)) if is_on_now else (),
        to_answer=swaps.filter(Q(offered_to=clinician) | Q(pk__in=asked.values("swap"))),
        offered=swaps.filter(offered_by=clinician),
    )


def time_off(site: Site, *, to: Clinician, now: datetime) -> tuple[Off, ...]:
    """Time off under way and to come, as `to` may see and take it back."""
    keeps = roles.may(to, "change who is on call")
    rows = TimeOff.objects.filter(site=site, ended_at=None, period__endswith__gt=now).select_related(
        "clinician", "site"
    )
    seen = rows if keeps else rows.filter(Q(clinician=to))
    return tuple(Off(row, _uncovered(row, now), keeps or row.clinician_id == to.pk) for row in seen)


def _uncovered(row: TimeOff, now: datetime) -> tuple[oncall.Stint, ...]:
    return tuple(one for one in overrides.opened(row) if one.ends_at > now)
