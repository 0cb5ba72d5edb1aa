"""What the list of deliberate breaks names stands where it says, so that none is passed over as the code moves on."""

from pathlib import Path

import pytest

from benchmarks import breaks, breaks_of_invariants

ROOT = Path(__file__).resolve().parents[2]
LISTED = (*breaks.BREAKS, *breaks_of_invariants.BREAKS)


@pytest.mark.parametrize("one", LISTED, ids=lambda one: one.name)
def test_a_listed_break_changes_one_place_and_names_tests_that_exist(one) -> None:
    whole = (ROOT / one.file).read_text()
    assert one.old != one.new
    assert one.whole or whole.count(one.old) == 1
    assert [test for test in one.tests if not (ROOT / test).exists()] == []


def test_no_two_breaks_share_a_name() -> None:
    assert len({one.name for one in LISTED}) == len(LISTED)
