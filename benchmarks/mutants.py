"""Is a broken service noticed? `python -m benchmarks mutants` breaks a copy of it on purpose and runs the tests for it.

Every listed break is one a reviewer once feared: no lease recovery, a ladder that ends, no look before the POST and so
on. With `--of FILE` breaks are made instead, one at a time, from the file itself: a call left out, a comparison turned,
`and` for `or`, a `not` dropped, a span changed; `--at-most` takes so many of them, chosen by `--seed`. Lines of the log
and points at which a test kills the process are not broken: nobody acts on them. `--of` may be given several times.
`--page FILE` writes what came of it into that page, with why a survivor may live (benchmarks/survivors.toml says it).

The tests must pass on the whole service before the first break and after the last, or nothing is written. Prints a line
for each break and the share that was noticed. Exit status 1 if a listed break was not.
"""

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from random import Random
from types import CodeType, FunctionType
from typing import Any

from benchmarks import breaks_of_invariants, in_place, mutants_page
from benchmarks.breaks import BREAKS, TESTS_OF, Break
from benchmarks.mutants_page import Outcome, Sample

ROOT = Path(__file__).resolve().parent.parent
LEFT_OUT = shutil.ignore_patterns(".git", ".venv", ".stepup", "__pycache__", "docs", "*.png")
LIMIT_SECONDS = 600
ALL_SECONDS = 2400  # the tests of every break in one run, on a machine that has other work
A_TEST_SECONDS = 90
PLAINLY = (
    "-q", "-x", "--reuse-db", "--hypothesis-profile=first", "-p", "no:cacheprovider", "-p", "no:warnings",
    f"--timeout={A_TEST_SECONDS}",
)  # fmt: skip
NOISE = ("logger.", "crashing.point")
TURNED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}  # fmt: skip


def main() -> None:
    """Run the breaks and print the table."""
    options = _options()
    commit = mutants_page.commit(ROOT)
    with tempfile.TemporaryDirectory(prefix="stepup-mutants-") as folder:
        place = Path(folder) / "copy"
        shutil.copytree(ROOT, place, ignore=LEFT_OUT)
        (place / ".venv").symlink_to(ROOT / ".venv")
        in_place.warm()
        for file in options.of:
            there_are, chosen = _made(file, at_most=options.at_most, seed=options.seed)
            sample = Sample(file, options.seed, there_are, len(chosen), commit)
            write = partial(mutants_page.write, Path(options.page), sample) if options.page else _nowhere
            write(_all(place, chosen, so_far=partial(write, is_whole=False)), is_whole=True)
        if not options.of:
            listed = [one for one in (*BREAKS, *breaks_of_invariants.BREAKS) if options.only in one.name]
            sys.exit(0 if all(one.noticed for one in _all(place, listed)) else 1)


def _nowhere(outcomes: Sequence[Outcome], *, is_whole: bool = False) -> None:
    """No page was asked for."""


def _all(
    place: Path, chosen: Sequence[Break], *, so_far: Callable[[Sequence[Outcome]], None] = _nowhere
) -> list[Outcome]:
    """Try each; `so_far` is told after every one, so that a run that is broken off leaves what it found."""
    tests = list(dict.fromkeys(test for one in chosen for test in one.tests))
    codes = [_code(one) for one in chosen]
    _must_pass(place, tests, in_the_copy=None in codes)
    outcomes: list[Outcome] = []
    for one, code in zip(chosen, codes, strict=True):
        outcomes.append(_try(place, one, code))
        so_far(outcomes)
    _must_pass(place, tests, in_the_copy=None in codes)
    noticed = sum(one.noticed for one in outcomes)
    print(
        f"\n{noticed} of {len(outcomes)} noticed ({100 * noticed / max(1, len(outcomes)):.0f} %)\n",
        flush=True,
    )
    return outcomes


