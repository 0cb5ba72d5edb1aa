"""What responders text back: a code takes a case; anything less is answered with what is open, never guessed."""

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from monitoring import caselog, drills, escalations, offers, opting_out, paging, texts
from monitoring.models import Escalation, Page, ReachTest, Reply
from notifications import outbox
from notifications.models import Channel, Clinician, Lane, Message
from protocols import triage, wording
from protocols.errors import Refusal

CODE = re.compile(r"(?<!\d)(\d{4})(?!\d)")
# A code takes a case only when nothing else is said but that it is taken: "cannot take 4821" takes nothing.
STOPS = r"[\s.,:;#!\"'()-]*"  # a cross or a thumb beside a code says something of its own, and is not guessed
TAKES = re.compile(
    STOPS
    + r"(?:(?:ack|ok|okay|yes|y|take|taking|mine|got|got it|i have|i have it|on it)\W+)?(\d{4})"
    + STOPS,
    re.I,
)
# A no is one only right before its code; a reason may follow "cannot": "no problem, 4821 is mine" is not guessed at.
DECLINES = re.compile(
    STOPS
    + r"(?:sorry\W+)?(?:i\W+)?(?:(?:no|not)\W+\d{4}"
    + STOPS
    + r"|(?:decline|declined|busy|unable|can(?:not|['’]?t))(?: (?:to )?(?:take|do|answer))?\W+\d{4}"
    + r"(?!\d)(?!.*\b(?:mine|have|got|take|taking|took|on it|yes|ok|okay)\b).*)",
    re.I | re.S,
)
BARE_YES = frozenset({"ack", "ok", "okay", "yes", "y", "take", "mine", "on it", "1"})
VALID_FOR = timedelta(minutes=15)


def is_for_us(reply: Reply, clinician: Clinician, *, at_home: bool) -> bool:
    """Whether a clinician's text is about a page: sent to the paging number, or naming a known code.

    Of a phone that speaks for a patient too (`at_home`) a code takes a case and does nothing else: "shaking, took
    1000 mg" is about the patient, whichever case once had these figures.
    """
    ours = {clinician.site.page_number, clinician.site.fallback_number} - {""}
    may_be = not at_home or TAKES.fullmatch(reply.body.strip()) is not None
    return reply.sent_to in ours or (may_be and bool(_mentioned(reply.body, clinician)))


def answer(reply: Reply, clinician: Clinician, *, now: datetime) -> Message:
    """Do what the text says about a page or a test of reach, and text back how it went. Nothing unclear is guessed."""
    said, test = reply.body.strip(), None
    if triage.assess(said, triage.Context(sender="clinician")).control == "opt_out":
        opting_out.responder_stopped(
            clinician, now=now
        )  # and proves nothing: no text reaches that phone any more
    else:
        test = drills.heard(clinician, how="text", now=now)
    return outbox.queue(
        site=clinician.site,
        key=f"answer:{reply.pk}",
        lane=Lane.PAGE_TEXT,
        channel=Channel.TEXT,
        to=reply.sender,
        body=_done(said, clinician, test, now),
        clinician=clinician,
        valid_for=VALID_FOR,
        now=now,
    )


def _done(said: str, clinician: Clinician, test: ReachTest | None, now: datetime) -> str:
    """Take or decline the case the text names, or answer a test of reach; the one line that says how it went.

    After such a test a bare yes is about the test, unless a case was paged to that person since.
    """
    mentioned = _mentioned(said, clinician)
    bare = said.casefold().rstrip(".! ") in BARE_YES
    if test is not None and bare and not drills.was_paged_since(test):
        return drills.answer(test, how="text", now=now)
    if TAKES.fullmatch(said) and len(mentioned) == 1:
        return take_and_say(mentioned[0], clinician, now=now, how="text")
    pages = list(paging.unanswered_by(clinician))
    meant = _meant(pages, clinician, now) if bare else None
    if meant is not None:
        return take_and_say(meant, clinician, now=now, how="text")
    if DECLINES.fullmatch(said) and len(mentioned) == 1:
        return decline_and_say(mentioned[0], clinician, said, now=now)
    open_now = escalations.unanswered(now=now).filter(site=clinician.site)
    waiting = {*open_now, *(page.escalation for page in pages)}
    if waiting:
        return wording.text("page.which", "en", codes=_codes(waiting))
    return wording.text("page.unknown", "en")


