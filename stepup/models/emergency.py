"""Wallet cards of the emergency page: each print, and each code that shows a patient's facts no more."""

from django.db import models
from django.db.models import Q

from monitoring.models import Patient
from notifications.models import Clinician


class CardPrint(models.Model):
    """That a wallet card was printed: its code, its language, by whom and when. Only added to."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="card_prints")
    code = models.CharField(max_length=12)
    language = models.CharField(max_length=12)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(name="card_print_has_a_code", condition=~Q(code=""))]

    def __str__(self) -> str:
        return f"card print:{self.pk}"


class CardReplacement(models.Model):
    """That a card's code opens no facts any more, by whom and why. Only added to.

    The code stays known, so that whoever holds the old card still finds the advice and the right number.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="card_replacements")
    code = models.CharField(max_length=12, unique=True)
    reason = models.CharField(max_length=200)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="card_replacement_has_its_code_and_a_reason", condition=~Q(code="") & ~Q(reason="")
            )
        ]

    def __str__(self) -> str:
        return f"card replacement:{self.pk}"
