"""Which words a site lets its patients receive, and who said so."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Site

# Everybody who signs in reads it: screens are in English.
READ_BY_ALL = "en"


class ContentApproval(models.Model):
    """A named person's approval of exactly these words of one language, at one site: the texts and questions of
    patients, or the emergency page. Only added to.
    """

    class What(models.TextChoices):
        TEXTS = "texts", _("texts to patients")
        EMERGENCY = "emergency", _("emergency page")

    what = models.CharField(max_length=12, choices=What.choices, default=What.TEXTS)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="content_approvals")
    language = models.CharField(max_length=12)
    fingerprint = models.CharField(max_length=64)
    content = models.TextField(help_text="the words as they were approved, canonical JSON")
    reads_language = models.BooleanField(help_text="that the approver states to read the language")
    note = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    after = models.PositiveSmallIntegerField(
        default=0, help_text="how many approvals of the same words were withdrawn before it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="content_approval_once", fields=["what", "site", "language", "fingerprint", "after"]
            ),
            models.CheckConstraint(
                name="content_approval_by_somebody_who_reads_it",
                condition=Q(language=READ_BY_ALL) | Q(reads_language=True),
            ),
        ]

    def __str__(self) -> str:
        return f"content approval:{self.pk}"


class ContentWithdrawal(models.Model):
    """That an approval of texts counts no more, who says so and why. Only added to."""

    approval = models.OneToOneField(ContentApproval, on_delete=models.PROTECT, related_name="withdrawal")
    why = models.CharField(max_length=300)
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(name="content_withdrawal_says_why", condition=~Q(why=""))]

    def __str__(self) -> str:
        return f"content withdrawal:{self.pk}"
