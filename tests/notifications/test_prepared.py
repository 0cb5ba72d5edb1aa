"""An update that changes a table under a running process must cost it one answer, never more."""

import contextlib

import pytest
from django.db import DataError, OperationalError, close_old_connections, connection
from psycopg.types.datetime import TimestamptzLoader

from notifications import clock, heartbeat, prepared
from notifications.each import each
from notifications.models import Site
from stepup.management.commands import engine
from tests import makers

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def names() -> list[str]:
    return [name for (name,) in prepared.ask("SELECT name FROM notifications_site ORDER BY id").rows]


def planned() -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%%FROM%%notifications_site%%'"
        )
        return int(cursor.fetchone()[0])


def widen(length: int) -> None:
    with contextlib.closing(connection.copy()) as elsewhere, elsewhere.cursor() as cursor:
        cursor.execute(f"ALTER TABLE notifications_site ALTER COLUMN name TYPE varchar({length})")


def test_a_table_changed_under_a_planned_statement_costs_one_answer() -> None:
    site = makers.a_site()
    length = Site._meta.get_field("name").max_length
    assert length
    for _ in range(6):
        assert names() == [site.name]
    assert planned() == 1, "or nothing is shown here"
    widen(length + 1)
    try:
        with pytest.raises(OperationalError, match="opened anew"):
            names()
        close_old_connections()  # as at the end of each request and task
        assert names() == [site.name]
    finally:
        connection.close()
        widen(length)


def demote() -> None:
    """What the rest of this connection finds once another server has become the one that takes writes."""
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")


def test_a_server_that_takes_no_writes_any_more_costs_one_turn_of_the_engine() -> None:
    demote()
    engine._once(lambda *, now: heartbeat.sign_in(heartbeat.ENGINE, now=now))
    assert heartbeat.last_at(heartbeat.ENGINE) is None
    engine._once(lambda *, now: heartbeat.sign_in(heartbeat.ENGINE, now=now))
    assert heartbeat.last_at(heartbeat.ENGINE) is not None


def test_a_server_that_takes_no_writes_any_more_costs_one_request() -> None:
    demote()
    with pytest.raises(OperationalError, match="opened anew"):
        heartbeat.sign_in(heartbeat.WORKER, now=clock.now())
    close_old_connections()  # as at the end of each request and task
    heartbeat.sign_in(heartbeat.WORKER, now=clock.now())


def test_a_server_that_takes_no_writes_any_more_is_no_fault_of_one_row() -> None:
    site = makers.a_site()
    demote()
    with pytest.raises(OperationalError, match="opened anew"):
        each([site.pk], lambda pk: Site.objects.filter(pk=pk).update(name="Another"))
    connection.close()


def test_an_ordinary_query_is_never_planned_for_any_values() -> None:
    makers.a_site()
    for _ in range(6):
        Site.objects.filter(name="Home Hospital").first()
        names()
    assert planned() == 1, "only what is asked to be"


@pytest.mark.parametrize(
    "moment",
    [
        "2027-03-01 08:00:00+00",
        "2027-03-01 08:00:00.1+00",
        "2027-03-01 08:00:00.000001+00",
        "1999-12-31 23:59:59.999999+00",
        "0001-01-01 00:00:00+00",
        "9999-12-31 23:59:59+00",
    ],
)
def test_a_moment_is_read_as_psycopg_reads_it(moment: str) -> None:
    [[ours]] = prepared.ask(f"SELECT '{moment}'::timestamptz").rows
    theirs = TimestamptzLoader(0, connection.connection).load(moment.encode())
    assert (ours, ours.utcoffset()) == (theirs, theirs.utcoffset())
    with connection.cursor() as cursor:
        cursor.execute("SELECT tstzrange(%s, NULL)", [ours])
        assert cursor.fetchone()[0].lower == theirs


def test_what_is_no_moment_is_refused_as_ever() -> None:
    with pytest.raises(DataError, match="infinity"):
        prepared.ask("SELECT 'infinity'::timestamptz")
