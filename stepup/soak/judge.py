"""Who judges a soak: the provider's ledger and the invariants, once all trouble is over and everything is quiet."""

import re
import time
from typing import Any

import environ
from django.db import InterfaceError, OperationalError, connection
from django.db.models import Count, Q
from django.db.models.functions import Coalesce

from monitoring import canary, opting_out
from monitoring.models import Canary, Finding, Patient, PatientEvent, Reply, Task
from notifications import accounts, clock, heartbeat, provider_errors
from notifications.models import Clinician, Delivery, Message
from stepup import answers, invariants
from stepup.soak import heard
from stepup.soak.house import House
from stepup.soak.troubles import DANGER, STOP

QUIET_WITHIN_SECONDS = 150
OVERTIME_MINUTES = (16, 61, 61)
"""Longer than somebody has to answer a page, to reach a patient, until silence is told, and to record how it ended."""
LIVE = [Delivery.State.PENDING, *Delivery.LIVE]
CODE = re.compile(r"\((\d{5})\)")


def look_into(database_url: str) -> None:
    """Read the troubled service's own database from this process."""
    connection.close()
    connection.settings_dict.update(environ.Env.db_url_config(database_url))


def to_quiet(house: House) -> bool:
    """Let the clock run until nothing is on its way and no invariant is broken; False if the time for it is up."""
    until = time.monotonic() + QUIET_WITHIN_SECONDS
    while time.monotonic() < until:
        house.go_on(3)
        try:
            live, now = Delivery.objects.filter(state__in=LIVE), clock.now()
            # What was undelivered waits minutes for its next try.
            at_rest = not live.exclude(state=Delivery.State.PENDING, due_at__gt=now).exists() and not broken()
            if at_rest and not live.exists() and not unwell():
                return True
        except (OperationalError, InterfaceError):
            at_rest = False
            connection.close()
        # The next canary, or the next try, may be minutes away: nothing else is waited for then.
        house.ask("/double/clock", method="POST", body={"advance_seconds": 60 if at_rest else 5})
    return False


def run_on(house: House) -> None:
    """Let the clock go on past every limit of the pathway: a case that rests, and says so nowhere, shows only then.

    What does not come to rest is wrong as it is, and is not waited for again.
    """
    for minutes in OVERTIME_MINUTES:
        house.ask("/double/clock", method="POST", body={"advance_seconds": 60 * minutes})
        if not to_quiet(house):
            return


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
    found += sends(ledger) + unreached() + answers.missing(ledger, now=clock.now())
    for text in ledger["messages"]:
        if text["direction"] == "inbound":
            found += _heard(text["sid"], text["body"])
    return found


def sends(ledger: dict[str, Any]) -> list[str]:
    """What stands in the ledger or here alone, and what was delivered twice: a line each, none if all is well."""
    # What the provider answers by itself, as to STOP, is not ours.
    placed = [m["sid"] for m in ledger["messages"] if m["direction"] == "outbound-api"]
    placed += [call["sid"] for call in ledger["calls"]]
    known = set(Delivery.objects.exclude(provider_sid=None).values_list("provider_sid", flat=True))
    found = [f"the provider took {sid}, and nobody here knows it" for sid in placed if sid not in known]
    found += [f"{sid} was never taken by the provider" for sid in known - set(placed)]
    twice = (
        Message.objects.filter(deliveries__state=Delivery.State.DELIVERED, channel="text")
        .annotate(times=Count("deliveries")).filter(times__gt=1, deliveries__attempt=1)
    )  # fmt: skip
    return [*found, *(f"message {one.pk} was delivered twice" for one in twice if _delivered(one) > 1)]


def unreached() -> list[str]:
    """Numbers that the provider says no text will ever reach, and nobody was told; and those given up for a trouble
    that passes, or is ours: a line each.
    """
    now, found = clock.now(), []
    for lost in opting_out.refused(now=now).select_related("message"):
        to, at = lost.message.to, lost.ended_at
        here = Patient.objects.filter(is_active=True)
        patients = here.filter(phone=to, texting_ended_at=None, reachable_since__lt=at)
        since = Coalesce("caregiver_reachable_since", "reachable_since")
        cared_for = here.alias(since=since).filter(
            caregiver_phone=to, caregiver_texting_ended_at=None, since__lt=at
        )
        unsaid = [one for one in Clinician.objects.filter(phone=to, is_active=True) if not _told_of(one)]
        found += [f"no text reaches {one}, and nobody was told" for one in [*patients, *cared_for, *unsaid]]
    for_good = provider_errors.codes(*provider_errors.ENDS_TEXTING)
    for ended in PatientEvent.objects.filter(what__startswith="texts to the", what__endswith="ended"):
        code = CODE.search(ended.text)
        if code and code[1] not in for_good:
            found.append(f"texts to {ended.patient} ended for {code[1]}, which passes or is ours")
    return found


def _told_of(clinician: Clinician) -> bool:
    said = f"Pages by text do not reach {clinician.name}"
    return Task.objects.filter(site=clinician.site, what__startswith=said).exists()


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
    if words == STOP and not _is_told(finding):
        return [f"text {sid} was STOP, and texting did not end or nobody was told"]
    return heard.unanswered(replies[0])


def _is_told(finding: Finding | None) -> bool:
    """Whether this STOP ended texting, and a person has it: on the patient's case, or as a task."""
    if finding is None or finding.patient is None:
        return False
    of = {"patient": finding.patient, "at": finding.at, "what__startswith": "texts to the"}
    # It joins a task in the same words that is still open.
    tasks = Task.objects.filter(patient=finding.patient, opened_at__lte=finding.at)
    is_task = tasks.filter(Q(done_at=None) | Q(done_at__gt=finding.at)).exists()
    return PatientEvent.objects.filter(**of).exists() and (finding.events.exists() or is_task)
