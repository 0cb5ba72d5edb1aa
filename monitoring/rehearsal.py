"""The way of an alarm, walked with a made-up patient by our own operations, and undone before anybody sees it.

Everything happens inside a transaction that is always rolled back: the patient, the case, the pages and the answers are
there for the operations and for nobody else, no figure counts them and nothing of it is sent.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar
from uuid import uuid4

from django.db import transaction

from monitoring import escalations, findings, responders
from monitoring.models import Escalation, Page, Patient, Reply, Watch
from monitoring.rules import WatchRules
from notifications.models import Clinician, Role, Site
from protocols.ladder import Rung

T = TypeVar("T")
NAME = "canary"


class _Undone(Exception):  # noqa: N818 - it is no error: it undoes what was walked
    """Raised when everything was seen."""


@dataclass(frozen=True)
class Paged:
    """The page that a fever became: the code of its case, and the words that were to be sent."""

    code: str
    body: str


@dataclass(frozen=True)
class _Stage:
    patient: Patient
    watch: Watch
    responder: Clinician


def fever(site: Site, words: str, *, now: datetime) -> Paged:
    """What a made-up patient's words become: triaged, a case, and the page of its first rung.

    Raises Page.DoesNotExist where they page nobody.
    """

    def walk() -> Paged:
        stage = _stage(site, now)
        reply = _reply(site, words, stage.patient.phone, site.patient_number, now)
        findings.from_reply(reply, stage.patient, who="patient", now=now)
        page = Page.objects.get(escalation__patient=stage.patient, clinician=stage.responder)
        return Paged(page.escalation.code, page.text.body)

    return _seen_and_undone(walk)


def taking(site: Site, words: str, *, code: str, now: datetime) -> bool:
    """Whether a made-up responder who texts these words takes the case of that code."""

    def walk() -> bool:
        stage = _stage(site, now)
        case, _ = escalations.raise_concern(
            site=site, patient=stage.patient, urgency="urgent", headline=NAME, watch=stage.watch, now=now
        )
        Escalation.objects.filter(pk=case.pk).update(code=code)
        responders.answer(
            _reply(site, words, stage.responder.phone, site.page_number, now), stage.responder, now=now
        )
        case.refresh_from_db()
        return (case.state, case.owner_id) == (Escalation.State.TAKEN, stage.responder.pk)

    return _seen_and_undone(walk)


def _seen_and_undone(walk: Callable[[], T]) -> T:
    seen: list[T] = []
    try:
        with transaction.atomic():
            seen.append(walk())
            raise _Undone
    except _Undone:
        return seen[0]


def _stage(site: Site, now: datetime) -> _Stage:
    """Somebody in a watch whose ladder calls one made-up responder first: numbers nobody has, though undone anyway."""
    name = f"{NAME}-{uuid4().hex[:12]}"
    patient = Patient.objects.create(
        site=site,
        identifier=name,
        name=NAME,
        born_on=date(1960, 1, 1),
        phone=site.page_number,
        time_zone=site.time_zone,
        caregiver_name=NAME,
        caregiver_phone=site.page_number,
        reachable_since=now,
        emergency_code=name[-12:],
    )
    responder = Clinician.objects.create(
        username=name, name=NAME, role=Role.RESPONDER, site=site, phone=site.patient_number
    )
    watch = Watch.objects.create(
        site=site,
        patient=patient,
        drug=NAME,
        step=NAME,
        protocol=NAME,
        rules=WatchRules(ladder=(Rung((f"person:{name}",)),)).freeze(),
        given_at=now,
        opened_at=now,
        ends_at=now + timedelta(days=1),
    )
    return _Stage(patient, watch, responder)


def _reply(site: Site, words: str, sender: str, sent_to: str, now: datetime) -> Reply:
    return Reply.objects.create(
        site=site,
        provider_sid=f"{NAME}:{uuid4().hex}",
        sender=sender,
        sent_to=sent_to,
        body=words,
        received_at=now,
    )
