"""Supportive care beside a course: which items apply, and when each is due.

What is done about an item is people's to say. Nothing here reads a result, and nothing is concluded from a missing one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

from protocols import parsing
from protocols.model import Cites, Source
from protocols.proving import Problem, sources_cited

FILE = "supportive.toml"
DATA = Path(__file__).parent / "data"

ENDED = "this course has ended: nothing falls due"

Kind = Literal["screening", "monitoring", "prophylaxis"]
Rhythm = Literal["start", "months", "days", "dose", "needed", "unread"]


@dataclass(frozen=True)
class Target:
    """A target, and the drugs that bind it."""

    id: str
    drugs: tuple[str, ...]


@dataclass(frozen=True)
class Option:
    """One published rule where several disagree. A site says which is its own; none is chosen for it."""

    id: str
    who: str
    rule: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Threshold:
    """A printed number below which a person is asked to decide. It decides nothing."""

    measure: str
    unit: str
    below: Decimal
    asks: str
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One line of the list: what is looked at or given, for whom, and when it is due.

    `proposal` says which part of the rhythm nobody has printed; `missing` what was not read; `readiness` names the
    thing on the readiness list beside which its newest result is shown; `after_months` for how long after treatment
    it is printed at the least.
    """

    id: str
    kind: Kind
    name: str
    asks: str
    due: Rhythm
    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    first: Literal["start", "later"] = "start"
    every_months: int | None = None
    every_days: int | None = None
    after_months: int | None = None
    options: tuple[Option, ...] = ()
    threshold: Threshold | None = None
    readiness: str = ""
    crs_caution: str = ""
    proposal: str = ""
    missing: str = ""


@dataclass(frozen=True)
class Advice:
    """A read fact from which nothing becomes due."""

    topic: str
    says: str
    sources: tuple[str, ...]
    targets: tuple[str, ...] = ()
    drugs: tuple[str, ...] = ()


@dataclass(frozen=True)
class SupportiveCare(Cites):
    """Everything read about supportive care, and what was not."""

    id: str
    title: str
    note: str
    ask_whom: str
    targets: tuple[Target, ...]
    items: tuple[Item, ...]
    advice: tuple[Advice, ...]
    unread: tuple[str, ...]
    sources: tuple[Source, ...]
    text: str = field(repr=False)

    def targets_of(self, drug: str) -> frozenset[str]:
        """The targets a drug binds, as far as these facts go."""
        return frozenset(target.id for target in self.targets if drug in target.drugs)

    def items_for(self, *, label_id: str, drug: str) -> tuple[Item, ...]:
        """The items of one label: those of its target, and its own."""
        targets = self.targets_of(drug)
        return tuple(item for item in self.items if label_id in item.labels or targets & {*item.targets})

    def advice_for(self, *, drug: str) -> tuple[Advice, ...]:
        """What a reader should know beside the items."""
        targets = self.targets_of(drug)
        return tuple(one for one in self.advice if drug in one.drugs or targets & {*one.targets})

    def item(self, item_id: str) -> Item | None:
        """The item of that id, or None."""
        return next((item for item in self.items if item.id == item_id), None)


@dataclass(frozen=True)
class Due:
    """The day an item is due, or none; `asks` says what must be settled first; `because` is the rule in words."""

    on: date | None
    because: str
    asks: str = ""


@dataclass(frozen=True)
class Course:
    """What the due days are counted from. `starts_on` is the first dose's day, given or planned.

    `ended_on` is the day the course was stopped after a dose was given: what is printed for after treatment goes on.
    """

    starts_on: date
    last_dose_on: date | None = None
    next_dose_on: date | None = None
    ended_on: date | None = None


def goes_on_until(item: Item, course: Course) -> date | None:
    """The last day on which an item is looked at after treatment; None where nothing is printed for then.

    Counted from the day the course was stopped, which is never before the last dose: our proposal, for the label says
    *after treatment* and no more.
    """
    if course.ended_on is None or item.after_months is None:
        return None
    return months_after(course.ended_on, item.after_months)


def after_treatment(item: Item, course: Course, usual: Due, *, today: date) -> Due:
    """What of the usual day is left once a course was stopped: up to the printed months after it, and late ones."""
    until = goes_on_until(item, course)
    if until is None:
        return Due(None, ENDED)
    printed = f"printed for at least {_count(item.after_months or 0, 'month')} after treatment, to {until:%a %d %b %Y}"
    if (usual.on is not None and usual.on > until) or (usual.on is None and today > until):
        return Due(None, printed)
    return Due(usual.on, f"{usual.because}; {printed}", asks=usual.asks)


