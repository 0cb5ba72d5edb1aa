"""Why somebody who does not treat a patient opened the record."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models import Patient
from notifications.models import Clinician


class OutsideLook(models.Model):
    """That somebody from outside the team opened a record, until when, and why. Only added to."""

    class Reason(models.TextChoices):
        REVIEW = "review", _("audit or review of quality")
        ASKED = "asked", _("a colleague or the patient asked me to")
        OTHER = "other", _("another reason")
        EMERGENCY = "emergency", _("emergency")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="outside_looks")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    until = models.DateTimeField(help_text="from then on the reason is asked again")
    reason = models.CharField(max_length=12, choices=Reason.choices)
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="outside_look_ends", condition=Q(until__gt=F("at"))),
            models.CheckConstraint(
                name="outside_look_says_why", condition=Q(reason="emergency") | ~Q(words="")
            ),
        ]

    def __str__(self) -> str:
        return f"outside look:{self.pk}"
