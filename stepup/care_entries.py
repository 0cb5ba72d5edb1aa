"""What people say of supportive care, course by course: done, not needed, decided, and taken back.

Rows are only added. A result stands exactly as it was read: nothing here reads it, and none is ever filled in.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from notifications import audit, roles
from notifications.models import Clinician, Role
from protocols import care_answers, supportive
from protocols.errors import Refusal
from protocols.supportive import Item
from stepup import approvals, courses, versions
from stepup.models import CareEntry, Course

DONE, NOT_NEEDED, DECIDED, BACK = CareEntry.Kind
MAY_RECORD, MAY_DECIDE = "record supportive care", "decide supportive care"


@dataclass(frozen=True)
class Result:
    """A result as it was read, by whom; with the number and unit a printed threshold speaks of, where typed."""

    read: str = ""
    by: str = ""
    value: Decimal | None = None
    unit: str = ""


def items(course: Course) -> tuple[Item, ...]:
    """The items of the course's label, in the order of the list."""
    label = courses.label_of(course)
    return supportive.load().items_for(label_id=approvals.library_label(course.protocol), drug=label.drug)


def item_of(course: Course, item_id: str) -> Item:
    """The item, refused where this course's label has none of that name."""
    for item in items(course):
        if item.id == item_id:
            return item
    raise Refusal(
        "unknown-item", _("That is not on the list for this patient's medicine. Open the list again.")
    )


@transaction.atomic
def record(
    course_id: int,
    item_id: str,
    *,
    on: date,
    result: Result,
    words: str = "",
    seen: int,
    by: Clinician,
    now: datetime,
) -> CareEntry:
    """Record that an item was done, with its result exactly as read; also after the course was stopped."""
    course, item = _hold(course_id, item_id, seen, by)
    today = courses.local_date(course.patient, now)
    if on > today:
        raise Refusal("future-date", _("That day is still to come. Record it once it was done."))
    if on < course.patient.born_on:
        raise Refusal("before-birth", _("That day is before the patient was born. Check the year."))
    _whole(result)
    row = CareEntry.objects.create(
        course=course,
        item=item.id,
        kind=DONE,
        on=on,
        result=result.read.strip(),
        value=result.value,
        unit=result.unit.strip(),
        read_by=result.by.strip() if _has_result(result) else "",
        words=words.strip(),
        by=by,
        at=now,
    )
    _note(row, item, f"done {on:%a %d %b %Y}, {_said(row)}")
    return row


def _has_result(result: Result) -> bool:
    return bool(result.read.strip()) or result.value is not None


def _whole(result: Result) -> None:
    """Refuse a result without its reader, and a number without its unit or a unit without its number."""
    if _has_result(result) and not result.by.strip():
        raise Refusal("no-reader", _("Type who read the result."))
    if result.value is not None and not result.unit.strip():
        raise Refusal("no-unit", _("Type the unit as it stands on the report."))
    if result.value is None and result.unit.strip():
        raise Refusal("no-value", _("Type the number that belongs to the unit, or leave both empty."))
    if result.value is not None and result.value < 0:
        raise Refusal("below-zero", _("That number is below zero. Type it as it stands on the report."))


def _said(row: CareEntry) -> str:
    """The result as a line of history: as typed, or that there is none."""
    number = f"{row.value.normalize():f} {row.unit}" if row.value is not None else ""
    read = ", ".join(filter(None, (row.result, number)))
    said = f"result as read: {read} (read by {row.read_by})" if read else "no result recorded"
    return f"{said}. {row.words}".strip()


@transaction.atomic
def not_needed(
    course_id: int,
    item_id: str,
    *,
    words: str,
    again_on: date | None,
    seen: int,
    by: Clinician,
    now: datetime,
) -> CareEntry:
    """Say that an item is not needed, and why; for one that comes again, until which day."""
    course, item = _hold(course_id, item_id, seen, by)
    _answer_is_whole(course, item, words=words, again_on=again_on, by=by, now=now)
    return _answer(course, item, NOT_NEEDED, words=words, again_on=again_on, by=by, now=now)


