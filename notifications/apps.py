"""Clinicians, shifts, and the only way messages leave or enter."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "notifications"
