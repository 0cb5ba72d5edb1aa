"""The Celery application: a carrier for work that the database already knows is due."""

import logging.config
import os

from celery import Celery, signals
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stepup.settings")

app = Celery("stepup")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["notifications", "monitoring"])


@signals.setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """A worker logs as every other process does: its own set-up would write exceptions with the words in them."""
    logging.config.dictConfig(settings.LOGGING)
