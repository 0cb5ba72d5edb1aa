"""Which rules of triage a site has approved."""

from django.db import models
from django.db.models import Q

from notifications.models import Clinician, Site


class RulesApproval(models.Model):
    """That somebody of a site has read what the rules of a release change there. Only added to.

    Triage never waits for it: an unread rule is better than a silent night.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rules_approvals")
    fingerprint = models.CharField(max_length=64)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    replayed = models.JSONField(
        help_text="what the rules would have changed over past replies, as it was shown"
    )
    lost_pages = models.PositiveIntegerField(help_text="past replies that paged and would page nobody")
    why = models.CharField(max_length=300, blank=True, help_text="why lost pages were accepted")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(name="rules_approval_once_per_site", fields=["site", "fingerprint"]),
            models.CheckConstraint(
                name="rules_approval_of_lost_pages_has_a_reason", condition=Q(lost_pages=0) | ~Q(why="")
            ),
        ]

    def __str__(self) -> str:
        return f"rules approval:{self.pk}"
