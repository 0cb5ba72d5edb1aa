"""Statements that PostgreSQL plans once for each connection: those that are written once, and no others.

A plan that is made for any parameters knows none of them. Where `state = $1` stands, it cannot use an index of pending
rows, and with a LIMIT it may take reading a whole table for cheap. An ordinary query is therefore planned each time,
for its values; what is written once says itself what never changes, and is planned once.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, cast

from django.db import InternalError, NotSupportedError, OperationalError, connections
from django.db.backends.postgresql.base import DatabaseWrapper, ServerBindingCursor
from psycopg.errors import ReadOnlySqlTransaction
from psycopg.sql import Literal
from psycopg.types.datetime import TimestamptzLoader

DB = "default"
STATEMENTS_KEPT = 500
"""More than a text and a turn of the engine ask between them, so that none is dropped."""

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def keep_statements(connection: DatabaseWrapper, **_: Any) -> None:
    """Let a new connection keep as many plans as the service needs, and be opened anew where they fit no more."""
    line = connection.connection
    line.prepared_max = STATEMENTS_KEPT
    line.adapters.register_loader("timestamptz", _Moments)
    line.planned = _Planned(line)  # type: ignore[call-arg]
    if _ask not in connection.execute_wrappers:
        connection.execute_wrappers.append(_ask)


class _Moments(TimestamptzLoader):
    """Moments as the database writes them in UTC, read by Python's own reader: most rows have several."""

    timezone = UTC  # Django asks for it before each of its queries

    def load(self, data: Any) -> datetime:
        """The moment; what Python's reader does not take is left to psycopg's."""
        try:
            return datetime.fromisoformat(bytes(data).decode())
        except ValueError:
            return super().load(data).replace(tzinfo=UTC)


def literal(value: Any) -> str:
    """A value as it stands in a statement that is asked with others: a per cent sign in it is doubled."""
    return Literal(value).as_string(None).replace("%", "%%")


class Answer(NamedTuple):
    """All that a statement answered: the rows it found or returned, and how many rows it found or changed."""

    rows: list[tuple[Any, ...]]
    number: int


def ask(statement: str, parameters: Sequence[Any] = ()) -> Answer:
    """Carry out, by its plan, a statement that says itself what never changes, and take in all of its answer.

    The connection keeps one cursor for this: to make one for each statement takes longer than most statements.
    Raises what Django raises.
    """
    connection = cast("DatabaseWrapper", connections[DB])
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    planned: _Planned = connection.connection.planned
    cursor = connection._prepare_cursor(planned)  # type: ignore[attr-defined]
    cursor.execute(statement, parameters)
    return Answer(cursor.fetchall() if planned.finds_rows else [], cursor.rowcount)


class _Planned(ServerBindingCursor):
    """Prepares what it carries out; the connection's other cursors never do."""

    def execute(self, query: Any, params: Any = None, **_: Any) -> Any:
        """Carry it out by its plan, which is made now if it is not yet."""
        line = self.connection  # type: ignore[attr-defined]
        line.prepare_threshold = 0
        try:
            return super().execute(query, params, prepare=True)  # type: ignore[misc]
        finally:
            line.prepare_threshold = None

    @property
    def finds_rows(self) -> bool:
        """Whether what was carried out last answers with rows, were it none of them."""
        return bool(self.pgresult.nfields)  # type: ignore[attr-defined]


def _ask(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Carry a statement out; where its connection can be of no more use, have that opened anew.

    An update changed a table under its plan, or another server is the one that takes writes by now. Every part takes
    an OperationalError for a database that was away: it closes the connection and comes back.
    """
    try:
        return execute(sql, params, many, context)
    except NotSupportedError as refused:
        if "cached plan" not in str(refused):
            raise
        why = "A table was changed under a planned statement"
        raise _opened_anew(context, why) from refused
    except InternalError as refused:
        if not isinstance(refused.__cause__, ReadOnlySqlTransaction):
            raise
        raise _opened_anew(context, "This server takes no writes any more") from refused


def _opened_anew(context: dict[str, Any], why: str) -> OperationalError:
    context["connection"].close_at = 0.0  # at the end of this request or task
    return OperationalError(f"{why}; the connection is opened anew.")
