"""Patients, what was ordered for them, and what they reacted with."""

from decimal import Decimal

from django.apps import apps
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site
from protocols import counts


class Patient(models.Model):
    """A person under treatment, the phone that speaks for them, and the caregiver beside them."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="patients")
    identifier = models.CharField(max_length=40, help_text="the hospital's own number for this person")
    name = models.CharField(max_length=120)
    born_on = models.DateField()
    phone = models.CharField(max_length=20)
    language = models.CharField(max_length=12, default="en")
    time_zone = models.CharField(max_length=64)
    caregiver_name = models.CharField(max_length=120)
    caregiver_phone = models.CharField(max_length=20)
    allergies = models.CharField(max_length=300, blank=True)
    emergency_department = models.CharField(
        max_length=200,
        blank=True,
        help_text="where to send them, as a clinician wrote it; empty: not written down",
    )
    is_active = models.BooleanField(default=True)
    enrolment_ended_at = models.DateTimeField(null=True)
    enrolment_ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    enrolment_ended_why = models.CharField(max_length=300, blank=True)
    reachable_since = models.DateTimeField(help_text="when this number was last taken to work")
    texting_ended_at = models.DateTimeField(null=True, help_text="STOP, a dead number or a wrong person")
    texting_ended_why = models.CharField(max_length=60, blank=True)
    caregiver_reachable_since = models.DateTimeField(null=True, help_text="None: since enrolment")
    caregiver_texting_ended_at = models.DateTimeField(null=True)
    caregiver_texting_ended_why = models.CharField(max_length=60, blank=True)
    emergency_code = models.CharField(
        max_length=12, unique=True, help_text="the short address of the emergency page"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(name="patient_identifier_once_per_site", fields=["site", "identifier"]),
            # Two people on one phone would put one person's fever on the other's record.
            models.UniqueConstraint(
                name="patient_phone_is_one_active_persons", fields=["phone"], condition=Q(is_active=True)
            ),
            models.CheckConstraint(
                name="patient_texting_end_has_a_reason",
                condition=Q(texting_ended_at=None, texting_ended_why="")
                | Q(texting_ended_at__isnull=False) & ~Q(texting_ended_why=""),
            ),
            models.CheckConstraint(
                name="patient_caregiver_texting_end_has_a_reason",
                condition=Q(caregiver_texting_ended_at=None, caregiver_texting_ended_why="")
                | Q(caregiver_texting_ended_at__isnull=False) & ~Q(caregiver_texting_ended_why=""),
            ),
            models.CheckConstraint(
                name="patient_enrolment_end_has_a_reason",
                condition=Q(
                    is_active=True, enrolment_ended_at=None, enrolment_ended_by=None, enrolment_ended_why=""
                )
                | Q(is_active=False, enrolment_ended_at__isnull=False) & ~Q(enrolment_ended_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"patient:{self.pk}"


class PatientEvent(models.Model):
    """One line of what was changed about a patient: particulars corrected, texts ended or let go. Only added to."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="events")
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    what = models.CharField(max_length=60)
    text = models.CharField(max_length=800, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"patient event:{self.pk}"


class PocketOrder(models.Model):
    """A prescriber's signed order for one patient's pocket dexamethasone. Nothing else lets a text mention it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="pocket_orders")
    dose_mg = models.DecimalField(max_digits=6, decimal_places=2)
    signed_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="pocket_order_dose_is_positive", condition=Q(dose_mg__gt=0)),
            models.CheckConstraint(
                name="pocket_order_expires_after_signing", condition=Q(expires_at__gt=models.F("signed_at"))
            ),
            models.CheckConstraint(
                name="pocket_order_revoked_says_who_and_why",
                condition=Q(revoked_at=None, revoked_by=None, revoked_why="")
                | Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_why=""),
            ),
            models.UniqueConstraint(
                name="pocket_order_one_in_force_per_patient", fields=["patient"], condition=Q(revoked_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"pocket order:{self.pk}"


class ReactionsThatCount(models.Manager["Reaction"]):
    """The reactions that every decision is made from: those that nobody has struck as recorded by mistake."""

    def get_queryset(self) -> models.QuerySet["Reaction"]:
        """Without a join, so that rows can be locked."""
        struck = apps.get_model("monitoring", "ReactionStrike").objects.filter(reaction=OuterRef("pk"))
        return super().get_queryset().filter(~Exists(struck))


class Reaction(models.Model):
    """A graded reaction, as a clinician graded it. Open until somebody records that it is over.

    One recorded by mistake is struck, not removed: `objects`, and with it `patient.reactions`, leaves it out, and
    `with_struck` is for showing the record.
    """

    class Kind(models.TextChoices):
        CRS = "crs", _("CRS")
        ICANS = "icans", _("ICANS")
        NEUROTOXICITY = "neurotoxicity", _("other neurotoxicity")
        INFECTION = "infection", _("infection")
        BLOOD_COUNT = "blood_count", _("low blood count")
        OTHER = "other", _("other")

    class Count(models.TextChoices):
        NEUTROPHILS = "neutrophils", _("neutrophils")
        PLATELETS = "platelets", _("platelets")
        HAEMOGLOBIN = "haemoglobin", _("haemoglobin")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="reactions")
    escalation = models.ForeignKey(
        "monitoring.Escalation", null=True, on_delete=models.PROTECT, related_name="reactions"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    grade = models.PositiveSmallIntegerField()
    scale = models.CharField(max_length=40, default="ASTCT 2019")
    what = models.CharField(
        max_length=160, blank=True, help_text="which one, in the words of whoever graded it"
    )
    count = models.CharField(max_length=12, choices=Count.choices, blank=True)
    value = models.DecimalField(
        null=True, max_digits=7, decimal_places=2, help_text="of the count, as it was read"
    )
    seen_on = models.DateField(null=True, help_text="the local day it was seen; empty: when it was noted")
    noted_at = models.DateTimeField()
    noted_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    over_at = models.DateTimeField(null=True)
    over_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    back_to = models.DecimalField(
        null=True, max_digits=7, decimal_places=2, help_text="what a low count came back to, as it was read"
    )

    objects = ReactionsThatCount()
    with_struck = models.Manager["Reaction"]()

    class Meta:
        constraints = [
            models.CheckConstraint(name="reaction_grade_1_to_4", condition=Q(grade__gte=1, grade__lte=4)),
            models.CheckConstraint(
                name="reaction_over_names_who",
                condition=Q(over_at=None, over_by=None) | Q(over_at__isnull=False, over_by__isnull=False),
            ),
            models.CheckConstraint(
                name="reaction_of_another_kind_says_which", condition=~Q(kind="other") | ~Q(what="")
            ),
            models.CheckConstraint(
                name="reaction_low_count_has_its_value",
                condition=Q(kind="blood_count", value__isnull=False, value__gte=0) & ~Q(count="")
                | ~Q(kind="blood_count") & Q(count="", value=None),
            ),
            models.CheckConstraint(
                name="reaction_came_back_where_a_low_count_is_over",
                condition=Q(back_to=None)
                | Q(kind="blood_count", over_at__isnull=False, back_to__isnull=False, back_to__gte=0),
            ),
        ]

    def __str__(self) -> str:
        return f"reaction:{self.pk}"

    @property
    def named(self) -> str:
        """Kind and grade in a few words: `CRS grade 2`, `neutrophils 0.4 × 10⁹/L grade 4`, `other grade 2 (rash)`."""
        if self.kind == self.Kind.BLOOD_COUNT:
            return f"{counts.shown(self.count, self.value or Decimal(0))} grade {self.grade}"
        return f"{self.get_kind_display()} grade {self.grade}" + (f" ({self.what})" if self.what else "")

    @property
    def unit(self) -> str:
        """The unit of a low count; empty for everything else."""
        return counts.UNITS.get(self.count, "")

    @property
    def came_back(self) -> str:
        """What a low count came back to, `neutrophils 0.9 × 10⁹/L`; empty for everything else."""
        return "" if self.back_to is None else counts.shown(self.count, self.back_to)


class ReactionStrike(models.Model):
    """That a reaction was recorded by mistake: by whom that was said, and why. Only added to."""

    reaction = models.OneToOneField(Reaction, on_delete=models.PROTECT, related_name="strike")
    why = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="reaction_strike_says_why", condition=~Q(why=""))]

    def __str__(self) -> str:
        return f"reaction strike:{self.pk}"
