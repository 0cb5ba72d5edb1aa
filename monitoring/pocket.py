"""Pocket dexamethasone: mentioned only from the patient's own signed, unexpired order, once per episode."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction

from monitoring import escalations, texts
from monitoring.models import Escalation, Finding, Patient, PocketInstruction, PocketOrder
from notifications import audit
from notifications.models import Clinician
from protocols import dosing, rulebook, triage
from protocols.errors import Refusal

FEVER_RULE = "FEVER"
ONCE_IN = timedelta(hours=24)


@transaction.atomic
def sign(
    patient: Patient, *, dose_mg: Decimal, expires_at: datetime, by: Clinician, now: datetime
) -> PocketOrder:
    """Sign an order for one patient. The dose is the prescriber's; the service never chooses one."""
    if by.role != "prescriber":
        raise Refusal("not-a-prescriber", "Only a prescriber can sign a pocket order.")
    if dose_mg <= 0:
        raise Refusal("dose", "Enter the dose in milligrams, more than 0.")
    if expires_at <= now:
        raise Refusal("expiry", "Choose an expiry in the future.")
    PocketOrder.objects.filter(patient=patient, revoked_at=None).update(revoked_at=now)
    order = PocketOrder.objects.create(
        patient=patient, dose_mg=dose_mg, signed_by=by, signed_at=now, expires_at=expires_at
    )
    audit.record("signed a pocket order", str(patient), site=patient.site, by=by, now=now, order=order.pk)
    return order


def active_order(patient: Patient, *, now: datetime) -> PocketOrder | None:
    """The order that may be mentioned now, if there is one."""
    return PocketOrder.objects.filter(patient=patient, revoked_at=None, expires_at__gt=now).first()


def instruct_if_signed(case: Escalation, finding: Finding, *, now: datetime) -> PocketInstruction | None:
    """Text the signed instruction when this finding is a fever, unless it was texted or taken already.

    Once means once in a case, in a watch and in 24 hours, however many cases the night has: a second dose is a
    prescriber's to order. Whoever may not be able to swallow or to understand is left to a person.
    """
    patient = case.patient
    if patient is None or not _is_fever(finding) or _is_unsafe(finding):
        return None
    order = active_order(patient, now=now)
    since = min(case.watch.given_at, now - ONCE_IN) if case.watch else now - ONCE_IN
    if order is None or _had_already(case, patient, since):
        return None
    message = texts.to_patient(
        patient,
        "pocket.instruction",
        key=f"pocket:{case.pk}",
        now=now,
        facts={"dose_mg": f"{order.dose_mg.normalize():f}"},
    )
    if message is None:
        return None
    said = f"Signed instruction texted: {dosing.format_mg(order.dose_mg)}, once."
    escalations.note(case, "pocket dose", now=now, text=said)
    return PocketInstruction.objects.create(order=order, escalation=case, message=message, at=now)


def _is_fever(finding: Finding) -> bool:
    return any(rule["id"].startswith(FEVER_RULE) for rule in finding.rules)


def _is_unsafe(finding: Finding) -> bool:
    """Whether something was said, now or in the hours that count, with which no text may mention tablets."""
    said = {*triage.carried(str(rule["id"]) for rule in finding.rules), *finding.context.get("recent", ())}
    return not said.isdisjoint(rulebook.load().known["no_tablets_with"])


def texted_since(patient: Patient, since: datetime) -> bool:
    """Whether the instruction was texted since then: it may have been followed, so a fever may be hidden."""
    return PocketInstruction.objects.filter(escalation__patient=patient, at__gte=since).exists()


def _had_already(case: Escalation, patient: Patient, since: datetime) -> bool:
    """Whether the dose was texted in this case, or texted or reported taken since then."""
    if PocketInstruction.objects.filter(escalation=case).exists() or texted_since(patient, since):
        return True
    findings = Finding.objects.filter(patient=patient, at__gte=since)
    readings = [reading for finding in findings for reading in finding.readings]
    return any(reading["kind"] == "medicine" and reading["name"] == "steroid" for reading in readings)
