"""Supportive care as the screens show it: each item of a course with what was read, what was said, and its day.

A result is shown as it was typed, and as *no result recorded* where there is none. Only a number typed with a printed
threshold's own unit is ever compared, and below it a person is asked: nothing is called normal.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef

from monitoring.models import Watch
from notifications.models import Site
from protocols import care_answers, supportive
from protocols.care_answers import Said
from protocols.errors import Refusal
from protocols.supportive import Due, Item
from stepup import care_entries, care_lines, care_rules, courses, diary, plans
from stepup.care_lines import EntryLine, ItemLine
from stepup.models import CareEntry, CareRule, Course, CourseEvent, Dose


@dataclass(frozen=True)
class Sheet:
    """Every item of one course."""

    course: Course
    lines: tuple[ItemLine, ...]
    advice: tuple[supportive.Advice, ...]
    unread: tuple[str, ...]
    note: str

    def line(self, item_id: str) -> ItemLine | None:
        return next((line for line in self.lines if line.item.id == item_id), None)

    @property
    def is_begun(self) -> bool:
        """Whether anything was ever recorded."""
        return any(line.entries for line in self.lines)

    @property
    def overdue(self) -> tuple[ItemLine, ...]:
        return tuple(line for line in self.lines if line.state == "overdue")

    @property
    def asks(self) -> tuple[ItemLine, ...]:
        return tuple(line for line in self.lines if line.state == "ask")

    @property
    def to_read(self) -> tuple[ItemLine, ...]:
        return tuple(line for line in self.lines if line.to_read)


@dataclass(frozen=True)
class WorkList:
    """What is due across a site's courses under way: late ones first, then by day; and what has no day yet."""

    to_read: tuple[ItemLine, ...]
    overdue: tuple[ItemLine, ...]
    coming: tuple[ItemLine, ...]
    asks: tuple[ItemLine, ...]
    items: tuple[Item, ...]

    @property
    def count(self) -> int:
        """How many lines somebody is waiting for now."""
        return len(self.overdue) + len(self.to_read)


@dataclass(frozen=True)
class _Known:
    """What all courses of a site are read with, fetched together. `ended` is when a course was stopped."""

    rules: Mapping[str, CareRule]
    entries: Mapping[int, Sequence[CareEntry]]
    watches: Mapping[int, Sequence[Watch]]
    ended: Mapping[int, datetime]
    now: datetime


def of(course: Course, *, now: datetime) -> Sheet:
    """Every item of one course as it stands now."""
    care, label = supportive.load(), courses.label_of(course)
    lines = tuple(_lines(course, _known(course.site, [course], now)))
    return Sheet(course, lines, care.advice_for(drug=label.drug), care.unread, care.note)


def worklist(site: Site, *, now: datetime, item: str = "") -> WorkList:
    """The items of every course under way at a site, and of stopped ones what is printed for after treatment.

    Of one item only where `item` names one.
    """
    under_way, after = diary.courses(site), _after_treatment(site)
    known = _known(site, [*under_way, *after], now)
    every = [line for course in under_way for line in _lines(course, known)]
    every += [line for course in after for line in _lines(course, known) if line.item.after_months]
    items = {line.item.id: line.item for line in every}
    lines = [line for line in every if not item or line.item.id == item]
    dated = sorted(
        (line for line in lines if line.due.on is not None),
        key=lambda line: (line.due.on, line.course.patient.name, line.item.name),
    )
    stopped = _watched_still(site)
    beyond = _known(site, stopped, now) if stopped else known
    to_read = [*lines, *(line for course in stopped for line in _lines(course, beyond))]
    return WorkList(
        to_read=tuple(line for line in to_read if line.to_read and (not item or line.item.id == item)),
        overdue=tuple(line for line in dated if line.state == "overdue"),
        coming=tuple(line for line in dated if line.state != "overdue"),
        asks=tuple(sorted((line for line in lines if line.state == "ask"), key=lambda line: line.item.name)),
        items=tuple(one for one in supportive.load().items if one.id in items),
    )


def _after_treatment(site: Site) -> list[Course]:
    """Stopped courses of patients who are enrolled and on no other course, where the label has something for then."""
    other = Course.objects.filter(patient=OuterRef("patient"), state=Course.State.ACTIVE)
    given = Dose.objects.filter(course=OuterRef("pk"))
    stopped = Course.objects.filter(
        ~Exists(other), Exists(given), site=site, state=Course.State.STOPPED, patient__is_active=True
    )
    rows = diary.with_plans(stopped)
    return [course for course in rows if any(item.after_months for item in care_entries.items(course))]


def _watched_still(site: Site) -> list[Course]:
    """Stopped courses with something recorded whose patients are watched: what must be read is read there too."""
    watched = Watch.objects.filter(site=site, closed_at=None).values("patient")
    rows = Course.objects.filter(site=site, state=Course.State.STOPPED, patient__in=watched)
    rows = rows.filter(pk__in=CareEntry.objects.values("course"))
    return list(rows.select_related("patient__site", "site", "protocol"))


