"""Who is on call when: shifts added, ended and shown, with the hours nobody covers."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications import audit, oncall
from notifications.models import Clinician, Shift, Site
from protocols.errors import Refusal

SHOWN = timedelta(days=14)
LONGEST = timedelta(days=62)


@dataclass(frozen=True)
class Stretch:
    """One span of a rung: somebody's shift, or (without a name) a gap."""

    starts_at: datetime
    ends_at: datetime
    name: str = ""
    shift: int | None = None
    has_phone: bool = True
    is_now: bool = False


@dataclass(frozen=True)
class Lane:
    """One rung over the days shown, in order of time."""

    rung: int
    stretches: tuple[Stretch, ...]

    @property
    def gaps(self) -> int:
        """How many spans nobody covers."""
        return sum(not stretch.name for stretch in self.stretches)


def lanes(site: Site, *, now: datetime) -> tuple[Lane, ...]:
    """Every rung from now for two weeks, shifts and gaps together."""
    until = now + SHOWN
    shifts = list(
        Shift.objects.filter(site=site, period__overlap=DateTimeTZRange(now, until)).select_related(
            "clinician"
        )
    )
    gaps = oncall.gaps(site, since=now, until=until)
    return tuple(
        Lane(
            rung,
            tuple(
                sorted(
                    [
                        *(_shift(shift, now) for shift in shifts if shift.rung == rung),
                        *(Stretch(g.starts_at, g.ends_at) for g in gaps if g.rung == rung),
                    ],
                    key=lambda stretch: stretch.starts_at,
                )
            ),
        )
        for rung in range(1, oncall.rungs(site, now=now) + 1)
    )


def _shift(shift: Shift, now: datetime) -> Stretch:
    return Stretch(
        starts_at=shift.period.lower,
        ends_at=shift.period.upper,
        name=shift.clinician.name,
        shift=shift.pk,
        has_phone=bool(shift.clinician.phone and shift.clinician.is_active),
        is_now=shift.period.lower <= now < shift.period.upper,
    )


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
    """Put somebody on a rung, or refuse: pages need a phone, a rung holds one person at a time."""
    if not clinician.phone:
        raise Refusal("no-phone", f"{clinician.name} has no phone on record, so no page would reach them.")
    if ends_at <= starts_at:
        raise Refusal("ends-first", "The shift ends before it starts. Check both dates and times.")
    if ends_at <= now:
        raise Refusal("past-shift", "That shift is over already. Put in one that is still to come.")
    if ends_at - starts_at > LONGEST:
        raise Refusal("long-shift", "That is longer than two months. Check the dates.")
    try:
        with transaction.atomic():
            shift = oncall.add_shift(site, clinician, rung, starts_at=starts_at, ends_at=ends_at)
            audit.record("added a shift", f"shift:{shift.pk}", site=site, by=by, now=now, rung=rung)
    except IntegrityError as clash:
        raise Refusal(
            "overlap", f"Somebody else is on rung {rung} for part of that time. Change theirs first."
        ) from clash
    return shift


@transaction.atomic
def remove(shift_id: int, *, by: Clinician, now: datetime) -> str:
    """Take a shift off the list and say what was done. One under way ends now; a past one stays as history."""
    shift = Shift.objects.select_for_update().select_related("clinician", "site").get(pk=shift_id)
    audit.record("removed a shift", f"shift:{shift.pk}", site=shift.site, by=by, now=now, rung=shift.rung)
    if shift.period.upper <= now:
        raise Refusal("past-shift", "That shift is over. What has happened stays on the list.")
    if shift.period.lower >= now:
        shift.delete()
        return f"{shift.clinician.name} is off rung {shift.rung} for that time."
    Shift.objects.filter(pk=shift.pk).update(period=DateTimeTZRange(shift.period.lower, now))
    return f"{shift.clinician.name}'s shift on rung {shift.rung} ended now."
