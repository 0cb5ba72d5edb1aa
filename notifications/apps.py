"""Clinicians, shifts, and the only way messages leave or enter."""

from django.apps import AppConfig

from notifications import provider_errors


class NotificationsConfig(AppConfig):
    name = "notifications"

    def ready(self) -> None:
        """A table of errors that is not whole keeps the service from starting."""
        provider_errors.table()
