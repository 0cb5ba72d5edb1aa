"""STOP, a wrong person, a dead number: texting ends, and inside a watch a person is called in the same transaction."""

from datetime import datetime, timedelta

from django.db import transaction

from monitoring import checkins, escalations, people, worklist
from monitoring.hearing import Heard
from monitoring.models import CheckIn, Finding, Patient, Watch
from notifications import audit, outbox, provider_errors
from notifications.each import each
from notifications.models import Clinician, Delivery, Message

LOOK_BACK = timedelta(days=1)


def stop(heard: Heard, finding: Finding) -> None:
    """End texting to the patient; a caregiver's STOP ends nothing but is read by a person."""
    if heard.who == "patient":
        end_texting(heard.patient, heard.watch, finding, why="the patient texted STOP", now=heard.now)
    else:
        _ask_a_person(
            heard, "The caregiver's phone asked for no more texts: call and agree how to reach them"
        )


def wrong_person(heard: Heard, finding: Finding) -> None:
    """Somebody else has this phone: nothing more is texted to it, and the patient is called on another."""
    if heard.who == "patient":
        end_texting(heard.patient, heard.watch, finding, why="a stranger answers this number", now=heard.now)
    else:
        _ask_a_person(heard, "A stranger answers the caregiver's number: find the right one")


def _ask_a_person(heard: Heard, what: str) -> None:
    worklist.open_task(
        site=heard.patient.site,
        patient=heard.patient,
        reply=heard.reply,
        what=what,
        due_at=heard.now + worklist.SAME_DAY,
        pages_when_late=heard.watch is not None,
        now=heard.now,
    )


@transaction.atomic
def end_texting(
    patient: Patient, watch: Watch | None, finding: Finding | None, *, why: str, now: datetime
) -> None:
    """Stop all texts to this number. Watched hours do not pause: somebody calls now, and at each hour to come."""
    people.hold(patient.pk)
    Patient.objects.filter(pk=patient.pk).update(texting_ended_at=now, texting_ended_why=why)
    patient.refresh_from_db()
    # What was queued in this very moment answers an alarm in the same words; everything older is withdrawn.
    waiting = Message.objects.filter(
        to=patient.phone, created_at__lt=now, deliveries__state=Delivery.State.PENDING
    )
    outbox.cancel(waiting, now=now)
    audit.record("texting ended", str(patient), site=patient.site, by=None, now=now, why=why)
    if watch is None:
        worklist.open_task(
            site=patient.site,
            patient=patient,
            pages_when_late=False,
            now=now,
            due_at=now + worklist.SAME_DAY,
            what=f"Texting ended ({why}): agree with the patient how to reach them",
        )
        return
    for checkin in watch.checkins.filter(state=CheckIn.State.ASKED):
        checkins.end(checkin, CheckIn.State.UNSENDABLE, why=why, now=now)
    escalations.raise_concern(
        site=patient.site,
        patient=patient,
        urgency="urgent",
        watch=watch,
        finding=finding,
        now=now,
        headline=f"Call now: texting ended inside the watch ({why}). Nobody is asking this patient any more.",
    )


def start(heard: Heard, finding: Finding) -> None:
    """START again: a person confirms who is texting before check-ins resume."""
    _ask_a_person(heard, "START was texted: confirm who it is, then let texts resume")


def notice_dead_numbers(*, now: datetime) -> int:
    """Deliveries that the provider refuses for good end texting to that patient; return how many.

    A failure from before the number was last taken to work proves nothing about it now.
    """
    refused = Delivery.objects.filter(
        state=Delivery.State.FAILED,
        error_code__in=provider_errors.UNREACHABLE_BY_TEXT,
        message__channel="text",
        ended_at__gte=now - LOOK_BACK,
    )
    return each(list(refused.order_by("-ended_at").values_list("pk", flat=True)), lambda pk: _dead(pk, now))


def _dead(delivery_pk: int, now: datetime) -> int:
    delivery = Delivery.objects.select_related("message").get(pk=delivery_pk)
    reachable = Patient.objects.filter(phone=delivery.message.to, is_active=True, texting_ended_at=None)
    patient = reachable.filter(reachable_since__lt=delivery.ended_at).first()
    if patient is None:
        return 0
    watch = patient.watches.filter(closed_at=None).first()
    end_texting(patient, watch, None, why=f"texts do not reach this number ({delivery.error_code})", now=now)
    return 1


def resume_texting(patient: Patient, *, by: Clinician, now: datetime) -> None:
    """Let texts go out again, once a clinician has confirmed the number."""
    Patient.objects.filter(pk=patient.pk).update(
        texting_ended_at=None, texting_ended_why="", reachable_since=now
    )
    audit.record("let texts go out again", str(patient), site=patient.site, by=by, now=now)
