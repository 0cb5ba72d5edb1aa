"""The four digits by which a case is taken: no open case has the same, nor had one lately, nor a test of the way."""

import secrets
from datetime import datetime, timedelta

from django.db.models import QuerySet

from monitoring.models import Canary, Escalation
from notifications.glance import Glance

REST = timedelta(hours=72)


def _open(*, now: datetime, code: str) -> QuerySet[Escalation]:
    return Escalation.objects.exclude(state=Escalation.State.RESOLVED).filter(code=code)


def _lately(*, now: datetime, code: str) -> QuerySet[Escalation]:
    return Escalation.objects.filter(resolved_at__gte=now - REST, code=code)


def _canaries(*, now: datetime, code: str) -> QuerySet[Canary]:
    return Canary.objects.filter(taken_at=None, lapsed_at=None, code=code)


_HAVE = Glance({"open": (_open,), "lately": (_lately,), "canary": (_canaries,)}, code="a code")
DRAWS = 100
"""With nine codes in ten used lately, so many draws find none at rest once in forty thousand times (0.9 ** 100)."""


def fresh(now: datetime) -> str:
    """Four digits that no unresolved case or canary has, and no case that was resolved in the last 72 hours had.

    Where none of so many draws is at rest, one that only a resolved case had: a page must leave whatever happens, and
    who texts such a code about a case of yesterday is answered with the one of now.
    """
    for _ in range(DRAWS):
        code = _drawn()
        if not _HAVE.at(now, code=code):
            return code
    while not _HAVE.at(now, code=code) <= {"lately"}:
        code = _drawn()
    return code


def _drawn() -> str:
    return f"{secrets.randbelow(9000) + 1000}"
