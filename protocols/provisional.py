"""What a text can say of a grade: that one is possible, and what is missing for a real one. It is never a number.

The scale depends on an examination and on the treatment given, so no list of what is missing is ever empty.
"""

from collections.abc import Collection, Iterable
from typing import Any

from protocols import rulebook

LABELS = {
    frozenset({"CRS"}): "possible CRS - needs assessment",
    frozenset({"ICANS"}): "possible ICANS - needs assessment",
    frozenset({"CRS", "ICANS"}): "possible CRS and ICANS - needs assessment",
}


def label(points: frozenset[str]) -> str | None:
    """What is shown in place of a grade where rules point to these; None where none points anywhere."""
    return LABELS.get(points)


def together(shown: Collection[str]) -> str:
    """One label for several texts about one person, each with its own or none."""
    points = frozenset(one for known, words in LABELS.items() if words in shown for one in known)
    return label(points) or ""


def missing(
    shown: str | None, readings: Iterable[dict[str, Any]], *, medicine_known: bool
) -> tuple[str, ...]:
    """What nobody knows yet of what a real grade is made of, in words, in the order in which a person asks for it.

    `shown` is the label, `readings` what was texted, as a finding keeps it: a value in doubt is not known. Nothing
    without a label.
    """
    if not shown:
        return ()
    known = {one["kind"] for one in readings if not one["doubt"]} | (
        {"medicine"} if medicine_known else set()
    )
    points = next(points for points, words in LABELS.items() if words == shown)
    needs = (need for need in rulebook.load().for_a_grade if need.of in points and need.texted not in known)
    return tuple(dict.fromkeys(need.says for need in needs))
