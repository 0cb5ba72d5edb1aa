"""Tables in `docs` that link lasting numbers to the tests which show them: one row a number, tests in its last cell."""

import re
from collections import Counter
from dataclasses import dataclass

from tests.local.trees import REPOSITORY


@dataclass(frozen=True)
class Table:
    """A document with rows `| NUMBER | ... | tests |`. `silent` are the words of a row that no test shows.

    A test belongs to the number in its name: `test_h07_...` to H07, `test_ux3a_...` to UX3a.
    """

    document: str
    numbers: tuple[str, ...]
    letters: str
    silent: str

    @property
    def rows(self) -> list[tuple[str, list[str]]]:
        """The number and the other cells of each row."""
        text = (REPOSITORY / "docs" / self.document).read_text("utf-8")
        found = re.findall(rf"^\| ({self.letters}\d+[a-z]?) \| (.*) \|$", text, re.MULTILINE)
        return [(number, row.split(" | ")) for number, row in found]

    def check_rows(self) -> None:
        """Every number has one row without an empty cell, with a test in the last one or the words of silence."""
        assert Counter(number for number, _ in self.rows) == Counter(self.numbers)
        for number, cells in self.rows:
            shown = re.search(r"`test_\w+`", cells[-1]) or any(self.silent in cell for cell in cells)
            assert shown, number
            assert all(cell.strip() for cell in cells), number

    def check_names(self) -> None:
        """Every test a row names exists, and every test with a number in its name stands in the row of that number."""
        tests = names()
        cited = {name for _, cells in self.rows for name in re.findall(r"`(test_\w+)`", cells[-1])}
        assert cited - tests == set()
        rows = {number.lower(): cells[-1] for number, cells in self.rows}
        own = rf"test_({self.letters.lower()}\d+[a-z]?)_"
        numbered = {name: found[1] for name in tests if (found := re.match(own, name))}
        missing = [name for name, number in numbered.items() if f"`{name}`" not in rows.get(number, "")]
        assert sorted(missing) == []


def names() -> set[str]:
    """The names of all tests."""
    return {
        name
        for path in (REPOSITORY / "tests").rglob("test_*.py")
        for name in re.findall(r"^\s*def (test_\w+)\(", path.read_text("utf-8"), re.MULTILINE)
    }
