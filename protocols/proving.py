"""Is this file whole? Every question a dose decision may ask must have exactly one answer, and a source.

Each check yields `(place, problem)`; the library refuses the file at the first one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from protocols.model import (
    REACTION_KINDS,
    Label,
    Pathway,
    Phase,
    ReactionRule,
    Readiness,
    Regimen,
    RestartRow,
    Rhythm,
    Source,
    Step,
    Window,
)

Problem = tuple[str, str]

# The benefit-risk footnote of the teclistamab label speaks of delays over 28 days caused by a reaction. The cause
# is rarely certain when the next dose is decided, so every dose after a longer delay needs a recorded review.
REVIEW_AFTER_DAYS = 28

TABLES = (
    "schedule",
    "premedication",
    "observation",
    "restart",
    "volumes",
    "crs",
    "icans",
    "neurotoxicity",
    "infection",
    "other",
    "driving",
)
QUESTIONS = frozenset(
    {
        "temperature",
        "symptoms",
        "medicine",
        "thinking",
        "caregiver",
        "breath",
        "dizzy",
        "bp",
        "oxygen",
        "fluids",
        "free",
    }
)
URGENCIES = {"emergency", "urgent", "clarify"}


def label_problems(label: Label) -> Iterator[Problem]:
    """Everything that keeps a label from being used, in the order of its file."""
    yield from _sources(label, label.sources)
    yield from _tables(label)
    for number, regimen in enumerate(label.regimens, start=1):
        yield from _regimen(regimen, f"regimens, row {number}")
    yield from _names(label)
    for number, row in enumerate(label.restart, start=1):
        yield from _restart_row(label, row, f"restart, row {number}")
    for regimen in label.regimens:
        for dose in regimen.doses:
            yield from _tiled(label, regimen, dose.id)
    yield from _reactions(label.reactions)


def pathway_problems(pathway: Pathway) -> Iterator[Problem]:
    """Everything that keeps a pathway from being used."""
    yield from _sources(pathway, pathway.sources)
    yield from _rhythm(pathway.rhythm, pathway.watch_hours, "rhythm")
    yield from _rhythm(pathway.later_rhythm, pathway.later_watch_hours, "later_rhythm")
    silence = pathway.silence
    minutes = (
        silence.again_minutes,
        silence.caregiver_minutes,
        silence.voice_minutes,
        silence.person_minutes,
    )
    if not 0 < minutes[0] < minutes[1] < minutes[2] < minutes[3]:
        yield "silence", f"each step must come after the one before it, not at {minutes} minutes"
    if set(pathway.minutes_per_rung) != URGENCIES:
        yield "minutes_per_rung", f"needs exactly {', '.join(sorted(URGENCIES))}"
    for name in (
        "concern_every_hours",
        "clarify_minutes",
        "reach_minutes",
        "resolve_minutes",
        "tell_patient_minutes",
    ):
        if getattr(pathway, name) <= 0:
            yield name, "must be more than nothing"
    if any(rung <= 0 for rung in pathway.minutes_per_rung.values()):
        yield "minutes_per_rung", "every rung must last more than nothing"
    if pathway.fever_c * 9 / 5 + 32 != pathway.fever_f:
        yield "fever_f", f"{pathway.fever_f} F is not {pathway.fever_c} C"
    yield from _readiness(pathway.readiness)


def _readiness(rows: tuple[Readiness, ...]) -> Iterator[Problem]:
    """Each thing asked once, its facts and limits possible, and what is derived never asked of a person."""
    ids = [row.id for row in rows]
    if len(set(ids)) != len(ids):
        yield "readiness", "an id stands twice"
    for number, row in enumerate(rows, start=1):
        place = f"readiness, row {number}"
        if {"name", "answer"} <= set(row.wants) or (row.derived and row.wants):
            yield place, "wants a name or an answer, not both, and nothing where it is derived"
        if row.at_most_minutes is not None and ("minutes" not in row.wants or row.at_most_minutes <= 0):
            yield place, "a limit of minutes needs minutes to compare, and more than nothing"
        if (row.good_days is not None and row.good_days < 0) or (
            row.derived == "weight" and not row.good_days
        ):
            yield place, "days run forward, and a weight must say how many it stays good"


def _sources(whole: Any, sources: tuple[Source, ...]) -> Iterator[Problem]:
    """Every cited source exists, and everything that can cite one does, or says what is missing."""
    known = [source.id for source in sources]
    if len(set(known)) != len(known):
        yield "sources", "an id stands twice"
    for place, item in _rows(whole, ""):
        cited = getattr(item, "sources", None)
        if cited is None:
            continue
        for source_id in cited:
            if source_id not in known:
                yield place, f"the source {source_id!r} is not among the file's sources"
        if not cited and not getattr(item, "missing", ""):
            yield place, "a row without a source: name where it was read, or say what is missing"


def _rows(item: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every dataclass inside this one with the place where a reader of the file finds it."""
    for field in fields(item):
        value = getattr(item, field.name)
        inside = f"{place}.{field.name}" if place else field.name
        for number, row in enumerate(value if isinstance(value, tuple) else [value], start=1):
            if is_dataclass(row):
                here = f"{inside}, row {number}" if isinstance(value, tuple) else inside
                yield here, row
                yield from _rows(row, here)


