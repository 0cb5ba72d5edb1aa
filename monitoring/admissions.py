"""In hospital and out again: who watches there, and the check-ins at home that rest meanwhile.

An admission is recorded with a ward and a telephone, late as well as at once. It lets check-ins rest for a day; then
somebody says that the patient is still in, or the questions run again and a person is paged. Replies that come in are
triaged as always, and cases stay open and climb.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import (
    caselog,
    checkins,
    escalations,
    paging,
    patients,
    people,
    stays,
    texts,
    watches,
    worklist,
)
from monitoring.models import Admission, CheckIn, Patient, Task, Watch
from notifications import audit, phones
from notifications.each import each
from notifications.models import Clinician
from protocols.errors import Refusal

RESTS_FOR = timedelta(hours=24)  # a proposal of ours: nobody has published how often a ward is asked
ASKED_AHEAD = timedelta(hours=4)
OLDEST = timedelta(days=60)
LATE_BY = timedelta(minutes=15)
STILL_IN = stays.STILL_IN


@dataclass(frozen=True)
class Ward:
    """Who watches: the hospital, the ward and a telephone of theirs."""

    hospital: str
    ward: str
    phone: str


@transaction.atomic
def admit(
    patient_id: int, *, where: Ward, reason: str, admitted_at: datetime, by: Clinician, now: datetime
) -> Admission:
    """Record that a patient is in hospital. Open questions end visibly, and those to come rest for a day."""
    patient = people.hold(patient_id)
    if not patient.is_active:
        raise Refusal("enrolment-ended", _("This enrolment has ended: no stay is recorded on it."))
    _is_said(where, reason)
    _has_happened(admitted_at, now)
    stay = _create(patient, where, reason.strip(), admitted_at=admitted_at, by=by, now=now)
    _rest(patient, stay, now)
    said = f"{_where(stay)}: {stay.reason}. Admitted {texts.site_day_and_time(patient.site, admitted_at)}."
    _note(patient, "admitted to hospital", said, by=by, now=now)
    audit.record("recorded an admission", str(patient), site=patient.site, by=by, now=now, admission=stay.pk)
    return stay


def _is_said(where: Ward, reason: str) -> None:
    if not where.hospital.strip():
        raise Refusal("hospital", _("Name the hospital."))
    if not where.ward.strip():
        raise Refusal("ward", _("Name the ward: that is who watches now."))
    if not reason.strip():
        raise Refusal("reason", _("Say why the patient is in hospital."))


def _has_happened(at: datetime, now: datetime) -> None:
    if at > now:
        raise Refusal("future", _("That time is still to come. Record it once it has happened."))
    if now - at > OLDEST:
        raise Refusal("too-old", _("That is more than 60 days ago. Check the date."))


def _create(
    patient: Patient, where: Ward, reason: str, *, admitted_at: datetime, by: Clinician, now: datetime
) -> Admission:
    before = Admission.objects.filter(patient=patient, discharged_at__gt=admitted_at).exists()
    if before:
        raise Refusal("before-discharge", _("An earlier stay is recorded as lasting until after that time."))
    try:
        with transaction.atomic():
            return Admission.objects.create(
                site=patient.site,
                patient=patient,
                hospital=where.hospital.strip(),
                ward=where.ward.strip(),
                phone=phones.e164(where.phone),
                reason=reason,
                admitted_at=admitted_at,
                admitted_by=by,
                recorded_at=now,
                rests_until=now + RESTS_FOR,
            )
    except IntegrityError as clash:
        stay = stays.of(patient)
        who = f"{stay.admitted_by.name} has recorded" if stay else "Somebody recorded"
        raise Refusal(
            "in-already", _("%(who)s this patient as in hospital already.") % {"who": who}
        ) from clash


def _rest(patient: Patient, stay: Admission, now: datetime) -> None:
    """End the question that is open: the ward asks. What is still to come ends the same way at its hour."""
    for checkin in CheckIn.objects.filter(watch__patient=patient, state=CheckIn.State.ASKED):
        checkins.end(checkin, CheckIn.State.CANCELLED, why=stays.why(stay), now=now)
    for caregiver in (False, True):
        texts.withdraw_questions(patient, caregiver=caregiver, now=now)


@transaction.atomic
def still_in(stay_id: int, *, by: Clinician, now: datetime, where: Ward | None = None) -> Admission:
    """The ward was rung and the patient is still there, or on another ward: check-ins rest for another day."""
    patient, stay = _held(stay_id)
    before = _where(stay)
    if where is not None:
        _is_said(where, stay.reason)
        stay.hospital, stay.ward = where.hospital.strip(), where.ward.strip()
        stay.phone = phones.e164(where.phone)
    stay.rests_until, stay.lapsed_at = now + RESTS_FOR, None
    stay.save(update_fields=["hospital", "ward", "phone", "rests_until", "lapsed_at"])
    _rest(patient, stay, now)
    _answer_the_question(patient, by, f"still in: {_where(stay)}", now)
    until = texts.site_day_and_time(patient.site, stay.rests_until)
    moved = f" Before: {before}." if before != _where(stay) else ""
    said = f"{_where(stay)}.{moved} Check-ins rest until {until}."
    _note(patient, "still in hospital", said, by=by, now=now)
    audit.record("said still in hospital", str(patient), site=patient.site, by=by, now=now, admission=stay.pk)
    return stay


@transaction.atomic
def discharge(
    stay_id: int, *, discharged_at: datetime, words: str, by: Clinician, now: datetime
) -> Admission:
    """Record that a patient left hospital. Inside a watch they are asked at once, and whoever is on call is told."""
    patient, stay = _held(stay_id)
    if not words.strip():
        raise Refusal("words", _("Say where the patient went and who is with them."))
    _has_happened(discharged_at, now)
    if discharged_at < stay.admitted_at:
        admitted = texts.site_day_and_time(patient.site, stay.admitted_at)
        raise Refusal(
            "before-admission", _("The patient was admitted only at %(admitted)s.") % {"admitted": admitted}
        )
    stay.discharged_at, stay.discharged_by = discharged_at, by
    stay.discharge_recorded_at, stay.discharge_words = now, words.strip()
    stay.save()
    _answer_the_question(patient, by, f"discharged: {stay.discharge_words}", now)
    left = texts.site_day_and_time(patient.site, discharged_at)
    said = f"{stay.discharge_words.rstrip('.')}. Left {left}."
    if _ask_at_home(patient, stay, now):
        said += " Asked again by text from now on."
        if now - discharged_at > LATE_BY:
            said += f" Nobody asked between then and {texts.site_day_and_time(patient.site, now)}."
    _note(patient, "discharged from hospital", said, by=by, now=now)
    audit.record("recorded a discharge", str(patient), site=patient.site, by=by, now=now, admission=stay.pk)
    return stay


@transaction.atomic
def take_back(stay_id: int, *, why: str, by: Clinician, now: datetime) -> Admission:
    """The patient was never in hospital: it was recorded by mistake. Kept, and asked at home again at once."""
    patient, stay = _held(stay_id)
    if not why.strip():
        raise Refusal("why", _("Say how it came about, and how you know that the patient is at home."))
    stay.mistaken, stay.discharged_at, stay.discharged_by = True, stay.admitted_at, by
    stay.discharge_recorded_at, stay.discharge_words = now, why.strip()
    stay.save()
    _answer_the_question(patient, by, f"never in hospital: {stay.discharge_words}", now)
    asked = _ask_at_home(patient, stay, now)
    said = f"Recorded by mistake: {stay.discharge_words.rstrip('.')}."
    if asked:
        said += " Asked again by text from now on."
    _note(patient, "never in hospital", said, by=by, now=now)
    audit.record("took an admission back", str(patient), site=patient.site, by=by, now=now, admission=stay.pk)
    return stay


def _held(stay_id: int) -> tuple[Patient, Admission]:
    """The patient, locked, and the stay, if it still lasts."""
    patient = people.hold(Admission.objects.values_list("patient", flat=True).get(pk=stay_id))
    stay = Admission.objects.select_for_update(of=("self",)).select_related("discharged_by").get(pk=stay_id)
    if stay.discharged_at is not None:
        raise Refusal(
            "out-already",
            _("%(discharged_by)s has recorded the discharge already.")
            % {"discharged_by": stay.discharged_by},
        )
    return patient, stay


def _answer_the_question(patient: Patient, by: Clinician, outcome: str, now: datetime) -> None:
    """Finish the daily question. One that is turning into a case at this moment is left to whoever gets the case."""
    asked = Task.objects.filter(patient=patient, what=STILL_IN, done_at=None)
    free = [task.pk for task in asked.select_for_update(skip_locked=True, of=("self",))]
    Task.objects.filter(pk__in=free).update(done_at=now, done_by=by, outcome=outcome[:200])


def _ask_at_home(patient: Patient, stay: Admission, now: datetime) -> bool:
    """Let check-ins go on at home and tell whoever is on call; False where no watched hour is left to ask in."""
    watch = watches.current(patient)
    if watch is None or watch.ends_at <= now:
        return False
    watches.say_opened(watch, now=now)
    _ask_what_is_due(watch, stay, now)
    paging.tell_on_call(patient.site, "page.at_home", key=f"at-home:{stay.pk}:{now:%Y%m%d%H%M%S}", now=now)
    return True


def _ask_what_is_due(watch: Watch, stay: Admission, now: datetime) -> None:
    """Ask at once, with the questions of the newest hour that rested. The caller holds the patient."""
    rested = watch.checkins.filter(
        state=CheckIn.State.CANCELLED, ended_at__gte=stay.recorded_at, ended_why__startswith=stays.REST
    )
    newest = rested.order_by("due_at").last()
    ask = newest.ask if newest else list(checkins.CLOSER)
    hour = round(Decimal((now - watch.given_at).total_seconds()) / 3600, 2)
    facts = {"due_at": now, "next_at": now, "hour": hour, "ask": ask}
    waiting = CheckIn.State.WAITING
    if not watch.checkins.filter(state=waiting, extra=True).update(**facts):
        CheckIn.objects.create(watch=watch, extra=True, **facts)


def _where(stay: Admission) -> str:
    return f"{stay.hospital}, {stay.ward}, {phones.for_reading(stay.phone)}"


def _note(patient: Patient, what: str, said: str, *, by: Clinician | None, now: datetime) -> None:
    patients.note(patient, what, said, by=by, now=now)
    case = escalations.unresolved(patient)
    if case is None:
        return
    caselog.note(case, what, now=now, by=by, text=said)
    if case.owner is not None and case.owner != by:
        paging.tell_owner_of_news(case, case.owner, now=now)


def due(*, now: datetime) -> QuerySet[Admission]:
    """Stays about which somebody is to be asked, or whose check-ins are to run again."""
    return Admission.objects.filter(discharged_at=None, rests_until__lte=now + ASKED_AHEAD)


def look_after(*, now: datetime) -> int:
    """Ask daily whether each patient is still in, and let the check-ins of whoever nobody answered for run again."""
    return each(list(due(now=now).values_list("pk", flat=True)), lambda pk: _look_after_one(pk, now))


@transaction.atomic
def _look_after_one(pk: int, now: datetime) -> int:
    if not people.hold_if_free(Admission.objects.values_list("patient", flat=True).get(pk=pk)):
        return 0
    rows = Admission.objects.select_for_update(of=("self",)).select_related("patient__site")
    stay = rows.get(pk=pk)
    if stay.discharged_at is not None:
        return 0
    return _run_again(stay, now) + _ask_the_nurse(stay, now)


def _run_again(stay: Admission, now: datetime) -> int:
    """Nobody said in time that the patient is still in: a watch that was resting asks at home again."""
    if stay.rests_until > now or stay.lapsed_at is not None:
        return 0
    stay.lapsed_at = now
    stay.save(update_fields=["lapsed_at"])
    _ask_at_home(stay.patient, stay, now)
    said = f"Nobody has said that the patient is still in {_where(stay)}."
    _note(stay.patient, "check-ins run again", said, by=None, now=now)
    return 1


def _ask_the_nurse(stay: Admission, now: datetime) -> int:
    """One open question at a time; while a case is open, whoever has it finds out."""
    patient, is_watched = stay.patient, watches.current(stay.patient) is not None
    asked = Task.objects.filter(patient=patient, what=STILL_IN, done_at=None).first()
    if asked is not None and (asked.pages_when_late or not is_watched):
        return 0
    if stay.lapsed_at is not None and escalations.unresolved(patient) is not None:
        return 0
    worklist.open_task(
        site=stay.site,
        patient=patient,
        what=STILL_IN,
        due_at=stay.rests_until if stay.rests_until > now else now + ASKED_AHEAD,
        pages_when_late=is_watched,
        now=now,
    )
    return 1


def history(patient: Patient) -> list[Admission]:
    """Every stay, newest first."""
    rows = Admission.objects.filter(patient=patient).select_related("admitted_by", "discharged_by")
    return list(rows.order_by("-admitted_at", "-pk"))
