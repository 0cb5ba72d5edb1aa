"""Withdrawing an approval of texts: nobody new is asked in them, and a person decides about whoever is."""

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from monitoring import languages, worklist
from monitoring.models import ContentApproval, ContentWithdrawal, Patient
from notifications import audit, roles
from notifications.models import Clinician, Site
from protocols import wording
from protocols.errors import Refusal


@transaction.atomic
def withdraw(site: Site, code: str, *, why: str, by: Clinician, now: datetime) -> ContentWithdrawal:
    """Let the approval of the words as they are now count no more. Nobody is enrolled in them from then on.

    No text stops by it: silence would harm more than the word. Each patient who is asked in them becomes a task, and a
    person decides whether texts go on. Refused: without a reason, and where nothing is approved.
    """
    if not roles.may(by, "withdraw texts"):
        raise Refusal(
            "role", _("A %(role)s does not withdraw an approval of texts.") % {"role": by.get_role_display()}
        )
    if not why.strip():
        raise Refusal(
            "why", _("Say what is wrong with these texts: whoever decides about the patients reads it.")
        )
    now_is = wording.fingerprint(code)
    texts = ContentApproval.objects.filter(site=site, what=ContentApproval.What.TEXTS, language=code)
    rows = texts.filter(fingerprint=now_is, withdrawal=None)
    row = rows.select_for_update(of=("self",)).order_by("-pk").first()
    if row is None or ContentWithdrawal.objects.filter(approval=row).exists():
        raise Refusal(
            "not-approved", _("These texts are not approved, or a colleague has withdrawn them already.")
        )
    made = ContentWithdrawal.objects.create(
        approval=row, why=why.strip()[: languages.LONGEST_NOTE], by=by, at=now
    )
    for patient in languages.under_way(site, code):
        _let_somebody_decide(patient, made, now)
    audit.record("withdrew texts", f"language:{code}", site=site, by=by, now=now, row=row.pk, why=made.why)
    return made


def _let_somebody_decide(patient: Patient, made: ContentWithdrawal, now: datetime) -> None:
    name = wording.name(patient.language)
    worklist.open_task(
        site=patient.site,
        patient=patient,
        what=f"Texts in {name} were withdrawn and go on here: decide whether to telephone instead. {made.why}"[
            :200
        ],
        due_at=now + worklist.SAME_DAY,
        pages_when_late=False,
        now=now,
    )