def _known(site: Site, of_courses: Sequence[Course], now: datetime) -> _Known:
    entries: dict[int, list[CareEntry]] = defaultdict(list)
    rows = CareEntry.objects.filter(course__in=[course.pk for course in of_courses]).order_by("pk")
    for row in rows.select_related("by", "taken_back__by"):
        entries[row.course_id].append(row)
    watches: dict[int, list[Watch]] = defaultdict(list)
    cautious = [item.id for item in supportive.load().items if item.crs_caution]
    people = [
        course.patient_id
        for course in of_courses
        if any(row.item in cautious for row in entries.get(course.pk, ()))
    ]
    for watch in Watch.objects.filter(patient__in=people) if people else ():
        watches[watch.patient_id].append(watch)
    return _Known(care_rules.of(site), entries, watches, _ended(of_courses), now)


def _ended(of_courses: Sequence[Course]) -> dict[int, datetime]:
    """When each of the courses was stopped, by its history."""
    over = [course.pk for course in of_courses if course.state == Course.State.STOPPED]
    rows = CourseEvent.objects.filter(course__in=over, what="stopped") if over else ()
    return {row.course_id: row.at for row in rows}


def _lines(course: Course, known: _Known) -> Iterator[ItemLine]:
    zone = ZoneInfo(course.site.time_zone)
    today = known.now.astimezone(zone).date()
    facts, unplanned = _facts(course, known.ended.get(course.pk))
    said: dict[str, list[CareEntry]] = defaultdict(list)
    for row in known.entries.get(course.pk, ()):
        if row.kind != CareEntry.Kind.BACK:
            said[row.item].append(row)
    for item in care_entries.items(course):
        rows, rule = said[item.id], known.rules.get(item.id)
        days = rule.every_days if rule else None
        due = _dated(item, care_answers.due(item, facts, _said(rows, zone), every_days=days), unplanned)
        if course.state != Course.State.ACTIVE:
            due = supportive.after_treatment(item, facts, due, today=today)
        entries = tuple(care_lines.entry_line(row) for row in reversed(rows))
        yield ItemLine(
            course=course,
            item=item,
            source=supportive.load().cite(item.sources),
            due=due,
            state=care_lines.state_of(due, today),
            rule=care_lines.rule_line(rule) if rule else None,
            entries=entries,
            to_read=tuple(_to_read(course, item, entries, known, zone=zone)),
        )


def _said(rows: Sequence[CareEntry], zone: ZoneInfo) -> list[Said]:
    """What stands, as the rules read it. What was taken back was never said."""
    return [
        Said(row.kind, row.at.astimezone(zone).date(), row.on, row.again_on)  # type: ignore[arg-type]
        for row in rows
        if not hasattr(row, "taken_back")
    ]


def _dated(item: Item, due: Due, unplanned: str) -> Due:
    """An item due before each dose asks while nobody knows the day of the next one."""
    if item.due == "dose" and due.on is None and unplanned:
        return Due(None, "before each dose, and the day of the next one is not known", asks=unplanned)
    return due


def _facts(course: Course, ended_at: datetime | None) -> tuple[supportive.Course, str]:
    """What days are counted from, by the doses that count; and why the next dose has no day, where it has none."""
    given, unplanned, next_on = [dose.given_on for dose in course.doses.all()], "", None
    if course.state != Course.State.ACTIVE:
        ended_on = courses.local_date(course.patient, ended_at) if ended_at and given else None
        return supportive.Course(
            min(given, default=course.start_on), max(given, default=None), None, ended_on
        ), ""
    try:
        planned = plans.as_arranged(course)
        next_on = planned[0].on if planned else None
        unplanned = planned[0].sum if planned and next_on is None else ""
    except Refusal as refusal:
        unplanned = refusal.sentence
    starts_on = min(given) if given else next_on or course.start_on
    return supportive.Course(starts_on, max(given, default=None), next_on), unplanned


def _to_read(
    course: Course, item: Item, entries: Sequence[EntryLine], known: _Known, *, zone: ZoneInfo
) -> Iterator[str]:
    """What a person must read, until somebody who may has written a decision after it."""
    decided = max((e.id for e in entries if e.stands and e.kind == CareEntry.Kind.DECIDED), default=0)
    number = care_lines.newest(entries, with_number=True)
    threshold = item.threshold
    if threshold and number and number.id > decided and _is_below(threshold, number):
        yield f"{threshold.measure} {number.number}, below {threshold.below} {threshold.unit}: {threshold.asks}"
    if item.crs_caution:
        for entry in entries:
            inside = any(
                _covers(watch, entry.on, zone, known.now)
                for watch in known.watches.get(course.patient_id, ())
            )
            if entry.stands and entry.id > decided and inside:
                yield f"{item.name} on {entry.on:%a %d %b %Y}, inside a watch: {item.crs_caution}"


def _is_below(threshold: supportive.Threshold, entry: EntryLine) -> bool:
    return entry.value is not None and supportive.is_below(threshold, entry.value, entry.unit)


def _covers(watch: Watch, on: date | None, zone: ZoneInfo, now: datetime) -> bool:
    """Whether a day lies in the hours a patient was or is watched, counted in whole days."""
    ends_at = watch.closed_at or max(watch.ends_at, now)
    return on is not None and watch.given_at.astimezone(zone).date() <= on <= ends_at.astimezone(zone).date()
