"""What clinicians write to patients themselves, and the quiet that keeps the service from talking between."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.people import Patient
from notifications.models import Clinician, Message, Site


class ClinicianText(models.Model):
    """A text a clinician wrote. Until `quiet_over_at` the service asks the patient nothing of its own."""

    class To(models.TextChoices):
        PATIENT = "patient", _("patient")
        CAREGIVER = "caregiver", _("caregiver")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="clinician_texts")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="clinician_texts")
    to = models.CharField(max_length=9, choices=To.choices)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    message = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="said")
    unanswered_since = models.DateTimeField(
        help_text="when the first text of this quiet without an answer went"
    )
    quiet_until = models.DateTimeField(help_text="when the service goes on by itself")
    quiet_over_at = models.DateTimeField(null=True)
    quiet_over_by = models.ForeignKey(
        Clinician, null=True, on_delete=models.PROTECT, related_name="+", help_text="empty: it ran out"
    )

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="clinician_text_one_quiet_per_patient",
                fields=["patient"],
                condition=Q(quiet_over_at=None),
            ),
            models.CheckConstraint(
                name="clinician_text_quiet_has_its_times",
                condition=Q(unanswered_since__lte=F("at"), quiet_until__gt=F("at")),
            ),
            models.CheckConstraint(
                name="clinician_text_quiet_is_ended_at_a_time",
                condition=Q(quiet_over_by=None) | Q(quiet_over_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(name="clinician_text_quiet", fields=["quiet_until"], condition=Q(quiet_over_at=None))
        ]

    def __str__(self) -> str:
        return f"clinician text:{self.pk}"
