"""Stays in hospital, during which the hospital watches."""

from django.db import models
from django.db.models import F, Q

from monitoring.models.people import Patient
from notifications.models import Clinician, Site


class Admission(models.Model):
    """One stay in hospital. While it is known to last, check-ins at home rest; `rests_until` is the end of knowing."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="admissions")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="admissions")
    hospital = models.CharField(max_length=120)
    ward = models.CharField(max_length=120)
    phone = models.CharField(max_length=20, help_text="of whoever watches there")
    reason = models.CharField(max_length=300)
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(
        Clinician, on_delete=models.PROTECT, related_name="+", help_text="who recorded it"
    )
    recorded_at = models.DateTimeField()
    rests_until = models.DateTimeField(help_text="check-ins rest until then, unless somebody says: still in")
    lapsed_at = models.DateTimeField(null=True, help_text="when that time passed and nobody had said so")
    discharged_at = models.DateTimeField(null=True)
    discharged_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    discharge_recorded_at = models.DateTimeField(null=True)
    discharge_words = models.CharField(max_length=300, blank=True, help_text="where to, and who is with them")
    mistaken = models.BooleanField(default=False, help_text="the patient was never in: recorded by mistake")

    class Meta:
        ordering = ["admitted_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="admission_one_open_per_patient", fields=["patient"], condition=Q(discharged_at=None)
            ),
            models.CheckConstraint(
                name="admission_says_where_and_why",
                condition=~Q(hospital="") & ~Q(ward="") & ~Q(phone="") & ~Q(reason=""),
            ),
            models.CheckConstraint(
                name="admission_has_happened", condition=Q(admitted_at__lte=F("recorded_at"))
            ),
            models.CheckConstraint(
                name="admission_ends_with_its_facts",
                condition=Q(
                    discharged_at=None, discharged_by=None, discharge_recorded_at=None, discharge_words=""
                )
                | Q(
                    discharged_at__gte=F("admitted_at"),
                    discharged_at__lte=F("discharge_recorded_at"),
                    discharged_by__isnull=False,
                )
                & ~Q(discharge_words=""),
            ),
            models.CheckConstraint(
                name="admission_mistake_lasted_no_time",
                condition=Q(mistaken=False) | Q(discharged_at__isnull=False, discharged_at=F("admitted_at")),
            ),
        ]
        indexes = [
            models.Index(name="admission_open", fields=["rests_until"], condition=Q(discharged_at=None))
        ]

    def __str__(self) -> str:
        return f"admission:{self.pk}"
