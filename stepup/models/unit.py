"""The unit's hours and chairs, from one date on."""

import calendar

from django.db import models
from django.db.models import F, Q

from notifications.models import Clinician, Site


class UnitHours(models.Model):
    """The unit's chairs and, its week in `days`, from one date on. Only added to; the newest counts."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="unit_hours")
    from_on = models.DateField(help_text="the first day these hours hold, at the site")
    chairs = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField(
        null=True, help_text="how long a dose holds a chair; None where nobody has said"
    )
    set_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["from_on", "pk"]
        constraints = [
            models.CheckConstraint(name="unit_has_a_chair", condition=Q(chairs__gte=1)),
            models.CheckConstraint(
                name="unit_minutes_are_a_days",
                condition=Q(minutes=None) | Q(minutes__gte=5, minutes__lte=1440),
            ),
        ]

    def __str__(self) -> str:
        return f"unit hours:{self.pk}"


class OpenDay(models.Model):
    """One weekday on which the unit is open, and when. A weekday without a row is closed."""

    week = models.ForeignKey(UnitHours, on_delete=models.PROTECT, related_name="days")
    weekday = models.PositiveSmallIntegerField(help_text="0 is Monday")
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering = ["weekday"]
        constraints = [
            models.UniqueConstraint(name="open_day_once", fields=["week", "weekday"]),
            models.CheckConstraint(name="open_day_is_a_weekday", condition=Q(weekday__lte=6)),
            models.CheckConstraint(name="open_day_closes_after_it_opens", condition=Q(closes__gt=F("opens"))),
        ]

    def __str__(self) -> str:
        return f"open day:{self.pk}"

    @property
    def name(self) -> str:
        """The weekday in words."""
        return calendar.day_name[self.weekday]


class ChairTime(models.Model):
    """How long one dose of one label holds a chair, where it is not the usual time."""

    week = models.ForeignKey(UnitHours, on_delete=models.PROTECT, related_name="times")
    label_id = models.CharField(max_length=60)
    step = models.CharField(max_length=60)
    minutes = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="chair_time_once", fields=["week", "label_id", "step"]),
            models.CheckConstraint(
                name="chair_time_is_a_days", condition=Q(minutes__gte=5, minutes__lte=1440)
            ),
        ]

    def __str__(self) -> str:
        return f"chair time:{self.pk}"
