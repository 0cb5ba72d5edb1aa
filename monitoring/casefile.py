"""One case on one card: the patient's words, the facts, the rules that fired, who was called, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Q
from django.utils.translation import gettext as _

from monitoring import assessed, board, deaths, desk_calls, kits, ladders, pocket, readings
from monitoring.models import Escalation, EscalationEvent, Finding, HomeKit, Page, Patient, Reaction, Watch
from monitoring.rules import WatchRules
from notifications.models import Delivery, Message
from protocols import provisional, rulebook

ASSESSED = 5
EMERGENCY_CARE = "EMERGENCY-CARE"


@dataclass(frozen=True)
class Said:
    """Something that was texted or keyed, in its own words, and what was concluded from it."""

    at: datetime
    who: str
    words: str
    channel: str
    urgency: str
    because: str


@dataclass(frozen=True)
class Rule:
    """A rule that fired: its name, its reason, the words that set it off and where it is published."""

    id: str
    why: str
    words: str
    source: str


@dataclass(frozen=True)
class Called:
    """One person paged for this case, or the desk, by which route, and how far each route got."""

    at: datetime
    name: str
    rung: int
    round: int
    generation: int
    text: str
    voice: str
    offered: bool
    desk: bool = False


@dataclass(frozen=True)
class Event:
    """One line of the case's history."""

    at: datetime
    by: str
    what: str
    text: str
    number: int
    digest: str


@dataclass(frozen=True)
class Facts:
    """What a person needs before calling: the watch, the medicines, the grades so far."""

    watch: Watch | None
    reading: readings.Temperature | None
    medicines: tuple[readings.Line, ...]
    grades: tuple[Reaction, ...]
    assessed: tuple[assessed.Line, ...]
    pocket_mg: Decimal | None
    pocket_sent_at: datetime | None
    kit: HomeKit | None = None


@dataclass(frozen=True)
class CaseFile:
    """Everything on the card. `version` changes whenever somebody moved the case; `told` is who at home is texted if
    nobody takes it in time, empty where no text goes to any of them.
    """

    case: Escalation
    patient: Patient | None
    zone: str
    said: tuple[Said, ...]
    facts: Facts
    rules: tuple[Rule, ...]
    provisional: str
    missing: tuple[str, ...]
    protocol: str
    called: tuple[Called, ...]
    events: tuple[Event, ...]
    next_act: str
    next_people: str
    version: str
    graded: dict[str, int]
    told: str

    @property
    def foremost(self) -> tuple[Said, ...]:
        """The newest words and, where graver ones came before, the newest of the gravest: to know before acting."""
        if not self.said:
            return ()
        newest, gravest = self.said[0], min(self.said, key=lambda one: rulebook.URGENCIES.index(one.urgency))
        return (newest,) if newest.urgency == gravest.urgency else (newest, gravest)

    @property
    def earlier(self) -> tuple[Said, ...]:
        """All other words, newest first."""
        return tuple(one for one in self.said if one not in self.foremost)

    @property
    def may_arrive(self) -> bool:
        """Whether an emergency department should hear of the dose before the patient comes, or is there already."""
        somewhere = self.case.urgency == "emergency" or any(rule.id == EMERGENCY_CARE for rule in self.rules)
        return self.facts.watch is not None and somewhere


def of(case: Escalation, *, now: datetime) -> CaseFile:
    """The card of one case at `now`."""
    events = list(case.events.select_related("by", "finding__reply"))
    findings = [event.finding for event in events if event.finding]
    possible = provisional.together([finding.provisional_grade for finding in findings])
    return CaseFile(
        case=case,
        patient=case.patient,
        zone=case.site.time_zone,
        said=tuple(_said(finding) for finding in _spoken(case, findings))[::-1],
        facts=_facts(case, now),
        rules=_rules(findings),
        provisional=possible,
        missing=_missing(case, possible, findings),
        protocol=case.watch.protocol if case.watch else "",
        called=_everybody_called(case),
        events=tuple(_event(event) for event in events)[::-1],
        next_act=board.next_act(case),
        next_people=_next_people(case, now),
        version=version(case),
        graded=assessed.graded_in(case),
        told=_told(case.patient),
    )


def version(case: Escalation) -> str:
    """A short mark of where the case stands, to notice that somebody else moved it."""
    return f"{case.state}-{case.generation}-{case.owner_id or 0}-{case.urgency}"


def _told(patient: Patient | None) -> str:
    """As `paging.tell_home` does it, so that the card promises no text which is then not sent."""
    if patient is None or deaths.standing(patient.pk):
        return ""
    if patient.texting_ended_at is None:
        return "the patient"
    return "the caregiver" if patient.caregiver_texting_ended_at is None else ""


def _spoken(case: Escalation, findings: Sequence[Finding]) -> list[Finding]:
    """What was concluded from words of this case, and from whatever else was written while it was not resolved.

    What is unclear then pages nobody anew; whoever is about to call reads it all the same. Of what was understood as
    no concern the readings tell.
    """
    about = Q(patient=case.patient_id) if case.patient_id else Q(patient=None, reply__sender=case.caller)
    meanwhile = Finding.objects.filter(about, site=case.site_id, at__gte=case.opened_at)
    if case.resolved_at is not None:
        meanwhile = meanwhile.filter(at__lte=case.resolved_at)
    found = {one.pk: one for one in meanwhile.exclude(urgency="none").select_related("reply")}
    found |= {one.pk: one for one in findings}
    return sorted((one for one in found.values() if one.reply), key=lambda one: (one.at, one.pk))


