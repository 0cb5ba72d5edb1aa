"""Wallet cards that lead to a patient's emergency page: printed on purpose, replaced when one is lost.

A card has a code and no fact. A replaced code opens the general advice and the site's number for ever, and never a
patient's facts: an old card in a drawer does no harm, and still helps.
"""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import patients, people
from monitoring.models import Patient
from notifications import audit
from notifications.models import Clinician
from protocols import wording
from protocols.errors import Refusal
from stepup import emergency_approvals
from stepup.emergency_texts import ENGLISH
from stepup.models import CardPrint, CardReplacement

LONGEST_REASON = 200


def languages(patient: Patient) -> tuple[str, ...]:
    """The languages a card may be printed in: English, and whatever the site has approved."""
    standing = emergency_approvals.of_site(patient.site)
    return tuple(one.code for one in standing if one.code == ENGLISH or one.approval)


@transaction.atomic
def record_print(patient_id: int, *, language: str, by: Clinician, now: datetime) -> CardPrint:
    """Record that a card is printed for the code in force. Refused after the enrolment, or in a language that is not
    ready.
    """
    patient = people.hold(patient_id)
    if not patient.is_active:
        raise Refusal("not-enrolled", _("This enrolment has ended: no card is printed for it."))
    if language not in languages(patient):
        raise Refusal(
            "language",
            _(
                "Nobody at this site has approved the emergency page in %(wording)s. Print it in "
                "English, or have it approved under Protocols, Texts to patients."
            )
            % {"wording": wording.name(language)},
        )
    row = CardPrint.objects.create(
        patient=patient, code=patient.emergency_code, language=language, by=by, at=now
    )
    audit.record("printed an emergency card", str(patient), site=patient.site, by=by, now=now, row=row.pk)
    return row


@transaction.atomic
def replace(patient_id: int, *, code: str, reason: str, by: Clinician, now: datetime) -> CardReplacement:
    """End the code the clinician saw and give the patient another one; every card printed so far is an old card.

    Refused without a reason, and where a colleague replaced it meanwhile. A card lost after the enrolment ended is
    replaced as well: whoever finds it shall find nothing.
    """
    patient = people.hold(patient_id)
    if not reason.strip():
        raise Refusal("reason", _("Say why the card is replaced, like: lost on the bus."))
    if code != patient.emergency_code:
        raise Refusal("replaced-already", _("A colleague has replaced this card already. Print the new one."))
    row = CardReplacement.objects.create(
        patient=patient, code=code, reason=reason.strip()[:LONGEST_REASON], by=by, at=now
    )
    Patient.objects.filter(pk=patient.pk).update(emergency_code=_unused_code())
    audit.record("replaced an emergency card", str(patient), site=patient.site, by=by, now=now, row=row.pk)
    return row


def _unused_code() -> str:
    """A code no card has or had."""
    while True:
        code = patients.new_code()
        if not CardReplacement.objects.filter(code=code).exists():
            return code
