"""Inbound words: stored, understood and acted on in one transaction, whoever sent them and in any state."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Value
from django.db.models.functions import NullIf

from monitoring import canary, findings, hearing, responders, unread
from monitoring.models import Patient, Reply, Unread
from monitoring.rules import DEFAULT
from notifications import crashing, once, written
from notifications.each import each
from notifications.glance import Glance
from notifications.models import Clinician, Site
from notifications.storable import storable

logger = logging.getLogger(__name__)
SWEEP_AFTER = timedelta(seconds=10)
TELL_AFTER = timedelta(
    seconds=30
)  # by then a lock that was in the way has been let go, or its holder is stuck
NOBODY = 0  # no row has this number


@written.Query
def _answering_at(*, phone: str) -> QuerySet[Clinician]:
    """The clinician with this phone, with the site."""
    return Clinician.objects.filter(phone=phone, is_active=True).select_related("site")


SENDER = Glance(
    {
        "ourselves": (canary.numbers,),
        "clinician": (lambda *, sender, **_: _answering_at(phone=sender),),
    },
    sender="somebody",
)
"""Who else than a patient a text may come from."""


def receive(
    *,
    provider_sid: str,
    sender: str,
    sent_to: str,
    body: str,
    now: datetime,
    media: int = 0,
    channel: str = "text",
    payload: Mapping[str, str] | None = None,
    sent_at: datetime | None = None,
) -> Reply:
    """Store one inbound text or key press and act on it; the same provider id again changes nothing.

    `sent_at` is said only of a text that reached us late: it answers no question that was asked after it was sent.

    Triage and the case it opens commit together with the words. If understanding fails for any reason whatever,
    the words stay stored and a person is told; of what only waits for a lock, once it has waited too long.
    """
    with transaction.atomic():
        sender, sent_to = storable(sender, 60) or hearing.NO_SENDER, storable(sent_to, 60)
        facts = {
            "site": _site(sender, sent_to),
            "sender": sender,
            "sent_to": sent_to,
            "body": storable(body),
            "media": media,
            "channel": channel,
            "payload": {storable(name): storable(value) for name, value in (payload or {}).items()},
            "received_at": now,
            "sent_at": sent_at,
        }
        reply, is_new = once.put(Reply, provider_sid=provider_sid, defaults=facts)
        if is_new:
            _understand_or_tell(reply, now)
        crashing.point(crashing.BEFORE_COMMIT_TEXT)
    crashing.point(crashing.AFTER_COMMIT_TEXT)
    return reply


def sweep(*, now: datetime) -> int:
    """Read again what is stored and not understood yet; return how many."""
    stored = not_understood(now=now).order_by("pk")
    return each(list(stored.values_list("pk", flat=True)[:100]), lambda pk: _read_again(pk, now))


def not_understood(*, now: datetime) -> QuerySet[Reply]:
    """Replies that are stored and that nothing was concluded from in SWEEP_AFTER."""
    return Reply.objects.filter(understood_at=None, received_at__lte=now - SWEEP_AFTER)


@transaction.atomic
def _read_again(pk: int, now: datetime) -> int:
    with connection.cursor() as cursor:
        # Whom somebody holds is waited for by the next turn: in this one cases have to climb.
        cursor.execute("SET LOCAL lock_timeout = '250ms'")
    reply = Reply.objects.select_for_update(skip_locked=True).filter(pk=pk, understood_at=None).first()
    if reply is None:
        return 0
    _understand_or_tell(reply, now)
    return 1


def _understand_or_tell(reply: Reply, now: datetime) -> None:
    try:
        with transaction.atomic():
            _understand(reply, now)
    except (
        OperationalError
    ):  # a deadlock or a lock time-out says nothing about the words: the sweep reads them again
        logger.warning("Reply %s waits for the next sweep.", reply.pk)
        if now - reply.received_at >= TELL_AFTER and not Unread.objects.filter(reply=reply).exists():
            _have_it_read(
                reply, reply.patient, now
            )  # nobody knows how long that may go on, nor what they say
        return
    except Exception:  # whatever it was, a person reads the words
        logger.exception("Reply %s could not be understood.", reply.pk)
        _have_it_read(reply, reply.patient, now)
    reply.understood_at = now
    _is_understood(
        pk=reply.pk,
        who=reply.who,
        site=reply.site_id,
        patient=reply.patient_id or NOBODY,
        clinician=reply.clinician_id or NOBODY,
        checkin=reply.checkin_id or NOBODY,
        now=now,
    )


def _have_it_read(reply: Reply, patient: Patient | None, now: datetime) -> None:
    """Have a person read what the service cannot, and page where nobody does in time."""
    unread.put(
        reply,
        patient=patient,
        finding=None,
        pages_when_late=True,
        due_at=now + timedelta(minutes=DEFAULT.clarify),
        now=now,
    )


@written.Update
def _is_understood(
    *, pk: int, who: str, site: int, patient: int, clinician: int, checkin: int, now: datetime
) -> tuple[QuerySet[Reply], dict[str, Any]]:
    """Keep who wrote a reply, about whom and in answer to what: NOBODY where there is none."""
    of = {
        name: NullIf(Value(key, BigIntegerField()), Value(NOBODY, BigIntegerField()))
        for name, key in (("patient", patient), ("clinician", clinician), ("checkin", checkin))
    }
    return Reply.objects.filter(pk=pk), {"understood_at": now, "who": who, "site": site, **of}


def _understand(reply: Reply, now: datetime) -> None:
    theirs = _nobody_elses.first(phone=reply.sender)
    if theirs is None and _is_no_patients(reply, now):
        return
    reply.who, patients = _held(reply) if theirs is None else _speakers(reply, [theirs])
    if len(patients) == 1:
        reply.patient, reply.site = patients[0], patients[0].site
    if not patients:
        findings.from_stranger(reply, now=now)
    # One reply at a time about one person: two texts in the same second are read in turn.
    if len(patients) == 1:
        findings.from_reply(reply, patients[0], who=reply.who, now=now)
    else:
        _understand_about_each(reply, patients, now)


def _understand_about_each(reply: Reply, patients: list[Patient], now: datetime) -> None:
    """Read it about each of several; whatever fails about one cannot undo the page for another."""
    for patient in patients:
        try:
            with transaction.atomic():
                findings.from_reply(reply, patient, who=reply.who, now=now)
        except OperationalError:
            raise  # says nothing about the words: all of it is read again
        except Exception:
            logger.exception("Reply %s could not be understood about one of %s.", reply.pk, len(patients))
            _have_it_read(reply, patient, now)


def _is_no_patients(reply: Reply, now: datetime) -> bool:
    """Whether it came from a number of our own, or from a clinician about a page; it has been answered then."""
    known = SENDER.at(now, sender=reply.sender)
    if "ourselves" in known:
        reply.who = canary.SERVICE
        canary.came_back(reply, now=now)
        return True
    clinician = _answering_at.first(phone=reply.sender) if "clinician" in known else None
    if clinician is None:
        return False
    at_home = _reachable_at.exists(phone=reply.sender)
    if not responders.is_for_us(reply, clinician, at_home=at_home):
        return False
    reply.who, reply.clinician = "clinician", clinician
    responders.answer(reply, clinician, now=now)
    return True


@written.Query
def _nobody_elses(*, phone: str) -> QuerySet[Patient]:
    """The patient for whom alone this phone speaks, with the site and locked: what nearly every text comes from.

    Nobody where it may be another's, a clinician's or our own, or where somebody has the patient locked now: whoever
    waits must look again.
    """
    free = Patient.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
    others = _reachable_at(phone=phone).exclude(pk=OuterRef("pk"))
    known = (others, _answering_at(phone=phone), canary.numbers(sender=phone))
    return free.select_related("site").filter(_is_theirs(phone), *(~Exists(one) for one in known))


def _held(reply: Reply) -> tuple[str, list[Patient]]:
    """Who is texting, with the patients locked: a number may be corrected while we wait for one of them.

    Otherwise a STOP from the phone that was a patient's a moment ago would be heard as their caregiver's.
    """
    while True:
        known = _reachable_at.rows(phone=reply.sender)
        held = [one for before in known if (one := _locked.first(pk=before.pk)) is not None]
        if _phones(known) == _phones(one for one in held if one.is_active):
            return _speakers(reply, held)


@written.Query
def _reachable_at(*, phone: str) -> QuerySet[Patient]:
    """Every patient with this phone, or whose caregiver has it, in the order in which they are locked."""
    theirs = Patient.objects.filter(_is_theirs(phone))
    return theirs.only("phone", "caregiver_phone").order_by("pk")


def _is_theirs(phone: str) -> Q:
    return Q(Q(phone=phone) | Q(caregiver_phone=phone), is_active=True)


@written.Query
def _locked(*, pk: int) -> QuerySet[Patient]:
    """The patient with the site, locked until the transaction ends."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").filter(pk=pk)


