"""Where the provider's log and our rows disagree about what was sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from notifications.models.messages import Account
from notifications.models.people import Site


class LogDifference(models.Model):
    """One text or call that only one side knows of. Noted once; told to a person by a task."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown", _("in the provider's log, and not ours")
        NEVER_HAD = "never had", _("ours, and the provider never had it")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="log_differences")
    account = models.CharField(max_length=8, choices=Account.choices)
    provider_sid = models.CharField(max_length=60)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="log_difference_noted_once", fields=["provider_sid", "kind"]),
            models.CheckConstraint(
                name="log_difference_names_a_text_or_call", condition=~models.Q(provider_sid="")
            ),
        ]
        indexes = [models.Index(name="log_difference_by_time", fields=["found_at"])]

    def __str__(self) -> str:
        return f"difference:{self.pk} {self.kind}"
