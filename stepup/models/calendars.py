"""Addresses of calendar feeds, who ended them, and when each was last fetched."""

from django.db import models
from django.db.models import F, Q

from notifications.models import Clinician, Site


class CalendarAddress(models.Model):
    """A secret address of a calendar: the unit's, or without `is_unit` of the clinician who made it. Only added to.

    The secret itself is shown once and kept nowhere; `digest` is its SHA-256.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="calendar_addresses")
    is_unit = models.BooleanField()
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="calendar_addresses")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                name="calendar_digest_is_a_sha256", condition=Q(digest__regex="^[0-9a-f]{64}$")
            )
        ]

    def __str__(self) -> str:
        return f"calendar:{self.pk}"


class CalendarRevocation(models.Model):
    """That an address answers no more, by whom and why. Only added to, once for each address."""

    address = models.OneToOneField(CalendarAddress, on_delete=models.PROTECT, related_name="revocation")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.CheckConstraint(name="calendar_revocation_has_a_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"calendar revocation:{self.pk}"


class CalendarFetch(models.Model):
    """When an address was last fetched, and how often in the hour that began at `hour_at`."""

    address = models.OneToOneField(CalendarAddress, on_delete=models.PROTECT, related_name="fetch")
    last_at = models.DateTimeField()
    hour_at = models.DateTimeField()
    in_hour = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="calendar_fetch_is_within_its_hour",
                condition=Q(last_at__gte=F("hour_at"), in_hour__gte=1),
            )
        ]

    def __str__(self) -> str:
        return f"calendar fetch:{self.pk}"
