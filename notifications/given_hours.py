"""Hours on call that another gave somebody, or took from them: told by text once, by day, or at once where near.

A change of the list is held against what the list said before it, so that it is found out alike for an override, one
taken back, a shift, an imported list, a rotation and leave that ends early: whose hours they become is told of them,
and whose they were.
Hours that begin with the change itself need no word of ours: the turn they begin asks whoever has it for an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from notifications import oncall, outbox
from notifications.each import each
from notifications.models import Channel, Clinician, GivenHours, Lane, Message, Site
from protocols import chairs, rotas, wording

# Proposals of ours, all: nobody has published them.
WAKING = range(8, 21)  # hours of the site's clock in which a text about later hours is sent
AT_LEAST = timedelta(hours=6)  # so long before the hours a morning must come, to be waited for
AHEAD = timedelta(days=28)  # how much of a rotation is told: what one's own page shows
TELL_WITHIN = timedelta(hours=1)  # a text that comes when the hours have begun is still sent
MOST = 50
OWN_PATH = "/on-call/mine/"
# What is said of one span of hours, and of the first of several.
GIVEN = "page.given_hours", "page.given_hours_more"
LOST = "page.lost_hours", "page.lost_hours_more"


@dataclass(frozen=True)
class Hours:
    """Hours of one person on a rung."""

    rung: int
    starts_at: datetime
    ends_at: datetime


# Found


@contextmanager
def telling(site: Site, *, by: Clinician, since: datetime, until: datetime, now: datetime) -> Iterator[None]:
    """Around a change of the list, in one transaction with it: whoever has other hours by it than before is told.

    Only hours between two moments are looked at. Whoever changes the list needs no text of what they did for
    themselves.
    """
    since = max(since, now)
    with transaction.atomic():
        had, were = _listed(site, since - oncall.INSTANT, until)
        yield
        has, people = _listed(site, since, until)
        given = [one for one in rotas.gained(had, has) if not _begins_a_turn(one, had, now)]
        lost = [replace(one, starts_at=max(one.starts_at, since)) for one in rotas.gained(has, had)]
        for one in (*given, *lost):
            person = people.get(one.person) or were[one.person]
            if person.pk != by.pk and one.starts_at < one.ends_at:
                GivenHours.objects.create(
                    site=site, clinician=person, rung=one.rung, lost=one in lost, given_by=by, given_at=now,
                    period=DateTimeTZRange(one.starts_at, one.ends_at), tell_at=_tell_at(site, one, now),
                )  # fmt: skip


def _listed(
    site: Site, since: datetime, until: datetime
) -> tuple[Sequence[rotas.Stint], Mapping[int, Clinician]]:
    """Who is on call between two moments, and their rows."""
    if since >= until:
        return [], {}
    read = oncall.read(site, since=since, until=until)
    return read.rota.stints(since, until), read.people


def _begins_a_turn(gained: rotas.Stint, had: Sequence[rotas.Stint], now: datetime) -> bool:
    """Whether these hours begin now, and their person, who was not on that rung, is asked for an answer."""
    until_then = {(one.rung, one.person, one.ends_at) for one in had}
    return gained.starts_at <= now and (gained.rung, gained.person, gained.starts_at) not in until_then


def _tell_at(site: Site, gained: rotas.Stint, now: datetime) -> datetime:
    """Now, in waking hours or where the hours are near; else when the next morning begins."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    if local.hour in WAKING:
        return now
    on = local.date() + timedelta(days=1) if local.hour >= WAKING.stop else local.date()
    opens = local.time().replace(hour=WAKING.start, minute=0, second=0, microsecond=0)
    morning = chairs.moment(on, opens, site.time_zone, last=False)
    return morning if gained.starts_at - morning >= AT_LEAST else now


# Told


def due(*, now: datetime) -> QuerySet[GivenHours]:
    """Hours whose person is to be told of them by now."""
    return GivenHours.objects.filter(settled_at=None, tell_at__lte=now)


def tell_due(*, now: datetime) -> int:
    """Text everybody who has been given hours, or lost some; return how many were looked at."""
    people = due(now=now).order_by("clinician").values_list("clinician", flat=True).distinct()
    return each(list(people[:MOST]), lambda pk: _tell(pk, now))


