"""STOP, a wrong person, a dead number: texting ends, and inside a watch a person is called in the same transaction.

It goes again only by the act of a clinician who spoke with that person on that number.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from monitoring import calls, caselog, checkins, escalations, patients, people, watches, worklist
from monitoring.hearing import Heard
from monitoring.models import CheckIn, Finding, Patient, Task, Watch
from monitoring.rules import WatchRules
from notifications import audit, outbox, phones, provider_errors
from notifications.each import each
from notifications.models import Clinician, Delivery, Message
from protocols.errors import Refusal

LOOK_BACK = timedelta(days=1)
UNREACHABLE_WITHIN = timedelta(hours=1)


def stop(heard: Heard, finding: Finding) -> None:
    """End texting to the phone that asked for it: the patient's, or the caregiver's."""
    if _is_the_patients(heard):
        end_texting(heard.patient, heard.watch, finding, why="the patient texted STOP", now=heard.now)
    else:
        end_caregiver_texting(heard.patient, why="the caregiver texted STOP", now=heard.now)


def wrong_person(heard: Heard, finding: Finding) -> None:
    """Somebody else has this phone: nothing more is texted to it, and the patient is called on another."""
    if _is_the_patients(heard):
        end_texting(heard.patient, heard.watch, finding, why="a stranger answers this number", now=heard.now)
    else:
        end_caregiver_texting(heard.patient, why="a stranger answers this number", now=heard.now)


def _is_the_patients(heard: Heard) -> bool:
    return heard.reply.sender == heard.patient.phone


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
    _withdraw(patient.phone, now)
    audit.record("texting ended", str(patient), site=patient.site, by=None, now=now, why=why)
    patients.note(patient, "texts to the patient ended", f"{why}.", by=None, now=now)
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
        headline=f"Call now: texting ended inside the watch ({why}). {_who_asks(patient)}",
    )


def _who_asks(patient: Patient) -> str:
    if calls.take_the_place_of_texts(patient):
        return "The service rings at each check-in, as was agreed."
    return "Nobody is asking this patient any more."


@transaction.atomic
def end_caregiver_texting(patient: Patient, *, why: str, now: datetime) -> None:
    """Stop all texts to the caregiver's number; inside a watch somebody calls within minutes to agree on another."""
    people.hold(patient.pk)
    Patient.objects.filter(pk=patient.pk).update(
        caregiver_texting_ended_at=now, caregiver_texting_ended_why=why
    )
    patient.refresh_from_db()
    _withdraw(patient.caregiver_phone, now)
    audit.record("texting to the caregiver ended", str(patient), site=patient.site, by=None, now=now, why=why)
    patients.note(patient, "texts to the caregiver ended", f"{why}.", by=None, now=now)
    watch = patient.watches.filter(closed_at=None).first()
    soon = timedelta(minutes=WatchRules.thaw(watch.rules).clarify) if watch else worklist.SAME_DAY
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"Call now: no texts go to the caregiver ({why}). Agree whom to ask, and on which number",
        due_at=now + soon,
        pages_when_late=watch is not None,
        now=now,
    )


def _withdraw(phone: str, now: datetime) -> None:
    """Cancel what is meant for whoever speaks for a patient on this phone, and try none of it again.

    What was queued in this very moment answers an alarm in the same words. A page of a clinician who has this phone too
    stays: when its text was what failed, its call is all that is left of it.
    """
    waiting = Message.objects.filter(to=phone, clinician=None, created_at__lt=now)
    outbox.cancel(waiting.filter(deliveries__state__in=Delivery.LIVE), now=now)


def start(heard: Heard, finding: Finding) -> None:
    """START again: a person confirms who is texting before check-ins resume."""
    _ask_a_person(heard, "START was texted: confirm who it is, then let texts resume")


def refused(*, now: datetime) -> QuerySet[Delivery]:
    """Texts of the last LOOK_BACK that the provider refused for good."""
    return Delivery.objects.filter(
        state=Delivery.State.FAILED,
        error_code__in=provider_errors.codes(*provider_errors.ENDS_TEXTING),
        message__channel="text",
        ended_at__gte=now - LOOK_BACK,
    )


def notice_dead_numbers(*, now: datetime) -> int:
    """Deliveries that the provider refuses for good end texting to that person, and somebody is told; return how many.

    A failure from before the number was last taken to work proves nothing about it now.
    """
    return each(
        list(refused(now=now).order_by("-ended_at").values_list("pk", flat=True)), lambda pk: _dead(pk, now)
    )


