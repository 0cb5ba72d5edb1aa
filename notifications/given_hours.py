"""Hours on call that somebody was given by another: told by text once, by day, or at once where they are near.

A change of the list is held against what the list said before it, so that it is found out alike for an override, one
taken back, a shift, an imported list, a rotation and leave that ends early: whose hours they become is told of them.
Hours that begin with the change itself need no word of ours: the turn they begin asks whoever has it for an answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
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


# Found


@contextmanager
def telling(site: Site, *, by: Clinician, since: datetime, until: datetime, now: datetime) -> Iterator[None]:
    """Around a change of the list, in one transaction with it: whoever has hours by it that they had not is told.

    Only hours between two moments are looked at. Whoever changes the list needs no text of what they did for
    themselves.
    """
    since = max(since, now)
    with transaction.atomic():
        had, _people = _listed(site, since - oncall.INSTANT, until)
        yield
        has, people = _listed(site, since, until)
        for gained in rotas.gained(had, has):
            person = people[gained.person]
            if not person.phone or person.pk == by.pk or _begins_a_turn(gained, had, now):
                continue
            GivenHours.objects.create(
                site=site, clinician=person, rung=gained.rung, given_by=by, given_at=now,
                period=DateTimeTZRange(gained.starts_at, gained.ends_at), tell_at=_tell_at(site, gained, now),
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
    was_on = any(
        (one.rung, one.person) == (gained.rung, gained.person) and one.ends_at >= gained.starts_at
        for one in had
        if one.starts_at < gained.starts_at
    )
    return gained.starts_at <= now and not was_on


def _tell_at(site: Site, gained: rotas.Stint, now: datetime) -> datetime:
    """Now, in waking hours or where the hours are near; else when the next morning begins."""
    local = now.astimezone(ZoneInfo(site.time_zone))
    if local.hour in WAKING:
        return now
    on = local.date() if local.hour < WAKING.start else local.date() + timedelta(days=1)
    opens = local.time().replace(hour=WAKING.start, minute=0, second=0, microsecond=0)
    morning = chairs.moment(on, opens, site.time_zone, last=False)
    return morning if gained.starts_at - morning >= AT_LEAST else now


# Told


def due(*, now: datetime) -> QuerySet[GivenHours]:
    """Hours whose person is to be told of them by now."""
    return GivenHours.objects.filter(settled_at=None, tell_at__lte=now)


def tell_due(*, now: datetime) -> int:
    """Text everybody who has been given hours, one text each; return how many were looked at."""
    people = due(now=now).order_by("clinician").values_list("clinician", flat=True).distinct()
    return each(list(people[:MOST]), lambda pk: _tell(pk, now))


@transaction.atomic
def _tell(clinician_id: int, now: datetime) -> int:
    """One text of all that waits for this person, as the list says it by now; none where nothing of it still stands."""
    person = Clinician.objects.select_for_update(no_key=True, of=("self",)).select_related("site")
    clinician = person.get(pk=clinician_id)  # two engines tell once
    rows = list(GivenHours.objects.filter(clinician=clinician, settled_at=None).order_by("pk"))
    if not any(row.tell_at <= now for row in rows):
        return 0
    standing = _standing(clinician, rows, now)
    text = _text(clinician, rows[0], standing, now) if standing else None
    GivenHours.objects.filter(pk__in=[row.pk for row in rows]).update(settled_at=now, text=text)
    return 1


def _standing(clinician: Clinician, rows: Sequence[GivenHours], now: datetime) -> list[oncall.Stint]:
    """The spans on call, whole, in which any of these hours still are theirs, earliest first."""
    until = max(row.period.upper for row in rows)
    if until <= now or not clinician.phone or not clinician.is_active:
        return []
    read = oncall.stints(clinician.site, since=now, until=until)
    whole: list[oncall.Stint] = []
    for one in sorted((one for one in read if one.clinician == clinician), key=lambda one: one.starts_at):
        last = next((two for two in whole if (two.rung, two.ends_at) == (one.rung, one.starts_at)), None)
        if last is None:
            whole.append(one)
        else:
            whole[whole.index(last)] = replace(last, ends_at=one.ends_at)
    met = [one for one in whole if one.can_be_reached and any(_meets(row, one) for row in rows)]
    return [_to_its_end(one) if one.ends_at == until else one for one in met]


def _meets(row: GivenHours, one: oncall.Stint) -> bool:
    return row.rung == one.rung and row.period.lower < one.ends_at and row.period.upper > one.starts_at


def _to_its_end(one: oncall.Stint) -> oncall.Stint:
    """A span that was read only so far, to where its person goes off; or for a year."""
    return replace(one, ends_at=oncall.goes_on_until(one) or one.ends_at + oncall.A_YEAR)


def _text(clinician: Clinician, row: GivenHours, standing: Sequence[oncall.Stint], now: datetime) -> Message:
    first, site = standing[0], clinician.site
    words = "page.given_hours" if len(standing) == 1 else "page.given_hours_more"
    since, until = (_said(at, site) for at in (first.starts_at, first.ends_at))
    link = settings.PUBLIC_BASE_URL + OWN_PATH
    return outbox.queue(
        site=site,
        key=f"given-hours:{row.pk}",
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=clinician.phone,
        body=wording.text(words, "en", rung=str(first.rung), since=since, until=until, link=link),
        clinician=clinician,
        valid_for=max(first.starts_at - now, TELL_WITHIN),
        now=now,
    )


def _said(at: datetime, site: Site) -> str:
    return f"{at.astimezone(ZoneInfo(site.time_zone)):%a %d %b %H:%M %Z}"
