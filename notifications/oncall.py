"""Who answers now, who answers next, and the hours nobody covers: from rotations, shifts, overrides and time off.

Nothing here is kept: each question reads the rows and asks `protocols.rotas`, which alone decides who goes before whom.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.contrib.postgres.fields import DateTimeRangeField
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, Func, QuerySet, Value, prefetch_related_objects
from django.utils.translation import gettext as _

from notifications import roles, written
from notifications.glance import NOON, Glance
from notifications.models import Clinician, Override, Rotation, RungRule, Shift, Site, TimeOff
from protocols import rotas
from protocols.errors import Refusal
from protocols.ladder import Rung
from protocols.rotas import Gap

__all__ = ["Gap"]

RETIRED_AFTER = timedelta(days=14)
LOOK_AHEAD = timedelta(days=14)
PERSON = "person:"
INSTANT = timedelta(microseconds=1)
A_YEAR = timedelta(days=366)
Ladders = Iterable[Sequence[Rung]]


@dataclass(frozen=True)
class Stint:
    """One clinician on one rung for a span, and what says so: `kind` and `id` name the row.

    `role` is whose place the rung is, where the site says so.
    """

    rung: int
    clinician: Clinician
    starts_at: datetime
    ends_at: datetime
    kind: str
    id: int
    role: str = ""

    @property
    def can_be_reached(self) -> bool:
        """Whether a page would reach somebody who may take the case, and whose place the rung is."""
        one = self.clinician  # their role may have changed since they were put here
        return bool(one.phone) and roles.may(one, "work on a case") and self.role in {"", one.role}


@dataclass(frozen=True)
class Booked:
    """A span in which one clinician stands on two rungs, so that the second call reaches nobody new."""

    clinician: Clinician
    rungs: tuple[int, int]
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class Reading:
    """The on-call list of a site between two moments, read once."""

    rota: rotas.Rota
    people: dict[int, Clinician]
    roles: dict[int, str]

    def stints(self, since: datetime, until: datetime) -> list[Stint]:
        """Everybody on call between two moments, by rung and time, whether they can be reached or not."""
        return [self._named(one) for one in self.rota.stints(since, until)]

    def doubles(self, since: datetime, until: datetime) -> list[Booked]:
        """Every span in which somebody stands on two rungs."""
        return [
            Booked(self.people[one.person], one.rungs, one.starts_at, one.ends_at)
            for one in rotas.doubles(self.rota.stints(since, until))
        ]

    def away(self, clinician: Clinician, since: datetime, until: datetime) -> list[Stint]:
        """The stints this clinician, away between two moments, is named for in them: each opened a gap."""
        at_work = rotas.Rota(self.rota.rotations, self.rota.fixed).stints(since, until)
        return [self._named(one) for one in at_work if one.person == clinician.pk]

    def coming(self, places: int) -> tuple[tuple[int, datetime], ...]:
        """The rungs above those the list has now, and from when on rotations to come put them there."""
        begins: dict[int, datetime] = {}
        for one in self.rota.rotations:
            if one.until != one.since:  # one that was ended before it began brings nothing
                for rung in range(places + 1, one.rung + 1):
                    begins[rung] = min(one.since, begins.get(rung, one.since))
        return tuple(sorted(begins.items()))

    def _named(self, one: rotas.Stint) -> Stint:
        role = self.roles.get(one.rung, "")
        return Stint(one.rung, self.people[one.person], one.starts_at, one.ends_at, one.kind, one.id, role)


def read(site: Site, *, since: datetime, until: datetime) -> Reading:
    """Everything that says who is on call between two moments, in two to seven queries: few lists have all there is."""
    span: dict[str, Any] = {"site": site.pk, "since": since, "until": until}
    people: dict[int, Clinician] = {}
    says = SAYS.at(since, site=site.pk, until=until)
    rotations = _rotations.rows(**span) if "rotations" in says else []
    prefetch_related_objects(rotations, "turns__clinician")
    for rotation in rotations:
        people.update({turn.clinician_id: turn.clinician for turn in rotation.turns.all()})
    overrides = _overrides.rows(**span) if "overrides" in says else []
    fixed: list[rotas.Stint] = []
    for by_hand, kind in ((overrides, rotas.OVERRIDE), (_shifts.rows(**span), rotas.SHIFT)):
        for row in by_hand:
            people[row.clinician_id] = row.clinician
            period = row.period
            fixed.append(rotas.Stint(row.rung, row.clinician_id, period.lower, period.upper, kind, row.pk))
    off = _time_off.rows(**span) if "time off" in says else []
    away = tuple(rotas.Away(one.clinician_id, one.period.lower, one.period.upper) for one in off)
    rota = rotas.Rota(tuple(one.plain() for one in rotations), tuple(fixed), away)
    whose = {rung: rule.role for rung, rule in rules(site).items()} if "whose a rung is" in says else {}
    return Reading(rota, people, whose)


@written.Query
def _rotations(*, site: int, since: datetime, until: datetime) -> QuerySet[Rotation]:
    """Rotations that speak at some moment of a span."""
    return Rotation.objects.filter(site=site, since__lt=until).exclude(until__lte=since)


@written.Query
def _overrides(*, site: int, since: datetime, until: datetime) -> QuerySet[Override]:
    """Overrides that meet a span, with the person."""
    met = Override.objects.filter(site=site, period__overlap=_span(since, until))
    return met.select_related("clinician")


@written.Query
def _shifts(*, site: int, since: datetime, until: datetime) -> QuerySet[Shift]:
    """Shifts that meet a span, with the person."""
    return Shift.objects.filter(site=site, period__overlap=_span(since, until)).select_related("clinician")


@written.Query
def _time_off(*, site: int, since: datetime, until: datetime) -> QuerySet[TimeOff]:
    """Time off that meets a span."""
    return TimeOff.objects.filter(site=site, period__overlap=_span(since, until))


@written.Query
def _rules(*, site: int) -> QuerySet[RungRule]:
    """Whatever the site ever said of its rungs, oldest first."""
    return RungRule.objects.filter(site=site).order_by("pk")


def _span(since: datetime, until: datetime) -> Func:
    """From `since`, included, until `until`, not included, as a range the database makes."""
    return Func(
        Value(since), Value(until), function="tstzrange", output_field=DateTimeRangeField(default_bounds="[)")
    )


SAYS = Glance(
    {
        "rotations": (lambda *, now, site, until: _rotations(site=site, since=now, until=until),),
        "overrides": (lambda *, now, site, until: _overrides(site=site, since=now, until=until),),
        "time off": (lambda *, now, site, until: _time_off(site=site, since=now, until=until),),
        "whose a rung is": (lambda *, now, site, until: _rules(site=site),),
    },
    site=-1,
    until=NOON + A_YEAR,
)
"""Which rows besides shifts say who is on call, and who may be, between a moment and `until`."""


def stints(site: Site, *, since: datetime, until: datetime) -> list[Stint]:
    """Everybody on call between two moments, by rung and time, whether they can be reached or not."""
    return read(site, since=since, until=until).stints(since, until)


def goes_on_until(one: Stint) -> datetime | None:
    """When a stint that was read only so far really ends; None where no end is in sight for a year."""
    site, end = one.clinician.site, one.ends_at
    for later in stints(site, since=end - INSTANT, until=end + A_YEAR):
        if (later.rung, later.clinician.pk) == (one.rung, one.clinician.pk) and later.starts_at <= end:
            end = max(end, later.ends_at)
    return end if end < one.ends_at + A_YEAR else None


def who(site: Site, rung: int, *, now: datetime) -> list[Clinician]:
    """The people on this rung at this moment who can be reached; usually one."""
    return who_each(site, now=now).get(rung, [])


def who_each(site: Site, *, now: datetime) -> dict[int, list[Clinician]]:
    """The same of every rung that has somebody, read once."""
    found: dict[int, list[Clinician]] = {}
    for one in people_now(site, now=now):
        if one.can_be_reached:
            found.setdefault(one.rung, []).append(one.clinician)
    return found


def people_now(site: Site, *, now: datetime) -> list[Stint]:
    """Everyone on call now, first rung first; their spans are cut to this moment."""
    return stints(site, since=now, until=now + INSTANT)


def rungs(site: Site, *, now: datetime) -> int:
    """How many rungs the site's list has; at least one, so that a ladder always has a foot.

    A rung nobody has stood on for two weeks, and nobody will, is retired and no longer a gap. One that a rotation
    brings later is there from its beginning on.
    """
    highest = _by_rung.first(site=site.pk, since=now - RETIRED_AFTER, now=now)
    return max(1, highest.rung) if highest is not None else 1


@written.Query
def _by_rung(*, site: int, since: datetime, now: datetime) -> QuerySet[Shift]:
    """Of shifts, overrides and rotations begun that end at a moment or later, or never, the highest of each kind.

    Whatever it is, it comes as a shift of which only the rung was read.
    """
    shifts, overrides = (
        rows.objects.filter(site=site, period__endswith__gte=since) for rows in (Shift, Override)
    )
    # One that was ended before it began never spoke: nobody ever stood on its rung.
    rotations = Rotation.objects.filter(site=site, since__lte=now)
    rotations = rotations.exclude(until__lt=since).exclude(until=F("since"))
    highest, *others = (rows.order_by("-rung").only("rung")[:1] for rows in (shifts, overrides, rotations))
    return cast("QuerySet[Shift]", highest).union(*others, all=True).order_by("-rung")


@dataclass(frozen=True)
class Wanted:
    """A rung of a signed ladder that calls a role, people by their names, or a place the site's own list does not have.

    `present` are the spans, as far as was read, in which somebody it names can be paged: whenever they are not away.
    """

    number: int
    calls: tuple[str, ...]
    present: tuple[tuple[datetime, datetime], ...] = ()

    def gaps(self, read: Sequence[Stint], since: datetime, until: datetime) -> list[Gap]:
        """Every span in which nobody it calls can be reached."""
        mine = [*self.present, *((one.starts_at, one.ends_at) for one in read if self._is_called(one))]
        return [
            Gap(self.number, a, b, ", ".join(self.calls)) for a, b in rotas.without([(since, until)], mine)
        ]

    def _is_called(self, one: Stint) -> bool:
        return f"on call {one.rung}" in self.calls or one.clinician.role in self.calls


def named(site: Site, usernames: Iterable[str], *, now: datetime | None = None) -> list[Clinician]:
    """Those of these names who can be paged and may take a case; at `now`, only whoever is not away then."""
    able = site.clinicians.filter(username__in=usernames, is_active=True).exclude(phone="")
    if now is not None:
        able = able.exclude(time_off__period__contains=now)
    # Somebody who could not take the case is not called for it: pages would end with them.
    return [one for one in able if roles.may(one, "work on a case")]


def wanted(
    site: Site, ladders: Ladders, *, places: int, since: datetime, until: datetime
) -> tuple[Wanted, ...]:
    """What these ladders call between two moments besides the places the list has, once each.

    A place that only a ladder names was signed for: while nobody is on the list there, the case would go past it.
    """
    found: dict[tuple[int, tuple[str, ...]], Wanted] = {}
    for rungs_ in ladders:
        for number, rung in enumerate(rungs_, start=1):
            if len(rung.places) < len(rung.calls) or max(rung.places) > places:
                people = [one.removeprefix(PERSON) for one in rung.calls if one.startswith(PERSON)]
                present = _present(site, people, since, until) if people else ()
                found.setdefault((number, rung.calls), Wanted(number, rung.calls, present))
    return tuple(found.values())


def _present(
    site: Site, usernames: Iterable[str], since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], ...]:
    """The spans between two moments in which any one of these people can be paged."""
    off = _time_off.rows(site=site.pk, since=since, until=until)
    away = [(one.clinician_id, (one.period.lower, one.period.upper)) for one in off]
    return tuple(
        span
        for person in named(site, usernames)
        for span in rotas.without([(since, until)], [when for who_, when in away if who_ == person.pk])
    )


@dataclass(frozen=True)
class Cover:
    """Whoever can be reached on each rung between two moments: read once, asked about many watches.

    `coming` are rungs that the list does not have yet, each with its beginning: before it, it is no gap.
    """

    since: datetime
    until: datetime
    rungs: int
    stints: tuple[Stint, ...]
    wanted: tuple[Wanted, ...] = ()
    coming: tuple[tuple[int, datetime], ...] = ()

    def gaps(self, since: datetime, until: datetime) -> list[Gap]:
        """Every span between two moments in which some rung has nobody reachable, per rung in order.

        Outside what was read nobody is known to be reachable, so it is a gap. Rungs that only a signed ladder has
        follow those of the list.
        """
        listed = _gaps(self.stints, range(1, self.rungs + 1), since, until)
        signed = {one.calls for one in self.wanted}
        for rung, begins in self.coming:
            if (f"on call {rung}",) not in signed and begins < until:
                listed += _gaps(self.stints, [rung], max(since, begins), until)
        return [*listed, *(gap for one in self.wanted for gap in one.gaps(self.stints, since, until))]


def cover(site: Site, *, since: datetime, until: datetime, now: datetime, ladders: Ladders = ()) -> Cover:
    """The on-call list of a site between two moments; `now` says whose rungs it has, `ladders` what is signed."""
    return covered_by(
        read(site, since=since, until=until), site, since=since, until=until, now=now, ladders=ladders
    )


def covered_by(
    listed: Reading, site: Site, *, since: datetime, until: datetime, now: datetime, ladders: Ladders = ()
) -> Cover:
    """The same of a list that was read already."""
    reachable = tuple(one for one in listed.stints(since, until) if one.can_be_reached)
    top = rungs(site, now=now)
    signed = wanted(site, ladders, places=top, since=since, until=until)
    return Cover(since, until, top, reachable, signed, listed.coming(top))


def gaps(
    site: Site, *, since: datetime, until: datetime, now: datetime | None = None, ladders: Ladders = ()
) -> list[Gap]:
    """Every span between `since` and `until` in which some rung has nobody reachable, per rung in order.

    For a span far ahead, `now` says whose ladder it is: a rung in use now is a gap where its list ends, not retired.
    """
    read = cover(site, since=since, until=until, now=since if now is None else now, ladders=ladders)
    return read.gaps(since, until)


def _gaps(read: Sequence[Stint], rungs_: Iterable[int], since: datetime, until: datetime) -> list[Gap]:
    taken = [rotas.Stint(s.rung, s.clinician.pk, s.starts_at, s.ends_at, s.kind, s.id) for s in read]
    return rotas.gaps(taken, rungs_, since, until)


def rules(site: Site) -> dict[int, RungRule]:
    """What the site says of each rung, by its number; the newest row of each counts."""
    return {row.rung: row for row in _rules.rows(site=site.pk)}


def check_able(site: Site, clinician: Clinician, rung: int) -> None:
    """Refuse whoever pages would be lost on: of another site, of a role that takes no cases, or not of this rung's."""
    if clinician.site_id != site.pk:
        raise Refusal(
            "other-site", _("That person belongs to another site and would be paged for strangers.")
        )
    if not roles.may(clinician, "work on a case"):
        raise Refusal(
            "role",
            _("A %(role)s cannot take a case, so pages would end with them.")
            % {"role": clinician.get_role_display()},
        )
    rule = rules(site).get(rung)
    if rule is not None and rule.role and rule.role != clinician.role:
        raise Refusal(
            "rung-role",
            _("Rung %(rung)s (%(title)s) is for a %(wanted)s; %(clinician)s is a %(role)s.")
            % {
                "rung": rung,
                "title": rule.title,
                "wanted": rule.get_role_display(),
                "clinician": clinician.name,
                "role": clinician.get_role_display(),
            },
        )


def add_shift(
    site: Site, clinician: Clinician, rung: int, *, starts_at: datetime, ends_at: datetime
) -> Shift:
    """Put a clinician of this site on a rung for a span. Overlaps on one rung are refused by the database."""
    check_able(site, clinician, rung)
    return Shift.objects.create(
        site=site, clinician=clinician, rung=rung, period=DateTimeTZRange(starts_at, ends_at)
    )
