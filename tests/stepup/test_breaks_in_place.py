"""A break inside a function is exchanged where the service is loaded already; what runs once at the start is not."""

import ast
from pathlib import Path

from benchmarks import in_place, mutants
from notifications import oncall, outbox

BREAKS = {
    name.partition(" ")[2].partition(" ")[2]: tree
    for name, tree in mutants._changed(ast.parse(Path(outbox.__file__).read_text()))
}


def exchanged(what: str) -> list[str] | None:
    found = in_place.exchanged(Path(outbox.__file__), BREAKS[what])
    return None if found is None else [one.__qualname__ for one in found]


def test_a_function_is_exchanged_whatever_it_is_wrapped_in() -> None:
    assert exchanged("left out: nudge(CARRIERS[lane])") == ["queue"]
    assert exchanged("left out: transaction.on_commit(send, robust=True)") == ["nudge"]


def test_what_runs_once_when_the_file_is_loaded_is_not() -> None:
    assert exchanged("made ten times as much: seconds=30") is None


def test_a_whole_file_changes_nothing() -> None:
    file = Path(oncall.__file__)
    assert in_place.exchanged(file, ast.parse(file.read_text())) is None


def answer() -> int:
    return 1 + 0


def test_a_fork_runs_the_other_code_and_this_process_its_own(tmp_path) -> None:
    here = Path(__file__)
    broken = ast.parse(here.read_text().replace("return 1 + 0\n", "return 1 + 1\n", 1))
    code = in_place.exchanged(here, broken)
    assert [one.__qualname__ for one in code] == ["answer"]
    test = tmp_path / "test_it.py"
    test.write_text(f"import sys\ndef test_it():\n    assert sys.modules[{__name__!r}].answer() == 1\n")
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "no:django", "-c", "/dev/null", str(test)]
    fails = [in_place.run(one, arguments, limit=60, log=tmp_path / "log") for one in ({}, code)]
    assert fails == [False, True]
    assert answer() == 1
