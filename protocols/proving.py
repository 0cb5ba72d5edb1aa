"""Is this file whole? Every question a dose decision may ask must have exactly one answer, and a source.

Each check yields `(place, problem)`; the library refuses the file at the first one.
"""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from protocols import proving_counts, proving_delays, proving_dispensing
from protocols.model import REACTION_KINDS, Label, ReactionRule, Source
from protocols.regimens import Phase, Regimen, Step

Problem = tuple[str, str]

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


NUMBERED = re.compile(r"(?P<dose>[a-z0-9_]+)(?P<numbers>:(?P<first>[1-9]\d*)(?:-(?P<last>[1-9]\d*)|\+)?)?")


def label_problems(label: Label) -> Iterator[Problem]:
    """Everything that keeps a label from being used, in the order of its file."""
    yield from sources_cited(label, label.sources)
    yield from _tables(label)
    for number, regimen in enumerate(label.regimens, start=1):
        yield from _regimen(regimen, f"regimens, row {number}")
    yield from _names(label)
    yield from _precautions(label)
    yield from proving_delays.delay_problems(label)
    yield from _reactions(label.reactions)
    yield from proving_counts.count_problems(label.counts)
    yield from proving_dispensing.dispensing_problems(label)
    topics = [reading.topic for reading in label.readings]
    if not topics or len(set(topics)) != len(topics):
        yield "readings", "needs our readings of the label, each topic once"


def sources_cited(whole: Any, sources: tuple[Source, ...]) -> Iterator[Problem]:
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
    answers = {row.then == "ask" for row in label.restart if row.of == "restart table"}
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
        here = f"{place}, {phase.id}"
        if phase.interval_days <= 0 or (phase.min_interval_days or 1) > phase.interval_days:
            yield here, "the interval must be positive and no shorter than its minimum"
        if any(number is not None and number <= 0 for number in (phase.doses, phase.through_week)):
            yield here, "a printed number of doses or weeks must be more than nothing"
        if phase.doses is not None and not phase.weeks:
            yield here, "a printed number of doses needs the weeks or cycles it stands for"
        if phase.counts_something and not phase.entry:
            yield here, "what can be counted of a condition needs the condition"
        if phase.after_weeks is not None and phase is phases[0]:
            yield here, "the first phase has none before it whose weeks could be counted"


def _names(label: Label) -> Iterator[Problem]:
    """Nothing speaks of a dose that no regimen has."""
    if len({regimen.id for regimen in label.regimens}) != len(label.regimens) or not label.regimens:
        yield "regimens", "needs at least one regimen, each id once"
    doses = {dose.id: dose for regimen in label.regimens for dose in regimen.doses}
    named = [
        *(("premedication", group.before) for group in label.premedication),
        *(("observations", seen.doses) for seen in label.observations),
        *(("reactions", rule.before) for rule in label.reactions),
    ]
    for place, ids in named:
        for each in ids:
            written = NUMBERED.fullmatch(each)
            dose = doses.get(written["dose"]) if written else None
            if written is None or dose is None:
                yield place, f"no regimen has a dose {each!r}"
            elif written["numbers"] and (place == "reactions" or not isinstance(dose, Phase)):
                yield place, f"{each!r}: only the doses of a phase are numbered, and only around a dose"
            elif int(written["last"] or written["first"] or 1) < int(written["first"] or 1):
                yield place, f"{each!r}: the numbers run backwards"


def _precautions(label: Label) -> Iterator[Problem]:
    """What goes before and after a dose says something, once, or what is missing."""
    for number, group in enumerate(label.premedication, start=1):
        place = f"premedication, row {number}"
        if not group.agents and not group.missing:
            yield place, "needs its medicines, or says what is missing"
        if any(not agent.dose and not agent.missing for agent in group.agents):
            yield place, "a medicine needs its dose, or says what is missing"
    regimens = {regimen.id for regimen in label.regimens}
    for number, seen in enumerate(label.observations, start=1):
        place = f"observations, row {number}"
        if bool(seen.requirement) == bool(seen.missing):
            yield place, "needs a requirement, or says what is missing"
        if not set(seen.regimens) <= regimens:
            yield place, f"no such regimen among {seen.regimens}"
        if seen.to_hours is not None and (seen.hours is None or seen.to_hours <= seen.hours):
            yield place, "the hours run backwards"
        if bool(seen.doses) == bool(seen.after_reaction):
            yield place, "speaks either of doses or of the dose after a reaction"
        if bool(seen.after_reaction) != bool(seen.after_grades) or (
            seen.after_reaction and seen.after_reaction not in REACTION_KINDS
        ):
            yield place, "a reaction needs its kind and its grades"
        if label.observations.index(seen) != number - 1:
            yield place, "stands twice"


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
