"""A break inside a function, tried in a fork of this process: its code is exchanged where everything is loaded already.

Starting the service costs more than the few tests that notice a break. Only code that runs anew with every call can be
exchanged so; a constant, a default or a class wants a process that loads the broken file.
"""

import ast
import gc
import importlib
import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from types import CodeType, FunctionType

import pytest

WARM = ("tests.home", "tests.makers", "tests.story", "stepup.urls")
"""What most tests need, and with it the whole service: loaded before the first fork."""

Place = tuple[str, int, int]
"""Where a function stands: its name, its line, and which it is of those that share both."""


def warm() -> None:
    """Load what every fork would otherwise load for itself."""
    for name in WARM:
        importlib.import_module(name)


def exchanged(file: Path, broken: ast.Module) -> dict[FunctionType, CodeType] | None:
    """The loaded functions of a file, each with its code once broken; None where the break is in no function."""
    before = _functions(compile(file.read_text(), str(file), "exec"))
    after = _functions(compile(broken, str(file), "exec"))
    if before is None or after is None or before[1] != after[1] or before[0].keys() != after[0].keys():
        return None
    found: dict[FunctionType, CodeType] = {}
    touched = {place for place, code in before[0].items() if code != after[0][place]}
    gc.unfreeze()  # what was put aside for good is not listed
    for one in gc.get_objects():
        # Not isinstance: it would wake lazy objects, and some of them are past their time.
        if type(one) is FunctionType and one.__code__.co_filename == str(file):
            place = next((at for at, code in before[0].items() if code == one.__code__), None)
            if place in touched:
                found[one] = after[0][place]
                if one.__code__.co_freevars != after[0][place].co_freevars:
                    return None
    return found or None


def _functions(module: CodeType) -> tuple[dict[Place, CodeType], list[object]] | None:
    """The functions a module or its classes define, by place, and all that runs once when it is loaded."""
    found: dict[Place, CodeType] = {}
    once: list[object] = []

    def walk(code: CodeType) -> None:
        once.extend(
            (code.co_code, code.co_names, [one for one in code.co_consts if not isinstance(one, CodeType)])
        )
        for one in code.co_consts:
            if isinstance(one, CodeType) and _is_class(one):
                walk(one)
            elif isinstance(one, CodeType):
                number = sum(at[:2] == (one.co_qualname, one.co_firstlineno) for at in found)
                found[one.co_qualname, one.co_firstlineno, number] = one

    walk(module)
    return found, once


def _is_class(code: CodeType) -> bool:
    return "__module__" in code.co_names and "__qualname__" in code.co_names


def run(code: dict[FunctionType, CodeType], arguments: Sequence[str], *, limit: float, log: Path) -> bool:
    """Whether a test fails in a fork of this process whose functions run this code; it prints into `log`."""
    child = os.fork()
    if child == 0:
        os._exit(_child(code, arguments, log))
    until = time.monotonic() + limit
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status) != 0
        time.sleep(0.05)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return True


def _child(code: dict[FunctionType, CodeType], arguments: Sequence[str], log: Path) -> int:
    try:
        os.setsid()
        printed = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(printed, 1)
        os.dup2(printed, 2)
        for one, other in code.items():
            one.__code__ = other
        return int(pytest.main(list(arguments)))
    except BaseException:
        return 70
