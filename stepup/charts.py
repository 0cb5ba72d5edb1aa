"""One patient's course as the screens show it: the plan beside what was given, and the record around both."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.utils.translation import gettext as _

from monitoring.timeline import Entry
from notifications.models import Clinician
from protocols import dosing, planning
from protocols.errors import Refusal
from stepup import (
    approvals,
    arranged,
    care,
    ended,
    intervals,
    next_dose,
    plans,
    readiness,
    stages,
    versions,
    weights,
)
from stepup.models import Appointment, Course, Dose, DoseReport, Hold, IntervalChange, Review, Weight

SHOWN_AS_DOSES = ["dose given", "dose reported", "dose confirmed"]
HIDDEN = "the amount is shown after the second check"


@dataclass(frozen=True)
class DoseLine:
    """A dose that was given, and who recorded and checked it. The first figure stays hidden from the second checker."""

    id: int
    name: str
    given_at: datetime
    amount: str
    sum: str
    deviation: str
    recorded_by: str
    recorded_at: datetime
    confirmed_by: str
    may_confirm: bool
    reported: str = ""
    time_known: bool = True
    given_under: str = ""
    struck: str = ""
    struck_by: str = ""
    struck_at: datetime | None = None
    struck_why: str = ""


@dataclass(frozen=True)
class Chart:
    """A course: the decision for the next dose, what was given, and what is planned after it."""

    course: Course
    drug: str
    brand: str
    regimen: str
    protocol: str
    decision: next_dose.NextDose
    step_name: str
    doses: tuple[DoseLine, ...]
    overdue: planning.PlannedDose | None
    plan: tuple[planning.PlannedDose, ...]
    unplanned: str
    appointment: Appointment | None
    holds: tuple[Hold, ...]
    reviews: tuple[Review, ...]
    interval: IntervalChange | None
    offer: intervals.Offer | None
    may_skip: bool
    readiness: readiness.Readiness | None
    weight: Weight
    weight_waiting: Weight | None
    stage: stages.OfCourse | None
    care: care.Sheet


def of(course: Course, *, reader: Clinician, now: datetime) -> Chart:
    """The chart of one course as `reader` may see it at `now`."""
    course, protocol = arranged.seen(course), approvals.content(course.protocol)
    regimen = next(one for one in protocol.label.regimens if one.id == course.regimen)
    names = {dose.id: dose.name for dose in regimen.doses}
    decision = next_dose.decide(course, now=now)
    planned, unplanned = _plan(course, now)
    ran = versions.history(course)
    return Chart(
        course=course,
        drug=protocol.label.name,
        brand=protocol.label.brand,
        regimen=regimen.title,
        protocol=f"{protocol.id}, fingerprint {protocol.fingerprint[:12]}",
        decision=decision,
        step_name=names.get(decision.step, decision.step),
        doses=tuple(_under(_line(dose, names, reader), dose, ran) for dose in recorded(course)),
        overdue=plans.overdue(course, now=now) if planned else None,
        plan=planned,
        unplanned=unplanned,
        appointment=arranged.appointment(course),
        holds=tuple(arranged.holds(course)),
        reviews=tuple(arranged.reviews(course)),
        interval=arranged.interval(course),
        offer=intervals.offered(course) if planned else None,
        may_skip=bool(planned) and regimen.phase(planned[0].step) is not None,
        readiness=_readiness(course, decision, planned, now),
        weight=course.weight,
        weight_waiting=weights.waiting(course),
        stage=stages.of_course(course, step=_upcoming(decision, planned), now=now),
        care=care.of(course, now=now),
    )


def _readiness(
    course: Course, decision: next_dose.NextDose, planned: tuple[planning.PlannedDose, ...], now: datetime
) -> readiness.Readiness | None:
    """The list before the dose to come; none after a stop, or where no dose is known."""
    upcoming = planned[0] if planned else None
    step = _upcoming(decision, planned)
    if not step or course.state != Course.State.ACTIVE:
        return None
    planned_on = upcoming.on if upcoming and upcoming.step == step else None
    return readiness.of(course, step=step, now=now, planned_on=planned_on)


def _upcoming(decision: next_dose.NextDose, planned: tuple[planning.PlannedDose, ...]) -> str:
    """The dose to come, as the label or the plan names it; empty where neither does."""
    return decision.step or (planned[0].step if planned else "")


def recorded(course: Course) -> list[Dose]:
    """Every dose ever recorded by the time it was given, those struck by a correction among them, for showing."""
    rows = Dose.with_struck.filter(course=course).order_by("given_at", "pk")
    return list(rows.select_related("recorded_by", "confirmed_by", "report", "correction__by", "watch"))


def _plan(course: Course, now: datetime) -> tuple[tuple[planning.PlannedDose, ...], str]:
    """What is still to come, or why no dates can be written."""
    if course.state != Course.State.ACTIVE:
        return (), f"{ended.how(course)}: nothing is planned here."
    try:
        planned = plans.of(course, now=now)
        return planned, "" if planned else "The schedule has no dose after those that were given."
    except Refusal as refusal:
        return (), refusal.sentence


def _line(dose: Dose, names: dict[str, str], reader: Clinician) -> DoseLine:
    open_to_reader = dose.confirmed_by_id is not None or dose.recorded_by_id == reader.pk
    report, struck = getattr(dose, "report", None), getattr(dose, "correction", None)
    return DoseLine(
        id=dose.pk,
        name=names.get(dose.step, dose.step),
        given_at=dose.given_at,
        amount=dosing.format_mg(dose.given_mg) if open_to_reader else HIDDEN,
        sum=dose.sum if open_to_reader else "",
        deviation=dose.deviation,
        recorded_by=dose.recorded_by.name,
        recorded_at=dose.recorded_at,
        confirmed_by=dose.confirmed_by.name if dose.confirmed_by else "",
        may_confirm=struck is None and dose.confirmed_by_id is None and dose.recorded_by_id != reader.pk,
        reported=_reported(report) if report else "",
        time_known=report is None or report.time_known,
        struck=struck.get_kind_display() if struck else "",
        struck_by=struck.by.name if struck else "",
        struck_at=struck.at if struck else None,
        struck_why=struck.reason if struck else "",
    )


def _under(line: DoseLine, dose: Dose, ran: versions.History) -> DoseLine:
    """The line with the version the dose was given under, where the course has moved since."""
    version = ran.of_dose(dose)
    return (
        line if version.pk == ran.course.protocol_id else replace(line, given_under=versions.named(version))
    )


def _reported(report: DoseReport) -> str:
    where = (
        f"at {report.hospital}" if report.place == DoseReport.Place.ELSEWHERE else "here, not recorded then"
    )
    told = ", ".join(filter(None, (report.told_by, report.document)))
    return f"Given {where}. Known from {told}. {report.reason}"


def entries(course: Course, *, reader: Clinician) -> list[Entry]:
    """The course's own lines for the patient's timeline."""
    lines = [
        Entry(event.at, "course", event.what, event.text, by=event.by.name if event.by else _("the service"))
        for event in course.events.exclude(
            what__in=["dose given", "dose reported", "dose confirmed"]
        ).select_related("by")
    ]
    for dose in recorded(course):
        shown = _line(dose, {}, reader)
        said = f"{shown.amount}. {shown.deviation} {shown.reported}".strip()
        if shown.struck:
            said = _("Struck by %(by)s, %(what)s, because: %(why)s It said: %(said)s") % {
                "by": shown.struck_by, "what": shown.struck, "why": shown.struck_why, "said": said,
            }  # fmt: skip
        lines.append(
            Entry(
                dose.given_at,
                "dose",
                _("%(step)s given") % {"step": _words(dose.step)},
                said,
                by=shown.recorded_by,
            )
        )
        if dose.confirmed_at is not None:
            lines.append(
                Entry(
                    dose.confirmed_at,
                    "dose",
                    _("%(step)s confirmed") % {"step": _words(dose.step)},
                    by=shown.confirmed_by,
                )
            )
    return lines


def _words(step: str) -> str:
    return step.replace("step_up", "step-up").replace("_", " ")
