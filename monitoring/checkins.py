"""Asking: one question a text, the next when the last is answered, and closer together while a concern is open."""

from collections.abc import Set
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Exists, ExpressionWrapper, Func, OuterRef, Q, QuerySet, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce

from monitoring import calls, deaths, escalations, held, kits, people, quiet, stays, texts, worklist
from monitoring.models import CheckIn, CloserQuestions, Patient, Reaction, Watch
from monitoring.rules import DEFAULT, WatchRules
from notifications import once, written
from notifications.each import each
from notifications.models import Lane

State = CheckIn.State
Stage = CheckIn.Stage
CLOSER = ("temperature", "symptoms")
STALE_AFTER = timedelta(hours=4)
# What asking, answering and silence change of a check-in.
ROUND = ("ask", "answered", "position", "asked_simpler", "stage", "silent_since", "question_at")


def due(*, now: datetime) -> QuerySet[CheckIn]:
    """Check-ins whose hour has come."""
    return CheckIn.objects.filter(state=State.WAITING, next_at__lte=now)


@written.Query
def _next_due(*, by: datetime) -> QuerySet[CheckIn]:
    """Those that are asked in one turn, and whose they are."""
    return held.with_whose(due(now=by))


def ask_due(*, now: datetime, patience: timedelta = timedelta(0)) -> int:
    """Send the first question of every check-in whose hour has come; return how many were asked."""
    return held.each_due(_next_due.rows(by=now - patience), _ask_one, now)


@transaction.atomic
def _ask_one(waiting: held.Due, now: datetime) -> int:
    found = held.if_due(waiting, State.WAITING, now)
    if found is None:
        return 0
    checkin, stands = found
    patient = checkin.watch.patient
    stay = stays.resting(patient.pk, now=now) if "stay" in stands else None
    if stay is not None:
        end(checkin, State.CANCELLED, why=stays.why(stay), now=now)
        return 1
    if "death" in stands:
        end(checkin, State.CANCELLED, why=deaths.WHY, now=now)
        return 1
    if patient.texting_ended_at is not None and not calls.take_the_place_of_texts(patient):
        _hand_to_a_person(checkin, patient, now)
        return 1
    later = quiet.question_waits(checkin, now=now) if "quiet" in stands else None
    if later is not None:
        checkin.next_at = later
        once.change(checkin, "next_at")
        return 0
    if "question" in stands:
        _end_the_one_before(checkin, now)
    # A round that was begun keeps its questions, and its place among them.
    if "kit" in stands and not checkin.answered:
        checkin.ask = kits.askable(patient, checkin.ask)
    checkin.state, checkin.silent_since = State.ASKED, checkin.silent_since or now
    send_question(checkin, now=now, stands=stands)
    return 1


def _end_the_one_before(checkin: CheckIn, now: datetime) -> None:
    """The question before has no answer; the next one goes on with its silence."""
    before = checkin.watch.checkins.select_for_update().filter(state=State.ASKED).first()
    if before is not None:
        # Counted from the first unanswered question, not from the newest; or from a clinician's text before both.
        checkin.silent_since = min(filter(None, (before.silent_since, checkin.silent_since)), default=None)
        checkin.stage = max(before.stage, checkin.stage)
        end(before, State.MISSED, why="no answer before the next check-in", now=now)


def _hand_to_a_person(checkin: CheckIn, patient: Patient, now: datetime) -> None:
    """Texts no longer reach this patient, and the hour has come all the same: somebody calls."""
    end(checkin, State.UNSENDABLE, why=patient.texting_ended_why, now=now)
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"Call: check-in of hour {checkin.hour:.0f} cannot be texted",
        due_at=now + timedelta(minutes=WatchRules.thaw(checkin.watch.rules).clarify),
        pages_when_late=True,
        now=now,
    )


