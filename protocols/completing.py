"""A label completed by a site: rows somebody entered from the current label and somebody else typed again.

Only what answered *ask*, or what an earlier version of the site's entered, can be filled; a row that was read stands.
Every entered row cites a source of its own, of level `site`, so that each line that shows it says whose it is.
"""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from protocols import counts
from protocols.model import REACTION_KINDS, SITE
from protocols.parsing import DAYS

Content = dict[str, Any]
Row = Mapping[str, Any]
KINDS = {
    "restart": "a row of the restart table",
    "dispensing": "a row of the dispensing volumes",
    "reaction": "a row after a reaction",
    "count": "a row of a low blood count",
    "amount": "the amount of a dose",
    "window": "the days in which a step may follow",
    "premedication": "what is given before a dose",
}


@dataclass(frozen=True)
class Entry:
    """One row as a site entered it, where it is printed, and the two people who typed it."""

    kind: str
    row: Row
    document: str
    revised: str
    section: str
    page: str
    people: str


def completed(label: Mapping[str, Any], entries: Iterable[Entry], *, own_id: str) -> Content:
    """The label with these rows in the place of what asked there. Nothing else of it changes."""
    made: Content = copy.deepcopy(dict(label)) | {"id": own_id}
    known = {source["id"] for source in made["sources"]}
    earlier = frozenset(source["id"] for source in made["sources"] if source["level"] == SITE)
    numbers = (f"SITE-{number}" for number in count(1))
    for entry in entries:
        source = next(name for name in numbers if name not in known)
        title = ", ".join(filter(None, (entry.document, entry.section, entry.page and f"page {entry.page}")))
        made["sources"].append(
            {"id": source, "title": title, "level": SITE, "dated": entry.revised, "note": entry.people}
        )
        FILL[entry.kind](made, {**entry.row, "sources": [source]}, earlier)
    for table in made["tables"]:
        read_so_far(made, table)
    return made


