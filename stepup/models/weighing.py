"""What a scale showed, and whether doses are calculated from it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician
from stepup.models.courses import Course


class WithTheirAnswers(models.Manager["Weight"]):
    """Weighings, each with its answer: what every question about a weight turns on."""

    def get_queryset(self) -> models.QuerySet["Weight"]:
        """One join, so that no weighing of a course is asked for its answer by itself."""
        return super().get_queryset().select_related("answer")


class Weight(models.Model):
    """One weighing in kilograms. It counts for dosing only once it has an answer that says so."""

    class Method(models.TextChoices):
        STANDING = "standing", _("standing scale")
        CHAIR = "chair", _("chair scale")
        BED = "bed", _("bed scale")
        OTHER = "other", _("another way")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="weights")
    kg = models.DecimalField(max_digits=5, decimal_places=1)
    weighed_on = models.DateField()
    weighed_by = models.CharField(max_length=120)
    method = models.CharField(
        max_length=10, choices=Method.choices, blank=True, help_text="empty: not recorded"
    )
    recorded_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    objects = WithTheirAnswers()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(name="weight_is_a_persons", condition=Q(kg__gte=25, kg__lte=300))
        ]

    def __str__(self) -> str:
        return f"weight:{self.pk}"

    @property
    def answered(self) -> "WeightAnswer | None":
        """What somebody answered, or None while it waits."""
        found: WeightAnswer | None = getattr(self, "answer", None)
        return found

    @property
    def is_used(self) -> bool:
        """Whether somebody answered with *use it*."""
        return self.answered is not None and self.answered.used


class WeightAnswer(models.Model):
    """Whether doses are calculated from a weighing, or the one before is kept. Given once, never changed."""

    weight = models.OneToOneField(Weight, on_delete=models.PROTECT, related_name="answer")
    used = models.BooleanField()
    beyond_limit = models.BooleanField(help_text="the change was beyond the protocol's limit at that moment")
    recorded_by = models.ForeignKey(
        Clinician, on_delete=models.PROTECT, related_name="+", help_text="who recorded the weighing"
    )
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="weight_beyond_the_limit_is_answered_by_another_person",
                condition=Q(beyond_limit=False) | ~Q(by=F("recorded_by")),
            )
        ]

    def __str__(self) -> str:
        return f"weight answer:{self.pk}"
