"""Whom PostgreSQL runs as. It refuses to run as root, so there it gets an account that may do nothing else."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

from stepup.local.trouble import Trouble

# Accounts that every Unix has, the least privileged first. None is created and none is changed.
_CANDIDATES = ("nobody", "daemon")


@dataclass(frozen=True)
class Account:
    """An existing unprivileged user of this machine."""

    name: str
    uid: int
    gid: int

    def may_enter(self, path: Path) -> bool:
        """Whether this account may enter the folder (or run the file) at `path`, through all its parents."""
        asked = subprocess.run(
            ["test", "-x", str(path)],
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd="/",
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        return asked.returncode == 0

    def own(self, path: Path) -> None:
        """Give `path`, one of our own files or folders, to this account, with everything below it."""
        for folder, _, files in os.walk(path):
            os.chown(folder, self.uid, self.gid)
            for name in files:
                os.chown(Path(folder, name), self.uid, self.gid, follow_symlinks=False)
        if not path.is_dir():
            os.chown(path, self.uid, self.gid)


def of_servers(owner_of: Path) -> Account | None:
    """The account for PostgreSQL: none needed for an ordinary user; as root the owner of the files at
    `owner_of` when they exist already, otherwise `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if owner_of.exists() and (uid := owner_of.stat().st_uid) != 0:
        return _account(pwd.getpwuid(uid))
    for name in _CANDIDATES:
        try:
            return _account(pwd.getpwnam(name))
        except KeyError:
            continue
    raise Trouble(
        "PostgreSQL does not run as root and there is no user `nobody` here: run this as an ordinary user."
    )


def _account(entry: pwd.struct_passwd) -> Account:
    return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
