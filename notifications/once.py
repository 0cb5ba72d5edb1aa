"""Rows that are written once: always anew, under a unique key by whoever comes first or last; and what changes of one.

Django's own `create` and `save` write their SQL anew for each row and look for what else would have to be written with
it. What every message and every text leaves behind is therefore put in by a statement that is made once for each model,
and changed by one for each set of its fields. No `save` of a model and no signal is called.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any, TypeVar

from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    IntegrityError,
    connection,
    connections,
    models,
    transaction,
)

from notifications import prepared

M = TypeVar("M", bound=models.Model)
PASSED_OVER = "ON CONFLICT DO NOTHING RETURNING"


def add(model: type[M], **facts: Any) -> M:
    """A new row, like `create`. Raises IntegrityError where a constraint is in the way."""
    row = model(**facts)
    _write(row, "RETURNING")
    return row


def add_each(rows: Iterable[M]) -> list[M]:
    """New rows of one model in one statement, in this order, like `bulk_create`; whatever number there is of them."""
    added = list(rows)
    if not added:
        return added
    fields, statement = _statement_for_each(type(added[0]))
    line = connections[DEFAULT_DB_ALIAS]
    columns = [
        [field.get_db_prep_save(field.pre_save(row, add=True), line) for row in added] for field in fields
    ]
    with transaction.mark_for_rollback_on_error(line.alias):
        made = prepared.ask(statement, columns).rows
    for row, [pk] in zip(added, made, strict=True):
        row.pk = pk
        row._state.adding, row._state.db = False, line.alias
    return added


def put(model: type[M], *, defaults: dict[str, Any], **key: Any) -> tuple[M, bool]:
    """The row with this unique key, written now if it is not there yet, and whether it was.

    Like `get_or_create`, for what is nearly always new: it writes first and looks only where that is refused, and it
    needs no savepoint, for the database passes over a key that is there. Raises IntegrityError where anything but the
    key is in the way.
    """
    row = model(**key, **defaults)
    return (row, True) if _write(row, PASSED_OVER) else (_there(model, key), False)


def add_if_free(model: type[M], **facts: Any) -> M | None:
    """A new row, or None where another has one of its unique keys, whichever that is. Needs no savepoint."""
    row = model(**facts)
    return row if _write(row, PASSED_OVER) else None


def put_with(
    model: type[M], part: models.Model, *, of: str, defaults: dict[str, Any], **key: Any
) -> tuple[M, bool]:
    """As `put`, and in the same statement the `part` of it, whose relation to the row is named by `of`.

    Where the row is there already nothing is written. The part is not given its number.
    """
    row = model(**key, **defaults)
    fields, _ = _statement(model, PASSED_OVER)
    of_part, statement = _with_part(model, type(part), of)
    if _numbered(row, statement, [*_values(row, fields), *_values(part, of_part)]):
        return row, True
    return _there(model, key), False


def _there(model: type[M], key: dict[str, Any]) -> M:
    """The row with this key, which was there first."""
    found = model._default_manager.filter(**key).first()
    if found is None:
        raise IntegrityError(f"{model._meta.label}: something else than its key is in the way.")
    return found


def change(row: models.Model, *fields: str) -> None:
    """Keep these fields as they stand in the row now, like `save(update_fields=...)`. The caller holds the row.

    Raises IntegrityError where a constraint is in the way, and DatabaseError where the row is there no more.
    """
    changed, statement = _change(type(row), fields)
    line = connections[DEFAULT_DB_ALIAS]
    values = [field.get_db_prep_save(field.pre_save(row, add=False), line) for field in changed]
    with transaction.mark_for_rollback_on_error(line.alias):
        if prepared.ask(statement, [*values, row.pk]).number != 1:
            raise DatabaseError(f"{row._meta.label} {row.pk} is there no more.")


def put_over(model: type[M], *, key: str, **facts: Any) -> M:
    """The row with this unique key, new or with these facts over those that stood there."""
    quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
    columns = {field.name: quote(str(field.column)) for field in model._meta.local_concrete_fields}
    over = ", ".join(f"{columns[name]} = EXCLUDED.{columns[name]}" for name in facts if name != key)
    row = model(**facts)
    _write(row, f"ON CONFLICT ({columns[key]}) DO UPDATE SET {over} RETURNING")
    return row


def _write(row: models.Model, ending: str) -> bool:
    """Put the row in and give it its number; False where the database passed over it."""
    fields, statement = _statement(type(row), ending)
    return _numbered(row, statement, _values(row, fields))


def _values(row: models.Model, fields: list["models.Field[Any, Any]"]) -> list[Any]:
    """What a new row holds in these fields, as the database takes it."""
    line = connections[DEFAULT_DB_ALIAS]  # `connection` looks it up again for every value
    return [field.get_db_prep_save(field.pre_save(row, add=True), line) for field in fields]


def _numbered(row: models.Model, statement: str, values: list[Any]) -> bool:
    """Carry out what puts the row in, and give it its number; False where the database passed over it."""
    line = connections[DEFAULT_DB_ALIAS]
    with transaction.mark_for_rollback_on_error(line.alias):
        made = prepared.ask(statement, values).rows
    if not made:
        return False
    [[row.pk]] = made
    row._state.adding, row._state.db = False, line.alias
    return True


@cache
def _statement(model: type[models.Model], ending: str) -> tuple[list["models.Field[Any, Any]"], str]:
    """The fields that are written, and the statement that writes them; made once for each model."""
    fields, into, key = _written(model)
    places = ", ".join("%s" for _ in fields)
    return fields, f"{into} VALUES ({places}) {ending} {key}"


@cache
def _statement_for_each(model: type[models.Model]) -> tuple[list["models.Field[Any, Any]"], str]:
    """The fields of many new rows, and the statement that writes them from one list for each field."""
    fields, into, key = _written(model)
    # Without a length: a cast to it would cut what is too long, where the column refuses it.
    kinds = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    if any(kind.endswith(("[]", "range")) for kind in kinds):
        raise TypeError(f"{model._meta.label} has a column that is a list itself.")
    lists = ", ".join(f"%s::{kind}[]" for kind in kinds)
    return fields, f"{into} SELECT * FROM unnest({lists}) RETURNING {key}"  # noqa: S608 - names of columns


def _written(model: type[models.Model]) -> tuple[list["models.Field[Any, Any]"], str, str]:
    """The fields of a new row, how a statement that writes them begins, and the column of its number."""
    [key] = [field for field in model._meta.local_concrete_fields if field.primary_key]
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    if not isinstance(key, models.AutoField) or any(hasattr(field, "get_placeholder") for field in fields):
        raise TypeError(f"{model._meta.label} has a column that only Django's own `create` can write.")
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    return fields, f"INSERT INTO {quote(model._meta.db_table)} ({columns})", quote(str(key.column))


@cache
def _with_part(
    model: type[models.Model], part: type[models.Model], of: str
) -> tuple[list["models.Field[Any, Any]"], str]:
    """The fields of the part but for its relation, and the statement that writes both rows, or neither."""
    _, whole = _statement(model, PASSED_OVER)
    written, _ = _statement(part, "RETURNING")
    fields = [field for field in written if field.name != of]
    [relation] = [field for field in written if field.name == of]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in [relation, *fields])
    key, places = quote(str(model._meta.pk.column)), ", ".join("%s" for _ in fields)
    return fields, (
        f"WITH whole AS ({whole}), part AS (INSERT INTO {quote(part._meta.db_table)} ({columns})"  # noqa: S608 - names
        f" SELECT whole.{key}, {places} FROM whole) SELECT {key} FROM whole"
    )


@cache
def _change(model: type[models.Model], names: tuple[str, ...]) -> tuple[list["models.Field[Any, Any]"], str]:
    """The fields that are changed, and the statement that changes them; made once for each set of fields."""
    named = {field.name: field for field in model._meta.local_concrete_fields}
    fields = [named[name] for name in names]
    quote = connection.ops.quote_name
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    places = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
    return fields, f"UPDATE {table} SET {places} WHERE {key} = %s"  # noqa: S608 - names of columns