def due(item: Item, course: Course, *, done_on: date | None, every_days: int | None = None) -> Due:
    """When the item is due, `done_on` being the newest day it was done. `every_days` is the site's own interval.

    A site's interval fills what was not read, or replaces a printed or proposed one; it never makes an item vanish.
    """
    if item.due == "needed":
        return Due(None, "recorded when it is needed")
    if item.due == "start":
        return _once(course, done_on)
    if item.due == "dose":
        return _before_each_dose(course, done_on)
    if item.due == "unread" and every_days is None:
        return Due(None, "how often is not known", asks=item.missing)
    return _again(item, course, done_on, every_days)


def _again(item: Item, course: Course, done_on: date | None, every_days: int | None) -> Due:
    """Due at intervals: the site's own where there is one."""
    if done_on is None and item.first == "start":
        return Due(course.starts_on, "the first by the day of the first dose")
    since = course.starts_on if done_on is None else done_on
    if every_days is not None:
        return Due(
            since + timedelta(days=every_days), f"every {_count(every_days, 'day')}, as this site set it"
        )
    if item.every_months is not None:
        return Due(months_after(since, item.every_months), f"every {_count(item.every_months, 'month')}")
    days = item.every_days or 0
    return Due(since + timedelta(days=days), f"every {_count(days, 'day')}")


def _once(course: Course, done_on: date | None) -> Due:
    if done_on is not None:
        return Due(None, "once, before the start")
    return Due(course.starts_on, "once, by the day of the first dose")


def _before_each_dose(course: Course, done_on: date | None) -> Due:
    """Due by the next dose, unless it was done since the last one."""
    if course.next_dose_on is None:
        return Due(None, "before each dose; no next dose is planned")
    if done_on is not None and (course.last_dose_on is None or done_on > course.last_dose_on):
        return Due(None, f"before each dose; done for the one on {course.next_dose_on:%a %d %b %Y}")
    return Due(course.next_dose_on, "before each dose")


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the last day of a month that is shorter."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for back in range(4):
        try:
            return date(year, month, day.day - back)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def is_below(threshold: Threshold, value: Decimal, unit: str) -> bool:
    """Whether a typed value is under the printed number. Another unit is never converted."""
    return unit == threshold.unit and value < threshold.below


def _count(number: int, what: str) -> str:
    return what if number == 1 else f"{number} {what}s"


@cache
def load(folder: Path = DATA) -> SupportiveCare:
    """The facts of a folder. Raises BrokenLabel naming row and problem if they cannot be trusted."""
    return parsing.read(SupportiveCare, folder / FILE, problems)


def problems(care: SupportiveCare) -> Iterator[Problem]:
    """Everything that keeps the facts from being used."""
    yield from sources_cited(care, care.sources)
    ids = [item.id for item in care.items]
    if len(set(ids)) != len(ids):
        yield "items", "an id stands twice"
    known = {target.id for target in care.targets}
    for number, item in enumerate(care.items, start=1):
        yield from ((f"items, row {number}", problem) for problem in _of_item(item, known))
    for number, one in enumerate(care.advice, start=1):
        if not {*one.targets} <= known or bool(one.targets) == bool(one.drugs):
            yield f"advice, row {number}", "speaks either of known targets or of drugs"


def _of_item(item: Item, targets: set[str]) -> Iterator[str]:
    if not {*item.targets} <= targets or bool(item.targets) == bool(item.labels):
        yield "is either for known targets or for labels"
    if (item.every_months is not None) != (item.due == "months"):
        yield "a number of months belongs to what is due by months"
    if (item.every_days is not None) != (item.due == "days"):
        yield "a number of days belongs to what is due by days"
    lengths = (item.every_months, item.every_days, item.after_months)
    if any(length is not None and length <= 0 for length in lengths):
        yield "an interval must be more than nothing"
    if item.after_months is not None and item.due not in {"months", "days", "unread"}:
        yield "months after treatment belong to what is looked at again and again"
    if bool(item.missing) != (item.due == "unread"):
        yield "what was not read says what is missing, and nothing else does"
    if not item.sources:
        yield "needs a source"
    options = [option.id for option in item.options]
    if len(options) == 1 or len(set(options)) != len(options):
        yield "rules that disagree are two or more, each once"
