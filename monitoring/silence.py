"""Silence is a finding: an unanswered check-in is asked again, then the caregiver is asked, then a phone rings,
then a person is told. Each step has its minute; a step that cannot be taken is passed over at once.
"""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from monitoring import calls, checkins, closer, conversation, escalations, held, kits, quiet, texts
from monitoring.models import CheckIn, Finding, Reply
from monitoring.rules import WatchRules
from notifications import once, outbox, written
from notifications.models import Delivery, Lane, Message

State = CheckIn.State
Stage = CheckIn.Stage
RULES_VERSION = "silence-1"
CLOCKS_DIFFER = timedelta(minutes=5)  # at most, between the machines of one service


def due(*, now: datetime) -> QuerySet[CheckIn]:
    """Check-ins whose next step of silence is due."""
    return CheckIn.objects.filter(state=State.ASKED, next_at__lte=now)


def being_asked(*, now: datetime) -> QuerySet[CheckIn]:
    """Check-ins whose question must be on its way or there: no person was told of them yet."""
    return _asked()


@written.Query
def _next_due(*, by: datetime) -> QuerySet[CheckIn]:
    """Those that climb in one turn, and whose they are."""
    return held.with_whose(due(now=by))


def climb(*, now: datetime, patience: timedelta = timedelta(0)) -> int:
    """Take the next step of every silence whose minute has come; return how many."""
    return held.each_due(_next_due.rows(by=now - patience), _climb_one, now)


@transaction.atomic
def _climb_one(asked: held.Due, now: datetime) -> int:
    found = held.if_due(asked, State.ASKED, now)
    if found is None:
        return 0
    checkin, stands = found
    rules = WatchRules.thaw(checkin.watch.rules)
    if "quiet" in stands and _waits(checkin, rules, now):
        return 0
    checkin.stage = min(checkin.stage + 1, Stage.PERSON)
    if checkin.stage == Stage.PERSON:
        tell_a_person(checkin, "no answer", now=now)
        return 1
    minutes = {Stage.AGAIN: rules.caregiver, Stage.CAREGIVER: rules.voice, Stage.VOICE: rules.person}
    since = checkin.silent_since or now
    checkin.next_at = max(now, since + timedelta(minutes=minutes[Stage(checkin.stage)]))
    if not _step(checkin, now, stands):
        checkin.next_at = now
    _climbed(pk=checkin.pk, stage=checkin.stage, next_at=checkin.next_at)
    return 1


@written.Update
def _climbed(*, pk: int, stage: int, next_at: datetime) -> tuple[QuerySet[CheckIn], dict[str, Any]]:
    """Where the silence of a check-in that is held has come to, and when it goes on."""
    return CheckIn.objects.filter(pk=pk), {"stage": stage, "next_at": next_at}


def _waits(checkin: CheckIn, rules: WatchRules, now: datetime) -> bool:
    """Whether the next step waits because a clinician is texting. The step to a person comes at its minute even so.

    A question that could not be sent waits for nothing: then perhaps no text of hers arrives either.
    """
    standing = quiet.of(checkin.watch.patient_id, now=now)
    if standing is None or _could_not_be_sent(checkin):
        return False
    person_at = (checkin.silent_since or now) + timedelta(minutes=rules.person)
    if person_at <= now:
        checkin.stage = Stage.VOICE
        return False
    checkin.next_at = min(standing.quiet_until, person_at)
    once.change(checkin, "next_at")
    return True


