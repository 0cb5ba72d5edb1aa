"""The story on a database and a broker that somebody else runs, named by DATABASE_URL and REDIS_URL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis

from stepup.local import postgres, servers
from stepup.local.folder import DataFolder
from stepup.local.servers import Servers
from stepup.local.venv import Venv
from tests.faults import night
from tests.service import running

pytestmark = pytest.mark.processes


@pytest.fixture
def outside(tmp_path_factory, monkeypatch) -> Iterator[Servers]:
    """A PostgreSQL and a Valkey that were running before the service, in a place of their own."""
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.delenv(variable, raising=False)
    folder = DataFolder(tmp_path_factory.mktemp("outside") / "data")
    try:
        with servers.running(folder, Venv(), durable=False) as started:
            yield started
    finally:
        servers.remove(folder)


def test_a_fever_is_paged_taken_and_resolved_on_the_servers_that_were_named(tmp_path, outside) -> None:
    named = {"DATABASE_URL": outside.database_url, "REDIS_URL": outside.redis_url}
    with running(tmp_path, **named) as service:
        assert service.status["addresses"]["database"] == outside.database_url
        assert service.status["addresses"]["redis"] == outside.redis_url
        _nothing_embedded(service.status, tmp_path / "data")
        night.dose_is_given_and_checked(service)
        service.provider.text(night.DORA, night.OUR_NUMBER, "38.6 and shaking")
        night.one_page_arrives(service)
        night.case_is_taken_reached_and_resolved(service)
        night.nothing_is_broken(service)
        assert _clients_of_the_broker(outside) > 0, "the worker listens at the named broker"
    with psycopg.connect(outside.database_url) as database:
        [(outcome,)] = database.execute("SELECT outcome FROM monitoring_escalation").fetchall()
    assert outcome == "emergency department", (
        "the record stays on the named database after the service has gone"
    )


def _nothing_embedded(status: dict[str, Any], folder: Path) -> None:
    """No server of the service's own, neither running nor prepared in its folder."""
    own = {"postgres", "valkey"}
    assert not own & (status["pids"].keys() | status["ports"].keys())
    assert not own & {path.name for path in folder.iterdir()}
    assert not postgres.place(folder).exists()


def _clients_of_the_broker(outside: Servers) -> int:
    """How many besides this question are connected."""
    with redis.Redis.from_url(outside.redis_url) as broker:
        return len(broker.client_list()) - 1
