"""The project's own `.venv`, filled from a hash-pinned lock with the standard `venv` and `pip`.

A stamp inside it lists the locks that were installed completely, so that the next start costs a file read.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path

from stepup.local import processes, progress
from stepup.local.places import ROOT
from stepup.local.trouble import Trouble

RUN_LOCK = "requirements.txt"
# Complete in itself: it holds everything of the run lock as well.
TEST_LOCK = "requirements-dev.txt"

_PIP_INSTALL = (
    *("-m", "pip", "install", "--require-hashes", "--no-input", "--disable-pip-version-check"),
    # Python compiles what it imports; compiling everything would double the time.
    *("--no-compile", "--progress-bar", "off", "-r"),
)


class Venv:
    """The virtual environment of one source tree."""

    def __init__(self, root: Path = ROOT) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.python = self.folder / "bin" / "python"
        self._stamp = self.folder / ".stepup-locks"
        # Present from before pip's first write until after its last: what it finds was left half done.
        self._unfinished = self.folder / ".stepup-unfinished"

    def is_current(self) -> bool:
        """Whether this very process runs inside it."""
        return Path(sys.prefix).resolve() == self.folder.resolve()

    def prepare(self, lock: str = RUN_LOCK) -> Path:
        """Make sure that everything in `lock` is installed; answers the interpreter to use.

        Milliseconds when it already is. Two callers at once take turns. An interrupted one starts afresh.
        """
        if self._has(lock):
            return self.python
        _refuse_without_the_standard_parts()
        with self._one_at_a_time():
            if not self._has(lock):
                self._fill(lock)
        return self.python

    def site_packages(self) -> Path:
        """The folder of the installed packages."""
        major, minor, *_ = self._version().split(".")
        return self.folder / "lib" / f"python{major}.{minor}" / "site-packages"

    def _has(self, lock: str) -> bool:
        if self._unfinished.exists() or not self.python.exists():
            return False
        try:
            return self._mark(lock) in self._stamp.read_text().split()
        except FileNotFoundError:
            return False

    def _mark(self, lock: str) -> str:
        """What the stamp holds for a lock: its digest, for the interpreter that an upgrade of the system may
        have exchanged.
        """
        interpreter = f"{self._version()} {self.python.resolve()}"
        return hashlib.sha256((self.root / lock).read_bytes() + interpreter.encode()).hexdigest()

    def _version(self) -> str:
        """The version of Python that the environment was made for, like 3.11.2."""
        lines = (self.folder / "pyvenv.cfg").read_text().splitlines()
        return next(line.partition("=")[2].strip() for line in lines if line.startswith("version"))

    @contextlib.contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        folder = os.open(self.root, os.O_RDONLY)
        try:
            try:
                fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                progress.say("Another set-up of .venv is under way; waiting for it.")
                fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _fill(self, lock: str) -> None:
        try:
            if self._unfinished.exists() or not self._works():
                self._create()
            self._unfinished.touch()
            self._stamp.unlink(missing_ok=True)
            began = time.monotonic()
            self._install(lock)
            progress.say(f"Done in {time.monotonic() - began:.0f} s.")
            installed = {RUN_LOCK, lock} if lock == TEST_LOCK else {lock}
            self._stamp.write_text("\n".join(sorted(map(self._mark, installed))) + "\n")
            self._unfinished.unlink()
        except OSError as error:
            raise Trouble(
                f"{self.folder} cannot be prepared: {error.strerror} ({error.filename})."
            ) from error

    def _works(self) -> bool:
        """Whether there is an environment here that pip can fill (a system upgrade may have broken it)."""
        try:
            pip = subprocess.run([self.python, "-m", "pip", "--version"], capture_output=True, check=False)
        except OSError:
            return False
        return pip.returncode == 0

    def _create(self) -> None:
        progress.say("Preparing .venv (once; usually under a minute).")
        shutil.rmtree(self.folder, ignore_errors=True)
        made = subprocess.run(
            [sys.executable, "-m", "venv", self.folder],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=processes.tied_to_parent(signal.SIGKILL),
        )
        if made.returncode:
            raise Trouble(
                f"Python could not create {self.folder}:\n{made.stdout}{made.stderr}".rstrip(), status=1
            )

    def _install(self, lock: str) -> None:
        lines = (self.root / lock).read_text().splitlines()
        packages = sum(not line.startswith((" ", "#", "-")) for line in lines)
        last = deque[str](maxlen=20)
        pip = subprocess.Popen(
            [self.python, *_PIP_INSTALL, lock],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            preexec_fn=processes.tied_to_parent(signal.SIGKILL),  # noqa: PLW1509 - a single thread
        )
        with pip, progress.Counter("Installing packages, hashes checked", packages) as counter:
            for line in pip.stdout or ():
                last.append(line)
                if line.startswith(("Collecting", "Processing", "Requirement already satisfied")):
                    counter.step()
        if pip.returncode:
            raise Trouble(f"pip could not install {lock}:\n{''.join(last)}".rstrip(), status=1)


def _refuse_without_the_standard_parts() -> None:
    """Debian and its kin keep a part of the standard library in a package of its own."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise Trouble(
            "This Python lacks venv and pip: install the system package python3-venv "
            "(on Debian and Ubuntu: sudo apt-get install python3-venv), then run this again."
        )
