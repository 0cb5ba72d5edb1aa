"""Rows that are written once, under a unique key."""

from functools import cache
from typing import Any, TypeVar

from django.db import IntegrityError, connection, models

M = TypeVar("M", bound=models.Model)


def put(model: type[M], *, defaults: dict[str, Any], **key: Any) -> tuple[M, bool]:
    """The row with this unique key, written now if it is not there yet, and whether it was.

    Like `get_or_create`, for what is nearly always new: it writes first and looks only where that is refused, and it
    needs no savepoint, for the database passes over a key that is there. Raises IntegrityError where anything but the
    key is in the way.
    """
    row = model(**key, **defaults)
    fields, statement = _statement(model)
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        made = cursor.fetchone()
    if made is not None:
        [row.pk] = made
        row._state.adding, row._state.db = False, connection.alias
        return row, True
    found = model._default_manager.filter(**key).first()
    if found is None:
        raise IntegrityError(f"{model._meta.label}: something else than its key is in the way.")
    return found, False


@cache
def _statement(model: type[models.Model]) -> tuple[list["models.Field[Any, Any]"], str]:
    """The fields that are written, and the statement that writes them; made once for each model."""
    [key] = [field for field in model._meta.local_concrete_fields if field.primary_key]
    fields = [field for field in model._meta.local_concrete_fields if not field.primary_key]
    quote = connection.ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join("%s" for _ in fields)
    return fields, (
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - names of columns
        f" ON CONFLICT DO NOTHING RETURNING {quote(str(key.column))}"
    )