def send_question(
    checkin: CheckIn, *, now: datetime, words: str = "", mark: str = "", stands: Set[str] = held.ANYTHING
) -> None:
    """Text the open question of a check-in (or the same in `words`) and set the clock of its silence.

    A `mark` tells a repetition from what was sent before. `stands` is what may bear on it, as `held.STANDS` names it.
    """
    rules = WatchRules.thaw(checkin.watch.rules)
    question = checkin.ask[checkin.position]
    if question == "caregiver" and checkin.watch.patient.caregiver_texting_ended_at is not None:
        _ask_the_caregiver_by_telephone(checkin, rules, now)
        return
    if question != "caregiver" and checkin.watch.patient.texting_ended_at is not None:
        _ask_without_texts(checkin, rules, now)
        return
    checkin.question_at = now
    if checkin.silent_since is None:
        checkin.silent_since = now
    checkin.next_at = _next_climb(checkin, rules, now)
    once.change(checkin, "state", "next_at", *ROUND)
    key = f"checkin:{checkin.pk}:{checkin.position}:{checkin.stage}:{words or question}{mark and f':{mark}'}"
    valid_for = timedelta(minutes=rules.again)
    sent: dict[str, Any] = {
        "key": key,
        "now": now,
        "valid_for": valid_for,
        "after_death": "death" not in stands,
    }
    if question == "caregiver":
        texts.to_caregiver(checkin.watch.patient, "ask.caregiver", **sent)
        return
    put = kits.wording_of(checkin.watch.patient, question) if "kit" in stands else question
    texts.to_patient(checkin.watch.patient, words or f"ask.{put}", lane=Lane.CHECKIN, **sent)


def _ask_without_texts(checkin: CheckIn, rules: WatchRules, now: datetime) -> None:
    """Texting has ended: the service rings where that was agreed, once a round; what is then left a person asks.

    A call that nobody answers is told to a person at once, as at the end of a silence; that is its own stage.
    """
    patient = checkin.watch.patient
    if checkin.answered or not calls.take_the_place_of_texts(patient):
        _hand_to_a_person(checkin, patient, now)
        return
    checkin.stage, checkin.question_at = Stage.VOICE, now
    checkin.silent_since = checkin.silent_since or now
    checkin.next_at = now + timedelta(minutes=rules.person - rules.voice)
    once.change(checkin, "state", "next_at", *ROUND)
    calls.ring(checkin, key=f"checkin:{checkin.pk}:{checkin.position}:{checkin.stage}", now=now)


def repeat_question(patient: Patient, *, caregiver: bool, mark: str, now: datetime) -> None:
    """Text the open question once more, to a number that was corrected. The caller holds the patient.

    The silence goes on from its first unanswered question: the new number buys no time.
    """
    ended = patient.caregiver_texting_ended_at if caregiver else patient.texting_ended_at
    asked = CheckIn.objects.select_for_update(of=("self",)).select_related("watch__patient__site")
    checkin = asked.filter(watch__patient=patient, watch__closed_at=None, state=State.ASKED).first()
    if checkin is None or ended is not None:
        return
    if (checkin.ask[checkin.position] == "caregiver") == caregiver:
        send_question(checkin, now=now, mark=mark)


def _ask_the_caregiver_by_telephone(checkin: CheckIn, rules: WatchRules, now: datetime) -> None:
    """No text reaches the caregiver: a person asks, and the round goes on with what the patient can answer."""
    patient = checkin.watch.patient
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"Call: ask whoever is with them how they seem, check-in of hour {checkin.hour:.0f}",
        due_at=now + timedelta(minutes=rules.clarify),
        pages_when_late=True,
        now=now,
    )
    answered(checkin, ("caregiver",), now=now)


def _next_climb(checkin: CheckIn, rules: WatchRules, now: datetime) -> datetime:
    """When silence climbs to its next stage, counted from the first unanswered question."""
    since = checkin.silent_since or now
    minutes = {Stage.FIRST: rules.again, Stage.AGAIN: rules.caregiver, Stage.CAREGIVER: rules.voice}
    return max(now, since + timedelta(minutes=minutes.get(Stage(checkin.stage), rules.person)))


