"""/healthz for an outside monitor, /readyz for whoever routes traffic. Both answer a machine, in JSON."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps

from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, JsonResponse

from monitoring import canary
from notifications import accounts, clock, heartbeat
from notifications.models import Account
from protocols import triage

Page = Callable[[HttpRequest], JsonResponse]
NOT_READY: dict[str, object] = {"ready": False}
NO_DATABASE: dict[str, object] = {"healthy": False, "database": "does not answer"}


def or_else(said: dict[str, object]) -> Callable[[Page], Page]:
    """The page, or 503 and these words where the database does not answer."""

    def guard(page: Page) -> Page:
        @wraps(page)
        def guarded(request: HttpRequest) -> JsonResponse:
            try:
                return page(request)
            except (OperationalError, InterfaceError):
                return JsonResponse(said, status=503)

        return guarded

    return guard


@or_else(NOT_READY)
def readyz(request: HttpRequest) -> JsonResponse:
    """200 as soon as this process can answer from the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"ready": True})


@or_else(NO_DATABASE)
def healthz(request: HttpRequest) -> JsonResponse:
    """200 while every part of the engine signs in, no invariant is broken, no account is out and the canary of every
    site came back; 503 otherwise.

    The counts are those of the engine's last check: whoever asks costs no more than reading them. `rules` names what
    reads replies, so that a monitor sees a change of it. No personal data.
    """
    now = clock.now()
    broken = heartbeat.figures(heartbeat.CHECKS).get("broken") or {}
    late = [part for part in heartbeat.parts() if heartbeat.is_late(part, now=now)]
    out = accounts.out()
    silent = canary.late(now=now)
    good = not late and not broken and not out and not silent
    return JsonResponse(
        {
            "healthy": good,
            "engine_silent_seconds": _silent_seconds(heartbeat.ENGINE, now),
            "silent_parts": late,
            "broken_invariants": broken,
            "accounts_out": out,
            "pages_leave_by": Account.SECOND if Account.FIRST in out else Account.FIRST,
            "canary_seconds": {
                site: round(age.total_seconds(), 1) for site, age in canary.ages(now=now).items()
            },
            "canary_late": [site.slug for site in silent],
            "rules": triage.RULES_VERSION[:12],
        },
        status=200 if good else 503,
    )


def _silent_seconds(name: str, now: datetime) -> float | None:
    silent = heartbeat.age(name, now=now)
    return None if silent is None else round(silent.total_seconds(), 1)
