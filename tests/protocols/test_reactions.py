"""The next dose after a reaction: a signed table, and guideline text that never decides."""

from itertools import product

import pytest

from protocols import library, reactions
from protocols.errors import Refusal
from protocols.model import REACTION_KINDS
from tests import tables


@pytest.mark.parametrize(
    "row", tables.rows("reactions.md"), ids=lambda row: ", ".join(list(row.values())[:6])
)
def test_the_signed_table(row) -> None:
    ruling = reactions.next_after(
        library.label(row["label"]),
        kind=row["reaction"],
        grade=int(row["grade"]),
        resolved=row["over"] == "yes",
        recurrent=row["again"] == "yes",
        next_step=row["next dose"] or None,
    )
    assert (ruling.decision, ruling.premedicate) == (row["decision"], row["premedicate"]), row["why"]


@pytest.mark.parametrize("label", library.known_labels(), ids=lambda label: label.id)
@pytest.mark.parametrize("kind", REACTION_KINDS)
def test_a_reaction_that_is_not_over_never_lets_a_dose_through(label, kind: str) -> None:
    for grade, recurrent in product([1, 2, 3, 4], [False, True]):
        ruling = reactions.next_after(label, kind=kind, grade=grade, resolved=False, recurrent=recurrent)
        assert ruling.decision in {"hold", "stop"}
        assert ruling.review


def test_observation_after_grade_2_comes_with_the_answer() -> None:
    label = library.label("elranatamab-us-2023")
    ruling = reactions.next_after(label, kind="crs", grade=2, resolved=True)
    assert "daily monitoring for 48 hours" in ruling.observe
    assert "PFIZER-AR" in ruling.source


def test_guideline_text_is_marked_and_does_not_change_the_answer() -> None:
    label = library.label("teclistamab-us-2025-03")
    ruling = reactions.next_after(label, kind="crs", grade=1, resolved=True)
    assert ruling.decision == "ask"
    assert ruling.information[0].startswith("guideline, not label: ")
    assert "pharmacist" in ruling.because


@pytest.mark.parametrize(("kind", "grade"), [("rash", 1), ("crs", 5), ("crs", -1)])
def test_what_cannot_be_graded_is_refused(kind: str, grade: int) -> None:
    with pytest.raises(Refusal):
        reactions.next_after(library.label("elranatamab-us-2023"), kind=kind, grade=grade, resolved=True)
