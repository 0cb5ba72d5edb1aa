"""The table of hazards links each number to tests that exist, and leaves none of them out."""

import re
from collections import Counter

import pytest

from tests.local.trees import REPOSITORY

HAZARDS = range(1, 56)
TABLE = (REPOSITORY / "docs" / "clinical-safety" / "hazards.md").read_text("utf-8")
ROWS = [
    (match["number"], match["row"])
    for match in re.finditer(r"^\| H(?P<number>\d\d) (?P<row>\|.*)$", TABLE, re.MULTILINE)
]


@pytest.fixture(scope="module")
def tests() -> set[str]:
    files = (REPOSITORY / "tests").rglob("test_*.py")
    return {
        name
        for path in files
        for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }


def test_every_hazard_has_one_row_with_hazard_control_and_tests() -> None:
    assert Counter(number for number, _ in ROWS) == {f"{number:02}": 1 for number in HAZARDS}
    for number, row in ROWS:
        hazard, control, shown_by = (cell.strip() for cell in row.strip("| ").split(" | "))
        assert hazard, number
        assert control, number
        assert re.search(r"`test_\w+`", shown_by) or "Not controlled here" in control, number


def test_every_test_of_the_table_exists(tests: set[str]) -> None:
    assert set(re.findall(r"`(test_\w+)`", TABLE)) - tests - {"test_hNN_"} == set()


def test_every_test_named_for_a_hazard_stands_in_its_row(tests: set[str]) -> None:
    rows = dict(ROWS)
    numbered = {name: name[6:8] for name in tests if re.match(r"test_h\d\d_", name)}
    missing = [name for name, number in numbered.items() if f"`{name}`" not in rows.get(number, "")]
    assert sorted(missing) == []
