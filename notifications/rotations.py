"""Rotations: begun, replaced and ended; and what a site calls its rungs. What has been on call stays as it was."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from notifications import audit, given_hours, oncall
from notifications.models import Clinician, Rotation, RungRule, Site, Turn
from protocols.errors import Refusal
from protocols.rotas import Hours

MOST_PEOPLE = 12
MOST_HOURS = 366 * 24
ONE_PER_LAYER = "rotation_one_per_layer_at_a_time"


@dataclass(frozen=True)
class Plan:
    """A rotation as somebody wants it. `people` take turns in this order; `hours` limits it to a part of the week."""

    rung: int
    layer: int
    name: str
    people: Sequence[Clinician]
    starts_on: date
    hand_over: time
    turn_hours: int
    since: datetime
    hours: Hours | None = None


def begin(
    site: Site, plan: Plan, *, by: Clinician, now: datetime, instead_of: Rotation | None = None
) -> Rotation:
    """Begin a rotation; with `instead_of` that one ends at the same moment, so that no hour is left out.

    Whoever has hours by it in its first weeks that they had not is told by text.

    Refused: a moment that has passed, a first turn more than a year ahead, a turn longer than a year, nobody or
    too many in it, somebody no page would reach, another rotation on the same rung and layer.
    """
    _check(site, plan, now)
    try:
        with _telling(site, plan.since, by, now):
            if instead_of is not None:
                _end(_hold(instead_of.pk), at=plan.since, by=by, now=now)
            return _write(site, plan, by, now)
    except IntegrityError as clash:
        if ONE_PER_LAYER not in str(clash):
            raise
        raise Refusal(
            "overlap",
            _(
                "Rung %(rung)s has another rotation on layer %(layer)s for part of that time. Change that one "
                "and say from when this one is in force: it stays until then. Or choose another layer."
            )
            % {"rung": plan.rung, "layer": plan.layer},
        ) from clash


def _telling(site: Site, at: datetime, by: Clinician, now: datetime) -> AbstractContextManager[None]:
    return given_hours.telling(site, by=by, since=at, until=at + given_hours.AHEAD, now=now)


def _check(site: Site, plan: Plan, now: datetime) -> None:
    if plan.since < now:
        raise Refusal("past-rotation", _("A rotation begins now or later: who was on call stays as it was."))
    if plan.starts_on > now.astimezone(ZoneInfo(site.time_zone)).date() + oncall.A_YEAR:
        raise Refusal(
            "far-rotation", _("The first turn begins more than a year from now. Check the year of its date.")
        )
    if plan.turn_hours > MOST_HOURS:
        raise Refusal(
            "long-turn",
            _("A turn lasts %(days)s days at most. Choose fewer weeks, days or hours.")
            % {"days": MOST_HOURS // 24},
        )
    if not plan.people:
        raise Refusal("nobody", _("Choose at least one person to take turns."))
    if len(plan.people) > MOST_PEOPLE:
        raise Refusal(
            "too-many",
            _("At most %(most_people)s people take turns in one rotation.") % {"most_people": MOST_PEOPLE},
        )
    for person in plan.people:
        oncall.check_able(site, person, plan.rung)
        if not person.phone:
            raise Refusal(
                "no-phone",
                _("%(person)s has no phone on record, so no page would reach them.")
                % {"person": person.name},
            )


def _write(
    site: Site, plan: Plan, by: Clinician, now: datetime, **ended: datetime | Clinician | None
) -> Rotation:
    hours = plan.hours
    row = Rotation.objects.create(
        site=site,
        rung=plan.rung,
        layer=plan.layer,
        name=plan.name,
        starts_on=plan.starts_on,
        hand_over=plan.hand_over,
        time_zone=site.time_zone,
        turn_hours=plan.turn_hours,
        weekdays=sorted(hours.weekdays) if hours else [],
        opens=hours.opens if hours else None,
        closes=hours.closes if hours else None,
        since=plan.since,
        made_by=by,
        made_at=now,
        **ended,
    )
    places = enumerate(plan.people, start=1)
    Turn.objects.bulk_create(Turn(rotation=row, place=n, clinician=person) for n, person in places)
    audit.record("began a rotation", f"rotation:{row.pk}", site=site, by=by, now=now, rung=row.rung)
    return row


@transaction.atomic
def end(rotation_id: int, *, at: datetime, by: Clinician, now: datetime) -> Rotation:
    """End a rotation at a moment from now on. One that ended already is refused.

    Whoever the layers above it name then is told by text.
    """
    if at < now:
        raise Refusal("past-rotation", _("A rotation ends now or later: who was on call stays as it was."))
    row = _hold(rotation_id)
    with _telling(row.site, at, by, now):
        return _end(row, at=at, by=by, now=now)


@transaction.atomic
def follow_zone(site: Site, *, by: Clinician, now: datetime) -> list[Rotation]:
    """Let every rotation that stands go by the site's clock as it is now, from now on; what has passed stays as it was.

    Each ends and goes on as another of the same turns and the same people.
    """
    standing = Rotation.objects.select_for_update(of=("self",)).select_related("site").filter(site=site)
    moved: list[Rotation] = []
    for row in standing.exclude(until__lte=now).exclude(time_zone=site.time_zone):
        until, ended_by, since = row.until, row.ended_by, max(row.since, now)
        people = [turn.clinician for turn in row.turns.select_related("clinician")]
        _end(row, at=since, by=by, now=now)
        plan = Plan(
            rung=row.rung, layer=row.layer, name=row.name, people=people, starts_on=row.starts_on,
            hand_over=row.hand_over, turn_hours=row.turn_hours, since=since, hours=row.hours,
        )  # fmt: skip
        moved.append(_write(site, plan, by, now, until=until, ended_by=ended_by))
    return moved


def before(row: Rotation) -> Rotation | None:
    """The rotation of the same layer that ends when this one begins: the one this was planned to follow."""
    same = Rotation.objects.filter(site=row.site_id, rung=row.rung, layer=row.layer, until=row.since)
    return same.exclude(until=F("since")).exclude(pk=row.pk).first()


def _hold(rotation_id: int) -> Rotation:
    return Rotation.objects.select_for_update(of=("self",)).select_related("site").get(pk=rotation_id)


def _end(row: Rotation, *, at: datetime, by: Clinician, now: datetime) -> Rotation:
    if row.until is not None and row.until <= now:
        raise Refusal("rotation-over", _("The rotation %(row)s has ended already.") % {"row": row.name})
    at = max(at, row.since)
    row.until, row.ended_by = min(row.until or at, at), by  # an end that was set is never put off
    row.save(update_fields=["until", "ended_by"])
    audit.record("ended a rotation", f"rotation:{row.pk}", site=row.site, by=by, now=now, rung=row.rung)
    return row


@transaction.atomic
def set_rung(site: Site, rung: int, *, title: str, role: str, by: Clinician, now: datetime) -> RungRule:
    """Say what a rung is called here and whose place it is. Refused while somebody of another role is still to come."""
    row = RungRule.objects.create(site=site, rung=rung, title=title, role=role, set_by=by, set_at=now)
    audit.record("said whose a rung is", f"rung:{rung}", site=site, by=by, now=now, role=role)
    to_come = oncall.stints(site, since=now, until=now + oncall.LOOK_AHEAD)
    others = sorted(
        {s.clinician.name for s in to_come if s.rung == rung and role not in {"", s.clinician.role}}
    )
    if others:
        raise Refusal(
            "rung-role",
            ngettext(
                "%(names)s is on rung %(rung)s in the next 14 days and of another role. Put "
                "somebody else there first.",
                "%(names)s are on rung %(rung)s in the next 14 days and of another role. Put "
                "somebody else there first.",
                len(others),
            )
            % {"names": ", ".join(others), "rung": rung},
        )
    return row
