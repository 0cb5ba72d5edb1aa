"""Rows that take long to make, made once for a whole module; every test is undone back to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import transaction
from django.test import override_settings

T = TypeVar("T")
QUICK = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@contextmanager
def made(make: Callable[[], T], django_db_blocker: Any) -> Iterator[T]:
    """What `make` makes, inside a transaction that is rolled back at the end.

    The transaction of each test is nested in it, so what a test changes in the database is gone after it. What it
    changes in the objects themselves is not: give each test a deep copy of them.
    """
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=QUICK), transaction.atomic():
        yield make()
        transaction.set_rollback(True)
