"""What is drawn over the hours since a dose: temperatures and everything around them, read from the rows.

Nothing is judged here. Every fact is a line of the table beneath the chart, and the chart shows no other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _

from monitoring import readings, stays
from monitoring.models import CheckIn, Escalation, Finding, Patient, PocketInstruction, Watch
from protocols import rulebook

HOUR = Decimal(3600)
KINDS = {
    "ear": "in the ear",
    "forehead": "on the forehead",
    "armpit": "in the armpit",
    "skin": "worn on the skin",
}
SURE = frozenset({"", "whole"})
DOUBTS = {
    "point": "the point was put in: read back",
    "unit": "the unit does not fit: read back",
    "split": "two numbers in one",
    "bound": "said as an upper bound",
    "over": "said as a lower bound",
    "denied": "said not to be so",
    "role": "a word beside it says otherwise",
    "range": "outside what a body can have",
}
READING, MEDICINE, POCKET, DOSE, CASE = "reading", "medicine", "pocket", "dose", "case"
ANSWERED, UNANSWERED, UNASKED = "answered", "unanswered", "unasked"
State = CheckIn.State


@dataclass(frozen=True)
class Given:
    """A dose that counts, handed down from above: when it was given, which it was, and its watch if it has one."""

    at: datetime
    step: str
    watch: int | None


@dataclass(frozen=True)
class Fact:
    """One thing at one moment: a line of the table, and what is drawn of it.

    `value` is the temperature as sent, in `unit`. `is_masked` says that a medicine may have lowered it, `is_doubtful`
    that the number could not be taken at its word.
    """

    at: datetime
    hour: Decimal
    kind: str
    what: str
    value: Decimal | None = None
    unit: str = ""
    sent: str = ""
    other: str = ""
    words: str = ""
    urgency: str = ""
    is_masked: bool = False
    is_doubtful: bool = False


@dataclass(frozen=True)
class Gap:
    """Hours in which nobody asked, from the last question before to the first after."""

    since: Decimal
    until: Decimal


@dataclass(frozen=True)
class Hours:
    """The hours after one dose: from when it was given until its watch closed, or until now."""

    watch: Watch
    start: datetime
    until: Decimal
    has_dose: bool
    facts: tuple[Fact, ...]
    gaps: tuple[Gap, ...]
    fever: dict[str, Decimal]

    @property
    def temperatures(self) -> tuple[Fact, ...]:
        """The facts that have a value to draw."""
        return tuple(fact for fact in self.facts if fact.kind == READING and fact.value is not None)


@dataclass(frozen=True)
class Record:
    """A patient's watched hours, the newest first, the unit they send, and what they reported outside any watch."""

    unit: str
    hours: tuple[Hours, ...]
    outside: tuple[Fact, ...]


def of(patient: Patient, *, given: Iterable[Given], now: datetime) -> Record:
    """Everything of one patient. Doses that were struck are not among those `given`, and do not count."""
    given = tuple(given)
    watches = list(patient.watches.order_by("-given_at", "-pk").prefetch_related("checkins"))
    starts = [_start(watch, given) for watch in watches]
    found: dict[int | None, list[Fact]] = {watch.pk: [] for watch in watches} | {None: []}
    for fact in _facts(patient, given):
        home = next(
            (place for place, watch in enumerate(watches) if _within(watch, starts[place], fact)), None
        )
        key, start = (None, fact.at) if home is None else (watches[home].pk, starts[home])
        found[key].append(_placed(fact, start))
    hours = [
        _hours(watch, start, given, found[watch.pk], now)
        for watch, start in zip(watches, starts, strict=True)
    ]
    outside = sorted(
        (fact for fact in found[None] if fact.kind == READING), key=lambda fact: fact.at, reverse=True
    )
    return Record(_unit(patient), tuple(hours), tuple(outside))


def _start(watch: Watch, given: Sequence[Given]) -> datetime:
    """When the dose of a watch was given, as the newest correction has it."""
    return next((dose.at for dose in given if dose.watch == watch.pk), watch.given_at)


def _within(watch: Watch, start: datetime, fact: Fact) -> bool:
    return start <= fact.at and (watch.closed_at is None or fact.at <= watch.closed_at)


def _placed(fact: Fact, start: datetime) -> Fact:
    elapsed = Decimal((fact.at - start).total_seconds()) / HOUR
    return replace(fact, hour=elapsed)


def _hours(watch: Watch, start: datetime, given: Sequence[Given], facts: list[Fact], now: datetime) -> Hours:
    until = Decimal((max(watch.closed_at or now, start) - start).total_seconds()) / HOUR
    asked = [_placed(fact, start) for fact in _checkins(watch, now)]
    return Hours(
        watch=watch,
        start=start,
        until=max([until, *(fact.hour for fact in facts)]),
        has_dose=any(dose.watch == watch.pk for dose in given),
        facts=tuple(sorted([*facts, *asked], key=lambda fact: fact.at)),
        gaps=tuple(_gaps(asked, until)),
        fever=dict(rulebook.load().temperature["fever"]),
    )


