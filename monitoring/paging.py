"""Who is paged for a case, with which words, by text and voice at once; and what everybody else is told."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from monitoring import desk_calls, ladders, texts
from monitoring.models import CaseOffer, Escalation, EscalationEvent, Page
from monitoring.rules import WatchRules
from notifications import oncall, once, outbox, written
from notifications.models import Channel, Clinician, Delivery, Lane, Message, Site
from protocols import ladder, wording
from protocols.ladder import Rung

NOTICE_VALID_FOR = timedelta(minutes=15)
TOKEN_BYTES = 9  # 72 bits, in an address with which a page still fits one segment
UNPAGED_FOR = timedelta(seconds=15)
UNDELIVERED = (Delivery.State.FAILED, Delivery.State.EXPIRED)
AT_ONCE = Rung(())  # text and call together: for whoever had the case


@dataclass(frozen=True)
class Climbed:
    """Where the ladder stands after one climb, for how long, who was paged, and which rungs had nobody."""

    round: int
    rung: int
    lasts: timedelta
    by: str
    paged: Sequence[Clinician]
    empty: Sequence[int]


def page_next_rung(case: Escalation, *, now: datetime) -> Climbed:
    """Page everybody on the next rung that has somebody. With nobody on any rung, call the site's own number."""
    rules = WatchRules.thaw(case.rules)
    standing, step = _next(case, rules, now)
    if not step.staffed:
        desk_calls.for_want_of_anybody(case, round_=step.round, now=now)
        return Climbed(step.round, step.rung, rules.rung_time(case.urgency), "", [], step.skipped)
    called = standing[step.rung - 1]
    minutes = called.rung.minutes(case.urgency, rules.per_rung)
    for clinician in called.people:
        _page(case, clinician, round_=step.round, number=step.rung, on=called.rung, minutes=minutes, now=now)
    return Climbed(
        step.round, step.rung, timedelta(minutes=minutes), called.rung.routes, called.people, step.skipped
    )


def _next(
    case: Escalation, rules: WatchRules, now: datetime
) -> tuple[Sequence[ladders.Standing], ladder.Step]:
    """Who stands on the case's ladder at this moment, and which rung is called next."""
    standing = ladders.at(case.site, rules.ladder, now=now)
    return standing, ladders.next_step(standing, urgency=case.urgency, round_=case.round, rung=case.rung)


def ring_desk_if_nobody_is_left(case: Escalation, *, now: datetime) -> bool:
    """Whether nobody is left to page before the ladder starts again; then the desk is rung, once a round.

    Whoever was paged last keeps their minutes. Started again at once, a ladder of one person, or of dead phones, would
    page the same people second after second, and nobody else ever.
    """
    _, step = _next(case, WatchRules.thaw(case.rules), now)
    if step.round == case.round:
        return False
    desk_calls.before_the_ladder_starts_again(case, now=now)
    return True


def page_owner(case: Escalation, owner: Clinician, *, now: datetime) -> None:
    """Page whoever had the case again, beside the ladder, when it reopens."""
    if owner.phone and owner.is_active:
        minutes = WatchRules.thaw(case.rules).per_rung[case.urgency]
        _page(case, owner, round_=case.round, number=0, on=AT_ONCE, minutes=minutes, now=now)


def tell_owner_of_news(case: Escalation, owner: Clinician, *, now: datetime) -> None:
    """More has come in about a case somebody has: its owner is texted and rung, whatever screen is open."""
    if not owner.phone:
        return
    key = f"news:{case.pk}:{case.events.count()}"
    body = wording.text("page.news", "en", code=case.code, link=link(case))
    _notify(case.site, owner, key, body, now=now)
    outbox.queue(
        site=case.site,
        key=f"{key}:voice",
        lane=Lane.PAGE_VOICE,
        channel=Channel.VOICE,
        to=owner.phone,
        clinician=owner,
        valid_for=NOTICE_VALID_FOR,
        now=now,
    )


