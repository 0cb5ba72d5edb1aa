"""The environment that the service's own processes run in. Settings come from here alone."""

import os

from stepup.local.folder import Secrets
from stepup.local.places import VENV
from stepup.local.ports import LOOPBACK

BOARD_PORT = 8000
PHONES_PORT = 8100


def board(port: int) -> str:
    """The address of the service itself."""
    return f"http://{LOOPBACK}:{port}"


def phones(double_port: int) -> str:
    """The address of the provider double, which shows the simulated phones."""
    return f"http://{LOOPBACK}:{double_port}"


def of_service(
    secrets: Secrets,
    *,
    database_url: str,
    redis_url: str,
    port: int = BOARD_PORT,
    double_port: int = PHONES_PORT,
    kind: str = "demo",
) -> dict[str, str]:
    """Every setting, so that none is taken over by accident: a provider's real credentials in the surrounding
    environment must not make the demo text real people.
    """
    unproxied = ",".join(
        filter(None, [os.environ.get("NO_PROXY") or os.environ.get("no_proxy"), LOOPBACK, "localhost"])
    )
    # Every part is a Python of its own: unless compiled files are kept, each start compiles Django anew.
    around = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **around,
        "PYTHONPYCACHEPREFIX": str(VENV / "compiled"),
        "STEPUP_ENV": kind,
        "DJANGO_SETTINGS_MODULE": "stepup.settings",
        "SECRET_KEY": secrets.secret_key,
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "PUBLIC_BASE_URL": board(port),
        "ALLOWED_HOSTS": f"{LOOPBACK},localhost",
        "TWILIO_ACCOUNT_SID": secrets.account_sid,
        "TWILIO_AUTH_TOKEN": secrets.auth_token,
        "TWILIO_AUTH_TOKEN_PREVIOUS": "",
        "TWILIO_API_BASE": phones(double_port),
        "TWILIO_SECOND_ACCOUNT_SID": "",
        "TWILIO_SECOND_AUTH_TOKEN": "",
        "TWILIO_SECOND_AUTH_TOKEN_PREVIOUS": "",
        "TWILIO_SECOND_API_BASE": phones(double_port),
        "DOUBLE_URL": phones(double_port),
        "NO_PROXY": unproxied,
        "no_proxy": unproxied,
        "PYTHONUNBUFFERED": "1",
    }
