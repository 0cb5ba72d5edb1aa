"""What a text is understood against: the watch, the open question, what was said in the hours that still count.

Of all that could bear on a text little ever stands at once, so one statement asks what does, and only that is read.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models import BooleanField, F, Func, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import JSONObject

from monitoring import checkins, deaths, escalations, held, kits, phrases, pocket, quiet, texts, watches
from monitoring.hearing import Heard, Said
from monitoring.models import CheckIn, CloserQuestions, Finding, Patient, Reply, Watch
from notifications import written
from notifications.glance import Glance
from protocols import rulebook, triage

M = TypeVar("M", bound=models.Model)

_HOURS = rulebook.load().known
MASKED_FOR = timedelta(hours=_HOURS["masks_for_hours"])
STILL_COUNTS = timedelta(hours=_HOURS["symptoms_count_for_hours"])
CONFIRM_WITHIN = timedelta(minutes=30)
BEARS_FOR = max(STILL_COUNTS, CONFIRM_WITHIN)


@written.Query
def _said(*, now: datetime, patient: int) -> QuerySet[Finding]:
    """What was found in the hours that count, oldest first: by whom it was said, what fired, what was read back."""
    # Looked up one by one: beside 100,000 rows a join read every reply there is.
    sender = Reply.objects.filter(pk=OuterRef("reply")).values("sender")
    found = Finding.objects.filter(patient=patient, at__gte=now - BEARS_FOR).order_by("at", "pk").only("at")
    return found.annotate(
        sender=Subquery(sender), fired=_RuleIds(F("rules")), read_back=KT("context__read_back")
    )


class _RuleIds(Func):
    """The ids of the rules that fired: why they did is long, and nobody asks here."""

    function = "jsonb_path_query_array"
    template = "%(function)s(%(expressions)s, '$[*].id')"
    output_field = JSONField()


@written.Query
def _medicines(*, now: datetime, patient: int) -> QuerySet[Finding]:
    """What was found in the hours for which a medicine hides a fever, and names one that was taken."""
    found = Finding.objects.filter(patient=patient, at__gte=now - MASKED_FOR)
    return found.filter(_NamesAMedicine(F("readings")))


class _NamesAMedicine(Func):
    """Whether one of the readings is a medicine that was taken."""

    template = """%(expressions)s @> '[{"kind": "medicine"}]'"""
    output_field = BooleanField()


def _closer(patient: int) -> QuerySet[CloserQuestions]:
    """The closer questions that the patient's open watch is on, while nobody has ended them."""
    return CloserQuestions.objects.filter(watch__patient=patient, watch__closed_at=None, ended_at=None)


STANDS = Glance(
    {
        "watch": (lambda *, patient, **_: watches.open_of(patient),),
        "watched once": (lambda *, patient, **_: Watch.objects.filter(patient=patient),),
        "question": (lambda *, patient, **_: held.asked_of(patient),),
        "quiet": (lambda *, now, patient, **_: quiet.standing(patient, now=now),),
        "clinician wrote": (
            lambda *, now, sender, **_: quiet.written_to(sender, since=now - checkins.STALE_AFTER),
        ),
        "said": (lambda *, now, patient, **_: _said(now=now, patient=patient),),
        "medicine": (lambda *, now, patient, **_: _medicines(now=now, patient=patient),),
        "case": (lambda *, patient, **_: escalations.open_cases().filter(patient=patient),),
        "pocket dose": (lambda *, now, patient, **_: pocket.texted(patient, since=now - MASKED_FOR),),
        "kit": (lambda *, patient, **_: kits.all_of(patient),),
        "phrases": (lambda **_: phrases.live(),),
        "death": (lambda *, patient, **_: deaths.all_standing().filter(patient=patient),),
        "closer": (lambda *, patient, **_: _closer(patient),),
    },
    patient=-1,
    sender="somebody",
)
"""What may bear on a text of `sender` about `patient`, by name; each query finds whatever the reading of it would."""


def said_lately(patient: Patient, *, now: datetime) -> tuple[Said, ...]:
    """What was found in the hours that count, oldest first."""
    found = cast("list[Any]", _said.rows(now=now, patient=patient.pk))
    return tuple(Said(one.at, one.sender, one.fired, one.read_back) for one in found)


WITH_A_WATCH = frozenset({"watch", "watched once"})
WITH_A_QUESTION = WITH_A_WATCH | {"question"}


@written.Beside
def _asked(*, now: datetime, patient: int, sender: str) -> QuerySet[CheckIn]:
    """The check-in that waits for the patient's answer, with its watch and with what else stands."""
    return _beside(held.asked_of(patient).select_related("watch"), now, patient, sender)


@written.Beside
def _watched(*, now: datetime, patient: int, sender: str) -> QuerySet[Watch]:
    """The patient's open watch with what else stands, where no check-in waits for an answer."""
    return _beside(watches.open_of(patient), now, patient, sender)


def _beside(rows: QuerySet[M], now: datetime, patient: int, sender: str) -> QuerySet[M]:
    """The rows with what else stands, and with what was said in the hours that count."""
    known = WITH_A_QUESTION | {"said"}
    each = JSONObject(at="at", sender="sender", fired="fired", read_back="read_back")
    said = ArraySubquery(_said(now=now, patient=patient).values_list(each))
    found = STANDS.beside(rows, now, known=known, patient=patient, sender=sender)
    return cast("QuerySet[M]", found.annotate(said=said))


