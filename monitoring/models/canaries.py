"""Texts the service sends from one of a site's numbers to another, to see that texts arrive at all."""

from django.db import models
from django.db.models import F, Q

from notifications.models import Message, Site


class Canary(models.Model):
    """One such text. It came back, or its time passed; until either it is on its way, one for each site."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="canaries")
    token = models.CharField(max_length=24, unique=True, help_text="by which it is known when it comes back")
    text = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="canary")
    sent_at = models.DateTimeField()
    back_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(
        null=True, help_text="when it was seen that it had not come back in time"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="canary_one_on_its_way_per_site",
                fields=["site"],
                condition=Q(back_at=None, lapsed_at=None),
            ),
            models.CheckConstraint(
                name="canary_comes_back_after_it_was_sent",
                condition=Q(back_at=None) | Q(back_at__gte=F("sent_at")),
            ),
            models.CheckConstraint(
                name="canary_lapses_after_it_was_sent",
                condition=Q(lapsed_at=None) | Q(lapsed_at__gt=F("sent_at")),
            ),
        ]
        indexes = [models.Index(name="canary_by_site", fields=["site", "-sent_at"])]

    def __str__(self) -> str:
        return f"canary:{self.pk}"
