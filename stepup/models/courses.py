"""Approved protocols, courses and doses."""

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from monitoring.models import Patient, Watch
from notifications.models import Clinician, Site

if TYPE_CHECKING:
    from stepup.models.weighing import Weight


class SiteProtocol(models.Model):
    """A protocol as one site approved it: frozen content, its fingerprint, and two different signatures."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="protocols")
    protocol_id = models.CharField(max_length=120, help_text="label id + pathway id")
    label_id = models.CharField(max_length=60)
    pathway_id = models.CharField(max_length=60)
    fingerprint = models.CharField(max_length=64)
    content = models.TextField(help_text="the whole protocol as it was signed, canonical JSON")
    pharmacist = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    pharmacist_at = models.DateTimeField(null=True)
    prescriber = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    prescriber_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="site_protocol_once", fields=["site", "protocol_id", "fingerprint"]),
            models.CheckConstraint(
                name="site_protocol_two_people",
                condition=Q(pharmacist=None) | Q(prescriber=None) | ~Q(pharmacist=F("prescriber")),
            ),
            models.CheckConstraint(
                name="site_protocol_signature_has_a_time",
                condition=(
                    Q(pharmacist=None, pharmacist_at=None)
                    | Q(pharmacist__isnull=False, pharmacist_at__isnull=False)
                )
                & (
                    Q(prescriber=None, prescriber_at=None)
                    | Q(prescriber__isnull=False, prescriber_at__isnull=False)
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.protocol_id

    @property
    def is_approved(self) -> bool:
        return self.pharmacist_id is not None and self.prescriber_id is not None


class Course(models.Model):
    """One patient on one approved protocol version."""

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        STOPPED = "stopped", _("stopped")
        TRANSFERRED = "transferred", _("transferred")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="courses")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="courses")
    protocol = models.ForeignKey(SiteProtocol, on_delete=models.PROTECT, related_name="courses")
    regimen = models.CharField(max_length=60)
    start_on = models.DateField()
    state = models.CharField(max_length=12, choices=State.choices, default=State.ACTIVE)
    opened_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    uncovered = models.PositiveSmallIntegerField(
        default=0, help_text="spans of the first dose's watch with nobody on call when it was opened"
    )
    uncovered_why = models.CharField(max_length=300, blank=True, help_text="why they were accepted")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="course_uncovered_has_a_reason",
                condition=Q(uncovered=0, uncovered_why="") | Q(uncovered__gt=0) & ~Q(uncovered_why=""),
            ),
            models.UniqueConstraint(
                name="course_one_active_per_patient", fields=["patient"], condition=Q(state="active")
            ),
            models.CheckConstraint(
                name="course_state_is_known", condition=Q(state__in=["active", "stopped", "transferred"])
            ),
        ]

    def __str__(self) -> str:
        return f"course:{self.pk}"

    @property
    def weight(self) -> "Weight":
        """The weighing that doses are calculated from: the newest that somebody answered with *use it*."""
        return [one for one in self.weights.all() if one.is_used][-1]

    @property
    def weight_kg(self) -> Decimal:
        return self.weight.kg


@cache
def _corrected() -> Exists:
    """Whether a dose was struck. Made once: every course that is read for a decision asks it."""
    return Exists(apps.get_model("stepup", "DoseCorrection").objects.filter(dose=OuterRef("pk")))


class DosesThatCount(models.Manager["Dose"]):
    """The doses that every decision is made from: those that nobody has struck by a correction."""

    def get_queryset(self) -> models.QuerySet["Dose"]:
        """Without a join, so that rows can be locked."""
        return super().get_queryset().filter(~_corrected())


class Dose(models.Model):
    """What was given, when, and who checked it. Recorded even when it broke the plan, then with a reason.

    A row is never rewritten: a correction strikes it, and a new row stands in its place. `objects`, and with it
    `course.doses`, leaves struck rows out, so that nobody decides from one; `with_struck` is for showing the record.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="doses")
    step = models.CharField(max_length=60, help_text="step id, or the phase id for later doses")
    given_at = models.DateTimeField()
    given_on = models.DateField(help_text="the date at the treating site, for counting whole days")
    planned_mg = models.DecimalField(max_digits=9, decimal_places=4, null=True)
    given_mg = models.DecimalField(max_digits=9, decimal_places=4)
    sum = models.CharField(max_length=120, blank=True)
    weight = models.ForeignKey(
        "stepup.Weight",
        null=True,
        on_delete=models.PROTECT,
        related_name="doses",
        help_text="what the sum was made with",
    )
    deviation = models.CharField(max_length=300, blank=True, help_text="why it was given off the protocol")
    recorded_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="doses_recorded")
    recorded_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        Clinician, null=True, on_delete=models.PROTECT, related_name="doses_confirmed"
    )
    confirmed_at = models.DateTimeField(null=True)
    watch = models.ForeignKey(
        Watch,
        null=True,
        on_delete=models.PROTECT,
        related_name="doses",
        help_text="a corrected dose goes on in the watch of the row it replaces",
    )
    replaces = models.OneToOneField(
        "stepup.DoseCorrection",
        null=True,
        on_delete=models.PROTECT,
        related_name="replacement",
        help_text="the correction that this row stands in for",
    )

    objects = DosesThatCount()
    with_struck = models.Manager["Dose"]()

    class Meta:
        ordering = ["given_at", "pk"]
        # A trigger besides: one dose that counts per moment of a course (dose_once_per_moment).
        constraints = [
            models.CheckConstraint(
                name="dose_was_given_before_it_was_recorded", condition=Q(given_at__lte=F("recorded_at"))
            ),
            models.CheckConstraint(
                name="dose_second_check_is_another_person",
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False)
                & ~Q(confirmed_by=F("recorded_by")),
            ),
            models.CheckConstraint(name="dose_amount_is_positive", condition=Q(given_mg__gt=0)),
        ]

    def __str__(self) -> str:
        return f"dose:{self.pk} {self.step}"


class CourseEvent(models.Model):
    """One line of a course's history."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=40)
    text = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.what}"


class EmergencyVisit(models.Model):
    """One attempt to open a patient's facts on the emergency page."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="emergency_visits")
    at = models.DateTimeField()
    matched = models.BooleanField(help_text="whether the second fact was right")
    callback_number = models.CharField(max_length=40, blank=True)

    def __str__(self) -> str:
        return f"emergency visit:{self.pk}"
