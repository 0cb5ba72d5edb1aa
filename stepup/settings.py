"""Django settings. The only reader of environment variables; every variable is named in .env.example.

STEPUP_ENV says where the service runs: `production` (the default, and strict), `demo` (the embedded set-up on
one machine) or `test`. A production start with anything unsafe is refused with a sentence each.
"""

from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

from stepup import production

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

STEPUP_ENV = env.str("STEPUP_ENV", default="production")
if STEPUP_ENV not in {"production", "demo", "test"}:
    raise ImproperlyConfigured("STEPUP_ENV is production, demo or test.")

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
PUBLIC_BASE_URL = env.str("PUBLIC_BASE_URL", default="").rstrip("/")
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")

TWILIO_ACCOUNT_SID = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_AUTH_TOKEN_PREVIOUS = env.str("TWILIO_AUTH_TOKEN_PREVIOUS", default="")
TWILIO_API_BASE = env.str("TWILIO_API_BASE", default="https://api.twilio.com").rstrip("/")
# A second account, by which pages leave while the first cannot send. Empty: there is none.
TWILIO_SECOND_ACCOUNT_SID = env.str("TWILIO_SECOND_ACCOUNT_SID", default="")
TWILIO_SECOND_AUTH_TOKEN = env.str("TWILIO_SECOND_AUTH_TOKEN", default="")
TWILIO_SECOND_AUTH_TOKEN_PREVIOUS = env.str("TWILIO_SECOND_AUTH_TOKEN_PREVIOUS", default="")
TWILIO_SECOND_API_BASE = env.str("TWILIO_SECOND_API_BASE", default="https://api.twilio.com").rstrip("/")
# Shown by whoever reads /metrics. Empty: there is no such page.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")
PHONES_PAGE_URL = env.str("DOUBLE_URL", default="")

# Where the downtime list is kept for an outage; empty: nowhere. A day of lists, one every quarter of an hour.
DOWNTIME_FOLDER = env.str("DOWNTIME_FOLDER", default="")
DOWNTIME_KEEP = env.int("DOWNTIME_KEEP", default=96)

# A file that names the point at which a test kills the process; nothing in production can ask for that.
CRASH_SWITCH = env.str("STEPUP_CRASH_SWITCH", default="") if STEPUP_ENV != "production" else ""

# The demo may move its own clock forward, so that a night fits into ten minutes. Production never can.
DEMO_CLOCK = STEPUP_ENV in {"demo", "test"}

if STEPUP_ENV == "production":
    problems = production.problems(
        secret_key=SECRET_KEY,
        debug=DEBUG,
        allowed_hosts=ALLOWED_HOSTS,
        public_base_url=PUBLIC_BASE_URL,
        database_url=DATABASE_URL,
        redis_url=REDIS_URL,
        account_sid=TWILIO_ACCOUNT_SID,
        auth_token=TWILIO_AUTH_TOKEN,
        api_base=TWILIO_API_BASE,
        second_account_sid=TWILIO_SECOND_ACCOUNT_SID,
        second_auth_token=TWILIO_SECOND_AUTH_TOKEN,
        second_api_base=TWILIO_SECOND_API_BASE,
    )
    if problems:
        raise ImproperlyConfigured("StepUp will not start in production:\n  " + "\n  ".join(problems))
elif not SECRET_KEY:
    SECRET_KEY = "only-for-commands-that-touch-no-database"  # noqa: S105 - demo and test never serve with it

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "csp",
    "django_htmx",
    "protocols.apps.ProtocolsConfig",
    "notifications.apps.NotificationsConfig",
    "monitoring.apps.MonitoringConfig",
    "stepup.apps.StepUpConfig",
]
MIDDLEWARE = [
    "stepup.http.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "stepup.http.RefusalMiddleware",
]
ROOT_URLCONF = "stepup.urls"
WSGI_APPLICATION = "stepup.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "stepup" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "stepup.context.page",
            ],
        },
    }
]

DATABASES = {"default": env.db_url_config(DATABASE_URL or "postgres://localhost/stepup")}
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# One hung transaction may not hold up a page: whoever waits gives up and comes back, whoever sleeps is ended.
DATABASES["default"]["OPTIONS"] = {
    "options": "-c lock_timeout=5s -c idle_in_transaction_session_timeout=60s",
    "server_side_binding": True,  # values go apart from the statement; it is planned for them each time
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "notifications.Clinician"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "board"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if PUBLIC_BASE_URL.startswith("https://"):
    CSRF_TRUSTED_ORIGINS = [PUBLIC_BASE_URL]
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# Lock-out follows the sign-in name and the address together: a prankster cannot lock a nurse out of her ward,
# and nothing on the paging path signs in at all.
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "stepup/locked_out.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "manifest-src": ["'self'"],
    }
}

# What staff read. Texts to patients and the emergency page have approved words of their own, in protocols/data.
# A service speaks one language on its screens: no browser chooses it, and a second is offered once a site has
# read all of it (decision 10).
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True

# Celery carries; the database remembers. No schedule, no countdown, no result, no retry lives in the broker.
CELERY_BROKER_URL = REDIS_URL or "memory://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_TASK_TIME_LIMIT = 60
CELERY_TASK_DEFAULT_QUEUE = "checkins"
CELERY_TASK_ROUTES = {
    "notifications.deliver_page_calls": {"queue": "pages"},
    "notifications.deliver_page_texts": {"queue": "pages"},
    "monitoring.climb": {"queue": "pages"},
    "notifications.deliver_replies": {"queue": "replies"},
    "notifications.deliver_checkins": {"queue": "checkins"},
    "monitoring.ask": {"queue": "checkins"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A dead broker may hold a publisher for half a second, not for the library's six.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
    "socket_timeout": 5,
    "socket_connect_timeout": 0.5,
    "visibility_timeout": 120,
}
CELERY_TASK_PUBLISH_RETRY = False

LOG_FORMAT = env.str("LOG_FORMAT", default="json" if STEPUP_ENV == "production" else "line")
if LOG_FORMAT not in {"json", "line"}:
    raise ImproperlyConfigured("LOG_FORMAT is json or line.")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "stepup.logs.Discreet",
            "format": "{asctime} {levelname} {name} {message}",
            "style": "{",
        },
        "json": {"()": "stepup.logs.Structured"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # The library logs full addresses with the patient's number in them.
    "loggers": {
        "twilio": {"level": "WARNING"},
        "urllib3": {"level": "WARNING"},
        "axes": {"level": "ERROR"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
