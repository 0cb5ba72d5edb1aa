"""Clinicians, shifts, and the only way messages leave or enter."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from notifications import prepared, provider_errors


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """A table of errors that is not whole keeps the service from starting."""
        provider_errors.table()
        connection_created.connect(prepared.keep_statements)
