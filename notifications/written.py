"""Queries and updates whose SQL is written once in the life of a process, and asked again and again with other values.

Django writes the SQL of a query anew each time, which takes longer than most of ours take to be answered. What every
message and every text asks is therefore marked as a `Query` or an `Update`: the function stays what it says, and its
statement is written when it is first asked, with a value that stands for each argument; the real ones are put in where
it stood. Such a function must depend on its arguments only by comparing with them or storing them, and on a moment also
by adding to it or taking from it: never by an `if`. `tests/stepup/test_written.py` holds every one of them against what
Django writes.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Generic, ParamSpec, TypeVar, cast, get_type_hints

from django.db import connections, models, transaction
from django.db.models import QuerySet, sql
from django.db.models.query import get_related_populators

from notifications import prepared

M = TypeVar("M", bound=models.Model)
P = ParamSpec("P")

DB = prepared.DB
EVERY: "list[_Written[Any]]" = []
"""All that were marked, for the test that holds them against what Django writes."""

_YEARS, _NUMBERS = 2000, 31_013
_NEAR = timedelta(days=100)
_ALONG = "_prefetched_objects_cache"  # where Django keeps what was fetched along


class Places:
    """What stands for each argument while a statement is written, and where it stood in it."""

    def __init__(self, kinds: dict[str, type]) -> None:
        self.kinds = kinds
        self.stands: dict[str, Any] = {
            name: _stand_in(kind, name, number) for number, (name, kind) in enumerate(kinds.items())
        }

    def of(self, parameters: Iterable[Any]) -> list[Any]:
        """The parameters of a statement, with a place wherever an argument stood."""
        placed = [self._place(value) for value in parameters]
        if missing := set(self.kinds) - {place.name for place in placed if isinstance(place, _Place)}:
            raise TypeError(
                f"A statement that is written once must hold each argument: {', '.join(missing)} is not in it."
            )
        return placed

    def _place(self, value: Any) -> Any:
        for name, stands in self.stands.items():
            if isinstance(stands, datetime):
                if isinstance(value, datetime) and abs(value - stands) < _NEAR:
                    return _Place(name, later=value - stands)
            elif value == stands and isinstance(value, type(stands)):
                return _Place(name, cast=type(value))
        return value

    def put_in(self, places: Iterable[Any], values: dict[str, Any]) -> list[Any]:
        """The parameters with these arguments. Raises TypeError where one is missing, of another kind, or None."""
        for name, kind in self.kinds.items():
            if not isinstance(values.get(name), kind):
                raise TypeError(
                    f"{name} must be given, as {kind.__name__}: a statement that is written once needs it."
                )
        return [place.filled(values[place.name]) if isinstance(place, _Place) else place for place in places]


@dataclass(frozen=True)
class _Place:
    name: str
    later: timedelta | None = None
    cast: type = str

    def filled(self, value: Any) -> Any:
        return value + self.later if self.later is not None else self.cast(value)


def _stand_in(kind: type, name: str, number: int) -> Any:
    """A value that no statement of ours holds by itself, small enough for any column."""
    if kind is datetime:
        return datetime(_YEARS + number, 1, 1, 12, tzinfo=UTC)
    if kind is int:
        return _NUMBERS + number
    if kind is str:
        return f"\N{REPLACEMENT CHARACTER}{name}"
    raise TypeError(
        f"{name}: only a moment, a whole number or words can stand in a statement that is written once."
    )


class _Written(ABC, Generic[P]):
    """What is common to both: the function, what its arguments are, and the statements made of it."""

    def __init__(self, function: Callable[P, Any]) -> None:
        self.function, self.__doc__, self.__name__ = function, function.__doc__, function.__name__
        self.places = Places(
            {name: kind for name, kind in get_type_hints(function).items() if name != "return"}
        )
        self._statements: dict[str, _Statement] = {}
        EVERY.append(self)

    def statement(self, form: str) -> "_Statement":
        """The statement in one of its forms, written now if it is not yet."""
        if form not in self._statements:
            self._statements[form] = _Statement(self.form(form, self.places.stands), self.places)
        return self._statements[form]

    @abstractmethod
    def form(self, form: str, values: dict[str, Any]) -> sql.Query:
        """What Django is to write with these values."""


class Query(_Written[P], Generic[P, M]):
    """A query that is written once. Called, it is the ordinary query, to go on from."""

    FORMS: tuple[str, ...] = ("rows", "first", "exists")
    function: "Callable[P, QuerySet[M]]"

    def __init__(self, function: "Callable[P, QuerySet[M]]") -> None:
        super().__init__(function)  # said again so that types know of which model the rows are

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> "QuerySet[M]":
        return self.function(*args, **kwargs)

    def rows(self, *args: P.args, **kwargs: P.kwargs) -> list[M]:
        """Every row it finds now."""
        return list(self.statement("rows").rows(kwargs))

    def first(self, *args: P.args, **kwargs: P.kwargs) -> M | None:
        """The first row it finds now, by its order or else the oldest; None where it finds none."""
        return next(self.statement("first").rows(kwargs), None)

    def get(self, *args: P.args, **kwargs: P.kwargs) -> M:
        """The first row it finds now. Raises the model's DoesNotExist where it finds none."""
        row = self.first(*args, **kwargs)
        if row is None:
            missing: type[Exception] = self.statement("first").model.DoesNotExist
            raise missing(f"Nothing is there for {kwargs}.")
        return row

    def exists(self, *args: P.args, **kwargs: P.kwargs) -> bool:
        """Whether it finds any row now."""
        return bool(self.statement("exists").ask(kwargs).rows)

    def form(self, form: str, values: dict[str, Any]) -> sql.Query:
        """The query that one of the three ways asks."""
        found: QuerySet[M] = self.function(**values)  # type: ignore[call-arg]
        if form == "exists":
            return cast("sql.Query", found.query.exists())
        if form == "first":
            return (found if found.ordered else found.order_by("pk"))[:1].query
        return found.query


