"""The hand-over of a course on one page: everything whoever goes on with it must know, and plainly what is not known.

It reads the record and decides nothing. What stood about the next dose when a course was transferred is shown as it
was kept then: nothing is decided here any more.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from monitoring import assessed, contacts, escalations, kits, pulse, readings, stays, watches
from monitoring.models import Escalation, Finding, HomeKit, Patient, PocketOrder, Reaction, Task, Watch
from notifications import daynames, phones
from notifications.models import Clinician
from protocols.errors import Refusal
from protocols.planning import PlannedDose
from stepup import approvals, arranged, charts, next_dose, obstacles, plans, readiness, temperatures, weights
from stepup.care_lines import ItemLine
from stepup.models import Course, Hold, IntervalChange, Review, Transfer

RECENT = timedelta(hours=24)
GRAVE = ("urgent", "emergency")
ANSWERS = {
    "give": "Give",
    "wait": "Wait",
    "hold": "Hold: no dose now",
    "stop": "Stop: no further dose",
    "ask": "Ask before any dose",
}


@dataclass(frozen=True)
class Given:
    """A dose as the chart shows it, with where it was given and the weight it was calculated with."""

    line: charts.DoseLine
    where: str
    weight: str


@dataclass(frozen=True)
class Graded:
    """A graded reaction, whether it is over, and what whoever closed its case wrote."""

    reaction: Reaction
    outcome: str


@dataclass(frozen=True)
class Order:
    """A pocket dexamethasone order, and the times at which the patient was told to take it."""

    order: PocketOrder
    told_at: tuple[datetime, ...]


@dataclass(frozen=True)
class Stated:
    """What one person, or the service, said at one time of the things that must be true before a dose."""

    by: str
    at: datetime | None
    words: str


@dataclass(frozen=True)
class HandOver:
    """The whole page. `dangers` stands first, and is empty only where nothing is open here."""

    course: Course
    patient: Patient
    made_at: datetime
    dangers: tuple[str, ...]
    transfer: Transfer | None
    drug: str
    regimen: str
    protocol: str
    pathway: str
    signed: str
    doses: tuple[Given, ...]
    weight: str
    others: tuple[str, ...]
    reactions: tuple[Graded, ...]
    assessed: tuple[assessed.Line, ...]
    cases: tuple[str, ...]
    orders: tuple[Order, ...]
    medicines: tuple[readings.Line, ...]
    temperature: readings.Temperature | None
    drawn: temperatures.Drawn | None
    watch: Watch | None
    kit: HomeKit | None
    prophylaxis: tuple[str, ...]
    cared_for: tuple[ItemLine, ...]
    holds: tuple[Hold, ...]
    intervals: tuple[IntervalChange, ...]
    reviews: tuple[Review, ...]
    stated: tuple[Stated, ...]
    next_dose: tuple[str, ...]
    phones: tuple[contacts.Phone, ...]
    on_call: tuple[pulse.OnCall, ...]


def of(course: Course, *, reader: Clinician, now: datetime) -> HandOver:
    """The hand-over of a course as `reader` may see it at `now`."""
    patient, protocol = course.patient, approvals.content(course.protocol)
    chart = charts.of(course, reader=reader, now=now)
    transfer = Transfer.objects.filter(course=course).select_related("by", "gave_up").first()
    return HandOver(
        course=course,
        patient=patient,
        made_at=now,
        dangers=dangers(course, now=now),
        transfer=transfer,
        drug=f"{chart.drug} ({chart.brand}), {protocol.label.route}",
        regimen=chart.regimen,
        protocol=f"{protocol.id}, fingerprint {protocol.fingerprint}",
        pathway=protocol.pathway.title,
        signed=_signed(course),
        doses=tuple(_given(course, chart)),
        weight=_weight(course),
        others=tuple(_others(course)),
        reactions=tuple(_reactions(patient)),
        assessed=assessed.of(patient),
        cases=tuple(_case(course, case) for case in patient.escalations.order_by("opened_at")),
        orders=tuple(_orders(patient)),
        medicines=_medicines(patient),
        temperature=readings.last_temperatures([patient.pk], now=now).get(patient.pk),
        drawn=temperatures.newest(patient, now=now),
        watch=watches.current(patient),
        kit=kits.newest(patient),
        prophylaxis=_prophylaxis(course),
        cared_for=tuple(line for line in chart.care.lines if line.last is not None),
        holds=tuple(course.holds.select_related("placed_by", "lifted_by")),
        intervals=tuple(course.interval_changes.select_related("by")),
        reviews=tuple(course.reviews.select_related("by")),
        stated=tuple(_stated(course)),
        next_dose=tuple(transfer.next_dose.splitlines()) if transfer else next_dose_lines(course, now=now),
        phones=contacts.of(patient, now=now),
        on_call=pulse.on_call(course.site, now=now),
    )


def next_dose_lines(course: Course, *, now: datetime, given_up: bool = False) -> tuple[str, ...]:
    """The next dose in words: the answer with its reason and rule, the day and window, the sum, what goes around it.

    With `given_up` the appointment that stands is told as given up.
    """
    decision = next_dose.decide(course, now=now)
    said = [f"{ANSWERS[decision.decision]}. {decision.because}", f"Rule: {decision.source}"]
    if course.state == Course.State.ACTIVE:
        said += _planned_lines(course, now, given_up=given_up)
    if decision.premedicate == "yes":
        said.append("Premedication is wanted before this dose.")
    if decision.review:
        said.append("Benefit and risk are to be reviewed before this dose.")
    return (*said, *decision.notes)


def _planned_lines(course: Course, now: datetime, *, given_up: bool) -> Iterator[str]:
    try:
        plan, late = plans.of(course, now=now), plans.overdue(course, now=now)
    except Refusal as refusal:
        yield refusal.sentence
        return
    if not plan:
        yield "The schedule has no dose after those that were given."
        return
    planned = plan[0]
    if late is not None:
        yield (
            f"{late.name} was planned for {_day(late.on)} and is not recorded as given. What follows is what the"
            " label gives if the dose is given today."
        )
    appointed = _appointed(course, late)
    if appointed and given_up:
        appointed += ", given up with the transfer"
    yield f"Planned: {planned.name}, {appointed or f'{_day(planned.on)}, no time agreed'}"
    if arranged.last_dose(course) is not None and (planned.earliest_on or planned.latest_on):
        yield f"Window: {_day(planned.earliest_on)} to {_day(planned.latest_on)}"
    yield f"Dose as a sum: {planned.sum}"
    yield f"The protocol on premedication: {planned.premedication}"
    yield f"The protocol on observation: {planned.observation}"


def _appointed(course: Course, late: PlannedDose | None) -> str:
    """The appointment that stands; empty where none was made, or its day has passed."""
    put = arranged.appointment(course)
    if put is None or late is not None:
        return ""
    return f"appointment {day_and_time(course, put.planned_at)}, made by {put.by.name}"


def _day(on: date | None) -> str:
    return f"{on:%a %d %b %Y}" if on else "ask"


def day_and_time(course: Course, at: datetime) -> str:
    """A moment in the site's zone: Mon 02 Mar 2026 10:12 EST."""
    return f"{at.astimezone(ZoneInfo(course.site.time_zone)):%a %d %b %Y %H:%M %Z}"