def page_offer(case: Escalation, offer: CaseOffer, *, minutes: int, now: datetime) -> None:
    """Ask somebody by text and call at once to take a case over; whoever has it keeps it until they do."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    facts = {"who": offer.by.name, "code": case.code, "link": _take_address(token), "minutes": str(minutes)}
    body, valid_for = wording.text("page.offer", "en", **facts), timedelta(minutes=minutes)
    text, voice = both(
        case.site,
        offer.to,
        f"offer:{offer.pk}",
        body,
        on=AT_ONCE,
        valid_for=valid_for,
        urgency=case.urgency,
        now=now,
    )
    Page.objects.create(
        escalation=case,
        generation=case.generation,
        round=case.round,
        rung=0,
        clinician=offer.to,
        at=now,
        text=text,
        voice=voice,
        token=token,
        offer=offer,
    )


def tell_owner_of_offer(case: Escalation, offer: CaseOffer, *, now: datetime) -> None:
    """Whoever has the case hears that the person they asked did not take it over."""
    if case.owner and case.owner.phone:
        body = wording.text("page.offer_not_taken", "en", who=offer.to.name, code=case.code)
        _notify(case.site, case.owner, f"offer-not-taken:{offer.pk}", body, now=now)


def _page(
    case: Escalation,
    clinician: Clinician,
    *,
    round_: int,
    number: int,
    on: Rung,
    minutes: int,
    now: datetime,
) -> None:
    """Page somebody by text and call, each after the rung's own delay; neither is sent once the rung's time is over."""
    key = f"page:{case.pk}:{case.generation}:{round_}:{number}:{clinician.pk}"
    words = "page.text" if (case.generation, round_) == (1, 1) else "page.again"
    token = secrets.token_urlsafe(TOKEN_BYTES)
    facts = {"code": case.code, "link": _take_address(token), "minutes": str(minutes)}
    body = wording.text(words, "en", urgency=case.urgency.upper(), **facts)
    lasts = timedelta(minutes=minutes)
    text, voice = both(
        case.site,
        clinician,
        key,
        body,
        on=on,
        valid_for=lasts,
        urgency=case.urgency,
        waits_since=_waits_since(case, now),
        now=now,
    )
    once.put(
        Page,
        escalation=case,
        generation=case.generation,
        round=round_,
        rung=number,
        clinician=clinician,
        offer=None,
        defaults={"at": now, "text": text, "voice": voice, "token": token},
    )


def _waits_since(case: Escalation, now: datetime) -> datetime:
    """Since when the case waits for a page that is handed over; `now` where one was.

    In a storm pages run out of time unsent. Queued anew behind those that were heard of already, the same cases would
    come last again, and some would never be paged at all.
    """
    if (case.round, case.rung) == (1, 0):
        return now  # nobody was paged yet since it opened
    pages = Page.objects.filter(escalation=case, generation=case.generation)
    first = pages.order_by("at").values_list("at", flat=True).first()
    if first is None:
        return now
    of_these = Q(message__page_as_text__in=pages) | Q(message__page_as_voice__in=pages)
    return now if Delivery.objects.filter(of_these, submitted_at__isnull=False).exists() else first


def _take_address(token: str) -> str:
    return f"{settings.PUBLIC_BASE_URL}/t/{token}/"


def both(
    site: Site,
    clinician: Clinician,
    key: str,
    body: str,
    *,
    on: Rung,
    valid_for: timedelta,
    urgency: str,
    now: datetime,
    waits_since: datetime | None = None,
) -> tuple[Message, Message]:
    """The text and the call of one page, each after its rung's delay. A drill has no urgency: it goes after pages.

    What has waited already goes before what is new.
    """
    page: dict[str, Any] = {
        "site": site, "to": clinician.phone, "clinician": clinician, "urgency": urgency, "valid_for": valid_for,
        "waits_since": waits_since, "now": now,
    }  # fmt: skip
    text = outbox.queue(
        key=f"{key}:text",
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        body=body,
        after=timedelta(minutes=on.text_after_minutes),
        **page,
    )
    voice = outbox.queue(
        key=f"{key}:voice",
        lane=Lane.PAGE_VOICE,
        channel=Channel.VOICE,
        after=timedelta(minutes=on.voice_after_minutes),
        **page,
    )
    return text, voice


def link(case: Escalation) -> str:
    """The case's own screen. It says nothing about anybody, and asks for a sign-in."""
    return f"{settings.PUBLIC_BASE_URL}/case/{case.pk}/"


def tell_on_call(site: Site, words: str, *, key: str, now: datetime) -> None:
    """Text the first rung that has somebody about something that is no case: to read on the board, not to take."""
    body = wording.text(words, "en", link=f"{settings.PUBLIC_BASE_URL}/board/")
    for rung in range(1, oncall.rungs(site, now=now) + 1):
        people = oncall.who(site, rung, now=now)
        for clinician in people:
            _notify(site, clinician, f"{key}:{clinician.pk}", body, now=now)
        if people:
            return


def cancel_waiting(case: Escalation, *, now: datetime) -> None:
    """Pages that have not been handed over yet are no longer wanted."""
    pages = Page.objects.filter(escalation=case)
    # Each found by its own index: a text that is this or that is looked for among all there ever were.
    mine = pages.values("text").union(pages.values("voice"), desk_calls.of(case).values("pk"))
    outbox.cancel(Message.objects.filter(pk__in=mine), now=now)


def tell_the_others(
    case: Escalation, owner: Clinician, *, now: datetime, had_it: Clinician | None = None
) -> None:
    """Everybody else who was ever paged for this case, and whoever `had_it`, hears who has it and when."""
    at = texts.site_time(case.site, now)
    body = wording.text("page.taken_by", "en", code=case.code, who=owner.name, time=at)
    others = {one.pk: one for one in _others_paged.rows(case_id=case.pk, owner=owner.pk)}
    if had_it is not None and had_it.phone and had_it.is_active:
        others.setdefault(had_it.pk, had_it)  # perhaps by screen, and never paged for it
    for clinician in others.values():
        key = f"taken:{case.pk}:{case.generation}:{owner.pk}:{clinician.pk}:{now:%Y%m%d%H%M%S}"
        _notify(case.site, clinician, key, body, now=now)


