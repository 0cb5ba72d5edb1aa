"""Who answers on which rung, and when."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from notifications.models.people import Clinician, Site


class PointRange(Func):
    """A one-number range, so that equality becomes overlap and needs no server extension."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, '[]')"


class Shift(models.Model):
    """One clinician answering on one rung for a half-open span of time."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="shifts")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="shifts")
    rung = models.PositiveSmallIntegerField(help_text="1 is called first")
    period = DateTimeRangeField(default_bounds="[)")

    class Meta:
        ordering = ["rung", "period"]
        constraints = [
            models.CheckConstraint(name="shift_rung_starts_at_one", condition=Q(rung__gte=1)),
            models.CheckConstraint(
                name="shift_period_is_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
            ),
            ExclusionConstraint(
                name="shift_one_person_per_rung_at_a_time",
                index_type="GIST",
                expressions=[
                    (PointRange(F("site_id"), F("site_id")), RangeOperators.OVERLAPS),
                    (PointRange(F("rung"), F("rung")), RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"rung {self.rung}: {self.clinician}"
