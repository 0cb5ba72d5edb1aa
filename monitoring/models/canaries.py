"""Alarms the service makes up and texts to itself, to see that one would be understood, paged and taken."""

from django.db import models
from django.db.models import F, Q

from notifications.models import Message, Site


class Canary(models.Model):
    """One such alarm. It was taken, or its time passed; until either it is on its way, one for each site.

    The fever comes back and is understood (`back_at`), its page arrives (`paged_at`), its code takes it (`taken_at`).
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="canaries")
    token = models.CharField(max_length=24, unique=True, help_text="by which it is known when it comes back")
    text = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="canary")
    sent_at = models.DateTimeField()
    back_at = models.DateTimeField(null=True)
    code = models.CharField(max_length=8, blank=True, help_text="of the case the fever became")
    page = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="canary_page")
    paged_at = models.DateTimeField(null=True)
    answer = models.OneToOneField(Message, null=True, on_delete=models.PROTECT, related_name="canary_answer")
    taken_at = models.DateTimeField(null=True)
    lapsed_at = models.DateTimeField(
        null=True, help_text="when it was seen that it had not been taken in time"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="canary_one_on_its_way_per_site",
                fields=["site"],
                condition=Q(taken_at=None, lapsed_at=None),
            ),
            models.CheckConstraint(
                name="canary_comes_back_after_it_was_sent",
                condition=Q(back_at=None) | Q(back_at__gte=F("sent_at")),
            ),
            models.CheckConstraint(
                name="canary_is_paged_once_understood_and_taken_once_paged",
                condition=(Q(page=None, code="") | Q(page__isnull=False, back_at__isnull=False) & ~Q(code=""))
                & (
                    Q(paged_at=None, answer=None)
                    | Q(paged_at__isnull=False, answer__isnull=False, page__isnull=False)
                )
                & (Q(taken_at=None) | Q(paged_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="canary_lapses_after_it_was_sent",
                condition=Q(lapsed_at=None) | Q(lapsed_at__gt=F("sent_at")),
            ),
        ]
        indexes = [models.Index(name="canary_by_site", fields=["site", "-sent_at"])]

    @property
    def reached(self) -> str:
        """How far it has come, in a word."""
        return "its page" if self.paged_at else "being understood" if self.back_at else "nothing"

    def __str__(self) -> str:
        return f"canary:{self.pk}"
