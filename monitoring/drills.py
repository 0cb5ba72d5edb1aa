"""Whether whoever is on call can be reached: asked by text at the start of each turn, and whenever they want to know.

Whoever goes straight on from turn to turn, as in a rotation of one, is asked by day when a week has brought nothing.

Any text or key press from that phone proves it. Who stays silent is *unproved*: still called, shown as such, and the
next person is asked to stand in for the rest of the turn.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from monitoring import phone_proofs, texts, worklist
from monitoring.models import Page, ReachTest
from notifications import audit, oncall, outbox, overrides, written
from notifications.each import each
from notifications.models import Channel, Clinician, Lane, Message, Site, TimeOff
from protocols import rotas, wording
from protocols.errors import Refusal

Kind = ReachTest.Kind
ANSWER_WITHIN = timedelta(minutes=10)  # a proposal of ours: nobody has published it
# An engine that was away this long still asks; later the turn is well under way.
LOOK_BACK = timedelta(minutes=10)
MARKED = frozenset({Kind.ASKED, Kind.LADDER})  # asked and answered with the word DRILL
# Proposals of ours, both: how long a phone that was not heard from counts as proved, and when nobody is woken to ask.
PROVED_FOR = timedelta(days=7)
BY_DAY = range(9, 17)  # hours of the site's clock
STAND_IN_PATH = "/on-call/mine/"


# Asking


def begin_due(*, now: datetime) -> int:
    """Ask everybody whose turn began in the last minutes, once for each turn; return how many were asked."""
    return each(list(Site.objects.values_list("pk", flat=True)), lambda pk: _begin_at(pk, now))


def _begin_at(site_id: int, now: datetime) -> int:
    site = Site.objects.get(pk=site_id)
    read = oncall.stints(site, since=now - LOOK_BACK - oncall.INSTANT, until=now + oncall.LOOK_AHEAD)
    begun = [
        one for one in read if now - LOOK_BACK <= one.starts_at <= now < one.ends_at and one.can_be_reached
    ]
    new = [one for one in begun if not _went_straight_on(one, read)]
    on_now = [one for one in read if one.starts_at <= now < one.ends_at]
    new += _on_another_phone(on_now, now) or _long_unheard(site, on_now, now)
    return sum(_ask_turn(site, _whole(one, read, now), Kind.START, now) for one in new)


def _on_another_phone(on_now: Sequence[oncall.Stint], now: datetime) -> list[oncall.Stint]:
    """Whoever was asked on a phone that is theirs no more, where the one pages go to now was not: once each."""
    able = {one.clinician.pk: one for one in reversed(on_now) if one.can_be_reached}
    elsewhere = ReachTest.objects.filter(clinician__in=able, ends_at__gt=now).exclude(
        text__to=phone_proofs.OWN_PHONE
    )
    known = phone_proofs.of(able[pk].clinician for pk in set(elsewhere.values_list("clinician", flat=True)))
    minute = now.replace(second=0, microsecond=0)  # the same for two engines, so that one asks
    return [
        replace(able[pk], starts_at=minute) for pk, proof in known.items() if proof == phone_proofs.NOTHING
    ]


def _long_unheard(site: Site, on_now: Sequence[oncall.Stint], now: datetime) -> list[oncall.Stint]:
    """Whoever has been on for longer than PROVED_FOR, by day, and was neither heard from nor asked since: once each."""
    if now.astimezone(ZoneInfo(site.time_zone)).hour not in BY_DAY:
        return []
    able = {one.clinician.pk: one for one in reversed(on_now) if one.can_be_reached}
    known, since = phone_proofs.of(one.clinician for one in able.values()), now - PROVED_FOR
    begins = since - oncall.INSTANT
    held: dict[int, list[tuple[datetime, datetime]]] = {pk: [] for pk in able}
    for one in oncall.stints(site, since=begins, until=now):
        if one.clinician.pk in held:
            held[one.clinician.pk].append((one.starts_at, one.ends_at))
    # However many shifts and turns made up the week.
    began = {pk for pk, spans in held.items() if not rotas.without([(begins, now)], spans)}
    hour = now.replace(minute=0, second=0, microsecond=0)  # the same for two engines, so that one asks
    return [
        replace(one, starts_at=hour)
        for pk, one in able.items()
        if pk in began and all(at is None or at <= since for at in (known[pk].heard_at, known[pk].asked_at))
    ]


def _whole(one: oncall.Stint, read: Sequence[oncall.Stint], now: datetime) -> oncall.Stint:
    """The turn to where its person goes off, over every shift they go straight on with; or to a year from now."""
    ends_at = one.ends_at
    for later in read:
        if (later.rung, later.clinician) == (one.rung, one.clinician) and later.starts_at <= ends_at:
            ends_at = max(ends_at, later.ends_at)
    if ends_at < now + oncall.LOOK_AHEAD:
        return replace(one, ends_at=ends_at)
    return replace(one, ends_at=oncall.goes_on_until(one) or one.ends_at + oncall.A_YEAR)


def _went_straight_on(one: oncall.Stint, read: Sequence[oncall.Stint]) -> bool:
    """Whether the same person had the rung until that moment, so that no turn of theirs begins."""
    return any(
        (other.rung, other.clinician, other.ends_at) == (one.rung, one.clinician, one.starts_at)
        for other in read
    )


@transaction.atomic
def _ask_turn(site: Site, one: oncall.Stint, kind: ReachTest.Kind, now: datetime) -> int:
    about = {"clinician": one.clinician, "rung": one.rung, "starts_at": one.starts_at}
    Clinician.objects.select_for_update(no_key=True).get(pk=one.clinician.pk)  # two engines ask once
    turns = ReachTest.objects.filter(kind__in=[Kind.START, Kind.STAND_IN])
    if turns.filter(**about).exists():
        return 0
    # Whoever said yes to standing in proved their phone with it: the turn their yes began asks nothing more.
    if turns.filter(clinician=one.clinician, rung=one.rung, answered_at=one.starts_at).exists():
        return 0
    ends_at, link = one.ends_at, settings.PUBLIC_BASE_URL + STAND_IN_PATH
    if kind == Kind.START:
        facts = {"next_time": texts.site_day_and_time(site, ends_at), "link": link}
        body = wording.text("page.on_call_now", "en", **facts)
    else:
        until = texts.site_day_and_time(site, _stands_in_until(ends_at, now))
        body = wording.text("page.stand_in", "en", rung=str(one.rung), next_time=until, link=link)
    key = f"reach:{one.clinician.pk}:{one.rung}:{one.starts_at:%Y%m%d%H%M}:{kind}"
    _ask(site, kind, body, key=key, now=now, ends_at=ends_at, **about)
    return 1


@transaction.atomic
def page_me(clinician: Clinician, *, now: datetime) -> ReachTest:
    """Text and ring whoever asks for it, marked DRILL. Refused without a phone, or while one still waits."""
    locked = Clinician.objects.select_for_update(no_key=True).select_related("site").get(pk=clinician.pk)
    if not locked.phone:
        raise Refusal("no-phone", _("There is no phone on record for you, so no page would reach you."))
    waiting = ReachTest.objects.filter(clinician=locked, kind=Kind.ASKED, answered_at=None, due_at__gt=now)
    if waiting.exists():
        raise Refusal(
            "drill-waits", _("A test page is on its way to you. Answer it, or wait until its time is over.")
        )
    key = f"reach:{locked.pk}:asked:{now:%Y%m%d%H%M%S}"
    test = _ask(locked.site, Kind.ASKED, wording.text("page.drill", "en"), key=key, now=now, clinician=locked)
    outbox.queue(
        site=locked.site,
        key=f"{key}:voice",
        lane=Lane.PAGE_VOICE,
        channel=Channel.VOICE,
        to=locked.phone,
        clinician=locked,
        valid_for=ANSWER_WITHIN,
        now=now,
    )
    audit.record("asked for a test page", f"clinician:{locked.pk}", site=locked.site, by=locked, now=now)
    return test


def _ask(
    site: Site, kind: ReachTest.Kind, body: str, *, key: str, now: datetime, **facts: object
) -> ReachTest:
    clinician = facts["clinician"]
    assert isinstance(clinician, Clinician)  # noqa: S101 - every caller names one
    text = outbox.queue(
        site=site,
        key=key,
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=clinician.phone,
        body=body,
        clinician=clinician,
        valid_for=ANSWER_WITHIN,
        now=now,
    )
    return ReachTest.objects.create(
        site=site, kind=kind, asked_at=now, due_at=now + ANSWER_WITHIN, text=text, **facts
    )


# Answering


@transaction.atomic
def heard(clinician: Clinician, *, how: str, now: datetime) -> ReachTest | None:
    """Something came from this phone: every test that waits is answered. The newest of them, if there was one.

    A yes to standing in is not: that is answered by `stand_in`.
    """
    tests = _unanswered.rows(clinician=clinician.pk, now=now)
    for test in tests:
        if test.kind != Kind.STAND_IN:
            test.answered_at, test.how = now, how
            test.save(update_fields=["answered_at", "how"])
    _stop_calling([test for test in tests if test.kind == Kind.LADDER], now)
    return tests[-1] if tests else None


@written.Query
def _unanswered(*, clinician: int, now: datetime) -> QuerySet[ReachTest]:
    """The tests of somebody's phone that still take an answer, oldest first; locked.

    That of a turn until it ends: late, it still proves the phone. Any other until a while after its time: a later word
    is about something else.
    """
    waiting = ReachTest.objects.select_for_update().filter(clinician=clinician, answered_at=None)
    begun, others = Q(kind=Kind.START, ends_at__gt=now), Q(due_at__gte=now - ANSWER_WITHIN)
    return waiting.filter(begun | others & ~Q(kind=Kind.START)).order_by("asked_at")


def _stop_calling(tests: Iterable[ReachTest], now: datetime) -> None:
    """Whoever answered a drill is not rung for it any more: their call still waited for its delay."""
    calls = [call_key(test) for test in tests]
    if calls:
        outbox.cancel(Message.objects.filter(key__in=calls), now=now)


def call_key(test: ReachTest) -> str:
    """The key of the call beside the text of a drill."""
    return f"{test.text.key.removesuffix(':text')}:voice"


def was_paged_since(test: ReachTest) -> bool:
    """Whether a case was paged to this person after the test: then "1" may mean the case."""
    return Page.objects.filter(clinician=test.clinician, at__gte=test.asked_at).exists()


def answer(test: ReachTest, *, how: str, now: datetime) -> str:
    """Say thank you in one line; whoever was asked to stand in is on call from here on."""
    if test.kind in MARKED:
        return wording.text("page.drill_heard", "en")
    if test.kind != Kind.STAND_IN:
        return wording.text("page.proved", "en")
    return stand_in(test.pk, how=how, now=now)


@transaction.atomic
def stand_in(test_id: int, *, how: str, now: datetime) -> str:
    """Put whoever said yes on the rung for the rest of the turn, once, and say in one line until when.

    Not where it has ended, where somebody else said yes before, or where whoever had the turn was heard from since.
    Where the list refuses it they are told, a task says why, and the next person is asked at the test's time.
    """
    test = ReachTest.objects.select_related("site", "clinician").get(pk=test_id)
    turn = ReachTest.objects.filter(site=test.site, rung=test.rung, starts_at=test.starts_at)
    others = [one for one in turn.select_for_update().order_by("pk") if one.pk != test.pk]
    test.refresh_from_db(fields=["answered_at"])
    if (
        test.rung is None
        or test.ends_at is None
        or test.ends_at <= now
        or any(one.answered_at for one in others)
    ):
        return wording.text("page.not_needed", "en")
    until = _stands_in_until(test.ends_at, test.answered_at or now)
    if test.answered_at is None:
        try:
            _put_on(test, test.rung, until, now)
        except Refusal as refusal:
            _tell_of_a_yes_refused(test, refusal, now)
            return wording.text("page.not_put_on_call", "en", rung=str(test.rung))
        test.answered_at, test.how = now, how
        test.save(update_fields=["answered_at", "how"])
    next_time = texts.site_day_and_time(test.site, until)
    return wording.text("page.stands_in", "en", rung=str(test.rung), next_time=next_time)


def _stands_in_until(ends_at: datetime, since: datetime) -> datetime:
    """The end of the turn, or as far as one override may go: a turn may go on for a year."""
    return min(ends_at, since + overrides.LONGEST)


@transaction.atomic
def _put_on(test: ReachTest, rung: int, until: datetime, now: datetime) -> None:
    why = "stands in: nobody answered at the start of the turn"
    overrides.give(
        test.site, test.clinician, rung, starts_at=now, ends_at=until, why=why, by=test.clinician, now=now
    )


def _tell_of_a_yes_refused(test: ReachTest, refusal: Refusal, now: datetime) -> None:
    what = f"Rung {test.rung}: {test.clinician.name} said yes and was not put on call. {refusal.sentence}"
    due_at = now + ANSWER_WITHIN
    worklist.open_task(site=test.site, what=what[:200], due_at=due_at, pages_when_late=False, now=now)


# Silence


def late(*, now: datetime) -> QuerySet[ReachTest]:
    """Tests that nobody answered in time and that were not noted yet."""
    return ReachTest.objects.filter(answered_at=None, lapsed_at=None, due_at__lte=now)


def look_after(*, now: datetime) -> int:
    """Tests that nobody answered in time: noted once, put on the work list, and somebody is asked to stand in."""
    return each(list(late(now=now).values_list("pk", flat=True)[:50]), lambda pk: _lapse(pk, now))


@transaction.atomic
def _lapse(pk: int, now: datetime) -> int:
    waiting = ReachTest.objects.select_for_update(skip_locked=True, of=("self",)).select_related(
        "site", "clinician"
    )
    test = waiting.filter(pk=pk, answered_at=None, lapsed_at=None).first()
    if test is None:
        return 0
    test.lapsed_at = now
    test.save(update_fields=["lapsed_at"])
    if test.kind == Kind.ASKED or test.ends_at is None or test.ends_at <= now:
        return 1
    asked = _ask_somebody(test, now)
    if test.kind == Kind.START or asked is None:
        whom = f"{asked.name} was asked to stand in" if asked else "nobody else is left to ask"
        worklist.open_task(
            site=test.site,
            what=f"Rung {test.rung}: {test.clinician.name} did not answer; {whom}",
            due_at=now + ANSWER_WITHIN,
            pages_when_late=False,
            now=now,
        )
    return 1


def _ask_somebody(test: ReachTest, now: datetime) -> Clinician | None:
    """Ask the next person on that rung who was not asked yet, is not on call now, and is not away."""
    assert test.rung is not None and test.starts_at is not None and test.ends_at is not None  # noqa: S101, PT018
    read = oncall.stints(test.site, since=now, until=now + oncall.LOOK_AHEAD)
    busy = {one.clinician.pk for one in read if one.starts_at <= now}
    turn = ReachTest.objects.filter(site=test.site, rung=test.rung, starts_at=test.starts_at)
    asked = set(turn.values_list("clinician", flat=True))
    # Whoever goes on leave after the hours they would stand in for can stand in.
    span = (now, _stands_in_until(test.ends_at, now))
    off = TimeOff.objects.filter(site=test.site, period__overlap=span)
    away = set(off.values_list("clinician", flat=True))
    for one in sorted(
        (s for s in read if s.starts_at > now), key=lambda s: (s.rung != test.rung, s.starts_at)
    ):
        if (
            one.can_be_reached
            and one.clinician.pk not in busy | asked | away
            and _may_stand_in(test, one.clinician)
        ):
            turn_left = oncall.Stint(test.rung, one.clinician, test.starts_at, test.ends_at, "", 0)
            _ask_turn(test.site, turn_left, Kind.STAND_IN, now)
            return one.clinician
    return None


def _may_stand_in(test: ReachTest, clinician: Clinician) -> bool:
    try:
        oncall.check_able(test.site, clinician, test.rung or 1)
    except Refusal:
        return False
    return True


def of_call(message: Message) -> bool:
    """Whether this call is a test that somebody asked for, of one phone or of a whole ladder."""
    return message.key.startswith("reach:") and message.channel == Channel.VOICE
