"""Pocket dexamethasone: mentioned only from the patient's own signed, unexpired order, once per episode."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from monitoring import caselog, people, stays, texts
from monitoring.models import Escalation, Finding, Patient, PocketInstruction, PocketOrder
from notifications import audit, outbox
from notifications.models import Clinician, Message
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
        raise Refusal("not-a-prescriber", _("Only a prescriber can sign a pocket order."))
    if dose_mg <= 0:
        raise Refusal("dose", _("Enter the dose in milligrams, more than 0."))
    if expires_at <= now:
        raise Refusal("expiry", _("Choose an expiry in the future."))
    people.hold(patient.pk)
    before = PocketOrder.objects.filter(patient=patient, revoked_at=None)
    before.update(revoked_at=now, revoked_by=by, revoked_why="replaced by a new order")
    order = PocketOrder.objects.create(
        patient=patient, dose_mg=dose_mg, signed_by=by, signed_at=now, expires_at=expires_at
    )
    audit.record("signed a pocket order", str(patient), site=patient.site, by=by, now=now, order=order.pk)
    return order


@transaction.atomic
def revoke(order_id: int, *, by: Clinician, reason: str, now: datetime) -> PocketOrder:
    """Revoke an order at once; it is kept, with who and why. An instruction that has not left is withdrawn."""
    if by.role != "prescriber":
        raise Refusal("not-a-prescriber", _("Only a prescriber can revoke a pocket order."))
    if not reason.strip():
        raise Refusal("reason", _("Say why the order is revoked."))
    order = PocketOrder.objects.select_related("patient__site").get(pk=order_id)
    people.hold(order.patient_id)  # whoever texts the instruction at this moment holds the patient too
    mine = PocketOrder.objects.filter(pk=order.pk, revoked_at=None)
    revoked = mine.update(revoked_at=now, revoked_by=by, revoked_why=reason.strip()[:300])
    order.refresh_from_db()
    if not revoked:
        when = texts.site_day_and_time(order.patient.site, order.revoked_at or now)
        raise Refusal(
            "revoked-already",
            _("%(revoked_by)s ended this order on %(when)s: %(revoked_why)s.")
            % {"revoked_by": order.revoked_by, "when": when, "revoked_why": order.revoked_why},
        )
    sent = PocketInstruction.objects.filter(order=order).values("message")
    outbox.cancel(Message.objects.filter(pk__in=sent), now=now)
    site = order.patient.site
    audit.record("revoked a pocket order", str(order.patient), site=site, by=by, now=now, order=order.pk)
    return order


def end_with_course(patient: Patient, *, why: str, by: Clinician, now: datetime) -> int:
    """An order is for one course: it ends with it, or with the watch that is open, whose dose is still in the patient.

    Returns how many orders end. One signed at this very moment stays: its prescriber saw the course that stood.
    """
    standing = PocketOrder.objects.filter(patient=patient, revoked_at=None)
    watch = patient.watches.filter(closed_at=None, ends_at__gt=now).first()
    if watch is None:
        ended = standing.update(revoked_at=now, revoked_by=by, revoked_why=why[:300])
    else:
        ended = standing.filter(expires_at__gt=watch.ends_at).update(expires_at=watch.ends_at)
    if ended:
        audit.record("ended a pocket order", str(patient), site=patient.site, by=by, now=now, why=why)
    return ended


def trigger() -> str:
    """The line from which a measured temperature is a fever, as it stands in the rules: `38.0 °C or 100.4 °F`."""
    lines = rulebook.load().temperature["fever"]
    return f"{lines['C']} °C or {lines['F']} °F"


def exclusions() -> tuple[str, ...]:
    """What was said, in words, with which no text mentions tablets; a person decides then."""
    book = rulebook.load()
    return tuple(book.symptoms[name].why for name in book.known["no_tablets_with"])


def active_order(patient: Patient, *, now: datetime) -> PocketOrder | None:
    """The order that may be mentioned now, if there is one."""
    return PocketOrder.objects.filter(patient=patient, revoked_at=None, expires_at__gt=now).first()


def active_orders(patients: Iterable[int], *, now: datetime) -> dict[int, PocketOrder]:
    """The same for many patients, in one query."""
    rows = PocketOrder.objects.filter(patient__in=patients, revoked_at=None, expires_at__gt=now)
    return {order.patient_id: order for order in rows}


def revoked(patient: Patient) -> list[PocketOrder]:
    """The orders that were revoked or replaced, newest first."""
    orders = PocketOrder.objects.filter(patient=patient, revoked_at__isnull=False)
    return list(orders.select_related("signed_by", "revoked_by").order_by("-revoked_at"))


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
    if stays.resting(patient.pk, now=now) is not None:
        caselog.note(
            case,
            "no pocket dose",
            now=now,
            text="Not texted: the patient is in hospital, where the ward treats.",
        )
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
    caselog.note(case, "pocket dose", now=now, text=said)
    return PocketInstruction.objects.create(order=order, escalation=case, message=message, at=now)


def _is_fever(finding: Finding) -> bool:
    return any(rule["id"].startswith(FEVER_RULE) for rule in finding.rules)


def _is_unsafe(finding: Finding) -> bool:
    """Whether something was said, now or in the hours that count, with which no text may mention tablets."""
    said = {*triage.carried(str(rule["id"]) for rule in finding.rules), *finding.context.get("recent", ())}
    return not said.isdisjoint(rulebook.load().known["no_tablets_with"])


def texted_since(patient: Patient, since: datetime) -> bool:
    """Whether the instruction was texted since then: it may have been followed, so a fever may be hidden."""
    return texted(patient.pk, since=since).exists()


def newest(patient: Patient, *, since: datetime, until: datetime | None = None) -> PocketInstruction | None:
    """The newest instruction that was texted in the span, whichever case it was texted in."""
    sent = texted(patient.pk, since=since).filter(message__cancelled_at=None)
    return (sent.filter(at__lte=until) if until else sent).select_related("order").order_by("-at").first()


def texted(patient_id: int, *, since: datetime) -> QuerySet[PocketInstruction]:
    """The instructions that were texted since then."""
    return PocketInstruction.objects.filter(escalation__patient=patient_id, at__gte=since)


def _had_already(case: Escalation, patient: Patient, since: datetime) -> bool:
    """Whether the dose was texted in this case, or texted or reported taken since then."""
    if PocketInstruction.objects.filter(escalation=case).exists() or texted_since(patient, since):
        return True
    findings = Finding.objects.filter(patient=patient, at__gte=since)
    readings = [reading for finding in findings for reading in finding.readings]
    return any(reading["kind"] == "medicine" and reading["name"] == "steroid" for reading in readings)
