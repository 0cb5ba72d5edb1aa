"""From words to acts: triage a reply in its context, keep the finding whole, and do what its urgency asks."""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import OperationalError, transaction
from django.db.models import QuerySet

from monitoring import (
    background,
    caselog,
    checkins,
    closer,
    death_notices,
    escalations,
    opting_out,
    pocket,
    strangers,
    texts,
    unread,
    worklist,
)
from monitoring.hearing import NO_SENDER, Heard
from monitoring.models import CheckIn, Escalation, Finding, Patient, Reply
from notifications import once, outbox, written
from notifications.models import Channel, Lane
from protocols import triage, wording

ALARMS = frozenset({"reply.urgent", "reply.emergency", "reply.joined"})
# Whoever says after a reported death that somebody is in danger, or asks for help, is answered all the same.
ANSWERED_ALWAYS = ALARMS | {"reply.help"}
logger = logging.getLogger(__name__)

CONTROLS = {
    "opt_out": opting_out.stop,
    "wrong_number": opting_out.wrong_person,
    "opt_in": opting_out.start,
}


def from_reply(reply: Reply, patient: Patient, *, who: str, now: datetime) -> Finding:
    """Understand one reply about one patient, store the finding, and act on it in the caller's transaction."""
    heard = background.of(reply, patient, who=who, now=now)
    checkin, (context, concluded) = heard.checkin, _concluded(heard)
    read_back = "" if heard.quiet else concluded.read_back  # nobody reads it back to them in the quiet
    finding = _keep(reply, patient, checkin, concluded, context, now=now, read_back=read_back)
    if reply.checkin is None:
        reply.checkin = checkin  # kept with the reply once all of it is understood
    alarming = concluded.urgency in {"urgent", "emergency"}
    if alarming:
        # Before anything else: "wrong number, but she is unconscious" is first of all an emergency.
        _alarm(heard, finding, concluded)
    if concluded.control in CONTROLS:
        CONTROLS[concluded.control](heard, finding)
    elif alarming or concluded.automatic:
        pass  # answered above; or written by a machine: kept, and silence goes on counting
    elif concluded.urgency == "none" and checkin is not None and concluded.answers:
        _carry_on(heard, checkin, concluded)
    else:
        _ask_a_person(heard, finding, concluded)
    return finding


def _concluded(heard: Heard) -> tuple[triage.Context, triage.Finding]:
    """What the words mean and in which context: the gravest, where they may be meant in more than one."""
    read = [(context, triage.assess(heard.reply.body, context)) for context in background.contexts(heard)]
    return min(read, key=lambda one: triage.URGENCIES.index(one[1].urgency))


def _keep(
    reply: Reply,
    patient: Patient | None,
    checkin: CheckIn | None,
    concluded: triage.Finding,
    context: triage.Context,
    *,
    now: datetime,
    read_back: str = "",
) -> Finding:
    """Store all that it takes to conclude the same again, whatever becomes of the patient, the site and its phrases."""
    whole = concluded.as_dict()
    used = replace(context, phrases=concluded.learned)
    return once.add(
        Finding,
        site=patient.site if patient else reply.site,
        patient=patient,
        reply=reply,
        checkin=checkin,
        at=now,
        urgency=concluded.urgency,
        human_task=concluded.human_task,
        provisional_grade=concluded.provisional_grade or "",
        because=concluded.because,
        normal=concluded.normal,
        readings=whole["readings"],
        rules=whole["rules"],
        context={
            **used.as_dict(),
            "read_back": read_back,
            "unexplained": list(concluded.unexplained),
        },
        rules_version=triage.version(context.phrases),
    )


