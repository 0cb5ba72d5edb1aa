"""How far a site has come with doses at home: every decision about it, and single doses let beyond the stage."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site
from stepup.models.courses import Course, Dose


class AdoptionStage(models.Model):
    """One decision about which doses a site gives at home. Only added to; the newest counts.

    The numbers open the next stage and may each be left out: None asks for nothing. `numbers_by` is who had set the
    numbers that an opening rests on.
    """

    class Stage(models.TextChoices):
        MAINTENANCE = "maintenance", _("maintenance doses only")
        LATER = "later", _("later steps and maintenance doses")
        ALL = "all", _("every dose")

    class Kind(models.TextChoices):
        SET = "set", _("numbers set")
        OPENED = "opened", _("stage opened")
        BACK = "back", _("gone back")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="adoption")
    number = models.PositiveIntegerField(help_text="counts the decisions of one site from 1")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    stage = models.CharField(max_length=12, choices=Stage.choices)
    least_given = models.PositiveSmallIntegerField(
        null=True, help_text="given at home and watched to the end"
    )
    least_patients = models.PositiveSmallIntegerField(null=True, help_text="different ones among them")
    least_days = models.PositiveSmallIntegerField(null=True, help_text="since the stage began")
    most_late_cases = models.PositiveSmallIntegerField(
        null=True, help_text="that nobody had when the patient was to be told"
    )
    most_grave_reactions = models.PositiveSmallIntegerField(
        null=True, help_text="of grade 3 or more, after doses given at home"
    )
    numbers_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=300, help_text="a reason; of an opening, the numbers as they stood")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="adoption_decision_once", fields=["site", "number"]),
            models.CheckConstraint(
                name="adoption_begins_with_a_stage_somebody_set",
                condition=Q(number=1, kind="set") | Q(number__gt=1),
            ),
            models.CheckConstraint(
                name="adoption_stage_is_known", condition=Q(stage__in=["maintenance", "later", "all"])
            ),
            models.CheckConstraint(name="adoption_says_why", condition=~Q(why="")),
            models.CheckConstraint(
                name="adoption_is_opened_by_another_person_than_set_the_numbers",
                condition=(~Q(kind="opened") & Q(numbers_by=None))
                | Q(kind="opened", numbers_by__isnull=False) & ~Q(numbers_by=F("by")),
            ),
            models.CheckConstraint(
                name="adoption_numbers_lead_to_a_next_stage",
                condition=Q(kind="set")
                & ~Q(stage="all")
                & (
                    Q(least_given__isnull=False, least_given__gte=1)
                    | Q(least_patients__isnull=False, least_patients__gte=1)
                    | Q(least_days__isnull=False, least_days__gte=1)
                )
                | (Q(kind__in=["opened", "back"]) | Q(kind="set", stage="all"))
                & Q(
                    least_given=None,
                    least_patients=None,
                    least_days=None,
                    most_late_cases=None,
                    most_grave_reactions=None,
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"adoption:{self.pk}"


class StageOverride(models.Model):
    """A prescriber's word that one dose of one course goes home beyond the site's stage. Only added to.

    It speaks of the dose after one certain dose, so giving that dose ends it, and only while `stage` still stands.
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="stage_overrides")
    step = models.CharField(max_length=60)
    after = models.ForeignKey(Dose, null=True, on_delete=models.PROTECT, related_name="+")
    stage = models.ForeignKey(
        AdoptionStage,
        on_delete=models.PROTECT,
        related_name="overrides",
        help_text="the decision it goes beyond",
    )
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(name="stage_override_has_a_reason", condition=~Q(reason="")),
            models.UniqueConstraint(
                name="stage_override_once",
                fields=["course", "step", "after", "stage"],
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"stage override:{self.pk}"
