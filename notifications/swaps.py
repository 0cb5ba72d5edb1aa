"""Swaps: hours offered to a colleague, perhaps for some of theirs, and answered by that colleague alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from notifications import audit, oncall, outbox, overrides
from notifications.models import Channel, Clinician, Lane, Message, Site, Swap
from protocols import wording
from protocols.errors import Refusal

ANSWER_PATH = "/on-call/mine/"
TELL_WITHIN = timedelta(hours=1)  # an answer that comes when the hours have begun is still told


@dataclass(frozen=True)
class Hours:
    """Hours of somebody on a rung."""

    rung: int
    starts_at: datetime
    ends_at: datetime


def offer(given: Hours, *, to: Clinician, by: Clinician, now: datetime, back: Hours | None = None) -> Swap:
    """Offer hours of one's own to a colleague, perhaps for hours of theirs. Nothing changes until they accept.

    The colleague is texted which hours, and where to answer. Refused where the hours are not one's own from end to
    end, or the colleague could not be on that rung or has time off.
    """
    if to.pk == by.pk:
        raise Refusal("same-person", _("Offer your hours to somebody else."))
    _check(given, of=by, to=to, now=now)
    if back is not None:
        _check(back, of=to, to=by, now=now)
    with transaction.atomic():
        row = Swap.objects.create(
            site=by.site,
            rung=given.rung,
            period=DateTimeTZRange(given.starts_at, given.ends_at),
            back_rung=back.rung if back else None,
            back_period=DateTimeTZRange(back.starts_at, back.ends_at) if back else None,
            offered_by=by,
            offered_to=to,
            offered_at=now,
        )
        audit.record("offered a swap", f"swap:{row.pk}", site=by.site, by=by, now=now, to=to.pk)
        _tell(row, now)
    return row


def _tell(row: Swap, now: datetime) -> None:
    """Text the colleague; never sent once the hours have begun."""
    words = "page.swap" if row.back_period is None else "page.swap_back"
    link = settings.PUBLIC_BASE_URL + ANSWER_PATH
    valid_for = row.period.lower - now
    _text(
        row, words, _key(row), of=row.offered_by, to=row.offered_to, valid_for=valid_for, now=now, link=link
    )


def _tell_maker(row: Swap, words: str, now: datetime) -> None:
    """Text whoever made the offer how it was answered, if they still can be: until then the hours are theirs."""
    key, valid_for = f"{_key(row)}:answered", max(row.period.lower - now, TELL_WITHIN)
    if row.offered_by.phone and row.offered_by.is_active:
        _text(row, words, key, of=row.offered_to, to=row.offered_by, valid_for=valid_for, now=now)


def _text(
    row: Swap,
    words: str,
    key: str,
    *,
    of: Clinician,
    to: Clinician,
    valid_for: timedelta,
    now: datetime,
    **more: str,
) -> None:
    since, until = (_said(at, row.site) for at in (row.period.lower, row.period.upper))
    outbox.queue(
        site=row.site,
        key=key,
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=to.phone,
        body=wording.text(words, "en", who=of.name, rung=str(row.rung), since=since, until=until, **more),
        clinician=to,
        valid_for=valid_for,
        now=now,
    )


def _key(row: Swap) -> str:
    return f"swap:{row.pk}"


def _said(at: datetime, site: Site) -> str:
    return f"{at.astimezone(ZoneInfo(site.time_zone)):%a %d %b %H:%M %Z}"


@transaction.atomic
def accept(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Take the hours: from here on both are on call as agreed, and whoever made the offer is texted so.

    Refused once the hours are somebody else's or began.
    """
    # One answer of a site at a time: the same hours may stand in two offers, and go to one person.
    Site.objects.select_for_update(no_key=True).get(pk=Swap.objects.values("site").get(pk=swap_id)["site"])
    row = _answer(swap_id, Swap.State.ACCEPTED, by=by, now=now)
    given, back = _given(row), _back(row)
    _check(given, of=row.offered_by, to=by, now=now)
    if back is not None:
        _check(back, of=by, to=row.offered_by, now=now)
    _put(given, by, row, now)
    if back is not None:
        _put(back, row.offered_by, row, now)
    _tell_maker(row, "page.swap_accepted" if back is None else "page.swap_stands", now)
    return row


@transaction.atomic
def decline(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Say no: the hours stay with whoever offered them, who is texted so."""
    row = _answer(swap_id, Swap.State.DECLINED, by=by, now=now)
    _tell_maker(row, "page.swap_declined", now)
    return row


@transaction.atomic
def withdraw(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Take an offer back that nobody has answered."""
    return _answer(swap_id, Swap.State.WITHDRAWN, by=by, now=now)


def _answer(swap_id: int, state: Swap.State, *, by: Clinician, now: datetime) -> Swap:
    """Answer an open offer once, by the one person who may."""
    rows = Swap.objects.select_for_update(of=("self",)).select_related("site", "offered_by", "offered_to")
    row = rows.get(pk=swap_id)
    may = row.offered_by_id if state == Swap.State.WITHDRAWN else row.offered_to_id
    if by.pk != may:
        raise Refusal(
            "not-yours",
            _("Only the person it was offered to can answer it, and only its maker take it back."),
        )
    if row.state != Swap.State.OFFERED:
        raise Refusal("answered", _("That offer is %(state)s already.") % {"state": row.get_state_display()})
    row.state, row.answered_at = state, now
    row.save(update_fields=["state", "answered_at"])
    outbox.cancel(Message.objects.filter(key=_key(row)), now=now)  # should it still wait to be sent
    audit.record(f"{state} a swap", f"swap:{row.pk}", site=row.site, by=by, now=now)
    return row


def _check(hours: Hours, *, of: Clinician, to: Clinician, now: datetime) -> None:
    overrides.check_span(hours.starts_at, hours.ends_at, now=now)
    if hours.starts_at < now:
        raise Refusal("begun", _("Those hours have begun. Ask whoever keeps the list for an override."))
    read = oncall.stints(of.site, since=hours.starts_at, until=hours.ends_at)
    held = sum(
        ((one.ends_at - one.starts_at) for one in read if (one.rung, one.clinician) == (hours.rung, of)),
        start=hours.starts_at - hours.starts_at,
    )
    if held != hours.ends_at - hours.starts_at:
        raise Refusal(
            "not-theirs",
            _("%(of)s is not on rung %(rung)s for all of those hours.") % {"of": of.name, "rung": hours.rung},
        )
    oncall.check_able(of.site, to, hours.rung)
    overrides.check_reachable(to, DateTimeTZRange(hours.starts_at, hours.ends_at))


def _put(hours: Hours, person: Clinician, swap: Swap, now: datetime) -> None:
    """The hours as an override; an older one that gave them to whoever swaps them is cut back to what it keeps."""
    why = f"swapped, offer {swap.pk}"
    overrides.give(
        swap.site, person, hours.rung, starts_at=hours.starts_at, ends_at=hours.ends_at, why=why,
        by=swap.offered_to, now=now,
    )  # fmt: skip


def _given(row: Swap) -> Hours:
    return Hours(row.rung, row.period.lower, row.period.upper)


def _back(row: Swap) -> Hours | None:
    if row.back_rung is None or row.back_period is None:
        return None
    return Hours(row.back_rung, row.back_period.lower, row.back_period.upper)
