"""Who answers now, who answers next, and the hours nobody covers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max

from notifications import roles
from notifications.models import Clinician, Shift, Site
from protocols.errors import Refusal

RETIRED_AFTER = timedelta(days=14)


@dataclass(frozen=True)
class Gap:
    """A span in which a rung has nobody who can be reached."""

    rung: int
    starts_at: datetime
    ends_at: datetime


def who(site: Site, rung: int, *, now: datetime) -> list[Clinician]:
    """The people on this rung at this moment who are active and have a phone; usually one."""
    on_shift = Shift.objects.filter(site=site, rung=rung, period__contains=now).select_related("clinician")
    return [shift.clinician for shift in on_shift if shift.clinician.is_active and shift.clinician.phone]


def rungs(site: Site, *, now: datetime) -> int:
    """How many rungs the site's list has; at least one, so that a ladder always has a foot.

    A rung nobody has stood on for two weeks, and nobody will, is retired and no longer a gap.
    """
    in_use = Shift.objects.filter(site=site, period__endswith__gte=now - RETIRED_AFTER)
    return max(1, in_use.aggregate(top=Max("rung"))["top"] or 1)


def people_now(site: Site, *, now: datetime) -> list[Shift]:
    """Everyone on shift now, first rung first."""
    return list(Shift.objects.filter(site=site, period__contains=now).select_related("clinician"))


@dataclass(frozen=True)
class Cover:
    """Whoever can be reached on each rung between two moments: read once, asked about many watches."""

    since: datetime
    until: datetime
    rungs: int
    shifts: tuple[Shift, ...]

    def gaps(self, since: datetime, until: datetime) -> list[Gap]:
        """Every span between two moments in which some rung has nobody reachable, per rung in order.

        Outside what was read nobody is known to be reachable, so it is a gap.
        """
        found: list[Gap] = []
        for rung in range(1, self.rungs + 1):
            on_rung = [s for s in self.shifts if s.rung == rung and s.period.upper > since]
            found.extend(_uncovered(rung, [s for s in on_rung if s.period.lower < until], since, until))
        return found


def cover(site: Site, *, since: datetime, until: datetime, now: datetime) -> Cover:
    """The on-call list of a site between two moments, in two queries; `now` says whose ladder it is."""
    span = DateTimeTZRange(since, until)
    shifts = Shift.objects.filter(site=site, period__overlap=span).select_related("clinician")
    reachable = tuple(one for one in shifts if one.clinician.is_active and one.clinician.phone)
    return Cover(since, until, rungs(site, now=now), reachable)


def gaps(site: Site, *, since: datetime, until: datetime, now: datetime | None = None) -> list[Gap]:
    """Every span between `since` and `until` in which some rung has nobody reachable, per rung in order.

    For a span far ahead, `now` says whose ladder it is: a rung in use now is a gap where its list ends, not retired.
    """
    read = cover(site, since=since, until=until, now=since if now is None else now)
    return read.gaps(since, until)


def _uncovered(rung: int, shifts: Sequence[Shift], since: datetime, until: datetime) -> list[Gap]:
    found: list[Gap] = []
    reached = since
    for shift in sorted(shifts, key=lambda one: one.period.lower):
        if shift.period.lower > reached:
            found.append(Gap(rung, reached, shift.period.lower))
        reached = max(reached, shift.period.upper)
    if reached < until:
        found.append(Gap(rung, reached, until))
    return found


def add_shift(
    site: Site, clinician: Clinician, rung: int, *, starts_at: datetime, ends_at: datetime
) -> Shift:
    """Put a clinician of this site on a rung for a span. Overlaps on one rung are refused by the database."""
    if clinician.site_id != site.pk:
        raise Refusal("other-site", "That person belongs to another site and would be paged for strangers.")
    if not roles.may(clinician, "work on a case"):
        raise Refusal(
            "role", f"A {clinician.get_role_display()} cannot take a case, so pages would end with them."
        )
    return Shift.objects.create(
        site=site, clinician=clinician, rung=rung, period=DateTimeTZRange(starts_at, ends_at)
    )
