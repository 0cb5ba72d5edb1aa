"""One statement that tells which of many queries would find a row, so that only those are asked one by one.

An engine with nothing to do asks no more than this; a text asks it what stands about whoever wrote.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

Looks = Mapping[str, tuple[Callable[..., "QuerySet[Any]"], ...]]
"""By name, the queries of which one must find a row; each is made by calling it with `now` and what it is about."""

NOON = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""Stands for the present while the statement is written; every moment in it is kept as a distance from here."""


class Glance:
    """Asks many queries at once whether they would find anything.

    The statement is written once in the life of a process, for writing it costs more than answering it. Each query must
    therefore depend on `now` only by adding to it or taking from it, and on what it is about only by comparing with it.

    `about` names what else the queries are called with, each with a value that stands for it while the statement is
    written, and that no query holds otherwise.
    """

    def __init__(self, looks: Looks, **about: int | str) -> None:
        self.looks, self.about = looks, about
        self._statement = ""
        self._values: list[Any] = []

    @property
    def names(self) -> set[str]:
        """Every name it may answer with."""
        return set(self.looks)

    def at(self, now: datetime, **about: int | str) -> set[str]:
        """The names under which a row would be found at `now`, about these."""
        if not self._statement:
            self.write()
        with connection.cursor() as cursor:
            cursor.execute(self._statement, [_put_in(value, now, about) for value in self._values])
            row = cursor.fetchone() or ()
        return {name for name, found in zip(self.looks, row, strict=True) if found}

    def write(self) -> None:
        """Write the statement now rather than when it is first asked. Needs no database."""
        columns, values = [], list[Any]()
        for queries in self.looks.values():
            made = [query(now=NOON, **self.about) for query in queries]
            asked = [one.query.exists().get_compiler("default").as_sql() for one in made]
            columns.append(" OR ".join(f"EXISTS({sql})" for sql, _ in asked))
            values += [value for _, held in asked for value in held]
        self._values = [self._taken_out(value) for value in values]
        self._statement = f"SELECT {', '.join(columns)}"

    def _taken_out(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return value - NOON
        named = [
            name for name, stands in self.about.items() if stands == value and type(stands) is type(value)
        ]
        return _About(named[0]) if named else value


@dataclass(frozen=True)
class _About:
    """The place of a value that is only known when the statement is asked."""

    name: str


def _put_in(value: Any, now: datetime, about: Mapping[str, int | str]) -> Any:
    if isinstance(value, timedelta):
        return now + value
    return about[value.name] if isinstance(value, _About) else value