def _seen_beside(row: CheckIn | Watch) -> tuple[frozenset[str], tuple[Said, ...]]:
    """What stands and what was said, as one of these rows was found with it."""
    facts: list[dict[str, Any]] = row.said  # type: ignore[union-attr]
    said = tuple(Said(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in facts)
    return frozenset(STANDS.seen_beside(row) | ({"said"} if said else set())), said


def of(reply: Reply, patient: Patient, *, who: str, now: datetime) -> Heard:
    """A reply with what stands about its patient, who is held by the caller."""
    asked = _asked.first(now=now, patient=patient.pk, sender=reply.sender)
    watch = asked.watch if asked else _watched.first(now=now, patient=patient.pk, sender=reply.sender)
    if watch is not None:
        stands, said = _seen_beside(asked or watch)
        stands |= WITH_A_QUESTION if asked else WITH_A_WATCH
        watch.patient = patient
    else:
        stands = frozenset(STANDS.at(now, patient=patient.pk, sender=reply.sender))
        said = said_lately(patient, now=now) if "said" in stands else ()
    still_open = asked is not None and checkins.is_answered_by(asked, now=now, sent_at=reply.sent_at)
    return Heard(
        reply=reply,
        patient=patient,
        who=who,
        watch=watch,
        checkin=asked if still_open else None,
        now=now,
        quiet=quiet.of(patient.pk, now=now) if "quiet" in stands else None,
        stands=stands,
        said=said,
    )


def contexts(heard: Heard) -> tuple[triage.Context, ...]:
    """Each in which the text may be meant, the likelier first.

    Two where something else was asked after a value was read back: nobody knows then which of them a digit answers.
    """
    pending = _pending_read_back(heard)
    if pending and texts.asked_since(heard.reply.sender, _said_by_sender(heard)[-1].at):
        return _context(heard, ""), _context(heard, pending)
    return (_context(heard, pending),)


def _context(heard: Heard, pending: str) -> triage.Context:
    """Everything that one and the same text can mean something else with."""
    patient, watch = heard.patient, heard.watch
    hour = Decimal((heard.now - watch.given_at).total_seconds() / 3600) if watch else None
    kit = kits.newest(patient) if "kit" in heard.stands else None
    return triage.Context(
        asked="read_back" if pending else _bound_question(heard),
        pending=pending,
        today=heard.now.astimezone(ZoneInfo(patient.time_zone)).date(),
        language=patient.language,
        in_watch="yes" if watch else ("closed" if "watched once" in heard.stands else "no"),
        sender=heard.who,
        drug=watch.drug if watch else "",
        step=watch.step if watch else "",
        hour=round(hour, 2) if hour is not None else None,
        case_open="case" in heard.stands,
        medicine_recent=not heard.stands.isdisjoint({"pocket dose", "medicine"}),
        recent=_recent(heard),
        media=heard.reply.media,
        phrases=phrases.in_use(patient.site_id, patient.language) if "phrases" in heard.stands else (),
        protocol=watch.protocol if watch else "",
        thermometer=kit.thermometer if kit else "",
        usual_upper=kit.usual_upper if kit else None,
    )


def _bound_question(heard: Heard) -> str | None:
    """The question this reply may answer. A caregiver who was asked about silence answers the caregiver question."""
    if heard.reply.channel == "voice":
        return "voice"
    wrote = "clinician wrote" in heard.stands
    if wrote and quiet.spoke_last(heard.reply.sender, within=checkins.STALE_AFTER, now=heard.now):
        return None  # a clinician asked last: yes, no or a digit may be meant for her
    if heard.who in {"caregiver", "shared"}:
        return "caregiver"
    if heard.checkin is None:
        return None
    question = str(heard.checkin.ask[heard.checkin.position])
    return None if question == "caregiver" else question


def _pending_read_back(heard: Heard) -> str:
    """The value last read back to this patient, while a yes or no can still mean it. A key answers its call alone."""
    if heard.reply.channel == "voice":
        return ""
    by_sender = _said_by_sender(heard)
    before = by_sender[-1] if by_sender else None
    if before is None or heard.now - before.at > CONFIRM_WITHIN:
        return ""
    wrote = "clinician wrote" in heard.stands
    if wrote and quiet.written_to(heard.reply.sender, since=before.at).exists():
        return ""
    return before.read_back or ""


def _said_by_sender(heard: Heard) -> list[Said]:
    return [one for one in heard.said if one.sender == heard.reply.sender]


def _recent(heard: Heard) -> tuple[str, ...]:
    """What was said or measured in the hours that count: "38.6" and then "dizzy" is a fever with a red flag."""
    before = [one for one in heard.said if heard.now - STILL_COUNTS < one.at <= heard.now]
    return triage.carried(rule for one in before for rule in one.fired)


def is_masked(patient: Patient, *, now: datetime) -> bool:
    """Whether a medicine that hides a fever was reported taken, or the pocket dose texted, in the hours it lasts."""
    return pocket.texted_since(patient, now - MASKED_FOR) or _medicines.exists(now=now, patient=patient.pk)