class Beside(Query[P, M]):
    """A query of which an argument may stand only in what is selected beside the rows: nobody asks it for `exists`."""

    FORMS = ("rows", "first")


class Update(_Written[P]):
    """A guarded update that is written once. Called, it is carried out and says how many rows it changed."""

    FORMS = ("update",)
    function: "Callable[P, tuple[QuerySet[Any], dict[str, Any]]]"

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> int:
        with transaction.mark_for_rollback_on_error(DB):
            return self.statement("update").ask(kwargs).number

    def form(self, form: str, values: dict[str, Any]) -> sql.Query:
        """The update as Django's own `update` makes it."""
        found, changes = self.function(**values)  # type: ignore[call-arg]
        made = cast("sql.UpdateQuery", found.query.chain(sql.UpdateQuery))
        made.add_update_values(changes)
        made.clear_ordering(force=True)
        return made


def is_along(row: models.Model, relation: str) -> bool:
    """Whether the rows of this relation were fetched along with the row."""
    return relation in row.__dict__.get(_ALONG, {})


def put_along(row: models.Model, **found: Sequence[models.Model]) -> None:
    """Let these rows, by relation, be what `prefetch_related` would have fetched along with this one."""
    along = dict(row.__dict__.get(_ALONG, {}))
    for relation, rows in found.items():
        manager = getattr(row, relation)
        for one in rows:
            setattr(one, manager.field.name, row)
        known = manager.all()
        known._result_cache, known._prefetch_done = list(rows), True
        along[relation] = known
    row.__dict__[_ALONG] = along


class _Statement:
    """One statement with the places in it; it stands for a query set where Django makes rows of what was found."""

    def __init__(self, made: sql.Query, places: Places) -> None:
        self.places, self.locks, self.model = places, made.select_for_update, cast("Any", made.model)
        self._compiler = made.get_compiler(DB)
        self.sql, parameters = self._compiler.as_sql()
        self.parameters = places.of(parameters)
        self.text, self.left = fixed(self.sql, self.parameters)

    def ask(self, values: dict[str, Any]) -> prepared.Answer:
        """What is answered with these arguments."""
        if self.locks and connections[DB].get_autocommit():
            raise transaction.TransactionManagementError("Rows are locked inside a transaction only.")
        return prepared.ask(self.text, self.places.put_in(self.left, values))

    def rows(self, values: dict[str, Any]) -> Iterator[Any]:
        """What is found, as rows of the model with what was selected beside them."""
        found = self.ask(values).rows
        return self._maker.rows(found) if found else iter(())

    @cached_property
    def _maker(self) -> "_Maker":
        return _Maker(self._compiler)


def fixed(statement: str, parameters: list[Any]) -> tuple[str, list[Any]]:
    """The statement with the words and numbers that never change written into it, and the parameters that are left.

    A plan that PostgreSQL makes once, for any parameters, uses an index of pending rows only where the statement itself
    says that it wants pending ones.
    """
    pieces, left = statement.split("%s"), list[Any]()
    if len(pieces) != len(parameters) + 1:
        raise TypeError("A statement that is written once must have one place for each parameter.")
    whole = pieces[0]
    for value, piece in zip(parameters, pieces[1:], strict=True):
        if isinstance(value, (str, int)):
            whole += prepared.literal(value) + piece
        else:
            left.append(value)
            whole += "%s" + piece
    return whole, left


class _Maker:
    """Makes rows of a model of what a statement found, as Django does; which column is which is looked up once."""

    def __init__(self, compiler: Any) -> None:
        about = compiler.klass_info
        first, last = about["select_fields"][0], about["select_fields"][-1]
        self._compiler, self._model, self._own = compiler, about["model"], slice(first, last + 1)
        self._names = [column[0].target.attname for column in compiler.select[self._own]]
        self._related = get_related_populators(about, compiler.select, DB)  # type: ignore[call-arg]
        self._beside = list((compiler.annotation_col_map or {}).items())
        self._converters = compiler.get_converters([column[0] for column in compiler.select])

    def rows(self, found: Iterable[Sequence[Any]]) -> Iterator[Any]:
        """A row of the model for each that was found, with the rows it was joined to and what was selected beside."""
        if self._converters:
            found = self._compiler.apply_converters(found, self._converters)
        for columns in found:
            row = self._model.from_db(DB, self._names, columns[self._own])
            for related in self._related:
                related.populate(columns, row)
            for name, place in self._beside:
                setattr(row, name, columns[place])
            yield row
