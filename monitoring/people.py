"""The order of locks: whoever changes a patient's check-ins or cases holds the patient first.

A late answer and the silence it breaks meet in the same second; with one order neither can block the other for ever.
"""

from django.db.models import QuerySet

from monitoring.models import Patient
from notifications import written


def hold(patient_id: int) -> Patient:
    """The patient with the site, locked until the transaction ends. Others may still add new rows about the patient."""
    return _held.get(pk=patient_id)


@written.Query
def _held(*, pk: int) -> QuerySet[Patient]:
    """The patient, locked, with the site, which never is another."""
    return Patient.objects.select_for_update(no_key=True, of=("self",)).select_related("site").filter(pk=pk)


def hold_if_free(patient_id: int) -> bool:
    """Lock the patient without waiting; False when somebody is at work on them at this moment."""
    return _free.first(pk=patient_id) is not None


@written.Query
def _free(*, pk: int) -> QuerySet[Patient]:
    """The patient, locked without waiting; nobody where somebody else has them locked."""
    return Patient.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=pk).only("pk")
