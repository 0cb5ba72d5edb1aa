"""The page about breaks made on purpose: a run writes its own section and leaves the others alone."""

import ast

from benchmarks import mutants, mutants_page
from benchmarks.mutants_page import Outcome, Sample


def test_a_run_writes_its_own_section_and_keeps_the_others(tmp_path) -> None:
    page = tmp_path / "mutants.md"
    lost = Outcome("line 7 Lt turned: a < b", False, "", 1.0)
    seen = Outcome("line 9 left out: f()", True, "test_f", 1.0)
    mutants_page.write(page, Sample("one.py", 1, 9, 9, "abc1"), [lost, seen])
    mutants_page.write(page, Sample("two.py", 1, 1, 9, "abc1"), [seen])
    mutants_page.write(page, Sample("one.py", 2, 9, 9, "abc2"), [seen])
    mutants_page.write(page, Sample("one.py", 1, 9, 9, "abc3"), [lost])
    words = page.read_text()
    assert words.startswith("# Broken on purpose")
    assert [line for line in words.splitlines() if line.startswith("## ")] == [
        "## one.py, seed 1", "## one.py, seed 2", "## two.py, seed 1",
    ]  # fmt: skip
    assert "| one.py, seed 1 | 9 | 1 | 0 | 0 | 0 % | `abc3` |" in words
    assert "| two.py, seed 1 | 1 | 1 | 0 | 1 | 100 % | `abc1` |" in words
    assert "| `Lt turned: a < b` | not explained yet |" in words


def test_a_reason_given_later_stands_beside_its_survivor_after_the_next_run(tmp_path, monkeypatch) -> None:
    page, why = tmp_path / "mutants.md", tmp_path / "survivors.toml"
    monkeypatch.setattr(mutants_page, "WHY", why)
    lost = Outcome("line 7 and for or, or for and: a | b", False, "", 1.0)
    why.write_text("")
    mutants_page.write(page, Sample("one.py", 1, 9, 9, "abc1"), [lost])
    why.write_text('["one.py"]\n"and for or, or for and: a | b" = "b is never asked"\n')
    mutants_page.write(page, Sample("two.py", 1, 9, 9, "abc1"), [])
    assert "| `and for or, or for and: a \\| b` | b is never asked |" in page.read_text()


def test_what_changes_nothing_is_counted_apart_and_no_share_is_rounded_up(tmp_path, monkeypatch) -> None:
    page, why = tmp_path / "mutants.md", tmp_path / "survivors.toml"
    monkeypatch.setattr(mutants_page, "WHY", why)
    why.write_text('["one.py"]\n"left out: f()" = "the same: f does nothing"\n"left out: h()" = "open: f"\n')
    lost = [Outcome(f"line 7 left out: {name}()", False, "", 1.0) for name in "fgh"]
    mutants_page.write(page, Sample("one.py", 1, 99, 9, "abc1"), [*lost, *[Outcome("g", True, "", 1.0)] * 17])
    assert "| one.py, seed 1 | 99 | 20 | 1 | 17 | 89 % | `abc1` |" in page.read_text()


def test_a_run_that_is_broken_off_says_after_how_many(tmp_path) -> None:
    page = tmp_path / "mutants.md"
    seen = Outcome("line 7 left out: f()", True, "test_f", 1.0)
    mutants_page.write(page, Sample("one.py", 1, 30, 9, "abc1"), [seen, seen], is_whole=False)
    assert "at commit `abc1`. The run was broken off after 2 of 9" in page.read_text()
    mutants_page.write(page, Sample("one.py", 1, 30, 9, "abc1"), [seen] * 9)
    assert "broken off" not in page.read_text()


def test_what_nobody_acts_on_is_not_broken() -> None:
    tree = ast.parse("logger.warning('lost')\ncrashing.point(crashing.CLAIMED)\nnudge('a')")
    assert [name for name, _ in mutants._changed(tree)] == ["line 3 left out: nudge('a')"]
