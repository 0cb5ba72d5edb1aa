"""What people arranged about the next dose: its date, holds, intervals, reviews; and the days without doses."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site
from stepup.models.courses import Course, Dose


class Appointment(models.Model):
    """The next dose put on a date and time other than the plan's own. Only added to; the newest counts."""

    class Kind(models.TextChoices):
        EARLIER = "earlier", _("moved earlier")
        TIMED = "timed", _("given a time")
        DELAYED = "delayed", _("delayed")
        SKIPPED = "skipped", _("skipped")

    class Reason(models.TextChoices):
        REACTION = "reaction", _("a reaction is resolving")
        PATIENT = "patient", _("the patient cannot come, or asked for it")
        SITE = "site", _("chair, staff or drug supply")
        COVER = "cover", _("nobody on call on the other date")
        CLOSED = "closed", _("weekend or closed day")
        TIME = "time", _("to agree on the time of day")
        OTHER = "other", _("something else, in words")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="appointments")
    number = models.PositiveIntegerField(help_text="counts the appointments of one course from 1")
    after = models.ForeignKey(
        Dose,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="the dose before; None before the first",
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    step = models.CharField(
        max_length=60, help_text="the dose the label gives on that date, as shown to whoever moved it"
    )
    planned_at = models.DateTimeField()
    planned_on = models.DateField(help_text="the date at the treating site, for counting whole days")
    instead_of = models.DateField(null=True, help_text="the date planned before")
    reason = models.CharField(max_length=10, choices=Reason.choices)
    words = models.CharField(max_length=300, blank=True)
    objections = models.CharField(max_length=60, blank=True, help_text="codes of what stood against the date")
    uncovered = models.PositiveSmallIntegerField(
        default=0, help_text="spans of its watch with nobody on call"
    )
    override = models.CharField(max_length=300, blank=True, help_text="why they were accepted")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="appointment_number_once", fields=["course", "number"]),
            models.CheckConstraint(name="appointment_is_ahead", condition=Q(planned_at__gt=F("at"))),
            models.CheckConstraint(name="appointment_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="appointment_objection_is_answered",
                condition=(Q(objections="") & ~Q(reason="other")) | ~Q(words=""),
            ),
            models.CheckConstraint(
                name="appointment_uncovered_has_an_override", condition=Q(uncovered=0) | ~Q(override="")
            ),
        ]

    def __str__(self) -> str:
        return f"appointment:{self.pk}"


class ClosedDay(models.Model):
    """A day on which a site gives no planned doses."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="closed_days")
    on = models.DateField()
    name = models.CharField(max_length=60, help_text="as people call it, for example Thanksgiving")
    added_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        ordering = ["on"]
        constraints = [
            models.UniqueConstraint(name="closed_day_once", fields=["site", "on"]),
            models.CheckConstraint(name="closed_day_has_a_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return f"closed day:{self.pk}"


class Hold(models.Model):
    """A clinician's word that no dose may be given, and why, until a named prescriber or pharmacist lifts it."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=300)
    placed_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    lifted_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_at = models.DateTimeField(null=True)
    lifted_why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["placed_at", "pk"]
        constraints = [
            models.CheckConstraint(name="hold_has_a_reason", condition=~Q(reason="")),
            models.UniqueConstraint(
                name="hold_for_one_reason_once", fields=["course", "reason"], condition=Q(lifted_at=None)
            ),
            models.CheckConstraint(
                name="hold_is_lifted_by_somebody_for_a_reason",
                condition=Q(lifted_by=None, lifted_at=None, lifted_why="")
                | Q(lifted_by__isnull=False, lifted_at__isnull=False, lifted_at__gte=F("placed_at"))
                & ~Q(lifted_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"hold:{self.pk}"


class IntervalChange(models.Model):
    """A prescriber's confirmation that a patient goes on to a longer interval, with the response it rests on."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="interval_changes")
    phase = models.CharField(max_length=60, help_text="the phase of the label from the next dose on")
    response = models.CharField(max_length=300, help_text="the response, in the prescriber's words")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(name="interval_change_names_the_response", condition=~Q(response="")),
        ]

    def __str__(self) -> str:
        return f"interval change:{self.pk}"


class Review(models.Model):
    """Benefit and risk, weighed by a prescriber before the dose that follows `after`."""

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="reviews")
    after = models.ForeignKey(Dose, null=True, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [models.CheckConstraint(name="review_says_something", condition=~Q(words=""))]

    def __str__(self) -> str:
        return f"review:{self.pk}"
