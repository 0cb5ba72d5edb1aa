"""Patients, watches, check-ins and escalations."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    name = "monitoring"