def _tables(label: Label) -> Iterator[Problem]:
    """Each part of the label says once how far it was read, and what is missing if not fully."""
    if tuple(table.id for table in label.tables) != TABLES:
        yield "tables", f"needs exactly these rows in this order: {', '.join(TABLES)}"
        return
    for number, table in enumerate(label.tables, start=1):
        if (table.read == "yes") == bool(table.missing):
            yield (
                f"tables, row {number}",
                f"{table.id} is read {table.read!r}: it must say what is missing, or nothing",
            )
    answers = {row.then == "ask" for row in label.restart}
    expected = {"yes": {False}, "partly": {True, False}, "no": {True}}[label.table("restart").read]
    if answers != expected:
        yield "restart", "the rows do not agree with how far the table says it was read"


def _regimen(regimen: Regimen, place: str) -> Iterator[Problem]:
    """Steps in order, amounts with a unit or with what is missing, windows the right way round."""
    ids = [dose.id for dose in regimen.doses]
    if len(set(ids)) != len(ids) or not regimen.steps or not regimen.phases:
        yield place, "needs steps and phases, each id once"
        return
    offsets = [step.offset_days for step in regimen.steps]
    if offsets != sorted(set(offsets)):
        yield f"{place}.steps", "the steps must follow one another in time"
    for dose in regimen.doses:
        if (dose.amount is None) != (dose.unit is None) or (dose.amount is None and not dose.missing):
            yield f"{place}, {dose.id}", "needs an amount with its unit, or says what is missing"
    for before, step in zip(regimen.steps, regimen.steps[1:], strict=False):
        yield from _window(step, step.offset_days - before.offset_days, f"{place}, {step.id}")
    yield from _phases(regimen.phases, place)


def _window(step: Step, nominal: int, place: str) -> Iterator[Problem]:
    """The window of a later step: in order, around the printed day, or honestly unread."""
    window = step.window
    if window is None:
        yield place, "a step after the first needs a window, or says that it is missing"
        return
    printed = [window.min_days, window.usual_min_days, window.usual_max_days, window.max_days]
    known = [days for days in printed if days is not None]
    if known != sorted(known):
        yield place, f"the window runs backwards: {known}"
    if known and not (known[0] <= nominal <= known[-1]):
        yield (
            place,
            f"the printed day is {nominal} days after the dose before, outside its own window {known}",
        )
    if (window.max_days is None) != bool(window.missing) or (window.max_days is None) != (
        window.max_from == "unread"
    ):
        yield place, "a window without its last day must say what is missing"


def _phases(phases: tuple[Phase, ...], place: str) -> Iterator[Problem]:
    if phases[0].start_days is None and not phases[0].missing:
        yield (
            f"{place}, {phases[0].id}",
            "needs the days from the last step to its first dose, or says what is missing",
        )
    for phase in phases:
        if phase.interval_days <= 0 or (phase.min_interval_days or 1) > phase.interval_days:
            yield f"{place}, {phase.id}", "the interval must be positive and no shorter than its minimum"


