"""Which rules of triage a site has approved, and who weighed what each rule's alarms were worth."""

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


class RuleReview(models.Model):
    """That somebody weighed one rule's alarms at a site, and who owns the rule since. Only added to; the newest counts.

    It changes nothing by itself: a rule is changed by a release, or explained by a learned phrase.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="rule_reviews")
    rule = models.CharField(max_length=80)
    owner = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    words = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                name="rule_review_says_what_it_found", condition=~Q(words="") & ~Q(rule="")
            )
        ]

    def __str__(self) -> str:
        return f"rule review:{self.pk}"
