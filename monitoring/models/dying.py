"""That a patient has died: said in a text, and answered by a named person."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.hearing import Finding
from monitoring.models.people import Patient
from notifications.models import Clinician


class DeathNotice(models.Model):
    """One word about whether a patient has died: a text's, or a clinician's. Only added to; the newest counts."""

    class Said(models.TextChoices):
        REPORTED = "reported", _("reported in a text")
        DIED = "died", _("has died")
        ALIVE = "alive", _("is alive")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="death_notices")
    said = models.CharField(max_length=8, choices=Said.choices)
    at = models.DateTimeField()
    finding = models.ForeignKey(Finding, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300, blank=True, help_text="who told whom, or how it is known")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="death_notice_is_a_text_s_or_somebody_s_in_words",
                condition=Q(said="reported", finding__isnull=False, by=None)
                | Q(said__in=["died", "alive"], by__isnull=False) & ~Q(words=""),
            ),
        ]

    def __str__(self) -> str:
        return f"death notice:{self.pk}"
