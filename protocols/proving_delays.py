"""Is the decision table whole? After every dose each number of days meets one row, and no row leaves its window.

Each check yields `(place, problem)`; the library refuses the file at the first one.
"""

from collections.abc import Iterator, Sequence

from protocols import precautions
from protocols.model import Label, RestartRow
from protocols.regimens import Dose, Phase, Regimen, Step

Problem = tuple[str, str]

# The benefit-risk footnote of the teclistamab label speaks of delays over 28 days caused by a reaction. The cause
# is rarely certain when the next dose is decided, so every dose after a longer delay needs a recorded review.
REVIEW_AFTER_DAYS = 28


def delay_problems(label: Label) -> Iterator[Problem]:
    """Everything that keeps the decision table from being used, in the order of its file."""
    for number, row in enumerate(label.restart, start=1):
        yield from _restart_row(label, row, f"restart, row {number}")
    for regimen in label.regimens:
        for dose in regimen.doses:
            yield from _tiled(label, regimen, dose)


def _restart_row(label: Label, row: RestartRow, place: str) -> Iterator[Problem]:
    """The row makes sense alone: known regimens and doses, days the right way round, a reason for its answer."""
    regimens = [regimen for regimen in label.regimens if not row.regimens or regimen.id in row.regimens]
    if {regimen.id for regimen in regimens} < set(row.regimens):
        yield place, f"no such regimen among {row.regimens}"
    for dose_id in row.after:
        if not any(regimen.dose(dose_id) for regimen in regimens):
            yield place, f"no such dose: {dose_id!r}"
    if row.to_day is not None and row.to_day < row.from_day:
        yield place, f"the days run backwards: {row.days}"
    if (row.then == "ask") != bool(row.missing):
        yield place, "an answer of ask, and no other, must say what is missing"
    if row.then == "wait" and (not row.why or row.to_day is None):
        yield place, "an answer of wait must say why and until when"
    if row.then not in {"ask", "wait"}:
        yield from _dose_row(regimens, row, place)
        yield from _reviewed(row, place)


def _dose_row(regimens: list[Regimen], row: RestartRow, place: str) -> Iterator[Problem]:
    """A row that gives a dose: a known action on known steps, the bound as printed, and where it was read."""
    kind, _, target = row.then.partition(":")
    if kind not in {"proceed_next", "continue_same", "repeat_dose", "restart_from"}:
        yield place, f"nobody knows the answer {row.then!r}"
    if (kind in {"repeat_dose", "restart_from"}) != bool(target):
        yield place, f"{row.then!r} must name a step exactly when it repeats or restarts"
    for named in filter(None, (target, row.following)):
        if not all(any(step.id == named for step in regimen.steps) for regimen in regimens):
            yield place, f"no such step: {named!r}"
    if not row.printed or not row.sources:
        yield place, "a dose needs the bound as printed and its source"
    if bool(row.following) != (row.following_days is not None):
        yield place, "what follows needs both its step and its days"


def _reviewed(row: RestartRow, place: str) -> Iterator[Problem]:
    if row.from_day <= REVIEW_AFTER_DAYS and (row.to_day is None or row.to_day > REVIEW_AFTER_DAYS):
        yield place, f"{row.days} crosses day {REVIEW_AFTER_DAYS}: split it, the later part needs a review"
    if row.from_day > REVIEW_AFTER_DAYS and not row.review:
        yield place, f"a dose more than {REVIEW_AFTER_DAYS} days late needs a review"


def _tiled(label: Label, regimen: Regimen, dose: Dose) -> Iterator[Problem]:
    """After this dose every day from 0 onward meets one row, and doses stay inside their windows."""
    rows = label.rows[regimen.id, dose.id]
    place = f"restart, {regimen.id}, after {dose.id}"
    expected: int | None = 0
    for row in rows:
        if expected is None or row.from_day < expected:
            yield place, f"day {row.from_day} meets two rows"
            return
        if row.from_day > expected:
            yield place, f"no row for day {expected} to {row.from_day - 1}"
            return
        expected = None if row.to_day is None else row.to_day + 1
    if expected is not None:
        yield place, f"no row from day {expected} onward"
        return
    yield from _inside_windows(regimen, dose, rows, place)
    yield from _premedicated(label, regimen, dose, rows, place)


def _premedicated(
    label: Label, regimen: Regimen, dose: Dose, rows: Sequence[RestartRow], place: str
) -> Iterator[Problem]:
    """A row that gives a dose says that it is premedicated, if every dose of that name is."""
    upcoming = regimen.after(dose)
    for row in rows:
        given = row.then.partition(":")[2] or (upcoming.id if upcoming else "")
        if (
            row.then not in {"ask", "wait"}
            and row.premedicate != "yes"
            and precautions.required(label, given)
        ):
            yield place, f"{row.days}: gives {given} without the premedication it needs"


def _inside_windows(
    regimen: Regimen, dose: Dose, rows: Sequence[RestartRow], place: str
) -> Iterator[Problem]:
    """A row that moves on or continues never does so earlier or later than the schedule itself allows."""
    upcoming = regimen.after(dose)
    moving = isinstance(upcoming, Step) or (isinstance(dose, Phase) and upcoming is not dose)
    for row in rows:
        if row.then == "proceed_next" and (not moving or not _within(row, regimen, dose, upcoming)):
            yield place, f"{row.days}: {row.then} outside the window of the next dose"
        if row.then != "continue_same":
            continue
        if not isinstance(upcoming, Phase) or moving:
            yield place, f"{row.days}: there is nothing to continue"
        elif row.from_day < (regimen.least(dose, upcoming) or 0):
            yield place, f"{row.days}: {row.then} before the interval has passed"
        elif row.of == "schedule" and (row.to_day is None or row.to_day > (regimen.gap(dose, upcoming) or 0)):
            yield place, f"{row.days}: {row.then} beyond the printed interval"


def _within(row: RestartRow, regimen: Regimen, dose: Dose, upcoming: Dose | None) -> bool:
    """From the window's first day, or the printed day where none was read, to the last day that was read of it."""
    if upcoming is None or row.to_day is None:
        return False
    printed = regimen.gap(dose, upcoming) or 0
    window = upcoming.window if isinstance(upcoming, Step) else None
    first = regimen.least(dose, upcoming)
    last = window and (window.max_days or window.usual_max_days)
    return (printed if first is None else first) <= row.from_day and row.to_day <= (last or printed)