def _names(label: Label) -> Iterator[Problem]:
    """Nothing speaks of a dose that no regimen has."""
    if len({regimen.id for regimen in label.regimens}) != len(label.regimens) or not label.regimens:
        yield "regimens", "needs at least one regimen, each id once"
    doses = {dose.id for regimen in label.regimens for dose in regimen.doses}
    named = [
        ("premedication", label.premedication.before),
        *(("observations", seen.doses) for seen in label.observations),
        *(("reactions", rule.before) for rule in label.reactions),
    ]
    for place, ids in named:
        for unknown in sorted(set(ids) - doses):
            yield place, f"no regimen has a dose {unknown!r}"
    for dose_id in doses:
        if sum(dose_id in seen.doses for seen in label.observations) > 1:
            yield "observations", f"{dose_id} stands twice"


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


def _tiled(label: Label, regimen: Regimen, dose_id: str) -> Iterator[Problem]:
    """After this dose every day from 0 onward meets one row, and doses stay inside their windows."""
    rows = sorted(
        (row for row in label.restart if row.serves(regimen.id, dose_id)),
        key=lambda row: (row.from_day, row.then),
    )
    place = f"restart, {regimen.id}, after {dose_id}"
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
    yield from _inside_windows(regimen, dose_id, rows, place)


def _inside_windows(
    regimen: Regimen, dose_id: str, rows: Iterable[RestartRow], place: str
) -> Iterator[Problem]:
    """A row that moves on or continues never does so earlier or later than the schedule itself allows."""
    dose = regimen.dose(dose_id)
    upcoming = regimen.after(dose) if dose else None
    for row in rows:
        if row.then == "proceed_next":
            window = upcoming.window if isinstance(upcoming, Step) else None
            if window is None or not _within(row, window):
                yield place, f"{row.days}: {row.then} outside the window of the next dose"
        if row.then == "continue_same":
            if not isinstance(upcoming, Phase):
                yield place, f"{row.days}: there is nothing to continue"
            elif row.from_day < (upcoming.min_interval_days or upcoming.interval_days):
                yield place, f"{row.days}: {row.then} before the interval has passed"


def _within(row: RestartRow, window: Window) -> bool:
    if window.min_days is None or window.max_days is None or row.to_day is None:
        return False
    return window.min_days <= row.from_day and row.to_day <= window.max_days


def _reactions(rules: tuple[ReactionRule, ...]) -> Iterator[Problem]:
    """Known kinds and grades, and no reaction that meets two rules."""
    seen: set[tuple[str, int, bool]] = set()
    for number, rule in enumerate(rules, start=1):
        place = f"reactions, row {number}"
        if rule.kind not in REACTION_KINDS or not set(rule.grades) <= {1, 2, 3, 4}:
            yield place, f"nobody knows {rule.kind!r} of grades {rule.grades}"
        occurrences = {"any": (False, True), "first": (False,), "recurrent": (True,)}[rule.occurrence]
        for met in ((rule.kind, grade, recurrent) for grade in rule.grades for recurrent in occurrences):
            if met in seen:
                yield place, f"{rule.kind} grade {met[1]} meets two rows"
            seen.add(met)


def _rhythm(rows: tuple[Rhythm, ...], watch_hours: int, place: str) -> Iterator[Problem]:
    """Spans inside the watch, known questions, and a last question when the watch ends."""
    for number, row in enumerate(rows, start=1):
        if not (0 <= row.from_hour < row.to_hour <= watch_hours and row.every_hours > 0):
            yield f"{place}, row {number}", "the hours must run forward inside the watch"
        if not row.ask or not set(row.ask) <= QUESTIONS:
            yield (
                f"{place}, row {number}",
                f"nobody knows how to ask {', '.join(sorted(set(row.ask) - QUESTIONS))}",
            )
    if not any(
        row.to_hour == watch_hours and not (watch_hours - row.from_hour) % row.every_hours for row in rows
    ):
        yield place, f"nothing is asked at hour {watch_hours}, when the watch ends"