def _meant(pages: Sequence[Page], clinician: Clinician, now: datetime) -> Escalation | None:
    """The one case a word without a code can be about: the only one this person is called for or offered.

    None where the newest text to them was about something else: "OK" thanks for that, and "1" may answer a drill twice.
    A text that still waits for its delay was not read by anybody.
    """
    sent = Message.objects.filter(to=clinician.phone, channel=Channel.TEXT, deliveries__due_at__lte=now)
    newest = sent.order_by("-created_at", "-pk").values_list("pk", flat=True).first()
    cases = list({page.escalation for page in pages})
    return cases[0] if len(cases) == 1 and newest in {page.text_id for page in pages} else None


def _age(case: Escalation) -> tuple[datetime, int]:
    return case.opened_at, case.pk


def take_and_say(case: Escalation, clinician: Clinician, *, now: datetime, how: str) -> str:
    """Try to take the case and put the result in one line: it is yours, or who has it since when."""
    try:
        escalations.take(case.pk, by=clinician, now=now, how=how)
    except Refusal as refusal:
        case.refresh_from_db()
        return refusal.sentence if case.state == Escalation.State.OPEN else already(case, clinician)
    return wording.text("page.you_have_it", "en", code=case.code, link=paging.link(case))


def decline_and_say(case: Escalation, clinician: Clinician, said: str, *, now: datetime) -> str:
    """Note that somebody cannot take it and say so in one line; or say who has it since when."""
    offer = offers.to(case, clinician)
    try:
        next_is_called = escalations.decline(case.pk, by=clinician, now=now, reason=said)
    except Refusal as refusal:
        case.refresh_from_db()
        if _has(case, clinician):
            return wording.text("page.still_yours", "en", code=case.code)
        return refusal.sentence if case.state == Escalation.State.OPEN else already(case, clinician)
    if offer is not None:
        return wording.text("page.offer_declined", "en", code=case.code, who=offer.by.name)
    return wording.text("page.declined" if next_is_called else "page.declined_last", "en", code=case.code)


def already(case: Escalation, asks: Clinician | None = None) -> str:
    """Who has a case that can no longer be taken, or that it is closed; to its owner, what is next.

    To whoever is called for another at this moment no closed case says that there is nothing to do.
    """
    if asks is not None and _has(case, asks):
        is_reached = case.state == Escalation.State.REACHED
        return wording.text("page.yours_reached" if is_reached else "page.yours", "en", code=case.code)
    since = caselog.had_since(case)
    if case.state != Escalation.State.RESOLVED and case.owner is not None and since is not None:
        at = texts.site_time(case.site, since)
        return wording.text("page.already", "en", code=case.code, who=case.owner.name, time=at)
    called = {page.escalation for page in paging.unanswered_by(asks)} if asks is not None else set()
    if not called:
        return wording.text("page.closed", "en", code=case.code)
    return wording.text("page.closed_other", "en", code=case.code, codes=_codes(called))


def _has(case: Escalation, clinician: Clinician) -> bool:
    return case.owner_id == clinician.pk and case.state in offers.HELD


def _codes(cases: Collection[Escalation]) -> str:
    return ", ".join(one.code for one in sorted(cases, key=_age))


def _mentioned(body: str, clinician: Clinician) -> list[Escalation]:
    """The site's newest case for each code in the text."""
    cases = Escalation.objects.filter(site=clinician.site, code__in=set(CODE.findall(body))).order_by(
        "opened_at"
    )
    return list({case.code: case for case in cases}.values())
