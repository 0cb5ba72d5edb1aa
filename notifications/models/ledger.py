"""The record of who read and wrote what."""

from django.db import models

from notifications.models.people import Clinician, Site


class AuditEntry(models.Model):
    """Who read or wrote what. Rows are only ever added: a trigger refuses the rest."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    act = models.CharField(max_length=60)
    subject = models.CharField(max_length=60, help_text="patient:12, course:3 ...")
    detail = models.JSONField(default=dict)

    class Meta:
        indexes = [models.Index(name="audit_by_subject", fields=["subject", "-at"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.act} {self.subject}"


class AuditSeal(models.Model):
    """One link of the chain over the ledger: a digest of the entry and of the seal before it."""

    entry = models.OneToOneField(AuditEntry, on_delete=models.PROTECT, related_name="seal")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return self.digest[:12]