@transaction.atomic
def decide(
    course_id: int,
    item_id: str,
    *,
    words: str,
    again_on: date | None,
    seen: int,
    by: Clinician,
    now: datetime,
) -> CareEntry:
    """Decide for one patient what was not read or is published in several ways; and when it comes up again."""
    course, item = _hold(course_id, item_id, seen, by)
    if not care_answers.is_open(item):
        raise Refusal(
            "nothing-open",
            _("What was read leaves nothing open here: record it as done, or as not needed with a reason."),
        )
    if item.crs_caution and by.role != Role.PRESCRIBER:
        raise Refusal("prescriber-reads", _("This one is a prescriber's to read and decide."))
    _answer_is_whole(course, item, words=words, again_on=again_on, by=by, now=now)
    return _answer(course, item, DECIDED, words=words, again_on=again_on, by=by, now=now)


def _answer_is_whole(
    course: Course, item: Item, *, words: str, again_on: date | None, by: Clinician, now: datetime
) -> None:
    if not roles.may(by, MAY_DECIDE):
        raise Refusal("may-not-decide", _("A pharmacist or a prescriber says this."))
    if not words.strip():
        raise Refusal("reason", _("Say in a few words what was decided and why."))
    if again_on is None:
        if care_answers.comes_again(item):
            raise Refusal("until-when", _("This comes again: give the day on which it is looked at again."))
        return
    today = courses.local_date(course.patient, now)
    if again_on <= today:
        raise Refusal("again-passed", _("Choose a day that is still to come."))
    if (again_on - today).days > care_answers.LONGEST_DAYS:
        raise Refusal("again-too-far", _("Choose a day within a year: it is looked at again by then."))


def _answer(
    course: Course, item: Item, kind: str, *, words: str, again_on: date | None, by: Clinician, now: datetime
) -> CareEntry:
    row = CareEntry.objects.create(
        course=course, item=item.id, kind=kind, words=words.strip(), again_on=again_on, by=by, at=now
    )
    until = f" Again on {again_on:%a %d %b %Y}." if again_on else ""
    _note(row, item, f"{row.get_kind_display()}: {row.words}.{until}")
    return row


@transaction.atomic
def take_back(entry_id: int, *, words: str, by: Clinician, now: datetime) -> CareEntry:
    """Strike an entry that was wrong. It stays visible; the item is due again as if it had not been made."""
    rows = CareEntry.objects.select_related("course__patient__site", "course__site", "course__protocol")
    entry = rows.get(pk=entry_id)
    course = Course.objects.select_for_update(of=("self",)).get(pk=entry.course_id)
    if entry.kind == BACK:
        raise Refusal("is-back", _("A taking back is not taken back: record the item anew."))
    if not may_take_back(entry, by):
        raise Refusal("may-not-decide", _("A pharmacist or a prescriber takes this back."))
    if not words.strip():
        raise Refusal("reason", _("Say in a few words why it is taken back."))
    before = CareEntry.objects.filter(takes_back=entry).select_related("by").first()
    if before is not None:
        raise Refusal("back-already", _("%(by)s has already taken this back.") % {"by": before.by.name})
    row = CareEntry.objects.create(
        course=course, item=entry.item, kind=BACK, words=words.strip(), takes_back=entry, by=by, at=now
    )
    item = supportive.load().item(entry.item)
    _note(row, item, f"taken back: {entry.get_kind_display()}. Because: {row.words}")
    return row


def may_take_back(entry: CareEntry, by: Clinician) -> bool:
    """Whoever may say a thing may take it back."""
    return roles.may(by, MAY_RECORD if entry.kind == DONE else MAY_DECIDE)


def _hold(course_id: int, item_id: str, seen: int, by: Clinician) -> tuple[Course, Item]:
    """The course, locked, so that two people take turns; the second reads first what the other has just said."""
    course = versions.hold(course_id)
    item = item_of(course, item_id)
    newer = course.care_entries.filter(item=item.id, pk__gt=seen).exclude(by=by).select_related("by")
    row = newer.order_by("-pk").first()
    if row is not None:
        raise Refusal(
            "said-meanwhile",
            _(
                "%(by)s has just recorded something of the same. Read it below; if yours is another, "
                "press again."
            )
            % {"by": row.by.name},
        )
    return course, item


def _note(row: CareEntry, item: Item | None, said: str) -> None:
    """One line in the course's history and one in the ledger."""
    course = row.course
    name = item.name if item else row.item
    courses.note(course, "supportive care", f"{name}: {said}", by=row.by, now=row.at)
    audit.record(
        "recorded supportive care",
        str(course.patient),
        site=course.site,
        by=row.by,
        now=row.at,
        course=course.pk,
        item=row.item,
        kind=row.kind,
        entry=row.pk,
    )
