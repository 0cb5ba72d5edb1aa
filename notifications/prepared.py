"""How each connection keeps the plans of what it asks again and again."""

from collections.abc import Callable
from typing import Any

from django.db import NotSupportedError, OperationalError
from django.db.backends.postgresql.base import DatabaseWrapper

STATEMENTS_KEPT = 500
"""More than a text and a turn of the engine ask between them, so that none is dropped."""

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


def keep_statements(connection: DatabaseWrapper, **_: Any) -> None:
    """Let a new connection keep as many plans as the service needs, and be opened anew where they fit no more."""
    connection.connection.prepared_max = STATEMENTS_KEPT
    if _ask not in connection.execute_wrappers:
        connection.execute_wrappers.append(_ask)


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
