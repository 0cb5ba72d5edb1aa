"""One statement that tells which of many queries would find a row, so that only those are asked one by one.

An engine with nothing to do asks no more than this; a text asks it what stands about whoever wrote.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, TypeVar, cast

from django.db import models
from django.db.models import Exists, QuerySet

from notifications import prepared

M = TypeVar("M", bound=models.Model)

Looks = Mapping[str, tuple[Callable[..., "QuerySet[Any]"], ...]]
"""By name, the queries of which one must find a row; each is made by calling it with `now` and what it is about."""

NOON = datetime(2000, 1, 1, 12, tzinfo=UTC)
"""Stands for the present while the statement is written; every moment in it is kept as a distance from here."""


class Glance:
    """Asks many queries at once whether they would find anything.

    The statement is written once in the life of a process, for writing it costs more than answering it. Each query must
    therefore depend on `now` only by adding to it or taking from it, and on what it is about only by comparing with it.
    What is always the same stands in the statement itself: only then can the database, when it plans the statement once
    for every moment, use the indexes over what is unfinished. Otherwise it would read all that is finished.

    `about` names what else the queries are called with, each with a value that stands for it while the statement is
    written, and that no query holds otherwise.
    """

    def __init__(self, looks: Looks, **about: int | str | datetime) -> None:
        self.looks, self.about = looks, about
        self._statement = ""
        self._places: list[_Moment | _About] = []

    @property
    def names(self) -> set[str]:
        """Every name it may answer with."""
        return set(self.looks)

    def at(self, now: datetime, **about: int | str | datetime) -> set[str]:
        """The names under which a row would be found at `now`, about these."""
        statement, values = self.asked(now, **about)
        [row] = prepared.ask(statement, values).rows
        return {name for name, found in zip(self.looks, row, strict=True) if found}

    def beside(
        self, rows: "QuerySet[M]", now: datetime, *, known: Iterable[str], **about: int | str | datetime
    ) -> "QuerySet[M]":
        """The rows, each with what would be found: for `seen_beside`. What is `known` with a row is not looked for."""
        looks = {
            _beside(name): reduce(or_, [Exists(query(now=now, **about)) for query in queries])
            for name, queries in self.looks.items()
            if name not in known
        }
        return cast("QuerySet[M]", rows.annotate(**looks))

    def seen_beside(self, row: models.Model) -> set[str]:
        """The names that one of the rows of `beside` was found with."""
        return {name for name in self.looks if getattr(row, _beside(name), False)}

    def asked(self, now: datetime, **about: int | str | datetime) -> tuple[str, list[Any]]:
        """The statement, and the values it is asked with at `now`, about these."""
        if not self._statement:
            self.write()
        return self._statement, [place.filled(now, about) for place in self._places]

    def write(self) -> None:
        """Write the statement now rather than when it is first asked. Needs no database."""
        columns, places = [], list[_Moment | _About]()
        for queries in self.looks.values():
            made = [query(now=NOON, **self.about) for query in queries]
            asked = [one.query.exists().get_compiler("default").as_sql() for one in made]
            columns.append(" OR ".join(f"EXISTS({self._fixed(text, held)})" for text, held in asked))
            places += [place for _, held in asked for value in held if (place := self._place(value))]
        self._places = places
        self._statement = f"SELECT {', '.join(columns)}"

    def _fixed(self, text: str, held: Iterable[Any]) -> str:
        """The text of one query, with the values it holds written out unless they are only known when it is asked."""
        filled = tuple("%s" if self._place(value) else prepared.literal(value) for value in held)
        return text.replace("%%", "%%%%") % filled

    def _place(self, value: Any) -> "_Moment | _About | None":
        named = [
            name for name, stands in self.about.items() if stands == value and type(stands) is type(value)
        ]
        if named:
            return _About(named[0])
        return _Moment(value - NOON) if isinstance(value, datetime) else None


def _beside(name: str) -> str:
    return f"glance_{name.replace(' ', '_')}"


@dataclass(frozen=True)
class _Moment:
    """The place of a moment so far from the present, which is only known when the statement is asked."""

    later: timedelta

    def filled(self, now: datetime, about: Mapping[str, Any]) -> datetime:
        """The moment at `now`."""
        return now + self.later


@dataclass(frozen=True)
class _About:
    """The place of a value that is only known when the statement is asked."""

    name: str

    def filled(self, now: datetime, about: Mapping[str, int | str | datetime]) -> int | str | datetime:
        """The value of this name."""
        return about[self.name]