def _said(finding: Finding) -> Said:
    reply = finding.reply
    assert reply is not None  # noqa: S101 - the caller chose findings that have one
    return Said(
        at=reply.received_at,
        who={
            "patient": _("patient"),
            "caregiver": _("caregiver"),
            "shared": _("caregiver"),
            "": _("unknown"),
        }.get(reply.who, reply.who),
        words=reply.body,
        channel=reply.channel,
        urgency=finding.urgency,
        because=finding.because,
    )


def _facts(case: Escalation, now: datetime) -> Facts:
    patient = case.patient
    if patient is None:
        return Facts(None, None, (), (), (), None, None)
    order = pocket.active_order(patient, now=now)
    watch = case.watch or patient.watches.order_by("-given_at").first()
    sent = getattr(case, "pocket_instruction", None)
    if sent is None and watch is not None:  # in a case before this one, and followed perhaps
        sent = pocket.newest(patient, since=watch.given_at, until=case.resolved_at)
    return Facts(
        watch=watch,
        reading=readings.last_temperatures([patient.pk], now=now).get(patient.pk),
        medicines=tuple(line for line in readings.table(patient, limit=30) if line.kind == "medicine"),
        grades=tuple(patient.reactions.select_related("noted_by").order_by("-noted_at")),
        assessed=assessed.of(patient, limit=ASSESSED),
        pocket_mg=order.dose_mg if order else None,
        pocket_sent_at=sent.at if sent else None,
        kit=kits.newest(patient),
    )


def _rules(findings: Sequence[Finding]) -> tuple[Rule, ...]:
    """Each rule once, the newest words it fired on, in the order in which they first fired."""
    fired: dict[str, Rule] = {}
    for finding in findings:
        for rule in finding.rules:
            fired[rule["id"]] = Rule(
                id=str(rule["id"]),
                why=str(rule.get("why", "")),
                words=str(rule.get("words") or ""),
                source=str(rule.get("source") or ""),
            )
    return tuple(fired.values())


def _missing(case: Escalation, possible: str, findings: list[Finding]) -> tuple[str, ...]:
    """What nothing that was said since this case was raised has told of what a real grade is made of."""
    if case.patient and findings:
        told = Finding.objects.filter(patient=case.patient, at__gte=findings[0].at)
        findings = [*findings, *(told.filter(at__lte=case.resolved_at) if case.resolved_at else told)]
    texted = [reading for finding in findings for reading in finding.readings]
    known = any(finding.context.get("medicine_recent") for finding in findings)
    return provisional.missing(possible, texted, medicine_known=known)


def _everybody_called(case: Escalation) -> tuple[Called, ...]:
    """Every page and every call to the desk, newest first."""
    rings = desk_calls.of(case).order_by("-pk").prefetch_related("deliveries")
    called = [*map(_called, _pages(case)), *map(_desk_called, rings)]
    return tuple(sorted(called, key=lambda one: one.at, reverse=True))


def _pages(case: Escalation) -> list[Page]:
    pages = case.pages.select_related("clinician", "text", "voice").order_by("-at", "rung")
    return list(pages.prefetch_related("text__deliveries", "voice__deliveries"))


def _called(page: Page) -> Called:
    return Called(
        at=page.at,
        name=page.clinician.name,
        rung=page.rung,
        round=page.round,
        generation=page.generation,
        text=_route(page.text),
        voice=_route(page.voice),
        offered=page.offer_id is not None,
    )


def _desk_called(message: Message) -> Called:
    return Called(
        at=message.created_at,
        name=_("The desk"),
        rung=0,
        round=0,
        generation=desk_calls.generation_of(message),
        text=_("no text"),
        voice=_route(message),
        offered=False,
        desk=True,
    )


def _route(message: Message) -> str:
    """How far one route got, in the words of the last attempt."""
    attempts = sorted(message.deliveries.all(), key=lambda delivery: delivery.attempt)
    if not attempts:
        return _("not sent")
    last = attempts[-1]
    failed = last.state == Delivery.State.FAILED and last.error_code
    return last.get_state_display() + (f" ({last.error_code})" if failed else "")


def _event(event: EscalationEvent) -> Event:
    return Event(
        event.at,
        event.by.name if event.by else _("the service"),
        event.what,
        event.text,
        event.number,
        event.digest[:12],
    )


def _next_people(case: Escalation, now: datetime) -> str:
    """Who is called at the next time, as the list of shifts stands for that moment."""
    if case.state != Escalation.State.OPEN or case.next_at is None:
        return ""
    at = max(case.next_at, now)
    standing = ladders.at(case.site, WatchRules.thaw(case.rules).ladder, now=at)
    step = ladders.next_step(standing, urgency=case.urgency, round_=case.round, rung=case.rung)
    if not step.staffed:
        return _("nobody is on the list: the site's own number is called")
    names = ", ".join(person.name for person in standing[step.rung - 1].people)
    return _("rung %(rung)s: %(names)s") % {"rung": step.rung, "names": names}
