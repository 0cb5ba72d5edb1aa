"""What was answered for a course when another version was approved, or another pathway was wanted: stay, or move."""

from django.db import models
from django.db.models import F, Q

from notifications.models import Clinician
from stepup.models.courses import Course, Dose, SiteProtocol


class VersionChoice(models.Model):
    """A prescriber's answer for one course: it stays on its version or moves to the one offered. Only added to.

    A trigger besides: a course changes its protocol only by the newest of these rows (course_moves_by_a_choice).
    """

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="version_choices")
    number = models.PositiveIntegerField(help_text="counts the choices of one course from 1")
    was = models.ForeignKey(
        SiteProtocol, on_delete=models.PROTECT, related_name="+", help_text="what the course ran on"
    )
    offered = models.ForeignKey(
        SiteProtocol,
        on_delete=models.PROTECT,
        related_name="version_choices",
        help_text="what was asked about",
    )
    runs_on = models.ForeignKey(
        SiteProtocol, on_delete=models.PROTECT, related_name="+", help_text="what it runs on from then"
    )
    after = models.ForeignKey(
        Dose,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="the row of a dose recorded last by then, struck or not; None before the first",
    )
    why = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(name="version_choice_number_once", fields=["course", "number"]),
            models.CheckConstraint(name="version_choice_counts_from_one", condition=Q(number__gte=1)),
            models.CheckConstraint(name="version_choice_says_why", condition=~Q(why="")),
            models.CheckConstraint(name="version_choice_offers_another", condition=~Q(offered=F("was"))),
            models.CheckConstraint(
                name="version_choice_stays_or_moves",
                condition=Q(runs_on=F("was")) | Q(runs_on=F("offered")),
            ),
        ]

    def __str__(self) -> str:
        return f"version choice:{self.pk}"

    @property
    def is_move(self) -> bool:
        return self.runs_on_id == self.offered_id
