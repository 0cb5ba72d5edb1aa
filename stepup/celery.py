"""The Celery application: a carrier for work that the database already knows is due."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepup.settings")

app = Celery("stepup")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["notifications", "monitoring"])