def answered(
    checkin: CheckIn, questions: tuple[str, ...], *, now: datetime, stands: Set[str] = held.ANYTHING
) -> bool:
    """Take what a reply answered off the round; ask the next question, or end the round. True when it ended.

    Any answer breaks the silence, so the next question starts its own. An answer to some other question leaves
    the open one open, on the clock it already has. `stands` as in `send_question`.
    """
    done = list(dict.fromkeys([*checkin.answered, *questions]))
    checkin.answered = done
    left = [place for place, question in enumerate(checkin.ask) if question not in done]
    if not left:
        end(checkin, State.ANSWERED, why="", now=now)
        return True
    if left[0] == checkin.position:
        once.change(checkin, "answered")
        if calls.take_the_place_of_texts(checkin.watch.patient):  # a key said what a key can say
            _hand_to_a_person(checkin, checkin.watch.patient, now)
            return True
        return False
    checkin.position, checkin.stage, checkin.silent_since, checkin.asked_simpler = (
        left[0],
        Stage.FIRST,
        None,
        False,
    )
    standing = quiet.of(checkin.watch.patient_id, now=now) if "quiet" in stands else None
    if standing is not None:
        _wait(checkin, standing.quiet_until)
        return False
    send_question(checkin, now=now, stands=stands)
    return False


def heard_from(checkin: CheckIn, *, now: datetime) -> None:
    """Somebody wrote, though not an answer: the silence is broken, the question stays open, its clock begins anew.

    Once for each question: otherwise words that nobody understands could put the call to a person off for ever.
    """
    asked_at, silent_since = checkin.question_at, checkin.silent_since
    if checkin.asked_simpler or asked_at is None or silent_since is None or silent_since > asked_at:
        return
    checkin.stage, checkin.silent_since = Stage.FIRST, now
    checkin.next_at = _next_climb(checkin, WatchRules.thaw(checkin.watch.rules), now)
    once.change(checkin, "stage", "silent_since", "next_at")


def _wait(checkin: CheckIn, until: datetime) -> None:
    """The rest of a round that was begun comes after the quiet. It is an extra one no longer: another may fall due."""
    checkin.state, checkin.question_at, checkin.extra = State.WAITING, None, False
    checkin.next_at = until
    once.change(checkin, "state", "extra", "next_at", *ROUND)


def go_on(patient: Patient, *, now: datetime) -> None:
    """The quiet is over: what it held back is due by its own clock. The caller holds the patient."""
    rows = CheckIn.objects.select_for_update(of=("self",)).select_related("watch")
    for checkin in rows.filter(watch__patient=patient, watch__closed_at=None, state__in=CheckIn.OPEN):
        rules = WatchRules.thaw(checkin.watch.rules)
        waiting = checkin.state == State.WAITING
        due = max(now, checkin.due_at) if waiting else _next_climb(checkin, rules, now)
        if checkin.next_at is not None and due < checkin.next_at:
            checkin.next_at = due
            once.change(checkin, "next_at")


def ask_instead(watch: Watch, *, since: datetime, now: datetime) -> None:
    """Nobody answered the clinician: the service asks, and silence is counted from `since`, her first such text.

    Her text was the first question and this is the second, so that the caregiver is asked next. The caller holds the
    patient.
    """
    asked = watch.checkins.filter(state=State.ASKED).first()
    if asked is not None:
        asked.silent_since = min(since, asked.silent_since or since)
        asked.next_at = _next_climb(asked, WatchRules.thaw(watch.rules), now)
        once.change(asked, "silent_since", "next_at")
        return
    ask_again_in(watch, minutes=0, now=now)
    due = watch.checkins.filter(state=State.WAITING, next_at__lte=now).order_by("next_at").first()
    if due is not None:
        due.silent_since, due.stage = since, Stage.AGAIN
        once.change(due, "silent_since", "stage")


def end(checkin: CheckIn, state: str, *, why: str, now: datetime) -> None:
    """End a check-in. It never vanishes: it is answered, missed, unsendable or cancelled, and says why."""
    checkin.state, checkin.ended_why = state, why
    checkin.next_at, checkin.ended_at = None, now
    once.change(checkin, "state", "ended_why", "next_at", "ended_at", "answered", "stage")


