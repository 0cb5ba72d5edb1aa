"""What was said about what must be true before a dose."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician
from stepup.models.courses import Course


class ReadinessStatement(models.Model):
    """What somebody said of one thing that must be true before a dose. The newest one counts; none is changed."""

    class State(models.TextChoices):
        MET = "met", _("met")
        WAIVED = "waived", _("waived")
        OPEN = "open", _("not met")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="readiness_statements")
    dose_number = models.PositiveSmallIntegerField(
        help_text="before which dose of the course; 1 is the first"
    )
    step = models.CharField(max_length=60, help_text="the step or phase that was to come")
    item = models.CharField(max_length=40, help_text="the item's id in the course's own protocol")
    state = models.CharField(max_length=8, choices=State.choices)
    minutes = models.PositiveSmallIntegerField(null=True)
    on = models.DateField(null=True)
    said = models.CharField(
        max_length=120, blank=True, help_text="a name or an answer, where the item wants one"
    )
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="readiness_state_is_known", condition=Q(state__in=["met", "waived", "open"])
            ),
            models.CheckConstraint(
                name="readiness_unmet_has_a_reason", condition=Q(state="met") | ~Q(reason="")
            ),
            models.CheckConstraint(name="readiness_is_for_a_dose", condition=Q(dose_number__gte=1)),
        ]

    def __str__(self) -> str:
        return f"readiness:{self.pk} {self.item} {self.state}"
