"""Rows that are written once, under a unique key."""

from typing import Any, TypeVar

from django.db import IntegrityError, models, transaction

M = TypeVar("M", bound=models.Model)


def put(model: type[M], *, defaults: dict[str, Any], **key: Any) -> tuple[M, bool]:
    """The row with this unique key, written now if it is not there yet, and whether it was.

    Like `get_or_create`, for what is nearly always new: it writes first and looks only where that is refused. Raises
    IntegrityError where anything but the key is in the way.
    """
    rows = model._default_manager
    try:
        with transaction.atomic():
            return rows.create(**key, **defaults), True
    except IntegrityError:
        found = rows.filter(**key).first()
        if found is None:
            raise
        return found, False
