"""What was said about doses afterwards: corrections, and where a dose that nobody here recorded in time was given."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician
from stepup.models.courses import Dose


class DoseCorrection(models.Model):
    """Why a dose as recorded no longer counts. Said once per row, never changed; the row itself stays visible."""

    class Kind(models.TextChoices):
        CORRECTED = "corrected", _("corrected")
        WRONG_PATIENT = "wrong_patient", _("entered on the wrong patient")
        NEVER_GIVEN = "never_given", _("never given")

    dose = models.OneToOneField(Dose, on_delete=models.PROTECT, related_name="correction")
    kind = models.CharField(max_length=14, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="dose_correction_kind_is_known",
                condition=Q(kind__in=["corrected", "wrong_patient", "never_given"]),
            ),
            models.CheckConstraint(name="dose_correction_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"dose correction:{self.pk} {self.kind}"


class DoseReport(models.Model):
    """On whose word a dose stands that was given elsewhere, or here and never recorded: never changed."""

    class Place(models.TextChoices):
        ELSEWHERE = "elsewhere", _("at another hospital or practice")
        HERE = "here", _("here, and not recorded then")

    dose = models.OneToOneField(Dose, on_delete=models.PROTECT, related_name="report")
    place = models.CharField(max_length=10, choices=Place.choices)
    hospital = models.CharField(max_length=120, blank=True, help_text="where, when it was not here")
    told_by = models.CharField(max_length=120, help_text="who reported it")
    document = models.CharField(max_length=200, blank=True, help_text="the letter or record that shows it")
    reason = models.CharField(max_length=300, help_text="why it is recorded only now")
    weight_kg = models.DecimalField(
        max_digits=5, decimal_places=1, null=True, help_text="the weight on that day, where it was reported"
    )
    time_known = models.BooleanField(
        default=True, help_text="no: the last minute of its day stands for the time"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="dose_report_place_is_known", condition=Q(place__in=["elsewhere", "here"])
            ),
            models.CheckConstraint(
                name="dose_report_names_the_hospital", condition=Q(place="here") | ~Q(hospital="")
            ),
            models.CheckConstraint(
                name="dose_report_has_a_source_and_a_reason", condition=~Q(told_by="") & ~Q(reason="")
            ),
            models.CheckConstraint(
                name="dose_report_weight_is_a_persons",
                condition=Q(weight_kg=None) | Q(weight_kg__gte=25, weight_kg__lte=300),
            ),
        ]

    def __str__(self) -> str:
        return f"dose report:{self.pk} {self.place}"
