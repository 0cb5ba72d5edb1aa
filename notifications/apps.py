"""Clinicians, shifts, and the only way messages leave or enter."""

from typing import Any

from django.apps import AppConfig
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.backends.signals import connection_created

from notifications import provider_errors

STATEMENTS_KEPT = 500
"""By each connection, planned: more than a text and a turn of the engine ask between them, so that none is dropped."""


def keep_statements(connection: DatabaseWrapper, **_: Any) -> None:
    """Let a new connection keep as many planned statements as the service asks."""
    connection.connection.prepared_max = STATEMENTS_KEPT


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """A table of errors that is not whole keeps the service from starting."""
        provider_errors.table()
        connection_created.connect(keep_statements)
