"""The project as a Django app: courses and doses, and the Celery application that `shared_task` binds to."""

from django.apps import AppConfig

from stepup.celery import app as celery_app


class StepUpConfig(AppConfig):
    name = "stepup"
    celery_app = celery_app
