"""What was changed about the people and the numbers of a site: histories that are only added to."""

from django.db import models
from django.db.models import F, Q

from notifications.models.people import Clinician, Site


class SettingChange(models.Model):
    """One value of a clinician, or of the site where `about` is empty: what it was, what it became, who and why."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="changes")
    about = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=30)
    was = models.CharField(max_length=120, blank=True)
    became = models.CharField(max_length=120, blank=True)
    why = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(name="setting_change_has_a_reason", condition=~Q(why="")),
            models.CheckConstraint(name="setting_change_changed_something", condition=~Q(was=F("became"))),
            models.CheckConstraint(
                name="setting_change_of_a_role_is_another_person_s",
                condition=~Q(what__in=["role", "works here"]) | Q(about=None) | ~Q(about=F("by")),
            ),
        ]

    def __str__(self) -> str:
        return f"setting change:{self.pk}"