def _phones(patients: Iterable[Patient]) -> list[tuple[int, str, str]]:
    return [(one.pk, one.phone, one.caregiver_phone) for one in patients]


def _speakers(reply: Reply, known: list[Patient]) -> tuple[str, list[Patient]]:
    """Who is texting, and about whom: the number's own patient, everyone it cares for, or nobody.

    A phone that speaks for several is shared, whoever they are. A caregiver known at two hospitals speaks about the
    patients of the one that was texted.
    """
    own = [one for one in known if one.phone == reply.sender]
    cared_for = [one for one in known if one.caregiver_phone == reply.sender]
    here = [one for one in cared_for if one.site_id == reply.site_id]
    about = [*own, *(here or cared_for)]
    if len(about) > 1:
        return "shared", about
    if not about:
        return "unregistered", []
    return ("patient" if own else "caregiver"), about


def _site(sender: str, sent_to: str) -> Site:
    """The site whose number was texted; failing that, the sender's own; failing that, the first there is."""
    by_number = _speaking_from.first(number=sent_to)
    if by_number is not None:
        return by_number
    by_sender = Site.objects.filter(
        Q(clinicians__phone=sender) | Q(patients__phone=sender) | Q(patients__caregiver_phone=sender)
    ).first()
    return by_sender or Site.objects.order_by("pk")[0]


@written.Query
def _speaking_from(*, number: str) -> QuerySet[Site]:
    """The site of which this is a number. Where it has no second one, that is no number."""
    second = Q(fallback_number=number, fallback_number__gt="")
    return Site.objects.filter(Q(patient_number=number) | Q(page_number=number) | second)
