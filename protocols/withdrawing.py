"""Rows of a label that a site had read itself, left out of a later version: what they answered asks again.

Nothing is guessed in the place of such a row. What stood there in the library's label, before the site completed it,
stands there again.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from protocols import completing, drafting
from protocols.completing import Content, Row, as_list
from protocols.model import SITE

LISTS = {
    "restart": "restart",
    "dispensing": "dispensing",
    "reactions": "reaction",
    "premedication": "premedication",
    "counts": "count",
}


@dataclass(frozen=True)
class OwnRow:
    """What one entry of the site's own answers in a label: by the id of its source, with everything it says."""

    source: str
    printed_in: str
    says: str


def own_rows(label: Mapping[str, Any]) -> tuple[OwnRow, ...]:
    """Every entry of the site's own that a label rests on, in the order in which they were entered."""
    found: dict[str, list[str]] = {source["id"]: [] for source in label["sources"] if source["level"] == SITE}
    for kind, row in _rows(label):
        for source in found.keys() & set(as_list(row.get("sources"))):
            found[source].append(f"{completing.KINDS[kind]}: {drafting.worded(_bare(row))}")
    titles = {source["id"]: f"{source['title']}, {source.get('dated', '')}" for source in label["sources"]}
    return tuple(OwnRow(source, titles[source], "; ".join(said)) for source, said in found.items() if said)


def _rows(label: Mapping[str, Any]) -> Iterator[tuple[str, Row]]:
    for part, kind in LISTS.items():
        yield from ((kind, row) for row in as_list(label.get(part)))
    for dose in _doses(label):
        yield "amount", dose


def _bare(row: Row) -> Row:
    named = ("id", "amount", "unit", "window") if "interval_days" in row or "offset_days" in row else row
    return {"dose" if key == "id" else key: row[key] for key in named if key != "sources" and row.get(key)}


def withdrawn(label: Row, original: Row, gone: Iterable[str], *, own_id: str) -> Content:
    """The label without these entries, by their sources. With none of its own left it is the library's label again."""
    made: Content = copy.deepcopy(dict(label))
    for source in gone:
        for part in LISTS:
            if part in made:
                left = _without(part, as_list(made[part]), as_list(original.get(part)), source)
                made[part] = original[part] if left == as_list(original.get(part)) and left else left
        _restore_doses(made, original, source)
    cited = {source for _, row in _rows(made) for source in as_list(row.get("sources"))}
    made["sources"] = [one for one in made["sources"] if one["level"] != SITE or one["id"] in cited]
    for part in ("dispensing", "counts"):
        if not made.get(part):
            made.pop(part, None)
    if not any(one["level"] == SITE for one in made["sources"]):
        return copy.deepcopy(dict(original))
    made["tables"] = copy.deepcopy(original["tables"])
    for table in made["tables"]:
        completing.read_so_far(made, table)
    return made | {"id": own_id}


def _without(part: str, rows: list[Row], original: list[Row], source: str) -> list[Row]:
    """The rows left, and where one went what stood in its place."""
    left = [row for row in rows if source not in as_list(row.get("sources"))]
    for row in rows:
        if row not in left:
            left += [old for old in AGAIN[part](original, row) if old not in left]
    return _whole(left, original) if part == "premedication" else left


def _whole(rows: list[Row], original: list[Row]) -> list[Row]:
    """A row that had been parted dose by dose is one again where all of its doses are back."""
    for old in original:
        parts = [row for row in rows if {**row, "before": ()} == {**old, "before": ()}]
        doses = {dose for row in parts for dose in as_list(row["before"])}
        if len(parts) > 1 and doses == {*as_list(old["before"])}:
            rows = [*(row for row in rows if row not in parts), old]
    return rows


def _asking_days(original: list[Row], row: Row) -> Iterator[Row]:
    """The days that asked, as far as the row had answered them."""
    for old in original:
        after = [dose for dose in as_list(old["after"]) if dose in as_list(row["after"])]
        speaks, answered = as_list(old.get("regimens")), as_list(row.get("regimens"))
        both = [each for each in speaks if each in answered] if speaks and answered else speaks or answered
        days = completing.shared_days(old["days"], row["days"])
        if old["then"] == "ask" and after and days and (both or not (speaks and answered)):
            yield {**old, "after": after, "days": days} | ({"regimens": both} if both else {})


def _same_grades(original: list[Row], row: Row) -> Iterator[Row]:
    """Rows of the same grades of which a part had not been read."""
    for old in original:
        if (
            old.get("missing")
            and old["kind"] == row["kind"]
            and {*as_list(old["grades"])} <= {*as_list(row["grades"])}
        ):
            yield old


def _same_count(original: list[Row], row: Row) -> Iterator[Row]:
    """A row of the same values of which a part had not been read."""
    for old in original:
        if old.get("missing") and (old["count"], old["below"]) == (row["count"], row["below"]):
            yield old


def _same_doses(original: list[Row], row: Row) -> Iterator[Row]:
    """What was known before the same doses, and what of it was not."""
    for old in original:
        if before := [dose for dose in as_list(old["before"]) if dose in as_list(row["before"])]:
            yield {**old, "before": before}


AGAIN = {
    "restart": _asking_days,
    "dispensing": lambda original, row: iter(()),
    "reactions": _same_grades,
    "premedication": _same_doses,
    "counts": _same_count,
}


def _restore_doses(label: Content, original: Row, source: str) -> None:
    """A dose of which a site had entered the amount or the days is the library's again, all of it."""
    known = {(regimen["id"], dose["id"]): dose for regimen in original["regimens"] for dose in _of(regimen)}
    for regimen in label["regimens"]:
        for part in ("steps", "phases"):
            regimen[part] = [
                copy.deepcopy(known[regimen["id"], dose["id"]])
                if source in as_list(dose.get("sources"))
                else dose
                for dose in regimen[part]
            ]


def _doses(label: Mapping[str, Any]) -> Iterator[Row]:
    for regimen in label["regimens"]:
        yield from _of(regimen)


def _of(regimen: Mapping[str, Any]) -> Iterator[Row]:
    yield from (*regimen["steps"], *regimen["phases"])
