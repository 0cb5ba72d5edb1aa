"""Whether the service itself is well: is the engine alive, do pages leave, and who answers now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Max, QuerySet, Subquery

from monitoring import canary, phone_proofs
from notifications import heartbeat, oncall, untexted, written
from notifications.models import Delivery, Heartbeat, Lane, Site
from protocols.ladder import Rung

UNCOVERED_HOURS = "I11"


@dataclass(frozen=True)
class OnCall:
    """One rung: who has it now until when, and who is next. No name means that nobody can be reached on it; a name
    without `until`, that no end is in sight for a year. Whoever `is_unproved` is called all the same.
    """

    rung: int
    name: str
    phone: str
    until: datetime | None
    next_name: str
    next_at: datetime | None
    is_unproved: bool = False


@dataclass(frozen=True)
class Signs:
    """What every screen says of the service while it is not well.

    `broken` counts rows that break an invariant by a fault of the service; hours nobody covers, which are one too, are
    none of its own. `canary_at` is when the last test alarm of its own was taken.
    """

    engine_late: bool
    engine_at: datetime | None
    broken: tuple[tuple[str, int], ...]
    canary_at: datetime | None
    canary_late: bool

    @property
    def is_well(self) -> bool:
        """Nothing that anybody has to act on."""
        return not (self.engine_late or self.canary_late or self.broken)


@dataclass(frozen=True)
class Pulse(Signs):
    """What the head of the board says about the service; hours nobody covers are named in `rungs` and `ahead`.

    `ahead` are the hours of the next 14 days that nobody covers, the earliest first: a place of the list nobody has
    now is in `rungs` instead. `doubles` are those in which one person stands on two rungs, `untexted` the names of
    those on the list in that time whom no text reaches.
    """

    page_sent_at: datetime | None
    page_heard_at: datetime | None
    rungs: tuple[OnCall, ...]
    ahead: tuple[oncall.Gap, ...]
    doubles: tuple[oncall.Booked, ...]
    untexted: tuple[str, ...]

    @property
    def is_well(self) -> bool:
        """Nothing that a shift has to act on."""
        return super().is_well and all(rung.name for rung in self.rungs)


def signs(site: Site, *, now: datetime) -> Signs:
    """Whether the service acts, finds no fault in itself, and its own test alarm comes through: in one statement."""
    facts = vars(_said.get(site=site.pk, now=now))
    broken = (facts["checks"] or {}).get("broken") or {}
    return Signs(
        engine_late=heartbeat.is_late_since(facts["engine_at"], now=now),
        engine_at=facts["engine_at"],
        broken=tuple(
            sorted((str(name), int(count)) for name, count in broken.items() if name != UNCOVERED_HOURS)
        ),
        canary_at=facts["canary_at"],
        canary_late=canary.is_late_by(facts, now=now),
    )


@written.Beside
def _said(site: int, now: datetime) -> QuerySet[Site]:
    """What the service and the canary of a site say of themselves, beside the site's number: every screen asks it."""
    return (
        Site.objects.filter(pk=site)
        .only("pk")
        .annotate(
            engine_at=Subquery(Heartbeat.objects.filter(name=heartbeat.ENGINE).values("at")[:1]),
            checks=Subquery(Heartbeat.objects.filter(name=heartbeat.CHECKS).values("detail")[:1]),
            **canary.facts_of_a_site(now=now),
        )
    )


def take(site: Site, *, ladders: Iterable[Sequence[Rung]], now: datetime) -> Pulse:
    """The service's pulse for one site.

    `ladders` are the signed ones the site may have to climb in the next 14 days: of open watches, and of planned ones,
    which only those above know.
    """
    pages = Delivery.objects.filter(message__site=site, lane__in=[Lane.PAGE_TEXT, Lane.PAGE_VOICE])
    pages = pages.exclude(message__key__startswith="canary:")
    handed_over = pages.filter(state__in=[Delivery.State.ACCEPTED, Delivery.State.DELIVERED])
    delivered = pages.filter(state=Delivery.State.DELIVERED)
    until = now + oncall.LOOK_AHEAD
    listed = oncall.read(site, since=now, until=until)
    cover = oncall.covered_by(listed, site, since=now, until=until, now=now, ladders=ladders)
    able = cover.stints
    return Pulse(
        **vars(signs(site, now=now)),
        page_sent_at=handed_over.aggregate(last=Max("submitted_at"))["last"],
        page_heard_at=delivered.aggregate(last=Max("ended_at"))["last"],
        rungs=_proved([_rung(rung, able, now) for rung in range(1, cover.rungs + 1)], able, now),
        ahead=_ahead(cover.gaps(now, until), now),
        doubles=tuple(listed.doubles(now, until)),
        untexted=_untexted(able, now),
    )


def _ahead(found: Iterable[oncall.Gap], now: datetime) -> tuple[oncall.Gap, ...]:
    """What only a signed ladder calls has no line among the rungs of the list, so its gap counts once it has begun."""
    told = (gap for gap in found if gap.starts_at > now or gap.whom)
    return tuple(sorted(told, key=lambda gap: (gap.starts_at, gap.rung)))


def _untexted(listed: Iterable[oncall.Stint], now: datetime) -> tuple[str, ...]:
    people = {one.clinician.pk: one.clinician for one in listed}
    return tuple(sorted(people[pk].name for pk in untexted.among(people.values(), now=now)))


def _proved(rungs: Sequence[OnCall], listed: Iterable[oncall.Stint], now: datetime) -> tuple[OnCall, ...]:
    """The rungs, each with whether whoever has it now is unproved."""
    on_now = {one.rung: one.clinician for one in listed if one.starts_at <= now}
    known = phone_proofs.of(on_now.values())
    unproved = {rung for rung, one in on_now.items() if known[one.pk].is_unproved}
    return tuple(replace(one, is_unproved=one.rung in unproved) for one in rungs)


def on_call(site: Site, *, now: datetime) -> tuple[OnCall, ...]:
    """Every rung of the site's list, first called first."""
    listed = oncall.cover(site, since=now, until=now + oncall.LOOK_AHEAD, now=now)
    return tuple(_rung(rung, listed.stints, now) for rung in range(1, listed.rungs + 1))


def _rung(rung: int, ahead: Sequence[oncall.Stint], now: datetime) -> OnCall:
    mine = [one for one in ahead if one.rung == rung]
    current = next((one for one in mine if one.starts_at <= now), None)
    last, later = current, []
    for one in mine:
        if last and one.clinician == last.clinician and one.starts_at == last.ends_at:
            last = one  # the same person goes straight on
        elif one.starts_at > now:
            later.append(one)
    until = last.ends_at if last else None
    if last and until == now + oncall.LOOK_AHEAD:
        until = oncall.goes_on_until(last)  # the reading ends there, the turn does not
    return OnCall(
        rung=rung,
        name=current.clinician.name if current else "",
        phone=current.clinician.phone if current else "",
        until=until,
        next_name=later[0].clinician.name if later else "",
        next_at=later[0].starts_at if later else None,
    )
