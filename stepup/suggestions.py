"""Dates suggested for a course's next dose: what is known of each day of its window, put to `protocols.suggesting`.

Everything a move is judged by (`appointments.preview`) is read here once for all days. A test holds the two together:
nothing that is suggested meets an objection or an uncovered hour there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from protocols import chairs, delays, moving, suggesting, watching
from protocols.chairs import Against
from protocols.errors import Refusal
from protocols.planning import PlannedDose
from protocols.suggesting import Limit, Offer, Suggested, Uncovered
from stepup import appointments, approvals, arranged, closures, cover, diary, next_dose, plans, stages, unit
from stepup.models import Course

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
# A first dose has no window: every later date counts from it. So many days are looked at.
WITHOUT_A_WINDOW = 14
AFTER_THE_WINDOW = 7
MOST = 28


@dataclass(frozen=True)
class Suggestion:
    """What is suggested for one dose, and which days were looked at and why those."""

    dose: PlannedDose
    found: Suggested
    looked_at: str
    unit_known: bool


def of(course: Course, *, now: datetime) -> Suggestion:
    """Suggest dates for the next dose. A Refusal where no date can be planned at all.

    What the plan rests on is read once, and each day is then planned without asking the database again.
    """
    course = diary.with_plans(Course.objects.filter(pk=course.pk)).get()
    appointments.may_be_planned(course, now + MINUTE, now)
    own = plans.own(course)
    if not own or own[0].on is None:
        why = own[0].sum if own else "The schedule has no dose after those that were given."
        raise Refusal("no-window", why)
    today = now.astimezone(ZoneInfo(course.site.time_zone)).date()
    days, looked_at = _days(course, own[0], today)
    offers = list(_offers(course, own[0], days, now))
    found = suggesting.suggest(offers, limits=list(_limits(course, now)), gaps=_gaps(course, offers, now))
    return Suggestion(own[0], found, looked_at, any(offer.day.known for offer in offers))


def _days(course: Course, own: PlannedDose, today: date) -> tuple[list[date], str]:
    """The days looked at: the window from today on; without one, or once it is over, some days from today on."""
    assert own.on is not None  # noqa: S101 - refused above
    first, last = own.earliest_on or own.on, own.latest_on or own.on
    words = "the days of its window that are still to come"
    if arranged.last_dose(course) is None:
        first = max(own.on, today)
        last, words = (
            first + (WITHOUT_A_WINDOW - 1) * DAY,
            "a first dose has no window: two weeks from its day",
        )
    elif last < today:
        first, last = today, today + (AFTER_THE_WINDOW - 1) * DAY
        words = "its window is over: the coming week"
    first = max(first, today)
    return [first + n * DAY for n in range(min((last - first).days + 1, MOST))], words


def _offers(course: Course, own: PlannedDose, days: Sequence[date], now: datetime) -> Iterator[Offer]:
    """Each day as it stands for this course's dose."""
    site, hours = course.site, unit.of(course.site)
    closed = closures.among(site, days)
    entries = [one for one in diary.of(site, until=days[-1]).entries if one.course.pk != course.pk]
    usual, protocol, known = _usual(course), approvals.content(course.protocol), dict[str, tuple[str, ...]]()
    for on in days:
        day = hours.on(on)
        at = day.opens_at if day.is_open else chairs.moment(on, usual, day.zone, last=False)
        step, label = _label(course, own, on, at)
        if step not in known:
            known[step] = _whatever_the_day(course, step, now)
        yield Offer(
            day=day,
            minutes=day.minutes_of(approvals.library_label(course.protocol), step),
            watch=watching.ends_at(protocol.pathway, step, at) - at,
            label=(*label, *known[step]),
            closed=closed.get(on, ""),
            others=tuple(unit.stays(day, entries)),
            usual=usual,
        )


def _label(course: Course, own: PlannedDose, on: date, at: datetime) -> tuple[str, tuple[str, ...]]:
    """Which dose the label gives on that day, and what it has against the day; its hours are a limit of their own."""
    protocol = approvals.content(course.protocol)
    try:
        moved = moving.move(
            protocol,
            next_dose.given(course),
            moving.Plans(own=own, before=(), after=plans.on(course, on)),
            on=on,
            at=at,
            regimen=course.regimen,
            phase=arranged.phase(course),
            weight_kg=course.weight_kg,
        )
    except Refusal as refusal:
        return own.step, (refusal.sentence,)
    return moved.step, tuple(one.sentence for one in moved.objections)


def _whatever_the_day(course: Course, step: str, now: datetime) -> tuple[str, ...]:
    """What stands against a dose on every day until somebody changes it: the site's stage, a stay in hospital."""
    said = [one.sentence for one in appointments.in_hospital(course, step)]
    try:
        stages.check(course, step=step, now=now)
    except Refusal as refusal:
        said.append(refusal.sentence)
    return tuple(said)


def _limits(course: Course, now: datetime) -> Iterator[Limit]:
    """Not in the past, and not before the hours that the label wants besides its days."""
    yield Limit(now.replace(second=0, microsecond=0) + MINUTE, Against("past", "That time has passed."))
    last = arranged.last_dose(course)
    if last is None:
        return
    regimen = delays.regimen_of(approvals.content(course.protocol).label, course.regimen)
    dose = delays.dose_of(approvals.content(course.protocol).label, regimen, last.step)
    hours = delays.least_hours(regimen, dose)
    if hours is not None:
        at = last.given_at.astimezone(UTC) + timedelta(hours=hours)
        shown = f"{at.astimezone(ZoneInfo(course.site.time_zone)):%a %d %b %Y %H:%M %Z}"
        yield Limit(at, Against("too-soon", f"The {hours} hours after the last dose end {shown}."))


def _gaps(course: Course, offers: Sequence[Offer], now: datetime) -> list[Uncovered]:
    """Every hour nobody covers, from the first moment looked at to the end of the last watch."""
    since = min(chairs.moment(offer.day.on, time(0), offer.day.zone, last=False) for offer in offers)
    until = max(offer.day.closes_at + offer.watch + DAY for offer in offers)
    found = cover.of_course(course, since=since, until=until, now=now)
    return [Uncovered(gap.rung, gap.starts_at, gap.ends_at) for gap in found]


def _usual(course: Course) -> time:
    """The time of day known best: of its appointment, else of the last dose, else noon."""
    put, last = arranged.appointment(course), arranged.last_dose(course)
    at = put.planned_at if put else last.given_at if last else None
    return (
        at.astimezone(ZoneInfo(course.site.time_zone)).time().replace(second=0, microsecond=0)
        if at
        else suggesting.NOON
    )