@written.Query
def _others_paged(*, case_id: int, owner: int) -> QuerySet[Clinician]:
    """Everybody who was paged for a case and can be texted, but for its owner."""
    paged = Clinician.objects.filter(pages__escalation=case_id, is_active=True).exclude(phone="").distinct()
    return paged.exclude(pk=owner).order_by("pk")


def tell_home(case: Escalation, words: str, *, now: datetime, role: str = "") -> list[str]:
    """Text those at home, in their language, and answer who was told: nobody, where all texting has ended.

    The patient; and the caregiver too when they wrote about this case or no text reaches the patient: who raised the
    alarm for somebody unconscious must not wait for an answer on the other's phone.
    """
    patient = case.patient
    if patient is None:
        return []
    if patient.site_id == case.site_id:
        patient.site = case.site
    facts = {"minutes": str(WatchRules.thaw(case.rules).reach)}
    if role:
        facts["role"] = wording.text(f"role.{role}", patient.language)
    key, told = f"{case.pk}:{case.generation}:{now:%Y%m%d%H%M%S}", []
    if texts.to_patient(patient, words, key=f"{words}:{key}", now=now, facts=facts):
        told.append("the patient")
    wrote = _lines_from.exists(case_id=case.pk, phone=patient.caregiver_phone)
    if (wrote or not told) and texts.to_caregiver(
        patient, words, key=f"{words}:caregiver:{key}", now=now, lane=Lane.REPLY, facts=facts
    ):
        told.append("the caregiver")
    return told


@written.Query
def _lines_from(*, case_id: int, phone: str) -> QuerySet[EscalationEvent]:
    """The lines of a case that came of a text from this phone."""
    return EscalationEvent.objects.filter(escalation=case_id, finding__reply__sender=phone)


def _notify(site: Site, clinician: Clinician, key: str, body: str, *, now: datetime) -> None:
    outbox.queue(
        site=site,
        key=key,
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=clinician.phone,
        body=body,
        clinician=clinician,
        valid_for=NOTICE_VALID_FOR,
        now=now,
    )


def hurry_other_routes(*, now: datetime) -> int:
    """Of a page whose text or call has failed, the route that still waits for its delay is due at once."""
    return _hurry_calls(now=now) + _hurry_texts(now=now)


@written.Update
def _hurry_calls(*, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """The calls of pages whose text has failed."""
    return _waiting_for_nothing("voice", "text", now), {"due_at": now}


@written.Update
def _hurry_texts(*, now: datetime) -> tuple[QuerySet[Delivery], dict[str, Any]]:
    """The texts of pages whose call has failed."""
    return _waiting_for_nothing("text", "voice", now), {"due_at": now}


def _waiting_for_nothing(waiting: str, failing: str, now: datetime) -> QuerySet[Delivery]:
    page = f"message__page_as_{waiting}"
    return Delivery.objects.filter(
        state=Delivery.State.PENDING,
        due_at__gt=now,
        **{f"{page}__escalation__state": Escalation.State.OPEN},
        **{f"{page}__{failing}__deliveries__state__in": UNDELIVERED},
    )


def unheard(*, now: datetime) -> list[Page]:
    """Pages of open cases whose text and call have both failed, not yet noticed."""
    pages = _perhaps_unheard.rows()
    return [page for page in pages if outbox.has_failed(page.text) and outbox.has_failed(page.voice)]


@written.Query
def _perhaps_unheard() -> QuerySet[Page]:
    """Pages of open cases of whose text and call at least one attempt each has failed, not yet noticed."""
    pages = Page.objects.filter(
        unheard_at=None,
        escalation__state=Escalation.State.OPEN,
        generation=F("escalation__generation"),
        text__deliveries__state__in=UNDELIVERED,
        voice__deliveries__state__in=UNDELIVERED,
    )
    return pages.select_related("text", "voice").distinct().order_by("pk")


def unpaged(*, now: datetime) -> list[int]:
    """Open cases, UNPAGED_FOR old or older, with neither a page nor a call to the desk in their generation."""
    paged = Page.objects.filter(escalation=OuterRef("pk"), generation=OuterRef("generation"))
    open_ = Escalation.objects.filter(
        ~Exists(paged), state=Escalation.State.OPEN, opened_at__lte=now - UNPAGED_FOR
    )
    return [case.pk for case in open_ if not desk_calls.in_this_generation(case).exists()]


def unanswered_by(clinician: Clinician) -> QuerySet[Page]:
    """The pages that wait for this person: of open cases, in the climb that is under way, and of offers that stand."""
    climbing = Q(offer=None, escalation__state=Escalation.State.OPEN, generation=F("escalation__generation"))
    offered = Q(offer__isnull=False, offer__ended_at=None)
    return Page.objects.filter(climbing | offered, clinician=clinician).select_related("escalation__site")


def mark_unheard(page_id: int, *, now: datetime) -> bool:
    """Note once that a page reached nobody; False if somebody noted it first."""
    return bool(Page.objects.filter(pk=page_id, unheard_at=None).update(unheard_at=now))
