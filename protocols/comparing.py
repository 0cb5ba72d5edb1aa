"""Two protocols side by side: every value that differs, in groups, each as a person reads it.

Nothing is left out: whatever differs in the canonical content is a line here, so that an empty table means one
fingerprint.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from protocols import drafting
from protocols.pathway import Protocol

ABSENT = "not there"
# Keys by which a row of a list is found again in the other version; a list whose rows have none goes by place.
KEYS = ("id", "value", "topic")
MANY = {
    "restart": ("after", "regimens", "days"),
    "reactions": ("kind", "grades", "occurrence", "before"),
    "counts": ("count", "at_least", "below", "only_with"),
    "dispensing": ("doses", "regimens", "from_kg", "to_kg"),
    "rhythm": ("from_hour", "to_hour", "every_hours"),
    "later_rhythm": ("from_hour", "to_hour", "every_hours"),
}


@dataclass(frozen=True)
class Line:
    """One value that differs, as it stands in each of the two."""

    name: str
    old: str
    new: str


@dataclass(frozen=True)
class Group:
    """What differs in one part of a protocol."""

    title: str
    lines: tuple[Line, ...]


def differences(old: Protocol, new: Protocol) -> tuple[Group, ...]:
    """Every value that differs, the pathway's first; nothing only where the fingerprints are equal."""
    before, after = (dict(_flat(protocol)) for protocol in (old, new))
    places = [*before, *(place for place in after if place not in before)]
    changed = [place for place in places if before.get(place) != after.get(place)]
    first = [("pathway", value) for value in (*drafting.VALUES, "silence", "minutes_per_rung", "readiness")]
    order = list(dict.fromkeys([*first, *(place[:2] for place in places)]))
    changed.sort(key=lambda place: order.index(place[:2]))
    return tuple(
        Group(
            _title(part),
            tuple(
                Line(_name(place), before.get(place, ABSENT), after.get(place, ABSENT)) for place in inside
            ),
        )
        for part, inside in groupby(changed, key=lambda place: place[:2])
    )


def _title(part: tuple[str, ...]) -> str:
    whole, key = part
    named = drafting.VALUES.get(key, key.replace("_", " "))
    return f"{'Label' if whole == 'label' else 'Pathway'}: {named}"


def _name(place: tuple[str, ...]) -> str:
    return ", ".join(part.replace("_", " ") for part in place[2:]) or _title(place[:2]).partition(": ")[2]


def _flat(protocol: Protocol) -> Iterator[tuple[tuple[str, ...], str]]:
    content = json.loads(protocol.as_text())
    for whole in ("pathway", "label"):
        for key, value in content[whole].items():
            yield from _leaves((whole, key), key, value)


def _leaves(place: tuple[str, ...], key: str, value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, Mapping):
        for inside, part in value.items():
            yield from _leaves((*place, inside), inside, part)
    elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
        yield from _rows(place, key, value)
    elif isinstance(value, list) and key == "proposals":
        for said in value:  # a sentence is known by the values it speaks of
            yield (*place, said.partition(":")[0][:60], str(value.index(said))), said
    else:
        yield place, drafting.worded(value)


def _rows(
    place: tuple[str, ...], key: str, rows: list[Mapping[str, Any]]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Rows with a name of their own value by value; the rest row by row, each under its bounds."""
    seen: dict[str, int] = {}
    for number, row in enumerate(rows, start=1):
        named = next((str(row[each]) for each in KEYS if each in row), "")
        if key in MANY:
            named = " ".join(drafting.worded(row[each]) for each in MANY[key] if row.get(each) is not None)
        named = named or f"row {number}"
        seen[named] = seen.get(named, 0) + 1
        if seen[named] > 1:
            named += f" ({seen[named]})"
        if key in MANY:
            yield (*place, named), drafting.worded(row)
            continue
        for inside, part in row.items():
            if inside not in KEYS[:1]:
                yield from _leaves((*place, named, inside), inside, part)
