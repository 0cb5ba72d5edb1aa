"""A worker with nothing to do."""

from celery import Celery

app = Celery("stepup")
app.config_from_object("django.conf:settings", namespace="CELERY")