def _restart(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """The row instead of the days that asked there."""
    left: list[Row] = []
    for old in label["restart"]:
        may_go = old["then"] == "ask" or _cites(old, earlier)
        left += _without(label, old, row) if may_go else [old]
    label["restart"] = [*left, row]


def _without(label: Content, old: Row, row: Row) -> list[Row]:
    """What of an asking row is left when the days of `row` are taken out of it, dose by dose."""
    after, taken = as_list(old["after"]), as_list(row["after"])
    every = [regimen["id"] for regimen in label["regimens"]]
    speaks_of = as_list(old.get("regimens")) or every
    answered = [each for each in speaks_of if each in (as_list(row.get("regimens")) or every)]
    shared = [dose for dose in after if dose in taken]
    if not shared or not answered:
        return [old]
    kept = [{**old, "after": others}] if (others := [dose for dose in after if dose not in taken]) else []
    elsewhere = [each for each in speaks_of if each not in answered]
    if elsewhere:
        kept.append({**old, "after": shared, "regimens": elsewhere})
    inside = {**old, "after": shared}
    if len(answered) < len(every):
        inside["regimens"] = answered
    return [*kept, *({**inside, "days": days} for days in _left(old["days"], row["days"]))]


def _left(whole: str, taken: str) -> list[str]:
    """The days of `whole` outside `taken`, as a person writes them."""
    (start, end), (first, last) = _bounds(whole), _bounds(taken)
    if (end is not None and first > end) or (last is not None and last < start):
        return [whole]
    left = [f"{start}-{first - 1}"] if first > start else []
    if last is not None and (end is None or last < end):
        left.append(f"{last + 1}+" if end is None else f"{last + 1}-{end}")
    return left


def shared_days(one: str, other: str) -> str:
    """The days that two spans share, as a person writes them; nothing where they share none."""
    (start, end), (first, last) = _bounds(one), _bounds(other)
    begins, ends = max(start, first), min((day for day in (end, last) if day is not None), default=None)
    if ends is None:
        return f"{begins}+"
    return f"{begins}-{ends}" if begins <= ends else ""


def _bounds(days: str) -> tuple[int, int | None]:
    found = DAYS.fullmatch(days)
    if found is None:
        return 0, -1
    return int(found["from"]), None if found["open"] else int(found["to"] or found["from"])


def _dispensing(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """The row, instead of one an earlier version had for the same doses and band."""
    band = ("doses", "from_kg", "to_kg")
    label["dispensing"] = [
        old
        for old in label.get("dispensing", ())
        if not (_cites(old, earlier) and [old.get(key) for key in band] == [row.get(key) for key in band])
    ] + [row]


def _reaction(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """The row, instead of one of the same grades of which a part was not read."""
    same = {(row["kind"], grade) for grade in as_list(row["grades"])}
    label["reactions"] = [
        old
        for old in label["reactions"]
        if not (
            (old.get("missing") or _cites(old, earlier))
            and {(old["kind"], grade) for grade in as_list(old["grades"])} <= same
        )
    ] + [row]


def _count(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """The row, instead of one of which a part was not read, or of an earlier version's, for the same values."""
    same = ("count", "at_least", "below", "only_with")
    label["counts"] = [
        old
        for old in label.get("counts", ())
        if not (
            (old.get("missing") or _cites(old, earlier))
            and [old.get(key) for key in same] == [row.get(key) for key in same]
        )
    ] + [row]


def _amount(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """An amount where none was read; what was missing of the dose besides is not said to be there."""
    dose = _dose(label, row)
    if dose is not None and ("amount" not in dose or _cites(dose, earlier)):
        dose |= {"amount": row["amount"], "unit": row["unit"]}
        dose["sources"] = [*as_list(dose.get("sources")), *row["sources"]]
        dose.pop("missing", None)


def _window(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """A window where none, or not its last day, was read."""
    dose = _dose(label, row)
    window = dose.get("window") if dose else None
    if dose is None or (window is not None and not window.get("missing") and not _cites(dose, earlier)):
        return
    redone = window is not None and not window.get("missing")
    old = {} if redone else {k: v for k, v in (window or {}).items() if k not in {"missing", "max_from"}}
    named = ("min_days", "usual_min_days", "usual_max_days", "max_days")
    new = {key: row[key] for key in named if row.get(key) is not None}
    dose["window"] = {**new, **old}
    dose["sources"] = [*as_list(dose.get("sources")), *row["sources"]]


def _premedication(label: Content, row: Row, earlier: frozenset[str]) -> None:
    """The row, dose by dose in the place of one of which something was not read; what else that one said is kept."""
    made, left = dict(row), []
    for old in as_list(label["premedication"]):
        unread = old.get("missing") or any(agent.get("missing") for agent in as_list(old.get("agents")))
        before = as_list(old["before"])
        if not (unread or _cites(old, earlier)) or not set(before) & set(row["before"]):
            left.append(old)
            continue
        made |= {key: old[key] for key in ("rule", "again_when", "only_when") if old.get(key)}
        if others := [dose for dose in before if dose not in row["before"]]:
            left.append({**old, "before": others})
    label["premedication"] = [*left, made]


def _dose(label: Content, row: Row) -> Content | None:
    for regimen in label["regimens"]:
        if regimen["id"] == row["regimen"]:
            return next(
                (dose for dose in (*regimen["steps"], *regimen["phases"]) if dose["id"] == row["dose"]), None
            )
    return None


FILL = {
    "restart": _restart,
    "dispensing": _dispensing,
    "reaction": _reaction,
    "count": _count,
    "amount": _amount,
    "window": _window,
    "premedication": _premedication,
}


def read_so_far(label: Content, table: Content) -> None:
    """How far a part of the label is known now; a part with nothing left to ask is read."""
    if table["id"] == "restart":
        rows = [row for row in label["restart"] if row.get("of") != "schedule"]
        _mark(label, table, rows, whole=all(row["then"] != "ask" for row in rows))
    elif table["id"] == "volumes":
        rows = label.get("dispensing", [])
        served = {dose for row in rows for dose in as_list(row["doses"])}
        _mark(label, table, rows, whole=_own_doses(label) <= served)
    elif table["id"] == "schedule":
        rows = [dose for regimen in label["regimens"] for dose in (*regimen["steps"], *regimen["phases"])]
        asks = any(row.get("missing") or (row.get("window") or {}).get("missing") for row in rows)
        _mark(label, table, rows, whole=not asks)
    elif (
        table["id"] == "premedication"
    ):  # which doses need none is nowhere written down, so it is never whole
        _mark(label, table, as_list(label["premedication"]), whole=False)
    elif table["id"] in REACTION_KINDS:
        rows = [rule for rule in label["reactions"] if rule["kind"] == table["id"]]
        low = label.get("counts", []) if table["id"] == counts.PART else []
        every_count = table["id"] != counts.PART or {*counts.UNITS} <= {row["count"] for row in low}
        _mark(label, table, [*rows, *low], whole=_every_grade(rows) and every_count)


def _mark(label: Content, table: Content, rows: list[Content], *, whole: bool) -> None:
    """A part into which a site entered rows cites them; a part that was read stays as it was."""
    own = {source["id"] for source in label["sources"] if source["level"] == SITE}
    cited = [source for source in own if any(source in as_list(row.get("sources")) for row in rows)]
    if table["read"] == "yes" or not cited:
        return
    table["read"] = "yes" if whole else "partly"
    table["sources"] = list(dict.fromkeys([*as_list(table.get("sources")), *sorted(cited)]))
    if whole:
        table.pop("missing", None)


def _cites(row: Row, sources: frozenset[str]) -> bool:
    return bool(sources.intersection(as_list(row.get("sources"))))


def _own_doses(label: Content) -> set[str]:
    return {
        dose["id"]
        for regimen in label["regimens"]
        for dose in (*regimen["steps"], *regimen["phases"])
        if not dose.get("medicine")
    }


def _every_grade(rules: list[Content]) -> bool:
    """Whether a first and a further reaction of every grade meets a row without a gap, before any dose."""
    met = {
        (grade, occurrence)
        for rule in rules
        if not rule.get("before") and not rule.get("missing")
        for grade in as_list(rule["grades"])
        for occurrence in (
            ("first", "recurrent") if rule.get("occurrence", "any") == "any" else (rule["occurrence"],)
        )
    }
    return len(met) == 8


def as_list(value: Any) -> list[Any]:
    """A list from the file; one word alone stands for a list of one."""
    return list(value) if isinstance(value, list | tuple) else [] if value is None else [value]
