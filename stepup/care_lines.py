"""What screens show of one item of supportive care: the item, each thing said of it, and a site's own rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from protocols import supportive
from protocols.supportive import Due, Item
from stepup import care_entries
from stepup.models import CareEntry, CareRule, Course

State = Literal["overdue", "today", "coming", "ask", "none"]


@dataclass(frozen=True)
class EntryLine:
    """One entry as it was made, and by whom it was taken back, if it was."""

    id: int
    kind: str
    what: str
    on: date | None
    result: str
    value: Decimal | None
    unit: str
    read_by: str
    words: str
    again_on: date | None
    by: str
    at: datetime
    may_take_back: str
    back_by: str = ""
    back_at: datetime | None = None
    back_why: str = ""

    @property
    def stands(self) -> bool:
        return not self.back_by

    @property
    def number(self) -> str:
        """The number as typed, with its unit."""
        return "" if self.value is None else f"{self.value.normalize():f} {self.unit}"


@dataclass(frozen=True)
class RuleLine:
    """A site's own rule, and whose it is."""

    id: int
    every_days: int | None
    published: str
    words: str
    source: str
    is_withdrawn: bool
    by: str
    at: datetime


@dataclass(frozen=True)
class ItemLine:
    """One item of one course: the facts, the day, what was said, newest first, and what a person must read."""

    course: Course
    item: Item
    source: str
    due: Due
    state: State
    rule: RuleLine | None
    entries: tuple[EntryLine, ...]
    to_read: tuple[str, ...]

    @property
    def last(self) -> EntryLine | None:
        """The newest entry that stands."""
        return next((entry for entry in self.entries if entry.stands), None)

    @property
    def done(self) -> EntryLine | None:
        """When it was last done: the newest day, and of one day the newest entry."""
        return newest(self.entries)

    @property
    def seen(self) -> int:
        """The newest entry this line was made from."""
        return max((entry.id for entry in self.entries), default=0)

    @property
    def facts(self) -> str:
        """How often, as it was read."""
        return RHYTHMS.get(self.item.due, "") or _every(self.item)


RHYTHMS = {
    "start": "once, by the day of the first dose",
    "dose": "before each dose",
    "needed": "when it is needed",
    "unread": "how often was not read",
}


def _every(item: Item) -> str:
    if item.every_months is not None:
        return "every month" if item.every_months == 1 else f"every {item.every_months} months"
    return f"every {item.every_days} days"


def entry_line(row: CareEntry) -> EntryLine:
    """An entry for showing, with who took it back."""
    back: CareEntry | None = getattr(row, "taken_back", None)
    recorded = row.kind == CareEntry.Kind.DONE
    return EntryLine(
        id=row.pk,
        kind=row.kind,
        what=row.get_kind_display(),
        on=row.on,
        result=row.result,
        value=row.value,
        unit=row.unit,
        read_by=row.read_by,
        words=row.words,
        again_on=row.again_on,
        by=row.by.name,
        at=row.at,
        may_take_back=care_entries.MAY_RECORD if recorded else care_entries.MAY_DECIDE,
        back_by=back.by.name if back else "",
        back_at=back.at if back else None,
        back_why=back.words if back else "",
    )


def rule_line(row: CareRule) -> RuleLine:
    """A site's rule for showing, with the published rule it chose in words."""
    item = supportive.load().item(row.item)
    chosen = next((one for one in item.options if one.id == row.option), None) if item else None
    return RuleLine(
        row.pk,
        row.every_days,
        f"{chosen.who}: {chosen.rule}" if chosen else row.option,
        row.words,
        row.source,
        row.is_withdrawn,
        row.by.name,
        row.at,
    )


def state_of(due: Due, today: date) -> State:
    """Where the day stands today."""
    if due.asks:
        return "ask"
    if due.on is None:
        return "none"
    return "overdue" if due.on < today else "today" if due.on == today else "coming"


def newest(entries: Sequence[EntryLine], *, with_number: bool = False) -> EntryLine | None:
    """What was done on the newest day, of entries that stand."""
    done = [
        entry
        for entry in entries
        if entry.stands and entry.on is not None and (entry.value is not None or not with_number)
    ]
    return max(done, key=lambda entry: (entry.on, entry.id), default=None)
