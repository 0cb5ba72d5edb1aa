"""Children: each in its own process group, stopped as a group, and never outliving whoever started it."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from stepup.local.account import Account

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def tied_to_parent(orphan_signal: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program: from then on the kernel signals it when its parent dies.

    Only Linux can do this. It must come after any change of user, which clears it; subprocess sees to that.
    """
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(orphan_signal))
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)

    return tie


@dataclass
class Child:
    """One long-running program, and how to start, recognise as ready, and stop it."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    before_start: Callable[[], None] = lambda: None
    answers: Callable[[], bool] = lambda: True
    needs: Sequence["Child"] = ()
    process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    def start(self) -> None:
        """Start the program; what it prints is added to its log."""
        self.before_start()
        account = self.account
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                # Safe here: the supervisor has a single thread.
                preexec_fn=tied_to_parent(self.orphan_signal),  # noqa: PLW1509
            )

    def is_running(self) -> bool:
        """Whether the program we started is still there."""
        return self.process is not None and self.process.poll() is None

    def ask_to_stop(self) -> None:
        """Send the polite signal to the program itself; it knows best how to stop its own helpers."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)

    def sweep(self) -> None:
        """Kill whatever is left of the process group, and forget it."""
        if self.process is None:
            return
        # PermissionError is what macOS answers for a group that has only a zombie in it.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process = None


def stop_in_order(children: Sequence[Child], *, patience: float) -> None:
    """Ask each to stop, in the order given; after `patience` seconds kill the rest. Leaves none."""
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and any(child.is_running() for child in children):
        time.sleep(0.02)
    for child in children:
        child.sweep()


def command_of(pid: int) -> str:
    """The command line of a process, its parts joined by spaces; empty when there is no such process."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout


def end_leftover(pid: int, *, mark: str, stop_signal: signal.Signals, patience: float = 10) -> None:
    """End process `pid` of an earlier run, if it still is the program whose command line contains `mark`."""
    deadline = time.monotonic() + patience
    asked = False
    while mark in command_of(pid):
        with contextlib.suppress(ProcessLookupError):
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGKILL)
            elif not asked:
                os.kill(pid, stop_signal)
        asked = True
        time.sleep(0.05)
