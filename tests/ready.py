"""Databases with today's tables in them, for whoever would otherwise wait for every migration again."""

import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import redis
from psycopg import sql

from stepup.local import environment, steps
from stepup.local.folder import DataFolder
from stepup.local.venv import Venv

ROOT = Path(__file__).resolve().parent.parent
_ONE_AT_A_TIME = 5_303_700
# Of the broker's sixteen shelves: unit tests use the first few.
_SHELF = 12


def named(folder: Path) -> dict[str, str]:
    """DATABASE_URL and REDIS_URL of servers that run already, with all tables and nothing in them.

    Empty where no servers run for the tests: a service then starts its own.
    """
    database, broker = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not database or not broker:
        return {}
    name = f"ready_{secrets.token_hex(6)}"
    with tables(database, broker, folder) as (connection, template):
        _run(connection, "CREATE DATABASE {} TEMPLATE {}", name, template)
    shelf = _SHELF + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 4
    broker = _at(broker, str(shelf))
    with redis.Redis.from_url(broker) as connected:
        connected.flushdb()
    return {"DATABASE_URL": _at(database, name), "REDIS_URL": broker}


@contextmanager
def tables(database: str, broker: str, folder: Path) -> Iterator[tuple[psycopg.Connection, str]]:
    """The name of the database to copy, made where there is none yet; nobody else copies it inside the with-block."""
    template = f"tables_{_shape()}"
    with psycopg.connect(_at(database, "postgres"), autocommit=True) as connection:
        # Another process may be making the tables, or copying them: a copy needs them alone.
        connection.execute("SELECT pg_advisory_lock(%s)", [_ONE_AT_A_TIME])
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template]).fetchone():
            _make(connection, _at(database, f"{template}_unfinished"), broker, folder)
            _run(connection, "ALTER DATABASE {} RENAME TO {}", f"{template}_unfinished", template)
        yield connection, template


def _make(connection: psycopg.Connection, database: str, broker: str, folder: Path) -> None:
    unfinished = urlsplit(database).path.removeprefix("/")
    _run(connection, "DROP DATABASE IF EXISTS {}", unfinished)
    _run(connection, "CREATE DATABASE {}", unfinished)
    place = DataFolder(folder / "tables")
    place.create()
    settings = environment.of_service(place.secrets(), database_url=database, redis_url=broker, kind="test")
    steps.migrate(Venv(), place, settings)


def _shape() -> str:
    """One word for every migration as it is written now."""
    digest = hashlib.sha256()
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _run(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _at(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()