def _must_pass(place: Path, tests: Sequence[str], *, in_the_copy: bool) -> None:
    """End here where a test fails on the whole service: what the tests notice would say nothing.

    Of the copy the first few tests are enough: that they run there at all is what could be otherwise.
    """
    whole, first = (Break("the whole service", "", "", "", some) for some in (tests, tests[:1]))
    outcomes = [
        _in_place(place, whole, {}, limit=ALL_SECONDS),
        *([_run(place, first)] if in_the_copy else []),
    ]
    if failed := [one.by for one in outcomes if one.noticed]:
        sys.exit(f"{failed[0] or 'A test that came to no end'} fails on the whole service: mend that first.")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks mutants", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", default="", help="listed breaks with this in their name")
    of = "a file to make breaks from, like notifications/outbox.py"
    parser.add_argument(
        "--of", action="append", default=[], choices=sorted(TESTS_OF), metavar="FILE", help=of
    )
    parser.add_argument("--at-most", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--page", help="a page to write what came of it into, beside other files")
    return parser.parse_args()


def _code(one: Break) -> dict[FunctionType, CodeType] | None:
    return in_place.exchanged(ROOT / one.file, one.tree) if one.tree else None


def _try(place: Path, one: Break, code: dict[FunctionType, CodeType] | None) -> Outcome:
    """Break the copy, or a fork of this process, and run the tests that speak for the file."""
    outcome = _in_the_copy(place, one) if code is None else _in_place(place, one, code)
    print(
        f"{'noticed' if outcome.noticed else 'SURVIVED':<10}{outcome.seconds:>5.0f} s  {one.name:<60} {outcome.by}",
        flush=True,
    )
    return outcome


def _in_the_copy(place: Path, one: Break) -> Outcome:
    file = place / one.file
    whole = file.read_text()
    if whole.count(one.old) != 1 and not one.whole:
        sys.exit(
            f"{one.name}: {one.file} holds {whole.count(one.old)} times what is to be broken. Mend the list."
        )
    _write(file, one.new if one.whole else whole.replace(one.old, one.new))
    try:
        return _run(place, one)
    finally:
        _write(file, whole)


def _write(file: Path, words: str) -> None:
    """Write a file a second older than it was, so that nothing compiled from an earlier one stands for it."""
    older = file.stat().st_mtime - 1
    file.write_text(words)
    os.utime(file, (older, older))


def _run(place: Path, one: Break) -> Outcome:
    """Whether one of the tests fails in the copy: the first to do so ends it. The database is kept from run to run."""
    began, log = time.monotonic(), place.parent / "printed"
    command = [sys.executable, "-m", "pytest", *PLAINLY, *one.tests]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}
    with log.open("w") as printed:
        try:
            done = subprocess.run(
                command,
                cwd=place,
                env=environment,
                stdout=printed,
                stderr=printed,
                timeout=LIMIT_SECONDS,
                check=False,
            )
            failed = done.returncode != 0
        except subprocess.TimeoutExpired:
            failed = True
    return Outcome(one.name, failed, _by(log), time.monotonic() - began)


def _in_place(
    place: Path, one: Break, code: dict[FunctionType, CodeType], *, limit: float = LIMIT_SECONDS
) -> Outcome:
    """The same in a fork of this process, whose functions run this code."""
    began, log = time.monotonic(), place.parent / "printed"
    failed = in_place.run(code, [*PLAINLY, *one.tests], limit=limit, log=log)
    return Outcome(one.name, failed, _by(log), time.monotonic() - began)


def _by(log: Path) -> str:
    """The test that failed first, as pytest printed it."""
    printed = log.read_text(errors="replace").splitlines()
    lines = [line for line in printed if line.startswith(("FAILED tests", "ERROR tests"))]
    return lines[0].split(" - ")[0].rpartition("::")[2] if lines else ""


def _made(file: str, *, at_most: int, seed: int) -> tuple[int, list[Break]]:
    """How many breaks a file allows, and a reproducible choice of them in the order of its lines."""
    found = list(_changed(ast.parse((ROOT / file).read_text())))
    chosen = Random(seed).sample(found, min(at_most, len(found)))  # noqa: S311
    in_order = sorted(chosen, key=lambda one: int(one[0].split()[1]))
    return len(found), [
        Break(name, file, "", ast.unparse(tree), TESTS_OF[file], whole=True, tree=tree)
        for name, tree in in_order
    ]


def _changed(tree: ast.Module) -> Iterator[tuple[str, ast.Module]]:
    for place, node in enumerate(ast.walk(tree)):
        for what, change in _changes(node):
            twin = copy.deepcopy(tree)
            change(next(one for number, one in enumerate(ast.walk(twin)) if number == place))
            words = ast.unparse(node).partition("\n")[0][:70]
            yield f"line {getattr(node, 'lineno', 0)} {what}: {words}", ast.fix_missing_locations(twin)


def _changes(node: ast.AST) -> Iterator[tuple[str, Callable[[Any], None]]]:
    """What may be changed about one place, as (words, act on the same place of a copy)."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
        yield f"{type(node.ops[0]).__name__} turned", _turn
    if isinstance(node, ast.BoolOp):
        yield "and for or, or for and", _swap
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield "not dropped", _drop_not
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and not _is_noise(node.value):
        yield "left out", _leave_out
    if isinstance(node, ast.keyword) and node.arg and type(getattr(node.value, "value", None)) is int:
        yield "made ten times as much", _tenfold


def _is_noise(call: ast.Call) -> bool:
    return ast.unparse(call.func).startswith(NOISE)


def _turn(node: Any) -> None:
    node.ops[0] = TURNED[type(node.ops[0])]()


def _swap(node: Any) -> None:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()


def _drop_not(node: Any) -> None:
    node.op = ast.UAdd()
    node.operand = ast.Call(ast.Name("bool", ast.Load()), [node.operand], [])


def _leave_out(node: Any) -> None:
    node.value = ast.Constant(None)


def _tenfold(node: Any) -> None:
    node.value = ast.Constant(node.value.value * 10 or 10)