def _dead(delivery_pk: int, now: datetime) -> int:
    delivery = Delivery.objects.select_related("message").get(pk=delivery_pk)
    failed_at, number = delivery.ended_at, delivery.message.to
    why = f"texts do not reach this number ({delivery.error_code})"
    noticed = 0
    for patient in Patient.objects.filter(
        phone=number, is_active=True, texting_ended_at=None, reachable_since__lt=failed_at
    ):
        watch = patient.watches.filter(closed_at=None).first()
        end_texting(patient, watch, None, why=why, now=now)
        noticed += 1
    since_enrolment = Q(caregiver_reachable_since=None, reachable_since__lt=failed_at)
    worked_before = since_enrolment | Q(caregiver_reachable_since__lt=failed_at)
    for patient in Patient.objects.filter(
        worked_before,
        caregiver_phone=number,
        is_active=True,
        caregiver_texting_ended_at=None,
    ):
        end_caregiver_texting(patient, why=why, now=now)
        noticed += 1
    for clinician in Clinician.objects.filter(phone=number, is_active=True):
        noticed += _tell_of_unreachable(clinician, why, since=failed_at, now=now)
    return noticed


def responder_stopped(clinician: Clinician, *, now: datetime) -> None:
    """A responder's STOP: pages can only ring them from now on, so somebody must look at the list of who is on call."""
    _tell_of_unreachable(clinician, "they texted STOP to the paging number", since=now, now=now)


def _tell_of_unreachable(clinician: Clinician, why: str, *, since: datetime | None, now: datetime) -> int:
    """Open one task about a responder whom no text reaches; 0 when this failure is known already."""
    what = f"Pages by text do not reach {clinician.name}: {why}"[:200]
    if Task.objects.filter(site=clinician.site, what=what, opened_at__gte=since or now).exists():
        return 0
    worklist.open_task(
        site=clinician.site, what=what, due_at=now + UNREACHABLE_WITHIN, pages_when_late=True, now=now
    )
    return 1


@transaction.atomic
def let_texts_go(patient_id: int, *, caregiver: bool, spoke_on: str, by: Clinician, now: datetime) -> Patient:
    """Let texts go again to the patient or the caregiver, with whom `by` says to have spoken on `spoke_on` (E.164).

    Refused if the record has another number by now. Inside a watch the patient is asked at once if an hour was
    missed meanwhile, otherwise at the next hour. A case that is open stays with whoever has it.
    """
    patient = people.hold(patient_id)
    since, number = _ended(patient, caregiver=caregiver)
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: no texts go to these phones."))
    if spoke_on != number:
        shown = phones.for_reading(number)
        raise Refusal(
            "another-number",
            _("The number was corrected to %(shown)s. Speak with them on that one first.") % {"shown": shown},
        )
    if since is None:
        raise Refusal("texts-go", _("Texts go to this number already."))
    prefix = "caregiver_" if caregiver else ""
    cleared = {
        f"{prefix}texting_ended_at": None,
        f"{prefix}texting_ended_why": "",
        f"{prefix}reachable_since": now,
    }
    Patient.objects.filter(pk=patient.pk).update(**cleared)
    patient.refresh_from_db()
    whom = "caregiver" if caregiver else "patient"
    audit.record(f"let texts to the {whom} go again", str(patient), site=patient.site, by=by, now=now)
    _say_that_texts_go(patient, whom, number, by, now)
    watch = watches.current(patient)
    if watch is not None and not caregiver and _missed_an_hour(watch, since):
        checkins.ask_again_in(watch, minutes=0, now=now)
    return patient


def _ended(patient: Patient, *, caregiver: bool) -> tuple[datetime | None, str]:
    """Since when no texts go to one of the two phones, if they do not, and its number."""
    if caregiver:
        return patient.caregiver_texting_ended_at, patient.caregiver_phone
    return patient.texting_ended_at, patient.phone


def _say_that_texts_go(patient: Patient, whom: str, number: str, by: Clinician, now: datetime) -> None:
    what = f"texts to the {whom} go again"
    said = f"Spoke with them on the number ending in {number[-4:]}."
    patients.note(patient, what, said, by=by, now=now)
    case = escalations.unresolved(patient)
    if case is not None:
        caselog.note(case, what, now=now, by=by, text=said)


def _missed_an_hour(watch: Watch, since: datetime) -> bool:
    return watch.checkins.filter(state=CheckIn.State.UNSENDABLE, ended_at__gte=since).exists()
