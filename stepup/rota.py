"""Who is on call when: two weeks at a glance with the hours nobody covers, and shifts added and ended by hand."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from notifications import audit, given_hours, oncall
from notifications.models import Clinician, RungRule, Shift, Site
from protocols import chairs
from protocols.errors import Refusal
from stepup import cover

SHOWN = 14
DAY = timedelta(days=1)
LONGEST = timedelta(days=62)


@dataclass(frozen=True)
class Stretch:
    """One span of a rung: somebody's turn, shift or override, or (without a name) a gap.

    `kind` and `id` name the row that says so; `twice` says that this person stands on another rung as well,
    `named` what a gap is called, and `whom` the signed ladder calls there, where its rung is none of the list;
    `all_day`, of a span cut to a day, that it fills it.
    """

    rung: int
    starts_at: datetime
    ends_at: datetime
    name: str = ""
    kind: str = ""
    id: int | None = None
    has_phone: bool = True
    is_now: bool = False
    twice: bool = False
    named: str = ""
    whom: str = ""
    all_day: bool = False


@dataclass(frozen=True)
class Head:
    """One column: a rung of the list and what the site says of it, or one of a signed ladder that calls somebody else.

    A rung of a ladder has a number and `whom` it calls. It is no place of the list, though one may have its number.
    """

    rung: int
    rule: RungRule | None = None
    whom: str = ""


@dataclass(frozen=True)
class Cell:
    """One rung on one day."""

    head: Head
    parts: tuple[Stretch, ...]


@dataclass(frozen=True)
class Day:
    """One local day of the calendar: every rung, cut to the day."""

    on: date
    is_today: bool
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Sheet:
    """The on-call list for two weeks. Gaps are counted from now on; those of a ladder's own rung stand last.

    `by_hand` are the shifts and overrides that somebody may take off the list, `before` and `after` the first days of
    the two weeks on either side.
    """

    days: tuple[Day, ...]
    heads: tuple[Head, ...]
    gaps: tuple[Stretch, ...]
    doubles: tuple[oncall.Booked, ...]
    by_hand: tuple[Stretch, ...]
    before: date
    after: date


def sheet(site: Site, *, now: datetime, first: date | None = None) -> Sheet:
    """Two weeks of every rung from a day on, today if none is given, read once. Who was on call in the past stays."""
    zone = ZoneInfo(site.time_zone)
    today = now.astimezone(zone).date()
    first = first or today
    edges = [chairs.moment(first + n * DAY, time(0), site.time_zone, last=False) for n in range(SHOWN + 1)]
    since = min(max(now, edges[0]), edges[-1])
    read = oncall.read(site, since=edges[0], until=edges[-1])
    stints = read.stints(edges[0], edges[-1])
    doubles = [one for one in read.doubles(edges[0], edges[-1]) if one.ends_at > now]
    taken = [_stretch(one, doubles, now) for one in stints]
    found = oncall.covered_by(
        read, site, since=since, until=edges[-1], now=now, ladders=cover.ladders_of(site)
    )
    gaps = [
        Stretch(gap.rung, gap.starts_at, gap.ends_at, named=gap.named, whom=gap.whom)
        for gap in found.gaps(since, edges[-1])
    ]
    top = max([found.rungs, *(one.rung for one in stints), *(rung for rung, _ in found.coming)])
    spans = sorted([*taken, *gaps], key=lambda one: one.starts_at)
    heads = _places(site, top) + _of_ladders(gaps)
    return Sheet(
        days=tuple(
            Day(day, day == today, tuple(Cell(head, _cut(spans, head, since, until, now)) for head in heads))
            for day, since, until in zip(
                (since.astimezone(zone).date() for since in edges), edges, edges[1:], strict=False
            )
        ),
        heads=heads,
        gaps=tuple(gaps),
        doubles=tuple(doubles),
        by_hand=tuple(one for one in taken if one.kind != "rotation" and one.ends_at > now),
        before=first - SHOWN * DAY,
        after=first + SHOWN * DAY,
    )


def _places(site: Site, top: int) -> tuple[Head, ...]:
    rules = oncall.rules(site)
    return tuple(Head(rung, rules.get(rung)) for rung in range(1, top + 1))


def _of_ladders(gaps: Sequence[Stretch]) -> tuple[Head, ...]:
    """A column for each rung of a signed ladder that has nobody and is no place of the list."""
    return tuple(dict.fromkeys(Head(gap.rung, whom=gap.whom) for gap in gaps if gap.whom))


def _stretch(one: oncall.Stint, doubles: Sequence[oncall.Booked], now: datetime) -> Stretch:
    return Stretch(
        rung=one.rung,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        name=one.clinician.name,
        kind=one.kind,
        id=one.id,
        has_phone=one.can_be_reached,
        is_now=one.starts_at <= now < one.ends_at,
        twice=any(
            two.clinician == one.clinician
            and one.rung in two.rungs
            and _meet(two, one.starts_at, one.ends_at)
            for two in doubles
        ),
    )


def _meet(span: oncall.Booked | Stretch, since: datetime, until: datetime) -> bool:
    return span.starts_at < until and span.ends_at > since


def _cut(
    spans: Sequence[Stretch], head: Head, since: datetime, until: datetime, now: datetime
) -> tuple[Stretch, ...]:
    is_today = since <= now < until
    return tuple(
        replace(
            one,
            starts_at=max(one.starts_at, since),
            ends_at=min(one.ends_at, until),
            is_now=one.is_now and is_today,
            all_day=one.starts_at <= since and one.ends_at >= until,
        )
        for one in spans
        if (one.rung, one.whom) == (head.rung, head.whom) and _meet(one, since, until)
    )


def at_hour(site: Site, *, at: datetime, now: datetime) -> list[tuple[Head, oncall.Stint | None]]:
    """Who is on each rung at any moment that somebody asks for; None where nobody is."""
    found = {one.rung: one for one in oncall.people_now(site, now=at)}
    top = max([oncall.rungs(site, now=now), oncall.rungs(site, now=at), *found])
    return [(head, found.get(head.rung)) for head in _places(site, top)]


def add(
    site: Site,
    clinician: Clinician,
    rung: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: Clinician,
    now: datetime,
) -> Shift:
    """Put somebody on a rung, from now on at the earliest: who was on call until now stays as it was.

    They are told by text. Refused: pages need a phone, a rung holds one person at a time.
    """
    with given_hours.telling(site, by=by, since=starts_at, until=ends_at, now=now):
        return put(site, clinician, rung, starts_at=starts_at, ends_at=ends_at, by=by, now=now)


def put(
    site: Site,
    clinician: Clinician,
    rung: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: Clinician,
    now: datetime,
) -> Shift:
    """Like `add`, and told by whoever calls it: a whole list is told at once."""
    if not clinician.phone:
        raise Refusal(
            "no-phone",
            _("%(clinician)s has no phone on record, so no page would reach them.")
            % {"clinician": clinician.name},
        )
    if ends_at <= starts_at:
        raise Refusal("ends-first", _("The shift ends before it starts. Check both dates and times."))
    if ends_at <= now:
        raise Refusal("past-shift", _("That shift is over already. Put in one that is still to come."))
    if ends_at - starts_at > LONGEST:
        raise Refusal("long-shift", _("That is longer than two months. Check the dates."))
    starts_at = max(starts_at, now)
    try:
        with transaction.atomic():
            shift = oncall.add_shift(site, clinician, rung, starts_at=starts_at, ends_at=ends_at)
            audit.record("added a shift", f"shift:{shift.pk}", site=site, by=by, now=now, rung=rung)
    except IntegrityError as clash:
        raise Refusal(
            "overlap",
            _("Somebody else is on rung %(rung)s for part of that time. Change theirs first.")
            % {"rung": rung},
        ) from clash
    return shift


@transaction.atomic
def remove(shift_id: int, *, by: Clinician, now: datetime) -> str:
    """Take a shift off the list and say what was done. One under way ends now; a past one stays as history.

    They are told by text, and whoever the list names in their place.
    """
    shift = Shift.objects.select_for_update().select_related("clinician", "site").get(pk=shift_id)
    audit.record("removed a shift", f"shift:{shift.pk}", site=shift.site, by=by, now=now, rung=shift.rung)
    if shift.period.upper <= now:
        raise Refusal("past-shift", _("That shift is over. What has happened stays on the list."))
    lower, upper = shift.period.lower, shift.period.upper
    with given_hours.telling(shift.site, by=by, since=lower, until=upper, now=now):
        if lower >= now:
            shift.delete()
            return f"{shift.clinician.name} is off rung {shift.rung} for that time."
        Shift.objects.filter(pk=shift.pk).update(period=DateTimeTZRange(lower, now))
    return f"{shift.clinician.name}'s shift on rung {shift.rung} ended now."