def _shown(course: Course, at: datetime) -> str:
    """The same on a page, with the names of days in the reader's language; what is kept uses the other."""
    return daynames.on_clock(at, course.site.time_zone, "%a %d %b %Y %H:%M %Z")


def dangers(course: Course, *, now: datetime) -> tuple[str, ...]:
    """What stands first on the page, in words; empty where nothing is open here."""
    return tuple(_dangers(course, now))


def _dangers(course: Course, now: datetime) -> Iterator[str]:
    """What is open, the gravest first: a case with its words, everything that holds a dose, the last day's alarms."""
    case = escalations.unresolved(course.patient)
    if case is not None:
        about = {"code": case.code, "headline": case.headline.rstrip(".")}
        if case.owner:
            yield _("Open case %(code)s: %(headline)s (%(owner)s has it).") % {
                **about,
                "owner": case.owner.name,
            }
        else:
            yield _("Open case %(code)s: %(headline)s (nobody has it yet).") % about
    found = [one.because for one in obstacles.every(course)]
    yield from (said for said in found if case is None or case.code not in said)
    stay = stays.of(course.patient)
    if stay is not None:
        where = f"{stay.hospital}, {stay.ward}, {phones.for_reading(stay.phone)}"
        yield _("In hospital since %(since)s: %(where)s. %(reason)s") % {
            "since": _shown(course, stay.admitted_at), "where": where, "reason": stay.reason,
        }  # fmt: skip
    for task in Task.objects.filter(patient=course.patient, done_at=None):
        if not any(task.what in said for said in found):
            yield _("To be done here: %(what)s.") % {"what": task.what}
    watch = watches.current(course.patient)
    if watch is not None:
        yield _("Being watched here until %(until)s.") % {"until": _shown(course, watch.ends_at)}
    alarms = Finding.objects.filter(
        patient=course.patient, urgency__in=GRAVE, at__gt=now - RECENT, at__lte=now
    )
    for alarm in alarms.order_by("-at"):
        yield _("Reported %(at)s: %(because)s") % {"at": _shown(course, alarm.at), "because": alarm.because}


