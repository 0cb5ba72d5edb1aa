"""PostgreSQL and Valkey for one data folder: embedded, unless the environment names others."""

import contextlib
import os
import shutil
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from stepup.local import ports, postgres
from stepup.local.folder import DataFolder
from stepup.local.postgres import Postgres
from stepup.local.processes import Child
from stepup.local.supervisor import Supervisor
from stepup.local.trouble import Trouble
from stepup.local.valkey import Valkey
from stepup.local.venv import Venv

_PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Servers:
    """Where the database and the broker are, and the children to run for it (none for outside ones)."""

    database_url: str
    redis_url: str
    children: tuple[Child, ...] = ()
    ports: tuple[tuple[str, int], ...] = ()


def of_folder(
    folder: DataFolder,
    venv: Venv,
    *,
    durable: bool = True,
    besides: Collection[int] = (),
    only_embedded: bool = False,
) -> Servers:
    """The servers that `folder` is to use; embedded ones are created on the first call. Starts nothing.

    With `only_embedded`, those that the environment names are left alone.

    None of them takes a port of `besides`: who promised those to a part that starts later still finds them free.
    """
    secrets, packages = folder.secrets(), venv.site_packages()
    named: Mapping[str, str] = {} if only_embedded else os.environ
    database_url, redis_url = named.get("DATABASE_URL", ""), named.get("REDIS_URL", "")
    children: list[Child] = []
    used: dict[str, int] = {}
    if not database_url:
        used["postgres"] = port = ports.free_port(besides=besides)
        password = secrets.database_password
        database = Postgres(folder.path, packages, password=password, port=port, durable=durable)
        database.create()
        database_url = database.url
        children.append(database.child(folder.log("postgres")))
    if not redis_url:
        used["valkey"] = port = ports.free_port(besides=[*besides, *used.values()])
        broker = Valkey(folder.path, packages, password=secrets.broker_password, port=port, durable=durable)
        broker.create()
        redis_url = broker.url
        children.append(broker.child(folder.log("valkey")))
    return Servers(database_url, redis_url, tuple(children), tuple(used.items()))


@contextlib.contextmanager
def running(
    folder: DataFolder, venv: Venv, *, durable: bool = True, only_embedded: bool = False
) -> Iterator[Servers]:
    """The folder's servers, running: those of whoever holds the folder now, or our own for the time being."""
    with folder.held() as ours:
        if not ours:
            yield _of_the_holder(folder)
            return
        servers = of_folder(folder, venv, durable=durable, only_embedded=only_embedded)
        supervisor = Supervisor()
        try:
            supervisor.start(servers.children)
            folder.write_status(
                {
                    "pid": os.getpid(),
                    "addresses": {"database": servers.database_url, "redis": servers.redis_url},
                    "ports": dict(servers.ports),
                    "pids": supervisor.pids(),
                    "ready": True,
                }
            )
            yield servers
        finally:
            supervisor.stop()


def _of_the_holder(folder: DataFolder) -> Servers:
    """Where the servers of the process that holds the folder are, as soon as it says that they are ready."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not (status := folder.read_status()).get("ready"):
        if time.monotonic() > deadline:
            raise Trouble(
                f"Another command has been starting on {folder.path} for a minute; stop it and try again."
            )
        time.sleep(0.1)
    addresses = status["addresses"]
    return Servers(database_url=addresses["database"], redis_url=addresses["redis"])


def remove(folder: DataFolder) -> None:
    """Delete a data folder with everything that belongs to it. For throw-away ones."""
    for path in (postgres.place(folder.path), folder.path):
        shutil.rmtree(path, ignore_errors=True)