def _alarm(heard: Heard, finding: Finding, concluded: triage.Finding) -> None:
    """Page; then tell the patient so, repeat the signed instruction if there is one, and ask again soon.

    Whatever fails of the rest leaves its trace in the case and can never undo the page.
    """
    case, pages_now = escalations.raise_concern(
        site=heard.patient.site,
        patient=heard.patient,
        urgency=concluded.urgency,
        headline=concluded.because,
        watch=heard.watch,
        finding=finding,
        now=heard.now,
    )
    if death_notices.is_all_that_is_said(heard, concluded):
        _beside(case, heard, "stop check-ins after a death", lambda: death_notices.report(heard, finding))
        return
    joined = not pages_now and concluded.urgency != "emergency"
    words = "reply.joined" if joined else f"reply.{concluded.urgency}"
    _beside(case, heard, "answer", lambda: answer(heard, words))
    if heard.who != "shared":  # nobody knows yet whose fever it is
        _beside(case, heard, "pocket dose", lambda: pocket.instruct_if_signed(case, finding, now=heard.now))
    _beside(case, heard, "closer check-ins", lambda: _ask_more_often(heard, concluded))


def _beside(case: Escalation, heard: Heard, what: str, step: Callable[[], object]) -> None:
    try:
        with transaction.atomic():
            step()
    except OperationalError:
        raise  # a deadlock says nothing about the step: the sweep reads the whole reply again
    except Exception:
        logger.exception("Case %s: %s failed; the case and its page stand.", case.pk, what)
        caselog.note(case, "not done", now=heard.now, text=f"The service failed at this step: {what}.")


def _ask_more_often(heard: Heard, concluded: triage.Finding) -> None:
    if heard.checkin is not None:
        checkins.end(heard.checkin, CheckIn.State.ANSWERED, why="", now=heard.now)
    if heard.watch is not None:
        closer.begin(heard.watch, why=concluded.because, now=heard.now)
        checkins.ask_again_in(heard.watch, minutes=heard.rules.concern_every, now=heard.now)


def _carry_on(heard: Heard, checkin: CheckIn, concluded: triage.Finding) -> None:
    """Every word understood: the next question, or thanks and when the next check-in comes. In the quiet, neither."""
    ended = checkins.answered(checkin, concluded.answers, now=heard.now, stands=heard.stands)
    if ended and ("closer" in heard.stands or concluded.is_a_concern):
        # What the patient is told now is when the service then asks.
        checkins.ask_again_in(checkin.watch, minutes=heard.rules.concern_every, now=heard.now)
    if heard.quiet is not None:
        return
    if not ended:
        if heard.who != "patient":
            answer(heard, "reply.noted")
        return
    following = _to_come.first(watch_id=checkin.watch_id)
    at = following.next_at if following and following.next_at else checkin.watch.ends_at
    answer(heard, "reply.round_done", next_time=texts.clock_time(heard.patient, at))


@written.Query
def _to_come(*, watch_id: int) -> QuerySet[CheckIn]:
    """The check-ins of a watch that were not asked yet, the next one first."""
    return CheckIn.objects.filter(watch=watch_id, state=CheckIn.State.WAITING).order_by("next_at")


def _ask_a_person(heard: Heard, finding: Finding, concluded: triage.Finding) -> None:
    """Routine, unclear, or said outside a check-in: onto the list when a person must look, and an answer always.

    Inside a watch whatever nobody has read in its time becomes a case: what is unclear within minutes.
    """
    unclear = concluded.urgency == "clarify"
    # Whoever is told that a person will read it is told the truth, outside a watch too.
    if concluded.human_task or unclear or concluded.urgency == "routine":
        soon = heard.watch is not None and unclear
        unread.put(
            heard.reply,
            patient=heard.patient,
            finding=finding,
            pages_when_late=heard.watch is not None,
            texting=heard.quiet.by.name if heard.quiet else "",
            due_at=heard.now + (timedelta(minutes=heard.rules.clarify) if soon else worklist.SAME_DAY),
            now=heard.now,
        )
    if heard.watch is not None and concluded.is_a_concern:
        closer.begin(heard.watch, why=concluded.because, now=heard.now)
        checkins.ask_again_in(heard.watch, minutes=heard.rules.concern_every, now=heard.now)
    if heard.checkin is not None and heard.who == _who_was_asked(heard.checkin):
        checkins.heard_from(heard.checkin, now=heard.now)
    _answer_unclear(heard, concluded)