def _signed(course: Course) -> str:
    row = course.protocol
    if row.pharmacist is None or row.prescriber is None or row.prescriber_at is None:
        return _("not signed")
    return _("signed by %(pharmacist)s and %(prescriber)s, %(at)s") % {
        "pharmacist": row.pharmacist.name, "prescriber": row.prescriber.name,
        "at": _shown(course, row.prescriber_at),
    }  # fmt: skip


def _given(course: Course, chart: charts.Chart) -> Iterator[Given]:
    rows = {dose.pk: dose for dose in charts.recorded(course)}
    for line in chart.doses:
        dose = rows[line.id]
        report = getattr(dose, "report", None)
        kg = dose.weight.kg if dose.weight else report.weight_kg if report else None
        # A site does not record in which room a dose was given, only that it was given by it or by another.
        where = report.hospital if report and report.hospital else course.site.name
        yield Given(line, where, weights.in_kg(kg) if kg else _("weight not recorded"))


def _weight(course: Course) -> str:
    used = course.weight
    said = {
        "kg": weights.in_kg(used.kg), "on": daynames.written(used.weighed_on), "by": used.weighed_by,
        "how": used.get_method_display(),
    }  # fmt: skip
    return (_("%(kg)s, %(on)s, by %(by)s, %(how)s") if used.method else _("%(kg)s, %(on)s, by %(by)s")) % said


def _others(course: Course) -> Iterator[str]:
    """The patient's other courses here, whose doses are on their own pages."""
    rows = course.patient.courses.exclude(pk=course.pk).select_related("protocol").order_by("opened_at")
    for other in rows:
        name, count = approvals.content(other.protocol).label.name, other.doses.count()
        said = {"name": name, "on": daynames.written(other.start_on), "state": other.get_state_display()}
        yield ngettext(
            "%(name)s from %(on)s, %(state)s, %(count)s dose",
            "%(name)s from %(on)s, %(state)s, %(count)s doses",
            count,
        ) % {**said, "count": count}


def _reactions(patient: Patient) -> Iterator[Graded]:
    rows = Reaction.with_struck.filter(patient=patient).order_by("noted_at", "pk")
    for one in rows.select_related("noted_by", "over_by", "escalation", "strike__by"):
        case = one.escalation
        told = (escalations.OUTCOMES.get(case.outcome, ""), case.note) if case else ()
        yield Graded(one, ". ".join(filter(None, told)))


def _case(course: Course, case: Escalation) -> str:
    came = _("closed: %(outcome)s") % {"outcome": case.outcome} if case.outcome else case.get_state_display()
    said = f"{case.code}, {_shown(course, case.opened_at)}: {case.headline.rstrip('.')}; {came}"
    return f"{said}, {case.note}" if case.note else said


def _stated(course: Course) -> Iterator[Stated]:
    """The newest statement of each thing, those said together in one line, the newest line first."""
    said: dict[tuple[datetime | None, str], list[str]] = {}
    for item in readiness.last_said(course):
        words = ", ".join(filter(None, (f"{item.name} {item.state}", item.said, item.reason)))
        said.setdefault((item.at, item.by), []).append(words)
    for (at, by), lines in sorted(said.items(), key=lambda one: str(one[0][0]), reverse=True):
        yield Stated(by, at, "; ".join(lines))


def _orders(patient: Patient) -> Iterator[Order]:
    orders = patient.pocket_orders.select_related("signed_by", "revoked_by").order_by("signed_at")
    for order in orders.prefetch_related("instructions"):
        yield Order(order, tuple(sorted(told.at for told in order.instructions.all())))


def _medicines(patient: Patient) -> tuple[readings.Line, ...]:
    return tuple(line for line in readings.table(patient, limit=200) if line.kind == "medicine")


def _prophylaxis(course: Course) -> tuple[str, ...]:
    """What the signed protocol says of prophylaxis; whether it was given stands nowhere here."""
    label = approvals.content(course.protocol).label
    said = [fact for fact in (*label.statements, *label.guidelines) if fact.topic == "prophylaxis"]
    return tuple(f"{fact.says} ({label.cite(fact.sources)})" for fact in said)