def is_answered_by(asked: CheckIn, *, now: datetime, sent_at: datetime | None = None) -> bool:
    """Whether a reply may answer the open question: it was asked not longer ago than an answer stays current.

    A text that reached us late, with its own `sent_at`, answers nothing that was asked after it was sent.
    """
    if asked.question_at is None or now - asked.question_at > STALE_AFTER:
        return False
    # The provider writes whole seconds: an answer sent in the second of its question still answers it.
    return sent_at is None or sent_at >= asked.question_at.replace(microsecond=0)


def ask_again_in(watch: Watch, *, minutes: int, now: datetime) -> None:
    """Make sure a question about temperature and symptoms comes due within `minutes`. The caller holds the patient.

    Where texts have ended it comes due all the same, and becomes a call for a person. In hospital the ward asks, and
    nobody where a death was reported.
    """
    due_at = now + timedelta(minutes=minutes)
    if watch.closed_at or stays.resting(watch.patient_id, now=now) is not None:
        return
    if deaths.is_standing(watch.patient_id):
        return
    if _waiting_by.exists(watch_id=watch.pk, by=due_at):
        return
    hour = round(Decimal((due_at - watch.given_at).total_seconds()) / 3600, 2)
    if watch.checkins.filter(state=State.WAITING, extra=True).update(
        due_at=due_at, next_at=due_at, hour=hour
    ):
        return
    once.add(CheckIn, watch=watch, due_at=due_at, hour=hour, ask=list(CLOSER), extra=True, next_at=due_at)


@written.Query
def _waiting_by(*, watch_id: int, by: datetime) -> QuerySet[CheckIn]:
    """The check-ins of a watch that wait and fall due by then."""
    return CheckIn.objects.filter(watch=watch_id, state=State.WAITING, next_at__lte=by)


def keep_close(*, now: datetime) -> int:
    """While a case, a reaction or a concern that nobody has ended is open, keep the next question close.

    So too where none is to come before the end of the watch: no operation leaves it so, a lost row would.
    """
    return each([watch.pk for watch in in_need.rows(now=now)], lambda pk: _keep_one_close(pk, now))


@written.Query
def in_need(*, now: datetime) -> QuerySet[Watch]:
    """The watches of whoever must be asked soon, is not being asked at this moment, and has no question close enough.

    The last of these is asked here, in one statement: for as long as a case is open the engine looks every second, and
    a thousand open cases may not cost it a thousand looks.
    """
    to_come = CheckIn.objects.filter(watch=OuterRef("pk"), state__in=CheckIn.OPEN)
    worried = (
        Q(~Exists(to_come), ends_at__gt=now)
        | Q(pk__in=CloserQuestions.objects.filter(ended_at=None).values("watch"))
        | Q(patient__in=escalations.open_cases().values("patient"))
        | Q(patient__in=Reaction.objects.filter(over_at=None).values("patient"))
    )
    watched = Watch.objects.filter(worried, closed_at=None).exclude(
        Q(patient__in=stays.at(now).values("patient"))
        | Q(patient__in=deaths.all_standing().values("patient"))
    )
    return watched.exclude(checkins__state=State.ASKED).exclude(Exists(_close_enough(now))).order_by("pk")


def _close_enough(now: datetime) -> QuerySet[CheckIn]:
    """Of a watch, the question that is due within the minutes of a concern, as its own rules say."""
    frozen = Cast(KeyTextTransform("concern_every", "watch__rules"), models.IntegerField())
    minutes = Coalesce(frozen, DEFAULT.concern_every)
    span = Func(
        minutes, template="make_interval(mins => %(expressions)s)", output_field=models.DurationField()
    )
    waiting = CheckIn.objects.filter(watch=OuterRef("pk"), state=State.WAITING)
    return waiting.filter(next_at__lte=ExpressionWrapper(span + Value(now), models.DateTimeField()))


@transaction.atomic
def _keep_one_close(pk: int, now: datetime) -> int:
    patient_id = Watch.objects.filter(pk=pk).values_list("patient", flat=True).get()
    if not people.hold_if_free(patient_id):
        return 0
    watch = Watch.objects.select_for_update(skip_locked=True).filter(pk=pk, closed_at=None).first()
    if watch is None:
        return 0
    ask_again_in(watch, minutes=WatchRules.thaw(watch.rules).concern_every, now=now)
    return 1
