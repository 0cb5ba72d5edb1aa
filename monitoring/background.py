"""What a text is understood against: the watch, the open question, what was said in the hours that still count.

Of all that could bear on a text little ever stands at once, so one statement asks what does, and only that is read.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, QuerySet, Subquery

from monitoring import checkins, escalations, held, kits, phrases, pocket, quiet, watches
from monitoring.hearing import Heard
from monitoring.models import Finding, Patient, Reply, Watch
from notifications.glance import Glance
from protocols import rulebook, triage

_HOURS = rulebook.load().known
MASKED_FOR = timedelta(hours=_HOURS["masks_for_hours"])
STILL_COUNTS = timedelta(hours=_HOURS["symptoms_count_for_hours"])
CONFIRM_WITHIN = timedelta(minutes=30)
COUNTS_FOR = max(MASKED_FOR, STILL_COUNTS, CONFIRM_WITHIN)


def _said(*, now: datetime, patient: int, **_: Any) -> QuerySet[Finding]:
    """What was found in all the hours that still count for anything. Not planned once: how much that is, differs."""
    return Finding.objects.filter(patient=patient, at__gte=now - COUNTS_FOR)


STANDS = Glance(
    {
        "watch": (lambda *, patient, **_: watches.open_of(patient),),
        "watched once": (lambda *, patient, **_: Watch.objects.filter(patient=patient),),
        "question": (lambda *, patient, **_: held.asked_of(patient),),
        "quiet": (lambda *, now, patient, **_: quiet.standing(patient, now=now),),
        "clinician wrote": (
            lambda *, now, sender, **_: quiet.written_to(sender, since=now - checkins.STALE_AFTER),
        ),
        "said": (_said,),
        "case": (lambda *, patient, **_: escalations.open_cases().filter(patient=patient),),
        "pocket dose": (lambda *, now, patient, **_: pocket.texted(patient, since=now - MASKED_FOR),),
        "kit": (lambda *, patient, **_: kits.all_of(patient),),
        "phrases": (lambda **_: phrases.live(),),
    },
    patient=-1,
    sender="somebody",
)
"""What may bear on a text of `sender` about `patient`, by name; each query finds whatever the reading of it would."""


def of(reply: Reply, patient: Patient, *, who: str, now: datetime) -> Heard:
    """A reply with what stands about its patient, who is held by the caller."""
    stands = frozenset(STANDS.at(now, patient=patient.pk, sender=reply.sender))
    watch = watches.current(patient) if "watch" in stands else None
    asked = None
    if watch is not None:
        watch.patient = patient
        asked = (
            checkins.open_question(watch, now=now, sent_at=reply.sent_at) if "question" in stands else None
        )
    return Heard(
        reply=reply,
        patient=patient,
        who=who,
        watch=watch,
        checkin=asked,
        now=now,
        quiet=quiet.of(patient.pk, now=now) if "quiet" in stands else None,
        stands=stands,
    )


def context(heard: Heard) -> triage.Context:
    """Everything that one and the same text can mean something else with."""
    patient, watch = heard.patient, heard.watch
    hour = Decimal((heard.now - watch.given_at).total_seconds() / 3600) if watch else None
    said = _said_lately(patient, heard.now) if "said" in heard.stands else []
    pending = _pending_read_back(heard, said)
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
        medicine_recent="pocket dose" in heard.stands or _took_a_medicine(said, heard.now),
        recent=_recent(said, heard.now),
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


class Said(NamedTuple):
    """As much of a finding as bears on what is said after it. `sender` is empty where it came of a silence."""

    at: datetime
    sender: str | None
    readings: list[dict[str, Any]]
    rules: list[dict[str, Any]]
    read_back: str | None


def _said_lately(patient: Patient, now: datetime) -> list[Said]:
    found = _said(now=now, patient=patient.pk).order_by("at", "pk")
    # Looked up one by one: beside 100,000 rows a join read every reply there is.
    sender = Reply.objects.filter(pk=OuterRef("reply")).values("sender")
    facts = found.annotate(sender=Subquery(sender)).values_list(
        "at", "sender", "readings", "rules", "context__read_back"
    )
    return [Said(*one) for one in facts]


def _pending_read_back(heard: Heard, said: list[Said]) -> str:
    """The value last read back to this patient, while a yes or no can still mean it."""
    by_sender = [one for one in said if one.sender == heard.reply.sender]
    before = by_sender[-1] if by_sender else None
    if before is None or heard.now - before.at > CONFIRM_WITHIN:
        return ""
    wrote = "clinician wrote" in heard.stands
    if wrote and quiet.written_to(heard.reply.sender, since=before.at).exists():
        return ""
    return before.read_back or ""


def _recent(said: list[Said], now: datetime) -> tuple[str, ...]:
    """What was said or measured in the hours that count: "38.6" and then "dizzy" is a fever with a red flag."""
    before = [one for one in said if now - STILL_COUNTS < one.at <= now]
    return triage.carried(str(rule["id"]) for one in before for rule in one.rules)


def is_masked(patient: Patient, *, now: datetime) -> bool:
    """Whether a medicine that hides a fever was reported taken, or the pocket dose texted, in the hours it lasts."""
    said = _said_lately(patient, now)
    return pocket.texted_since(patient, now - MASKED_FOR) or _took_a_medicine(said, now)


def _took_a_medicine(said: list[Said], now: datetime) -> bool:
    recent = [one for one in said if one.at >= now - MASKED_FOR]
    return any(reading["kind"] == "medicine" for one in recent for reading in one.readings)
