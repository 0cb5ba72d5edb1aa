"""Overrides, swaps and time off: what people arrange on top of rotations and shifts, each with who, when and why."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from notifications import audit, given_hours, oncall, roles
from notifications.models import Clinician, Override, Site, TimeOff
from protocols.errors import Refusal

LONGEST = timedelta(days=62)
LONGEST_OFF = timedelta(days=366)


def check_span(
    starts_at: datetime, ends_at: datetime, *, now: datetime, longest: timedelta = LONGEST
) -> None:
    """Refuse a span that ends before it starts, is over, or is too long to be meant."""
    if ends_at <= starts_at:
        raise Refusal("ends-first", _("The time ends before it starts. Check both dates and times."))
    if ends_at <= now:
        raise Refusal("past-shift", _("That time is over already. Put in one that is still to come."))
    if ends_at - starts_at > longest:
        raise Refusal(
            "long-shift", _("That is longer than %(days)s days. Check the dates.") % {"days": longest.days}
        )


def make(
    site: Site,
    clinician: Clinician,
    rung: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: Clinician,
    now: datetime,
) -> Override:
    """Put somebody on a rung whatever a rotation or shift says, from now on at the earliest; they are told by text.

    Refused: without a reason, for somebody no page would reach or who is away then, beside another override.
    """
    with given_hours.telling(site, by=by, since=starts_at, until=ends_at, now=now):
        return _make(site, clinician, rung, starts_at=starts_at, ends_at=ends_at, why=why, by=by, now=now)


def _make(
    site: Site,
    clinician: Clinician,
    rung: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: Clinician,
    now: datetime,
) -> Override:
    check_span(starts_at, ends_at, now=now)
    if not why.strip():
        raise Refusal("why", _("Say why somebody else is on call then."))
    oncall.check_able(site, clinician, rung)
    period = DateTimeTZRange(max(starts_at, now), ends_at)
    check_reachable(clinician, period)
    try:
        with transaction.atomic():
            row = Override.objects.create(
                site=site,
                rung=rung,
                clinician=clinician,
                period=period,
                why=why.strip(),
                made_by=by,
                made_at=now,
            )
            audit.record("made an override", f"override:{row.pk}", site=site, by=by, now=now, rung=rung)
    except IntegrityError as clash:
        raise Refusal(
            "overlap",
            _("Rung %(rung)s has another override for part of that time. Take that one back first.")
            % {"rung": rung},
        ) from clash
    return row


def check_reachable(clinician: Clinician, period: DateTimeTZRange) -> None:
    """Refuse whoever no page would reach then: without a phone, or with time off for part of it."""
    if not clinician.phone:
        raise Refusal(
            "no-phone",
            _("%(clinician)s has no phone on record, so no page would reach them.")
            % {"clinician": clinician.name},
        )
    if TimeOff.objects.filter(clinician=clinician, period__overlap=period).exists():
        raise Refusal(
            "away",
            _("%(clinician)s has time off for part of that time. Choose somebody else.")
            % {"clinician": clinician.name},
        )


@transaction.atomic
def give(
    site: Site,
    clinician: Clinician,
    rung: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    why: str,
    by: Clinician,
    now: datetime,
) -> Override:
    """Like `make`, but other overrides of that rung make room: each keeps what lies before and after.

    Nobody is told: whoever is given the hours has asked for them, or said yes to them.
    """
    period = DateTimeTZRange(starts_at, ends_at)
    rows = Override.objects.select_for_update().filter(site=site, rung=rung, period__overlap=period)
    for row in rows:
        before = DateTimeTZRange(row.period.lower, max(row.period.lower, starts_at))
        after = DateTimeTZRange(min(row.period.upper, ends_at), row.period.upper)
        kept = before if before.lower < before.upper else after
        row.period = kept
        if kept.lower >= kept.upper:
            row.ended_at, row.ended_by = now, by
        row.save(update_fields=["period", "ended_at", "ended_by"])
        if kept is before and after.lower < after.upper:
            Override.objects.create(
                site=site, rung=rung, clinician_id=row.clinician_id, period=after, why=row.why,
                made_by_id=row.made_by_id, made_at=row.made_at,
            )  # fmt: skip
        audit.record("made room in an override", f"override:{row.pk}", site=site, by=by, now=now, rung=rung)
    return _make(site, clinician, rung, starts_at=starts_at, ends_at=ends_at, why=why, by=by, now=now)


@transaction.atomic
def end(override_id: int, *, by: Clinician, now: datetime) -> Override:
    """Take an override back: the part that has passed stays, and from now on the list below it speaks again.

    Whoever that list names then is told by text.
    """
    row = (
        Override.objects.select_for_update(of=("self",))
        .select_related("site", "clinician")
        .get(pk=override_id)
    )
    if row.ended_at is not None or row.period.upper <= now:
        raise Refusal("override-over", _("That override is over. What has happened stays on the list."))
    with given_hours.telling(row.site, by=by, since=row.period.lower, until=row.period.upper, now=now):
        row.period, row.ended_at, row.ended_by = _passed(row.period, now), now, by
        row.save(update_fields=["period", "ended_at", "ended_by"])
    audit.record("took an override back", f"override:{row.pk}", site=row.site, by=by, now=now, rung=row.rung)
    return row


@transaction.atomic
def take_time_off(
    clinician: Clinician, *, starts_at: datetime, ends_at: datetime, by: Clinician, now: datetime
) -> list[oncall.Stint]:
    """Note that somebody is not called for a time, and return the stints that are now gaps until somebody covers them.

    One's own is always noted; somebody else's by whoever may change who is on call.
    """
    if by.pk != clinician.pk and not roles.may(by, "change who is on call"):
        raise Refusal("not-yours", _("Ask whoever keeps the on-call list to note time off of somebody else."))
    if by.site_id != clinician.site_id:
        raise Refusal("other-site", _("That person belongs to another site."))
    check_span(starts_at, ends_at, now=now, longest=LONGEST_OFF)
    since = max(starts_at, now)
    row = TimeOff.objects.create(
        site=clinician.site,
        clinician=clinician,
        period=DateTimeTZRange(since, ends_at),
        made_by=by,
        made_at=now,
    )
    audit.record(
        "noted time off", f"time-off:{row.pk}", site=row.site, by=by, now=now, clinician=clinician.pk
    )
    return opened(row)


@transaction.atomic
def end_time_off(time_off_id: int, *, by: Clinician, now: datetime) -> TimeOff:
    """Take time off back: from now on that person is called again where the list names them.

    Where another takes it back, they are told by text of the hours that are theirs again.
    """
    rows = TimeOff.objects.select_for_update(of=("self",)).select_related("site", "clinician")
    row = rows.get(pk=time_off_id)
    if by.pk != row.clinician_id and not roles.may(by, "change who is on call"):
        raise Refusal(
            "not-yours", _("Ask whoever keeps the on-call list to take back time off of somebody else.")
        )
    if row.ended_at is not None or row.period.upper <= now:
        raise Refusal("time-off-over", _("That time off is over."))
    with given_hours.telling(row.site, by=by, since=row.period.lower, until=row.period.upper, now=now):
        row.period, row.ended_at, row.ended_by = _passed(row.period, now), now, by
        row.save(update_fields=["period", "ended_at", "ended_by"])
    audit.record("took time off back", f"time-off:{row.pk}", site=row.site, by=by, now=now)
    return row


def opened(row: TimeOff) -> list[oncall.Stint]:
    """The stints this time off keeps its person from: gaps, as long as no override fills them."""
    if row.period.isempty:
        return []
    read = oncall.read(row.site, since=row.period.lower, until=row.period.upper)
    return read.away(row.clinician, row.period.lower, row.period.upper)


def _passed(period: DateTimeTZRange, now: datetime) -> DateTimeTZRange:
    """The part of a span that is over; empty where it had not begun."""
    return DateTimeTZRange(period.lower, max(period.lower, now))
