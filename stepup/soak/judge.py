"""Who judges a soak: the provider's ledger and the invariants, once all trouble is over and everything is quiet."""

import time
from typing import Any

import environ
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count

from monitoring import canary
from monitoring.models import Canary, Finding, Reply
from notifications import accounts, clock, heartbeat
from notifications.models import Delivery, Message
from stepup import invariants
from stepup.soak.house import House
from stepup.soak.troubles import DANGER

QUIET_WITHIN_SECONDS = 150
LIVE = [Delivery.State.PENDING, *Delivery.LIVE]


def look_into(database_url: str) -> None:
    """Read the troubled service's own database from this process."""
    connection.close()
    connection.settings_dict.update(environ.Env.db_url_config(database_url))


def to_quiet(house: House) -> None:
    """Let the clock run until nothing is on its way and no invariant is broken, or the time for it is up."""
    until = time.monotonic() + QUIET_WITHIN_SECONDS
    while time.monotonic() < until:
        house.go_on(3)
        try:
            at_rest = not Delivery.objects.filter(state__in=LIVE).exists() and not broken()
            if at_rest and not unwell():
                return
        except (OperationalError, InterfaceError):
            at_rest = False
            connection.close()
        # The next canary may be minutes away: nothing else is waited for then.
        house.ask("/double/clock", method="POST", body={"advance_seconds": 60 if at_rest else 5})


def broken() -> dict[str, int]:
    """Invariants with rows; the hours of a rota that simply ends are no fault of the service."""
    return {name: rows for name, rows in invariants.counts(now=clock.now()).items() if name != "I11"}


def unwell() -> list[str]:
    """What those who watch the service say: parts that do not sign in, an account out, a canary that was not taken."""
    now = clock.now()
    silent = [f"{part} does not sign in" for part in heartbeat.parts() if heartbeat.is_late(part, now=now)]
    out = [f"the {account} account is out" for account in accounts.out()]
    return [*silent, *out, *(f"the canary of {site.slug} is late" for site in canary.late(now=now))]


def canaries_taken() -> int:
    """How many of the service's own test alarms were paged and taken."""
    return Canary.objects.exclude(taken_at=None).count()


def verdict(house: House) -> list[str]:
    """What is wrong, a line each; nothing if nobody was left unanswered.

    Whatever stands in the ledger was said and was handed over, whether or not anybody was told so at the time.
    """
    found = [f"invariant {name} has {rows} rows" for name, rows in broken().items()]
    found += unwell()
    if not canaries_taken():
        found.append("no canary was ever paged and taken")
    ledger = house.ask("/double/ledger")
    if ledger is None:
        return [*found, "the provider's ledger could not be read"]
    found += sends(ledger)
    for text in ledger["messages"]:
        if text["direction"] == "inbound":
            found += _heard(text["sid"], text["body"])
    return found


def sends(ledger: dict[str, Any]) -> list[str]:
    """What stands in the ledger or here alone, and what was delivered twice: a line each, none if all is well."""
    placed = [m["sid"] for m in ledger["messages"] if m["direction"] != "inbound"]
    placed += [call["sid"] for call in ledger["calls"]]
    known = set(Delivery.objects.exclude(provider_sid=None).values_list("provider_sid", flat=True))
    found = [f"the provider took {sid}, and nobody here knows it" for sid in placed if sid not in known]
    found += [f"{sid} was never taken by the provider" for sid in known - set(placed)]
    twice = (
        Message.objects.filter(deliveries__state=Delivery.State.DELIVERED, channel="text")
        .annotate(times=Count("deliveries")).filter(times__gt=1, deliveries__attempt=1)
    )  # fmt: skip
    return [*found, *(f"message {one.pk} was delivered twice" for one in twice if _delivered(one) > 1)]


def _delivered(message: Message) -> int:
    return message.deliveries.filter(state=Delivery.State.DELIVERED).count()


def _heard(sid: str, words: str) -> list[str]:
    """Whether a text came in once, was understood, and danger in it became a case or joined one."""
    replies = list(Reply.objects.filter(provider_sid=sid))
    if len(replies) != 1 or replies[0].understood_at is None:
        return [f"text {sid} was heard {len(replies)} times, or not understood"]
    finding = Finding.objects.filter(reply=replies[0]).order_by("pk").first()
    if words in DANGER:
        if finding is None or finding.urgency not in {"urgent", "emergency"}:
            return [f"text {sid} was danger and was not found to be"]
        if not finding.events.exists():
            return [f"text {sid} was danger and is on no case"]
    return []
