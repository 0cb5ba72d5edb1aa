"""What being on call asks of each person of a site: what was, what is to come, how often they were paged."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from monitoring.models import Page
from notifications import oncall
from notifications.models import Clinician, Site
from protocols import duty

SPAN = timedelta(weeks=12)  # long enough that weekly turns of many even out


@dataclass(frozen=True)
class Line:
    """One person: the weeks that were, the weeks to come, and the pages of those that were.

    `over` is by how much they have more than an equal share of both together, where that is worth a word; `alone` are
    the rungs that nobody shares with them.
    """

    clinician: Clinician
    was: duty.Duty
    will_be: duty.Duty
    pages: int
    pages_at_night: int
    over: timedelta | None
    alone: tuple[int, ...]


def lines(site: Site, *, now: datetime) -> tuple[Line, ...]:
    """Everybody who was on call or paged in the last twelve weeks or will be on call in the next, by name."""
    read = oncall.read(site, since=now - SPAN, until=now + SPAN)
    before, after = (read.rota.stints(*span) for span in ((now - SPAN, now), (now, now + SPAN)))
    was, will_be = (duty.of(stints, site.time_zone) for stints in (before, after))
    over, alone = duty.over_share([*before, *after]), duty.alone([*before, *after])
    pages = _pages(site, now)
    people = Clinician.objects.filter(pk__in=was.keys() | will_be.keys() | pages.keys()).order_by(
        "name", "pk"
    )
    return tuple(
        Line(
            clinician=one,
            was=was.get(one.pk, duty.Duty()),
            will_be=will_be.get(one.pk, duty.Duty()),
            pages=len(pages.get(one.pk, [])),
            pages_at_night=sum(duty.is_at_night(at, site.time_zone) for at in pages.get(one.pk, [])),
            over=over.get(one.pk),
            alone=tuple(sorted(rung for rung, who in alone.items() if who == one.pk)),
        )
        for one in people
    )


def _pages(site: Site, now: datetime) -> dict[int, list[datetime]]:
    """When each person was paged in the weeks that were."""
    found: dict[int, list[datetime]] = {}
    rows = Page.objects.filter(escalation__site=site, at__gt=now - SPAN, at__lte=now)
    for clinician, at in rows.values_list("clinician", "at"):
        found.setdefault(clinician, []).append(at)
    return found