def _who_was_asked(checkin: CheckIn) -> str:
    return "caregiver" if checkin.ask[checkin.position] == "caregiver" else "patient"


def _answer_unclear(heard: Heard, concluded: triage.Finding) -> None:
    checkin = heard.checkin
    if heard.quiet is not None and concluded.control != "help":
        # The clinician answers. What was understood is taken off the round all the same.
        if concluded.urgency == "routine" and checkin is not None and concluded.answers:
            _carry_on(heard, checkin, concluded)
    elif concluded.read_back:
        answer(heard, "reply.read_back", value=concluded.read_back)
    elif concluded.control == "help":
        answer(heard, "reply.help")
    elif heard.reply.media:
        answer(heard, "reply.media")
    elif (
        concluded.urgency in {"clarify", "none"}
        and heard.who == "patient"
        and checkin is not None
        and not checkin.asked_simpler
    ):
        checkin.asked_simpler = True
        checkins.send_question(checkin, now=heard.now, words=_simpler(checkin), stands=heard.stands)
    elif concluded.urgency == "routine" and checkin is not None and concluded.answers:
        _carry_on(heard, checkin, concluded)
    else:
        last_word = {"clarify": "reply.clarify", "routine": "reply.routine"}
        answer(heard, last_word.get(concluded.urgency, "reply.noted"))


def _simpler(checkin: CheckIn) -> str:
    key = f"ask.simpler.{checkin.ask[checkin.position]}"
    return key if wording.has(key) else "ask.simpler.free"


def answer(heard: Heard, words: str, **facts: str) -> None:
    """Answer whoever wrote, on the phone they wrote from, in the patient's language.

    Where texts to that phone have ended, the answer to an alarm goes to the other phone at home.
    """
    key = f"answer:{heard.reply.pk}:{heard.patient.pk}:{words}"
    facts = {"minutes": str(heard.rules.reach), **facts}
    more: dict[str, Any] = {"key": key, "now": heard.now, "facts": facts, "lane": Lane.REPLY}
    more["after_death"] = words in ANSWERED_ALWAYS or "death" not in heard.stands
    ways = [
        partial(texts.to_patient, heard.patient, words, **more),
        partial(texts.to_caregiver, heard.patient, words, **more),
    ]
    own, other = ways if heard.reply.sender == heard.patient.phone else reversed(ways)
    if own() is None and words in ALARMS:
        other()


def from_stranger(reply: Reply, *, now: datetime) -> Finding:
    """A number nobody registered: triaged all the same; danger pages, anything else is read the same hour.

    It is answered when it alarms and when it begins: a flood of texts is kept whole and not answered text by text.
    Where the text does not say who sent it, there is nobody to answer.
    """
    context = triage.Context(sender="unregistered", in_watch="no", media=reply.media)
    concluded = triage.assess(reply.body, context)
    finding = _keep(reply, None, None, concluded, context, now=now, read_back=concluded.read_back)
    site = reply.site
    if concluded.urgency in {"urgent", "emergency"}:
        escalations.raise_concern(
            site=site,
            patient=None,
            caller=reply.sender,
            urgency=concluded.urgency,
            headline=f"An unregistered number: {concluded.because}",
            finding=finding,
            now=now,
        )
    elif concluded.automatic:
        return finding  # two machines must not answer each other all night
    else:
        within = strangers.read_within(reply)
        _, is_new = unread.put(
            reply, patient=None, finding=finding, pages_when_late=True, due_at=now + within, now=now
        )
        if not is_new:
            return finding
    if reply.sender != NO_SENDER:
        _answer_stranger(reply, now)
    return finding


def _answer_stranger(reply: Reply, now: datetime) -> None:
    outbox.queue(
        site=reply.site,
        key=f"answer:{reply.pk}",
        lane=Lane.REPLY,
        channel=Channel.TEXT,
        to=reply.sender,
        body=wording.text("reply.unknown_number", "en", emergency_number=reply.site.emergency_number),
        valid_for=texts.REPLY_VALID_FOR,
        now=now,
    )
