"""The unit's hours and chairs: set from one date on, read for any day, and asked whether a dose still fits."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit
from notifications.models import Clinician, Site
from protocols import chairs
from protocols.errors import Refusal
from stepup import approvals, diary
from stepup.models import ChairTime, Course, OpenDay, UnitHours

Week = Mapping[int, tuple[time, time]]
SATURDAY = 5


@dataclass(frozen=True)
class Unit:
    """Every dated row of a site's hours, oldest first; `on` says what holds on one day."""

    zone: str
    rows: tuple[UnitHours, ...]

    def row(self, on: date) -> UnitHours | None:
        """The row that holds on this day: the last to begin, and of two that begin together the newer."""
        begun = [row for row in self.rows if row.from_on <= on]
        return max(begun, key=lambda row: (row.from_on, row.pk), default=None)

    def on(self, on: date) -> chairs.Day:
        """What the unit offers on this day; not `known` where nobody has entered it."""
        row = self.row(on)
        if row is None:
            return chairs.Day(on, self.zone, known=False)
        found = next((day for day in row.days.all() if day.weekday == on.weekday()), None)
        return chairs.Day(
            on,
            self.zone,
            opens=found.opens if found else None,
            closes=found.closes if found else None,
            chairs=row.chairs,
            minutes=row.minutes,
            by_step={(each.label_id, each.step): each.minutes for each in row.times.all()},
        )

    def works(self, on: date) -> bool:
        """Whether doses are usually given on this day: by its hours, or from Monday to Friday without any."""
        day = self.on(on)
        return day.is_open if day.known else on.weekday() < SATURDAY


def of(site: Site) -> Unit:
    """The hours of a site, in three queries whatever was ever entered."""
    rows = UnitHours.objects.filter(site=site).select_related("set_by").prefetch_related("days", "times")
    return Unit(site.time_zone, tuple(rows))


@transaction.atomic
def set_hours(
    site: Site,
    *,
    from_on: date,
    week: Week,
    places: int,
    minutes: int | None,
    by_step: Mapping[tuple[str, str], int],
    by: Clinician,
    now: datetime,
) -> UnitHours:
    """Say what holds from this date on. What held before stays; doses planned already stay and are marked."""
    if from_on < now.astimezone(ZoneInfo(site.time_zone)).date():
        raise Refusal(
            "past-day", _("Hours cannot change for days that are over. Choose today or a later day.")
        )
    if not week:
        raise Refusal("never-open", _("Give the hours of at least one weekday."))
    if places < 1:
        raise Refusal("no-chair", _("Give the number of chairs, at least 1."))
    if any(closes <= opens for opens, closes in week.values()):
        raise Refusal("closes-first", _("A day closes before it opens. Check both times."))
    row = UnitHours.objects.create(
        site=site, from_on=from_on, chairs=places, minutes=minutes, set_by=by, set_at=now
    )
    OpenDay.objects.bulk_create(
        OpenDay(week=row, weekday=weekday, opens=opens, closes=closes)
        for weekday, (opens, closes) in week.items()
    )
    ChairTime.objects.bulk_create(
        ChairTime(week=row, label_id=label, step=step, minutes=length)
        for (label, step), length in by_step.items()
    )
    audit.record("set hours and chairs", str(row), site=site, by=by, now=now, from_on=str(from_on))
    return row


def steps(site: Site) -> list[tuple[str, str, str]]:
    """(label, step, words) of every dose a course of this site may have, for their times in a chair."""
    labels = {approvals.library_label(row): approvals.content(row).label for row in approvals.approved(site)}
    return [
        (label_id, dose.id, f"{label.name}, {label.jurisdiction}: {dose.name}")
        for label_id, label in labels.items()
        for dose in {dose.id: dose for regimen in label.regimens for dose in regimen.doses}.values()
    ]


def against(course: Course, *, step: str, at: datetime, on: date) -> list[chairs.Against]:
    """What the hours and chairs have against this course's dose `step` at this time; nothing where none are entered."""
    unit = of(course.site)
    day = unit.on(on)
    if not day.known or not day.is_open:
        return []
    stay = chairs.Stay((course.pk, 0), at, day.minutes_of(approvals.library_label(course.protocol), step))
    entries = diary.of(course.site, until=on).entries
    return chairs.against(day, stays(day, (one for one in entries if one.course.pk != course.pk)), stay)


def stays(day: chairs.Day, entries: Iterable[diary.Entry]) -> list[chairs.Stay]:
    """Those of the doses that fall on this day here, as stays in its chairs."""
    return [
        chairs.Stay(one.key, one.at, day.minutes_of(approvals.library_label(one.course.protocol), one.step))
        for one in entries
        if one.on == day.on and one.is_here
    ]