@transaction.atomic
def _tell(clinician_id: int, now: datetime) -> int:
    """One text of all hours this person was given, and one of those they lost, as far as that is so by now."""
    person = Clinician.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    clinician = person.get(pk=clinician_id)  # two engines tell once
    rows = list(GivenHours.objects.filter(clinician=clinician, settled_at=None).order_by("pk"))
    if not any(row.tell_at <= now for row in rows):
        return 0
    given, lost = _net(rows)
    can_be_told = bool(clinician.phone) and clinician.is_active
    for told, spans, words in (
        ([row for row in rows if not row.lost], _standing(clinician, given, now), GIVEN),
        ([row for row in rows if row.lost], _gone(clinician, lost, now), LOST),
    ):
        text = _text(clinician, told[0], spans, words, now) if spans and can_be_told else None
        GivenHours.objects.filter(pk__in=[row.pk for row in told]).update(settled_at=now, text=text)
    return 1


def _net(rows: Sequence[GivenHours]) -> tuple[list[Hours], list[Hours]]:
    """What was given, and what taken, of hours that were not the other before in all that was not told yet."""
    given: list[Hours] = []
    lost: list[Hours] = []
    seen: dict[int, list[tuple[datetime, datetime]]] = {}
    for row in rows:
        span, before = (row.period.lower, row.period.upper), seen.setdefault(row.rung, [])
        (lost if row.lost else given).extend(Hours(row.rung, *new) for new in rotas.without([span], before))
        before.append(span)
    return given, lost


def _standing(clinician: Clinician, given: Sequence[Hours], now: datetime) -> list[Hours]:
    """The spans on call, whole, in which any of these hours are theirs by now, earliest first."""
    until = max((one.ends_at for one in given), default=now)
    read = _able(clinician, now, until)
    found: list[Hours] = []
    for rung in sorted({one.rung for one in given}):
        mine = rotas.united((one.starts_at, one.ends_at) for one in read if one.rung == rung)
        met = (span for span in mine if any(_meets(one, rung, span) for one in given))
        found += [Hours(rung, *span) for span in met]
    found.sort(key=lambda one: one.starts_at)
    return [replace(one, ends_at=_goes_on(read, one)) if one.ends_at == until else one for one in found]


def _gone(clinician: Clinician, lost: Sequence[Hours], now: datetime) -> list[Hours]:
    """The spans of these hours from now on that are not theirs by now, earliest first."""
    read = _able(clinician, now, max((one.ends_at for one in lost), default=now))
    found: list[Hours] = []
    for rung in sorted({one.rung for one in lost}):
        mine = [(one.starts_at, one.ends_at) for one in read if one.rung == rung]
        were = rotas.united(
            (max(one.starts_at, now), max(one.ends_at, now)) for one in lost if one.rung == rung
        )
        found += [Hours(rung, *span) for span in rotas.without(were, mine)]
    return sorted(found, key=lambda one: one.starts_at)


def _able(clinician: Clinician, since: datetime, until: datetime) -> list[oncall.Stint]:
    """Where a page would reach this person as one on call."""
    read = oncall.stints(clinician.site, since=since, until=until) if since < until else []
    return [one for one in read if one.clinician == clinician and one.can_be_reached]


def _meets(one: Hours, rung: int, span: tuple[datetime, datetime]) -> bool:
    return one.rung == rung and one.starts_at < span[1] and one.ends_at > span[0]


def _goes_on(read: Sequence[oncall.Stint], whole: Hours) -> datetime:
    """When hours that were read only so far really end; or a year on."""
    last = next(one for one in read if (one.rung, one.ends_at) == (whole.rung, whole.ends_at))
    return oncall.goes_on_until(last) or whole.ends_at + oncall.A_YEAR


def _text(
    clinician: Clinician, row: GivenHours, spans: Sequence[Hours], words: tuple[str, str], now: datetime
) -> Message:
    first, site = spans[0], clinician.site
    since, until = (_said(at, site, now) for at in (first.starts_at, first.ends_at))
    link = settings.PUBLIC_BASE_URL + OWN_PATH
    return outbox.queue(
        site=site,
        key=f"given-hours:{row.pk}",
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=clinician.phone,
        body=wording.text(
            words[len(spans) > 1], "en", rung=str(first.rung), since=since, until=until, link=link
        ),
        clinician=clinician,
        valid_for=max(first.starts_at - now, TELL_WITHIN),
        now=now,
    )


def _said(at: datetime, site: Site, now: datetime) -> str:
    """A moment by the site's clock; with its year where that is not the one we are in."""
    zone = ZoneInfo(site.time_zone)
    shown = at.astimezone(zone)
    year = "" if shown.year == now.astimezone(zone).year else f" {shown:%Y}"
    return f"{shown:%a %d %b}{year} {shown:%H:%M %Z}"
