"""The four digits by which a case is taken: no open case has the same, nor had one lately, nor a test of the way."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from monitoring.models import Canary, Escalation
from notifications.glance import Glance

REST = timedelta(hours=72)


def _cases(*, now: datetime, code: str) -> QuerySet[Escalation]:
    lately = ~Q(state=Escalation.State.RESOLVED) | Q(resolved_at__gte=now - REST)
    return Escalation.objects.filter(lately, code=code)


def _canaries(*, now: datetime, code: str) -> QuerySet[Canary]:
    return Canary.objects.filter(taken_at=None, lapsed_at=None, code=code)


_HAVE = Glance({"case": (_cases,), "canary": (_canaries,)}, code="a code")


def fresh(now: datetime) -> str:
    """Four digits that no unresolved case or canary has, and no case that was resolved in the last 72 hours had."""
    while True:
        code = f"{secrets.randbelow(9000) + 1000}"
        if not _HAVE.at(now, code=code):
            return code