def _step(checkin: CheckIn, now: datetime, stands: Set[str]) -> bool:
    """Say what this stage says; False when texts to that person have ended, so that the next step comes at once."""
    patient, question = checkin.watch.patient, checkin.ask[checkin.position]
    key = f"checkin:{checkin.pk}:{checkin.position}:{checkin.stage}"
    valid_for = max(timedelta(minutes=1), (checkin.next_at or now) - now)
    sent: dict[str, Any] = {
        "key": key,
        "now": now,
        "valid_for": valid_for,
        "after_death": "death" not in stands,
    }
    if checkin.stage == Stage.AGAIN and question == "caregiver":
        said = texts.to_caregiver(patient, "again.caregiver", **sent)
    elif checkin.stage == Stage.AGAIN:
        put = kits.wording_of(patient, question) if "kit" in stands else question
        said = texts.to_patient(patient, f"again.{put}", lane=Lane.CHECKIN, **sent)
    elif checkin.stage == Stage.CAREGIVER:
        said = texts.to_caregiver(patient, "caregiver.silence", **sent)
    else:
        said = calls.ring(checkin, key=key, valid_for=valid_for, now=now)
    return said is not None


def tell_a_person(checkin: CheckIn, why: str, *, now: datetime) -> None:
    """End the check-in as missed and raise a case: an unanswered question is treated like a worrying answer."""
    watch = checkin.watch
    waited = int(((now - (checkin.silent_since or now)).total_seconds()) // 60)
    heard = "what was texted did not answer it" if _was_heard_from(checkin) else "nothing heard"
    because = f"{why}: {heard} for {waited} minutes at hour {checkin.hour:.0f} of the watch."
    finding = once.add(
        Finding,
        site=watch.site,
        patient=watch.patient,
        checkin=checkin,
        at=now,
        urgency="urgent",
        human_task=True,
        because=because,
        rules=[{"id": "SILENCE", "why": because}],
        rules_version=RULES_VERSION,
    )
    checkins.end(checkin, State.MISSED, why=why, now=now)
    closer.begin(watch, why=because, now=now)
    escalations.raise_concern(
        site=watch.site,
        patient=watch.patient,
        urgency="urgent",
        headline=f"Silence: {because}",
        watch=watch,
        finding=finding,
        now=now,
    )


def _was_heard_from(checkin: CheckIn) -> bool:
    """Whether somebody wrote in this silence, though not an answer. What a machine wrote is none of that."""
    texted = Reply.objects.filter(checkin=checkin, received_at__gt=checkin.silent_since or checkin.due_at)
    return texted.exclude(findings__rules__contains=conversation.BY_A_MACHINE).exists()


def notice_unsendable(*, now: datetime) -> int:
    """A question that could not be sent climbs at once to the next step; return how many.

    The engine asks this every second while anybody is being asked: only what has failed since is looked at one by one.
    """
    asked = _asked.rows()
    if not asked:
        return 0
    since = min(checkin.question_at for checkin in asked if checkin.question_at) - CLOCKS_DIFFER
    failed = {delivery.message.key for delivery in _failed.rows(since=since)}
    said = {key.split(":")[1] for key in failed if key.startswith("checkin:")}
    hurried = 0
    for checkin in asked:
        if str(checkin.pk) in said and _could_not_be_sent(checkin):
            hurried += CheckIn.objects.filter(pk=checkin.pk, state=State.ASKED, next_at__gt=now).update(
                next_at=now
            )
    return hurried


@written.Query
def _asked() -> QuerySet[CheckIn]:
    """Check-ins with an open question of which no person was told yet, and since when it is open."""
    open_ = CheckIn.objects.filter(state=State.ASKED, watch__closed_at=None).exclude(stage=Stage.PERSON)
    return open_.only("question_at")


@written.Query
def _failed(*, since: datetime) -> QuerySet[Delivery]:
    """What has ended unheard since then. No question ends before it was asked."""
    failed = [Delivery.State.FAILED, Delivery.State.EXPIRED]
    return Delivery.objects.filter(state__in=failed, ended_at__gte=since).select_related("message")


def _could_not_be_sent(checkin: CheckIn) -> bool:
    """Whether the newest that was said of this check-in has reached nobody and is not tried again."""
    newest = Message.objects.filter(key__startswith=f"checkin:{checkin.pk}:").order_by("-pk").first()
    if newest is None or newest.deliveries.filter(state__in=Delivery.LIVE).exists():
        return False
    return outbox.has_failed(newest)
