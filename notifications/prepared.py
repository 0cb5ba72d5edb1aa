"""Statements that PostgreSQL plans once for each connection: those that are written once, and no others.

A plan that is made for any parameters knows none of them. Where `state = $1` stands, it cannot use an index of pending
rows, and with a LIMIT it may take reading a whole table for cheap. An ordinary query is therefore planned each time,
for its values; what is written once says itself what never changes, and is planned once.
"""

from collections.abc import Callable
from typing import Any, cast

from django.db import NotSupportedError, OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper, ServerBindingCursor
from django.db.backends.utils import CursorWrapper
from psycopg.sql import Literal

STATEMENTS_KEPT = 500
"""More than a text and a turn of the engine ask between them, so that none is dropped."""

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def keep_statements(connection: DatabaseWrapper, **_: Any) -> None:
    """Let a new connection keep as many plans as the service needs, and be opened anew where they fit no more."""
    connection.connection.prepared_max = STATEMENTS_KEPT
    if _ask not in connection.execute_wrappers:
        connection.execute_wrappers.append(_ask)


def literal(value: Any) -> str:
    """A value as it stands in a statement that is asked with others: a per cent sign in it is doubled."""
    return Literal(value).as_string(None).replace("%", "%%")


def cursor(connection: Any) -> CursorWrapper:
    """A cursor, to be closed, whose statements are planned once: for those that say themselves what never changes."""
    connection.close_if_health_check_failed()
    connection.ensure_connection()
    with connection.wrap_database_errors:
        return cast("CursorWrapper", connection._prepare_cursor(_Planned(connection.connection)))  # type: ignore[call-arg]


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


def _ask(execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
    """Carry a statement out; where an update changed a table under its plan, have the connection opened anew.

    Every part takes an OperationalError for a database that was away: it closes the connection and comes back.
    """
    try:
        return execute(sql, params, many, context)
    except NotSupportedError as refused:
        if "cached plan" not in str(refused):
            raise
        context["connection"].close_at = 0.0  # at the end of this request or task
        raise OperationalError(
            "A table was changed under a planned statement; the connection is opened anew."
        ) from refused
