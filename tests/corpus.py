"""The corpus of replies with their labels, its gates, and the table of counts that its README publishes."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from protocols import triage
from protocols.triage import Context, Finding

CORPUS = Path(__file__).parent / "monitoring" / "corpus"
SETS = ("development", "held_out", "fresh", "other_eyes", "themes")
PAGED = frozenset({"emergency", "urgent"})
PLAIN, ON_FORMAT = "NBO", "NB"

Row = dict[str, str]
Judged = tuple[tuple[Row, Finding], ...]


def rows(name: str) -> list[Row]:
    """The rows of one set."""
    with (CORPUS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def finding(row: Row) -> Finding:
    """What triage makes of a row, in the context that its columns give."""
    context = Context(
        asked=row["asked"] or None,
        language=row["language"],
        in_watch=row.get("in_watch", "yes"),
        sender=row.get("sender", "patient"),
        known=row.get("known", ""),
    )
    return triage.assess(row["reply"], context)


@cache
def judged(name: str) -> Judged:
    """Every row of a set with its finding."""
    return tuple((row, finding(row)) for row in rows(name))


def everything() -> Iterator[tuple[Row, Finding]]:
    """Every row of every set."""
    for name in SETS:
        yield from judged(name)


def is_read_by_a_person(found: Finding) -> bool:
    """Unclear, with a task for a person."""
    return found.urgency == "clarify" and found.human_task


def published() -> str:
    """The table of the README, as the rules are now."""
    head = (
        "| Set | replies | en | es | zh-Hant | M and F | of these read by a person | lost | H lost |"
        " N, B and O | paged | N and B | read by a person needlessly |"
    )
    lines = [head, "|---|" + "---:|" * 12]
    lines += [_line(f"`{name}.csv`", judged(name)) for name in SETS]
    return "\n".join([*lines, _line("all", everything())])


def _line(name: str, found: Iterable[tuple[Row, Finding]]) -> str:
    listed = list(found)
    languages = Counter(row["language"] for row, _ in listed)
    grave = [one for row, one in listed if row["gold"] in "MF"]
    plain = [one for row, one in listed if row["gold"] in PLAIN]
    on_format = [one for row, one in listed if row["gold"] in ON_FORMAT]
    needless = sum(one.urgency not in {"none", "routine"} for one in on_format)
    paged = sum(one.urgency in PAGED for one in plain)
    counts = [
        len(listed),
        languages["en"],
        languages["es"],
        languages["zh-Hant"],
        len(grave),
        sum(is_read_by_a_person(one) for one in grave),
        sum(one.urgency not in PAGED and not is_read_by_a_person(one) for one in grave),
        sum(not one.human_task for row, one in listed if row["gold"] == "H"),
        len(plain),
        f"{paged} ({share(paged, len(plain))})",
        len(on_format),
        f"{needless} ({share(needless, len(on_format))})",
    ]
    return f"| {name} | " + " | ".join(map(str, counts)) + " |"


def share(part: int, whole: int) -> str:
    """A share in per cent, or a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "-"