def _gaps(asked: Sequence[Fact], until: Decimal) -> Iterator[Gap]:
    """Each run of hours that passed unasked, from the question before it to the question after it."""
    since, unasked = Decimal(0), False
    for fact in asked:
        if fact.kind == UNASKED:
            unasked = True
            continue
        if unasked:
            yield Gap(since, fact.hour)
        since, unasked = fact.hour, False
    if unasked:
        yield Gap(since, max(until, since))


def _checkins(watch: Watch, now: datetime) -> Iterator[Fact]:
    """Each check-in whose hour has come; those that a moved or ended watch took off are none."""
    for checkin in watch.checkins.all():
        kind, what = _asked(checkin, now)
        if kind:
            yield Fact(checkin.due_at, Decimal(0), kind, what, words=checkin.ended_why)


def _asked(checkin: CheckIn, now: datetime) -> tuple[str, str]:
    if checkin.due_at > now:
        return "", ""
    if checkin.state == State.ANSWERED:
        return ANSWERED, _("check-in answered")
    if checkin.question_at is not None:
        waits = checkin.state == State.ASKED
        return UNANSWERED, {
            (True, True): _("check-in answered in part, then no answer yet"),
            (True, False): _("check-in answered in part, then no answer"),
            (False, True): _("check-in asked, no answer yet"),
            (False, False): _("check-in asked, no answer"),
        }[bool(checkin.answered), waits]
    if checkin.state == State.WAITING:
        return UNASKED, _("check-in not asked yet")
    taken_off = checkin.state == State.CANCELLED and not checkin.ended_why.startswith(stays.REST)
    return ("", "") if taken_off else (UNASKED, _("check-in not asked"))


def _facts(patient: Patient, given: Sequence[Given]) -> Iterator[Fact]:
    """What was reported, taken, texted, given and raised, without its hour."""
    nowhere = Decimal(0)
    for dose in given:
        yield Fact(dose.at, nowhere, DOSE, _("%(step)s given") % {"step": _step(dose.step)})
    findings = Finding.objects.filter(patient=patient).exclude(readings=[]).select_related("reply")
    for finding in findings.order_by("at", "pk"):
        for reading in finding.readings:
            if reading["kind"] in {"temperature", "medicine"}:
                yield _reported(finding, reading)
    for told in PocketInstruction.objects.filter(order__patient=patient):
        yield Fact(told.at, nowhere, POCKET, _("pocket dose texted to be taken"))
    for case in Escalation.objects.filter(patient=patient):
        what = _("case %(code)s opened") % {"code": case.code}
        yield Fact(case.opened_at, nowhere, CASE, what, words=case.headline, urgency=case.urgency)


def _reported(finding: Finding, reading: dict[str, object]) -> Fact:
    who = finding.reply.who if finding.reply else ""
    caregiver = who in {"caregiver", "shared"}
    words = str(reading.get("words") or "")
    if reading["kind"] == "medicine":
        name = str(reading.get("name") or "medicine").replace("_", " ")
        return Fact(finding.at, Decimal(0), MEDICINE, _medicine(name, caregiver), words=words)
    value, unit = reading.get("value"), str(reading.get("unit") or "")
    warmest = Decimal(str(value)) if value is not None else None
    sent, other = readings.in_both_units(warmest, unit) if warmest is not None else ("", "")
    doubt = str(reading.get("doubt") or "")
    where = KINDS.get(str(finding.context.get("thermometer") or ""), "")
    notes = [
        _("temperature by the caregiver") if caregiver else _("temperature"),
        where,
        DOUBTS.get(doubt, "" if doubt in SURE else "doubtful"),
    ]
    return Fact(
        at=finding.at,
        hour=Decimal(0),
        kind=READING,
        what=", ".join(filter(None, notes)),
        value=None if doubt == "denied" else warmest,
        unit=unit,
        sent=sent,
        other=other,
        words=words,
        urgency=finding.urgency,
        is_masked=bool(reading.get("masked")),
        is_doubtful=doubt not in SURE,
    )


def _medicine(name: str, caregiver: bool) -> str:
    if caregiver:
        return _("%(medicine)s reported taken by the caregiver") % {"medicine": name}
    return _("%(medicine)s reported taken") % {"medicine": name}


def _step(step: str) -> str:
    return step.replace("step_up", "step-up").replace("_", " ")


def _unit(patient: Patient) -> str:
    """The unit of the newest temperature the patient sent, Celsius where there is none."""
    newest = Finding.objects.filter(patient=patient, readings__contains=[{"kind": "temperature"}])
    finding = newest.order_by("-at", "-pk").first()
    units = [one["unit"] for one in finding.readings if one["kind"] == "temperature"] if finding else []
    return units[-1] if units and units[-1] in {"C", "F"} else "C"
