"""The page about breaks made on purpose: a run writes its own section and leaves the others alone."""

from benchmarks import mutants_page
from benchmarks.mutants_page import Outcome


def test_a_run_writes_its_own_section_and_keeps_the_others(tmp_path) -> None:
    page = tmp_path / "mutants.md"
    lost = Outcome("line 7 Lt turned: a < b", False, "", 1.0)
    mutants_page.write(page, "one.py", 1, [lost, Outcome("line 9 left out: f()", True, "test_f", 1.0)])
    mutants_page.write(page, "two.py", 1, [Outcome("line 1 left out: g()", True, "test_g", 1.0)])
    mutants_page.write(page, "one.py", 2, [lost])
    words = page.read_text()
    assert words.startswith("# Broken on purpose")
    assert words.count("## one.py") == words.count("## two.py") == 1
    assert "0 of 1 noticed (0 %), seed 2." in words
    assert "| `Lt turned: a < b` | not explained yet |" in words
    assert "1 of 1 noticed (100 %), seed 1." in words
