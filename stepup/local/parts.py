"""The parts of the test run: each prints its title, does its work, tells its time and answers its counts."""

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from stepup.local import processes
from stepup.local.places import ROOT

_NOTHING_COLLECTED = 5


@dataclass(frozen=True)
class Counts:
    """How many passed, failed and were skipped."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def check(title: str, command: Sequence[str | Path], settings: Mapping[str, str]) -> Counts:
    """A program that passes or fails as a whole."""
    began = _begin(title)
    counts = Counts(passed=1) if _run(command, settings) == 0 else Counts(failed=1)
    return _end(title, began, counts)


def pytest(title: str, python: Path, arguments: Sequence[str], settings: Mapping[str, str]) -> Counts:
    """A part of the tests; every test counts."""
    began = _begin(title)
    with tempfile.TemporaryDirectory(prefix="stepup-report-") as folder:
        report = Path(folder, "report.xml")
        status = _run([python, "-m", "pytest", "-q", f"--junitxml={report}", *arguments], settings)
        if status == _NOTHING_COLLECTED:
            return not_run(title, "it has no tests")
        counts = _counted(report)
    if status and not counts.failed:  # it broke down before or between the tests
        counts += Counts(failed=1)
    return _end(title, began, counts)


def not_run(title: str, reason: str) -> Counts:
    """A part that cannot run here. Where CI is `true` nothing may be left out, so it fails."""
    print(f"== {title}: not run, because {reason}.", flush=True)
    return Counts(failed=1) if os.environ.get("CI") == "true" else Counts(skipped=1)


def _counted(report: Path) -> Counts:
    """One per test. An error while a test is set up or cleared away is a failure of that test."""
    if not report.exists():
        return Counts()
    counts = Counts()
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest wrote it just now
        if case.find("failure") is not None or case.find("error") is not None:
            counts += Counts(failed=1)
        elif case.find("skipped") is not None:
            counts += Counts(skipped=1)
        else:
            counts += Counts(passed=1)
    return counts


def _begin(title: str) -> float:
    print(f"\n== {title}", flush=True)
    return time.monotonic()


def _end(title: str, began: float, counts: Counts) -> Counts:
    print(f"== {title}: {counts} ({time.monotonic() - began:.1f} s)", flush=True)
    return counts


def _run(command: Sequence[str | Path], settings: Mapping[str, str]) -> int:
    """Run a program in the foreground, where it may ask questions (a debugger does). When we are asked to
    stop, it has heard so from the terminal; otherwise it hears it from us.
    """
    with subprocess.Popen(
        command,
        env=dict(settings),
        cwd=ROOT,
        preexec_fn=processes.tied_to_parent(signal.SIGINT),  # noqa: PLW1509 - a single thread
    ) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            for request in (None, signal.SIGINT, signal.SIGKILL):
                if request is not None:
                    process.send_signal(request)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=5)
            raise
