"""What was said about supportive care: of one item of one course, and a site's own rule for an item."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site
from stepup.models.courses import Course


class CareEntry(models.Model):
    """What somebody said of one item of a course. Never changed; an entry that was wrong is taken back by another.

    A result stands as it was read. Nothing is concluded from its words, nor from its absence; a number may hold the
    next dose where a row of the label says so (`low_counts`).
    """

    class Kind(models.TextChoices):
        DONE = "done", _("done")
        NOT_NEEDED = "not_needed", _("not needed")
        DECIDED = "decided", _("decided for this patient")
        BACK = "back", _("taken back")

    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="care_entries")
    item = models.CharField(max_length=60, help_text="the item's id in supportive.toml")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    on = models.DateField(null=True, help_text="the day it was done, at the site")
    result = models.CharField(max_length=300, blank=True, help_text="exactly as it was read")
    value = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, help_text="the number a printed threshold speaks of"
    )
    unit = models.CharField(max_length=20, blank=True, help_text="as on the report; never converted")
    read_by = models.CharField(max_length=120, blank=True, help_text="who read the result")
    words = models.CharField(max_length=300, blank=True, help_text="the reason, the decision, or a note")
    again_on = models.DateField(
        null=True, help_text="not needed before this day, or decided for it; None: for the whole course"
    )
    takes_back = models.OneToOneField(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="taken_back",
        help_text="the entry of the same item that no longer counts",
    )
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        # A trigger besides: only an entry of the same course and item is taken back (care_entry_takes_back_its_own).
        constraints = [
            models.CheckConstraint(
                name="care_entry_kind_has_its_facts",
                condition=Q(kind="done", on__isnull=False, again_on=None, takes_back=None)
                | Q(kind__in=["not_needed", "decided"], on=None, takes_back=None) & ~Q(words="")
                | Q(kind="back", on=None, again_on=None, takes_back__isnull=False) & ~Q(words=""),
            ),
            models.CheckConstraint(
                name="care_entry_only_what_was_done_has_a_result",
                condition=Q(kind="done") | Q(result="", value=None, unit="", read_by=""),
            ),
            models.CheckConstraint(
                name="care_entry_result_has_a_reader",
                condition=Q(result="", value=None) | ~Q(read_by=""),
            ),
            models.CheckConstraint(
                name="care_entry_value_has_a_unit",
                condition=Q(value=None, unit="") | Q(value__isnull=False, value__gte=0) & ~Q(unit=""),
            ),
        ]

    def __str__(self) -> str:
        return f"care entry:{self.pk} {self.item} {self.kind}"


class CareRule(models.Model):
    """A site's own rule for one item: how often, which of the published rules, or in its own words. The newest counts.

    One that is withdrawn leaves the item with what was read.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="care_rules")
    item = models.CharField(max_length=60, help_text="the item's id in supportive.toml")
    every_days = models.PositiveSmallIntegerField(null=True)
    option = models.CharField(max_length=60, blank=True, help_text="the id of the published rule chosen here")
    words = models.CharField(
        max_length=300, blank=True, help_text="in the site's words; or why it is withdrawn"
    )
    source = models.CharField(max_length=300, blank=True, help_text="what the site takes it from")
    is_withdrawn = models.BooleanField(default=False)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="care_rule_says_something",
                condition=Q(is_withdrawn=True, every_days=None, option="") & ~Q(words="")
                | Q(is_withdrawn=False) & (Q(every_days__isnull=False) | ~Q(option="") | ~Q(words="")),
            ),
            models.CheckConstraint(
                name="care_rule_days_are_a_years",
                condition=Q(every_days=None) | Q(every_days__gte=1, every_days__lte=366),
            ),
            models.CheckConstraint(
                name="care_rule_has_a_source", condition=Q(is_withdrawn=True) | ~Q(source="")
            ),
        ]

    def __str__(self) -> str:
        return f"care rule:{self.pk} {self.item}"
