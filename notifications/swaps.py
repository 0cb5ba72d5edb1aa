"""Swaps: hours offered to a colleague, perhaps for some of theirs, and answered by that colleague alone.

Or offered to whoever may stand on that rung: each answers for themselves, and the first who accepts has the hours.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext as _

from notifications import audit, oncall, outbox, overrides
from notifications.models import Asked, Channel, Clinician, Lane, Message, Site, Swap
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
        _tell(row, "page.swap" if back is None else "page.swap_back", _key(row), to, now)
    return row


@transaction.atomic
def offer_to_anyone(given: Hours, *, by: Clinician, now: datetime) -> Swap:
    """Offer hours of one's own to whoever could take them: each is texted once, and the first who accepts has them.

    Asked are all who may stand on that rung, can be reached, and are neither away nor on call on any rung then.
    Refused where the hours are not one's own from end to end, where all were asked for part of them already, or
    where there is nobody to ask.
    """
    _check_held(given, of=by, now=now)
    _lock(by.site_id)  # a form sent twice asks once
    period = DateTimeTZRange(given.starts_at, given.ends_at)
    before = Swap.objects.filter(
        offered_by=by, offered_to=None, state=Swap.State.OFFERED, rung=given.rung, period__overlap=period
    )
    if before.filter(period__startswith__gte=now).exists():
        raise Refusal(
            "asked-already", _("You have asked all for part of those hours. Take that offer back first.")
        )
    people = _able(given, by.site)
    if not people:
        raise Refusal(
            "nobody",
            _("Nobody else can take rung %(rung)s then: ask whoever keeps the list.") % {"rung": given.rung},
        )
    row = Swap.objects.create(site=by.site, rung=given.rung, period=period, offered_by=by, offered_at=now)
    Asked.objects.bulk_create(Asked(swap=row, clinician=one) for one in people)
    to = [one.pk for one in people]
    audit.record("offered a swap to anyone", f"swap:{row.pk}", site=by.site, by=by, now=now, to=to)
    for one in people:
        _tell(row, "page.swap_anyone", _key(row, one.pk), one, now)
    return row


def _able(hours: Hours, site: Site) -> list[Clinician]:
    """Whoever could take these hours, by name: nobody who is on call in them, and so not whose they are."""
    busy = _on_call(site, hours)
    people = site.clinicians.order_by("name", "pk")
    return [one for one in people if one.pk not in busy and _could(one, hours)]


def _could(person: Clinician, hours: Hours) -> bool:
    try:
        _check_able(person, hours, person.site)
    except Refusal:
        return False
    return True


def _on_call(site: Site, hours: Hours) -> set[int]:
    """Who is on call on any rung in some of these hours."""
    read = oncall.stints(site, since=hours.starts_at, until=hours.ends_at)
    return {one.clinician.pk for one in read}


def _tell(row: Swap, words: str, key: str, to: Clinician, now: datetime) -> None:
    """Text a colleague; never sent once the hours have begun."""
    link = settings.PUBLIC_BASE_URL + ANSWER_PATH
    _text(row, words, key, of=row.offered_by, to=to, valid_for=row.period.lower - now, now=now, link=link)


def _tell_maker(row: Swap, words: str, by: Clinician, now: datetime) -> None:
    """Text whoever made the offer how it was answered, if they still can be: until then the hours are theirs."""
    key, valid_for = f"{_key(row)}:answered", max(row.period.lower - now, TELL_WITHIN)
    if row.offered_by.phone and row.offered_by.is_active:
        _text(row, words, key, of=by, to=row.offered_by, valid_for=valid_for, now=now)


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


def _key(row: Swap, asked: int | None = None) -> str:
    return f"swap:{row.pk}" if asked is None else f"swap:{row.pk}:{asked}"


def _said(at: datetime, site: Site) -> str:
    return f"{at.astimezone(ZoneInfo(site.time_zone)):%a %d %b %H:%M %Z}"


@transaction.atomic
def accept(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Take the hours: from here on both are on call as agreed, and whoever made the offer is texted so.

    Refused once the hours are somebody else's or began.
    """
    # One answer of a site at a time: the same hours may stand in two offers, and go to one person.
    _lock(Swap.objects.values_list("site", flat=True).get(pk=swap_id))
    row = _open(swap_id, Swap.State.ACCEPTED, by=by)
    given, back = _given(row), _back(row)
    if row.offered_to is None and by.pk in _on_call(row.site, given):
        raise Refusal("on-call", _("You are on call for part of those hours already."))
    row.offered_to = by
    _end(row, Swap.State.ACCEPTED, by=by, now=now)
    _check(given, of=row.offered_by, to=by, now=now)
    if back is not None:
        _check(back, of=by, to=row.offered_by, now=now)
    _put(given, by, row, by, now)
    if back is not None:
        _put(back, row.offered_by, row, by, now)
    _tell_maker(row, "page.swap_accepted" if back is None else "page.swap_stands", by, now)
    return row


