"""Enrolling a patient, correcting how to reach them, ending the enrolment, and finding one within the reader's site."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from monitoring import caselog, checkins, desk, escalations, languages, people, stays, texts
from monitoring.models import Patient, PatientEvent, Task, Watch
from notifications import audit, once, phones, written
from notifications.models import Clinician, Site
from protocols.errors import Refusal

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"  # nothing that can be read as something else
OLDEST = 120
CALLED = {
    "phone": "telephone",
    "language": "language of texts",
    "time_zone": "time zone",
    "caregiver_name": "caregiver's name",
    "caregiver_phone": "caregiver's telephone",
    "allergies": "allergies",
    "emergency_department": "emergency department",
}
IN_USE = "This number already speaks for another patient. Use one that is theirs alone."


@dataclass(frozen=True)
class Particulars:
    """What can be corrected about a patient. Phones are E.164."""

    phone: str
    language: str
    time_zone: str
    caregiver_name: str
    caregiver_phone: str
    allergies: str = ""
    emergency_department: str = ""

    @classmethod
    def of(cls, patient: Patient) -> "Particulars":
        """As the record has them."""
        return cls(**{name: getattr(patient, name) for name in CALLED})


def new_code() -> str:
    """Eight letters and digits for the short address of an emergency page; nobody guesses them."""
    return "".join(secrets.choice(CODE_LETTERS) for _ in range(8))


@transaction.atomic
def enrol(
    site: Site,
    *,
    by: Clinician | None,
    now: datetime,
    identifier: str,
    name: str,
    born_on: date,
    phone: str,
    language: str,
    time_zone: str,
    caregiver_name: str,
    caregiver_phone: str,
    allergies: str = "",
    emergency_department: str = "",
) -> Patient:
    """Enrol one patient, or refuse with what to correct. Phones are kept as E.164; the zone is never guessed."""
    desk.refuse_untested(site, now=now)
    number, caregiver = phones.e164(phone), phones.e164(caregiver_phone)
    said = Particulars(
        number, language, time_zone, caregiver_name, caregiver, allergies, emergency_department
    )
    _refuse_impossible(site, said, CALLED)
    _refuse_birth(born_on, now.astimezone(ZoneInfo(site.time_zone)).date())
    _refuse_taken(site, identifier, number)
    try:
        with transaction.atomic():
            patient = once.add(
                Patient, site=site, identifier=identifier, name=name, born_on=born_on, reachable_since=now,
                emergency_code=new_code(), **asdict(said),
            )  # fmt: skip
    except IntegrityError:  # somebody else enrolled this patient, or this number, meanwhile
        _refuse_taken(site, identifier, number)
        raise
    audit.record("enrolled a patient", str(patient), site=site, by=by, now=now)
    return patient


def _refuse_birth(born_on: date, today: date) -> None:
    """Refuse a day on which nobody alive can have been born."""
    if not 0 <= today.year - born_on.year <= OLDEST or born_on > today:
        raise Refusal("born-on", gettext("%(born_on)s cannot be a date of birth.") % {"born_on": born_on})


def _refuse_taken(site: Site, identifier: str, number: str) -> None:
    """Refuse an identifier or a number that is enrolled already."""
    if _called.exists(site=site.pk, identifier=identifier):
        raise Refusal(
            "identifier", gettext("%(identifier)s is already enrolled here.") % {"identifier": identifier}
        )
    if _reached_at.exists(phone=number):
        raise Refusal("phone-in-use", IN_USE)


@written.Query
def _called(*, site: int, identifier: str) -> QuerySet[Patient]:
    """Whoever of a site has this identifier, enrolled still or once."""
    return Patient.objects.filter(site=site, identifier=identifier)


@written.Query
def _reached_at(*, phone: str) -> QuerySet[Patient]:
    """Whoever is enrolled with this number."""
    return Patient.objects.filter(phone=phone, is_active=True)


def _refuse_impossible(site: Site, said: Particulars, names: Iterable[str]) -> None:
    """Refuse whichever of the named particulars cannot be, with what to correct."""
    if said.phone == said.caregiver_phone and not {"phone", "caregiver_phone"}.isdisjoint(names):
        raise Refusal(
            "same-phone", gettext("The caregiver needs a phone of their own: confusion cannot report itself.")
        )
    if "language" in names:
        languages.refuse_unapproved(site, said.language)
    if "time_zone" in names and said.time_zone not in _time_zones():
        raise Refusal(
            "time-zone",
            gettext("%(time_zone)s is not a time zone: write it like America/New_York.")
            % {"time_zone": f"{said.time_zone!r}"},
        )


@cache
def _time_zones() -> frozenset[str]:
    """Every zone this machine knows; they are files, read once."""
    return frozenset(available_timezones())


@transaction.atomic
def correct(
    patient_id: int, *, seen: Particulars, said: Particulars, by: Clinician, now: datetime
) -> list[str]:
    """Correct a patient's particulars, refused as at enrolment; return the names of what was changed.

    Only what differs from what the clinician had `seen` is written, so that a page opened earlier undoes nobody's
    correction; what two of them changed differently is refused to the second. A new number holds at once: what has
    not left for the old one is withdrawn, and an open question is asked again on the new one, on the clock of its
    silence. Texting that has ended stays ended until somebody lets texts go again.
    """
    patient = people.hold(patient_id)
    _must_be_enrolled(patient)
    said = replace(said, phone=phones.e164(said.phone), caregiver_phone=phones.e164(said.caregiver_phone))
    before = Particulars.of(patient)
    changed = _to_change(before, seen, said)
    if not changed:
        return []
    _refuse_impossible(patient.site, replace(before, **changed), changed)
    _write(patient, changed, now)
    values = {
        name: [getattr(before, name), changed[name]] for name in ("language", "time_zone") if name in changed
    }
    audit.record(
        "corrected contacts",
        str(patient),
        site=patient.site,
        by=by,
        now=now,
        fields=sorted(changed),
        **values,
    )
    for name in changed:
        _carry_out(patient, name, getattr(before, name), by=by, now=now)
    return list(changed)


def _write(patient: Patient, changed: dict[str, str], now: datetime) -> None:
    since = {"phone": "reachable_since", "caregiver_phone": "caregiver_reachable_since"}
    times = {since[name]: now for name in changed if name in since}
    try:
        with transaction.atomic():
            Patient.objects.filter(pk=patient.pk).update(**changed, **times)
    except IntegrityError as taken:
        raise Refusal("phone-in-use", IN_USE) from taken
    patient.refresh_from_db()


def _to_change(before: Particulars, seen: Particulars, said: Particulars) -> dict[str, str]:
    """What the clinician changed and nobody else has, by name."""
    record, shown, typed = asdict(before), asdict(seen), asdict(said)
    mine = [name for name in CALLED if typed[name] != shown[name] and typed[name] != record[name]]
    for name in mine:
        if record[name] != shown[name]:
            raise Refusal(
                f"changed-{name}",
                gettext(
                    "Somebody else corrected this while you typed: it now reads %(name)s. Find out which "
                    "is right, then save again."
                )
                % {"name": _shown(name, record[name])},
            )
    return {name: typed[name] for name in mine}


def _shown(name: str, value: str) -> str:
    return (phones.for_reading(value) if "phone" in name else value) or "nothing"


def _carry_out(patient: Patient, name: str, before: str, *, by: Clinician, now: datetime) -> None:
    """Keep the line of history; for a number, turn from the old one to the new one."""
    after, is_phone = getattr(patient, name), "phone" in name
    if is_phone:
        # The whole old number may be a stranger's by now: its end is enough to recognise it by.
        said = f"From a number ending in {before[-4:]} to one ending in {after[-4:]}."
    else:
        said = f"From {before or 'nothing'} to {after or 'nothing'}."
    line = f"{CALLED[name]} corrected"
    if not is_phone:
        note(patient, line, said, by=by, now=now)
        return
    caregiver = name == "caregiver_phone"
    unsent = texts.withdraw(patient, caregiver=caregiver, now=now)
    if unsent:
        said += f" Withdrawn before they left for the old one: {unsent}."
    event = note(patient, line, said, by=by, now=now)
    checkins.repeat_question(patient, caregiver=caregiver, mark=f"number{event.pk}", now=now)
    case = escalations.unresolved(patient)
    if case is not None:
        caselog.note(case, line, now=now, by=by, text=said)


def note(patient: Patient, what: str, text: str, *, by: Clinician | None, now: datetime) -> PatientEvent:
    """Add one line to the patient's own history."""
    return PatientEvent.objects.create(patient=patient, at=now, by=by, what=what, text=text)


