"""The two phones of a patient as screens show them: whether texts go, and who telephones while they do not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitoring import calls, escalations, ladders, numbers, texts, watches
from monitoring.models import CheckIn, Escalation, Patient, PatientEvent, Watch
from monitoring.rules import WatchRules


@dataclass(frozen=True)
class Phone:
    """One phone. `who_calls` is said while no texts go; `needs_start` where the carrier blocks until START.

    `proof` is who last had a code read back from this number, and when.
    """

    whose: str
    name: str
    number: str
    ended_at: datetime | None
    ended_why: str
    who_calls: str
    needs_start: bool
    proof: PatientEvent | None


def of(patient: Patient, *, now: datetime) -> tuple[Phone, Phone]:
    """The patient's phone and the caregiver's."""
    why, caregiver_why = patient.texting_ended_why, patient.caregiver_texting_ended_why
    case, watch = escalations.unresolved(patient), watches.current(patient)
    return (
        Phone(
            whose="patient",
            name=patient.name,
            number=patient.phone,
            ended_at=patient.texting_ended_at,
            ended_why=why,
            who_calls=_who_calls_the_patient(patient, case, watch, now) if why else "",
            needs_start=calls.after_stop(why),
            proof=numbers.proof(patient, caregiver=False),
        ),
        Phone(
            whose="caregiver",
            name=patient.caregiver_name,
            number=patient.caregiver_phone,
            ended_at=patient.caregiver_texting_ended_at,
            ended_why=caregiver_why,
            who_calls=_who_calls_the_caregiver(watch) if caregiver_why else "",
            needs_start=calls.after_stop(caregiver_why),
            proof=numbers.proof(patient, caregiver=True),
        ),
    )


def _who_calls_the_patient(
    patient: Patient, case: Escalation | None, watch: Watch | None, now: datetime
) -> str:
    if case is not None and case.owner is not None:
        return f"{case.owner.name} has case {case.code} and must telephone."
    if case is not None:
        first = _on_call(patient, case.rules, case.urgency, now)
        return f"Whoever takes case {case.code} must telephone. Nobody has it yet; {first}."
    if watch is None:
        return "A nurse must telephone and agree how to reach them. Nothing is asked by the service."
    coming = watch.checkins.filter(state=CheckIn.State.WAITING).order_by("next_at").first()
    if coming is None or coming.next_at is None:
        return "A nurse must telephone."
    at = texts.site_day_and_time(patient.site, coming.next_at)
    late = WatchRules.thaw(watch.rules).clarify
    if calls.take_the_place_of_texts(patient):
        return (
            f"The service calls at each check-in, next {at}; what no key can say a nurse asks, "
            f"and who does not answer is a case at once; {_on_call(patient, watch.rules, 'urgent', now)}."
        )
    return (
        f"A nurse must telephone at each check-in, next {at}: the call comes onto the list, "
        f"and not made within {late} minutes it becomes a case; {_on_call(patient, watch.rules, 'urgent', now)}."
    )


def _on_call(patient: Patient, rules: dict[str, Any], urgency: str, now: datetime) -> str:
    standing = ladders.at(patient.site, WatchRules.thaw(rules).ladder, now=now)
    people = next((one.people for one in standing if one.rung.is_called(urgency)), ())
    if not people:
        return "nobody is on the first rung now"
    return f"on the first rung now: {', '.join(person.name for person in people)}"


def _who_calls_the_caregiver(watch: Watch | None) -> str:
    if watch is None:
        return "A nurse must telephone and agree on a number. Nothing is asked by the service."
    late = WatchRules.thaw(watch.rules).clarify
    return (
        "A nurse must telephone whenever a check-in asks for them: the call comes onto the list, "
        f"and not made within {late} minutes it becomes a case."
    )
