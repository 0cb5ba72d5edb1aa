"""Doses known from a report: given elsewhere, or here and never recorded, also before doses that are recorded already.

Such a dose takes its place by the time it was given. It is watched only if hours of its watch are still to come and
no later dose is being watched: then the later one has taken over, as it would have on the day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import watches
from monitoring.models import Patient, Watch
from notifications import audit, daynames, once
from notifications.models import Clinician
from protocols import dosing, watching
from protocols.errors import Refusal
from protocols.pathway import Protocol
from stepup import approvals, arranged, courses, cover, ended, versions, weights
from stepup.models import Course, Dose, DoseReport, Weight

OLDEST = timedelta(days=10 * 366)
NO_SUM = "the weight on that day is not known: no sum"
HERE, ELSEWHERE = DoseReport.Place.HERE, DoseReport.Place.ELSEWHERE


@dataclass(frozen=True)
class Report:
    """On whose word a dose is recorded, where it was given, and why only now."""

    place: str
    told_by: str
    reason: str
    hospital: str = ""
    document: str = ""
    weight_kg: Decimal | None = None
    time_known: bool = True


@transaction.atomic
def record(
    course_id: int,
    *,
    step: str,
    given_at: datetime,
    given_mg: Decimal,
    report: Report,
    by: Clinician,
    now: datetime,
    besides: bool = False,
) -> courses.Recorded:
    """Record a dose on somebody's report. `besides` says that it was another one than that day's dose on record."""
    course = versions.hold(course_id)
    _may_be_reported(course, given_at, now, besides=besides)
    _is_told(report)
    protocol = approvals.content(course.protocol)
    weight, kg = _weight(course, given_at, report)
    amount = courses.amount_of(course, step, kg)
    dose = once.add(
        Dose,
        course=course,
        step=step,
        given_at=given_at,
        given_on=courses.local_date(course.patient, given_at),
        planned_mg=amount.to_give,
        given_mg=given_mg,
        sum=NO_SUM if kg is None and amount.to_give is None else amount.sum[:120],
        weight=weight,
        recorded_by=by,
        recorded_at=now,
        watch=watch_of(course.patient, protocol, step, given_at, now),
    )
    once.add(DoseReport, dose=dose, **vars(report))
    where = report.hospital if report.place == ELSEWHERE else "here"
    said = f"{step}, {dosing.format_mg(given_mg)}, given {where}, told by {report.told_by}: {report.reason}"
    courses.note(course, "dose reported", said, by=by, now=now)
    audit.record("reported a dose", str(course.patient), site=course.site, by=by, now=now, dose=dose.pk)
    ends_at = dose.watch.ends_at if dose.watch else now
    return courses.Recorded(dose, cover.of_course(course, since=now, until=ends_at, now=now))


def watch_of(
    patient: Patient, protocol: Protocol, step: str, given_at: datetime, now: datetime
) -> Watch | None:
    """The watch that a dose recorded or corrected afterwards opens: none where a later dose is being watched."""
    if watching.ends_at(protocol.pathway, step, given_at) <= now:  # as most of them: nothing is asked
        return None
    current = watches.current(patient)
    if current is not None and current.given_at > given_at:
        return None
    return courses.open_watch(patient, protocol, step, given_at, now)


def _may_be_reported(course: Course, given_at: datetime, now: datetime, *, besides: bool) -> None:
    ended.refuse(course, "no dose can be recorded on it. Open a new one to go on here.")
    if given_at > now:
        raise Refusal("future-dose", _("That time is still to come. Record a dose after it was given."))
    if now - given_at > OLDEST:
        raise Refusal("old-dose", _("That is more than ten years ago. Check the year."))
    on = courses.local_date(course.patient, given_at)
    same_day = next((dose for dose in arranged.doses.rows(course=course.pk) if dose.given_on == on), None)
    if same_day is not None and (not besides or same_day.given_at == given_at):
        raise Refusal(
            "same-day",
            _(
                "%(recorded_by)s has recorded a dose of %(on)s already. If this is the same one, "
                "leave it; if it was another one besides, say so and give its own time."
            )
            % {"recorded_by": same_day.recorded_by.name, "on": daynames.written(on)},
        )


def _is_told(report: Report) -> None:
    if report.place == ELSEWHERE and not report.hospital.strip():
        raise Refusal("no-hospital", _("Say at which hospital or practice it was given."))
    if not report.told_by.strip():
        raise Refusal("no-source", _("Say who reported this dose."))
    if not report.reason.strip():
        raise Refusal("reason", _("Say why it is recorded only now."))


def _weight(course: Course, given_at: datetime, report: Report) -> tuple[Weight | None, Decimal | None]:
    """What the sum is made with: the weight reported, else for a dose given here the one then in use, else none."""
    if report.weight_kg is not None:
        return None, dosing.plausible_weight(report.weight_kg)
    if report.place == HERE and given_at >= course.opened_at:
        used = weights.used_at(course, given_at)
        return used, used.kg
    return None, None
