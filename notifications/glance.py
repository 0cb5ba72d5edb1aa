"""One statement that tells which of many queries would find a row: an engine with nothing to do asks only this."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Looks = Mapping[str, tuple[Callable[..., "QuerySet[Any]"], ...]]
"""By name, the queries of which one must find a row; each is made by calling it with `now`."""

NOON = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""Stands for the present while the statement is written; every moment in it is kept as a distance from here."""


class Glance:
    """Asks many queries at once whether they would find anything.

    The statement is written once in the life of a process, for writing it costs more than answering it. Each query must
    therefore depend on nothing but `now`, and on that only by adding to it or taking from it.
    """

    def __init__(self, looks: Looks) -> None:
        self.looks = looks
        self._statement = ""
        self._values: list[Any] = []

    @property
    def names(self) -> set[str]:
        """Every name it may answer with."""
        return set(self.looks)

    def at(self, now: datetime) -> set[str]:
        """The names under which a row would be found at `now`."""
        if not self._statement:
            self._write()
        values = [now + value if isinstance(value, timedelta) else value for value in self._values]
        with connection.cursor() as cursor:
            cursor.execute(self._statement, values)
            row = cursor.fetchone() or ()
        return {name for name, found in zip(self.looks, row, strict=True) if found}

    def _write(self) -> None:
        columns, values = [], list[Any]()
        for queries in self.looks.values():
            asked = [query(now=NOON).query.exists().get_compiler("default").as_sql() for query in queries]
            columns.append(" OR ".join(f"EXISTS({sql})" for sql, _ in asked))
            values += [value for _, held in asked for value in held]
        self._values = [value - NOON if isinstance(value, datetime) else value for value in values]
        self._statement = f"SELECT {', '.join(columns)}"