@transaction.atomic
def end(patient_id: int, *, by: Clinician, reason: str, now: datetime) -> Patient:
    """End an enrolment, with its reason. Refused while somebody is still needed: a watch, a case, or a task.

    From then on texts from these phones are heard as an unknown number's, and the numbers are free for others.
    """
    patient = people.hold(patient_id)
    _must_be_enrolled(patient)
    if not reason.strip():
        raise Refusal("reason", gettext("Say why the enrolment ends."))
    _refuse_while_open(patient)
    facts: Mapping[str, object] = {
        "is_active": False,
        "enrolment_ended_at": now,
        "enrolment_ended_by": by,
        "enrolment_ended_why": reason.strip()[:300],
    }
    Patient.objects.filter(pk=patient.pk).update(**facts)
    patient.refresh_from_db()
    for caregiver in (False, True):
        texts.withdraw(patient, caregiver=caregiver, now=now)
    audit.record("ended an enrolment", str(patient), site=patient.site, by=by, now=now)
    return patient


def _refuse_while_open(patient: Patient) -> None:
    watch = Watch.objects.filter(patient=patient, closed_at=None).first()
    if watch is not None:
        until = texts.site_day_and_time(patient.site, watch.ends_at)
        raise Refusal(
            "watch-open",
            gettext("The patient is being watched until %(until)s. End the enrolment when the watch is over.")
            % {"until": until},
        )
    case = escalations.unresolved(patient)
    if case is not None:
        raise Refusal(
            "case-open",
            gettext("Case %(code)s is open. Resolve it, then end the enrolment.") % {"code": case.code},
        )
    if stays.of(patient) is not None:
        raise Refusal(
            "in-hospital",
            gettext("The patient is in hospital. Record the discharge, then end the enrolment."),
        )
    task = Task.objects.filter(patient=patient, done_at=None).first()
    if task is not None:
        raise Refusal(
            "task-open",
            gettext("On the list: %(what)s. Finish it, then end the enrolment.") % {"what": task.what},
        )


def _must_be_enrolled(patient: Patient) -> None:
    if not patient.is_active:
        raise Refusal(
            "enrolment-ended", gettext("This enrolment has ended. Nothing about it can be changed.")
        )


def of_site(site: Site) -> "list[Patient]":
    """The site's active patients by name."""
    return list(Patient.objects.filter(site=site, is_active=True).order_by("name"))
