"""What a patient measures with at home, and the blood pressure that is usual for them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.people import Patient
from notifications.models import Clinician

UPPER, LOWER = (50, 260), (20, 160)  # what triage reads as a blood pressure


class HomeKit(models.Model):
    """What a clinician saw or was told of one patient's devices, and their blood pressure before the doses.

    Only added to: the newest row counts, and a finding keeps what was known when it was concluded.
    """

    class Thermometer(models.TextChoices):
        MOUTH = "mouth", _("in the mouth")
        EAR = "ear", _("in the ear")
        FOREHEAD = "forehead", _("on the forehead")
        ARMPIT = "armpit", _("in the armpit")
        SKIN = "skin", _("worn on the skin")
        NONE = "none", _("no thermometer")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="kits")
    thermometer = models.CharField(max_length=10, choices=Thermometer.choices)
    has_cuff = models.BooleanField(help_text="a blood-pressure cuff")
    has_oximeter = models.BooleanField(help_text="a clip that shows the oxygen saturation")
    usual_upper = models.PositiveSmallIntegerField(null=True, help_text="systolic, mmHg")
    usual_lower = models.PositiveSmallIntegerField(null=True, help_text="diastolic, mmHg")
    usual_on = models.DateField(null=True, help_text="the local day it was measured")
    recorded_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="home_kit_thermometer_is_known",
                condition=Q(thermometer__in=["mouth", "ear", "forehead", "armpit", "skin", "none"]),
            ),
            models.CheckConstraint(
                name="home_kit_pressure_is_whole",
                condition=Q(usual_upper=None, usual_lower=None, usual_on=None)
                | Q(
                    usual_upper__range=UPPER,
                    usual_lower__range=LOWER,
                    usual_lower__lt=F("usual_upper"),
                    usual_on__isnull=False,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"home kit:{self.pk}"

    @property
    def named(self) -> str:
        """The thermometer in words: `thermometer on the forehead`, `no thermometer`."""
        shown = self.get_thermometer_display()
        return shown if self.thermometer == self.Thermometer.NONE else f"thermometer {shown}"

    @property
    def pressure(self) -> str:
        """`130/80 mmHg`; empty where none was recorded."""
        return (
            "" if self.usual_upper is None else f"{self.usual_upper}/{self.usual_lower}\N{NO-BREAK SPACE}mmHg"
        )
