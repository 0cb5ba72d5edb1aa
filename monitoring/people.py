"""The order of locks: whoever changes a patient's check-ins or cases holds the patient first.

A late answer and the silence it breaks meet in the same second; with one order neither can block the other for ever.
"""

from monitoring.models import Patient


def hold(patient_id: int) -> Patient:
    """The patient, locked until the transaction ends. New rows about the patient may still be added by others."""
    return Patient.objects.select_for_update(no_key=True).get(pk=patient_id)


def hold_if_free(patient_id: int) -> bool:
    """Lock the patient without waiting; False when somebody is at work on them at this moment."""
    free = Patient.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=patient_id)
    return free.first() is not None