@transaction.atomic
def decline(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Say no: the hours stay with whoever offered them, who is texted so.

    Of an offer to anyone each says no for themselves: it ends, and its maker is texted, once all have.
    """
    row = _open(swap_id, Swap.State.DECLINED, by=by)
    row.asked.filter(clinician=by).update(declined_at=now)
    if row.asked.filter(declined_at=None).exists():
        outbox.cancel(Message.objects.filter(key=_key(row, by.pk)), now=now)
        audit.record("declined a swap", f"swap:{row.pk}", site=row.site, by=by, now=now)
        return row
    _end(row, Swap.State.DECLINED, by=by, now=now)
    words = "page.swap_declined" if row.offered_to else "page.swap_declined_by_all"
    _tell_maker(row, words, by, now)
    return row


@transaction.atomic
def withdraw(swap_id: int, *, by: Clinician, now: datetime) -> Swap:
    """Take an offer back that nobody has accepted."""
    row = _open(swap_id, Swap.State.WITHDRAWN, by=by)
    _end(row, Swap.State.WITHDRAWN, by=by, now=now)
    return row


def _lock(site_id: int) -> None:
    Site.objects.select_for_update(no_key=True).get(pk=site_id)


def _open(swap_id: int, to: Swap.State, *, by: Clinician) -> Swap:
    """An offer that nobody has answered, locked, for a person who may answer it so."""
    # Not joined to whom it is to: whoever waited for the row would join the person it named before they waited.
    rows = Swap.objects.select_for_update(of=("self",)).select_related("site", "offered_by")
    row = rows.get(pk=swap_id)
    asked = row.asked.filter(clinician=by).first()
    may = row.offered_by_id if to == Swap.State.WITHDRAWN else row.offered_to_id
    if by.pk != may and (asked is None or to == Swap.State.WITHDRAWN):
        raise Refusal(
            "not-yours",
            _("Only the person it was offered to can answer it, and only its maker take it back."),
        )
    if row.state == Swap.State.ACCEPTED and row.offered_to is not None and row.offered_to_id != by.pk:
        raise Refusal("answered", _("%(who)s has taken those hours already.") % {"who": row.offered_to.name})
    if row.state != Swap.State.OFFERED:
        raise Refusal("answered", _("That offer is %(state)s already.") % {"state": row.get_state_display()})
    if asked is not None and asked.declined_at is not None:
        raise Refusal("answered", _("You have declined that offer already."))
    return row


def _end(row: Swap, state: Swap.State, *, by: Clinician, now: datetime) -> None:
    """The one place where an offer ends; whatever text of it still waits is not sent any more."""
    row.state, row.answered_at = state, now
    row.save(update_fields=["state", "answered_at", "offered_to"])
    asked = row.asked.values_list("clinician", flat=True)
    outbox.cancel(Message.objects.filter(key__in=[_key(row), *(_key(row, pk) for pk in asked)]), now=now)
    audit.record(f"{state} a swap", f"swap:{row.pk}", site=row.site, by=by, now=now)


def _check(hours: Hours, *, of: Clinician, to: Clinician, now: datetime) -> None:
    _check_held(hours, of=of, now=now)
    _check_able(to, hours, of.site)


def _check_held(hours: Hours, *, of: Clinician, now: datetime) -> None:
    """Refuse hours that have begun, or are not theirs from end to end."""
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


def _check_able(person: Clinician, hours: Hours, site: Site) -> None:
    """Refuse whoever may not stand on that rung, or no page would reach then."""
    oncall.check_able(site, person, hours.rung)
    overrides.check_reachable(person, DateTimeTZRange(hours.starts_at, hours.ends_at))


def _put(hours: Hours, person: Clinician, swap: Swap, by: Clinician, now: datetime) -> None:
    """The hours as an override; an older one that gave them to whoever swaps them is cut back to what it keeps."""
    why = f"swapped, offer {swap.pk}"
    overrides.give(
        swap.site, person, hours.rung, starts_at=hours.starts_at, ends_at=hours.ends_at, why=why,
        by=by, now=now,
    )  # fmt: skip


def _given(row: Swap) -> Hours:
    return Hours(row.rung, row.period.lower, row.period.upper)


def _back(row: Swap) -> Hours | None:
    if row.back_rung is None or row.back_period is None:
        return None
    return Hours(row.back_rung, row.back_period.lower, row.back_period.upper)
