"""The settings of the small service: the same variables as the real one, and almost nothing else."""

import environ

env = environ.Env()
SECRET_KEY = env.str("SECRET_KEY", default="x")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "stepup"]
DATABASES = {"default": env.db_url_config(env.str("DATABASE_URL", default="") or "postgres://localhost/none")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = "stepup.urls"
USE_TZ = True
CELERY_BROKER_URL = env.str("REDIS_URL", default="") or "memory://"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
