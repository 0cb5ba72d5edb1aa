"""What came in, and what triage concluded from it."""

from django.db import models
from django.db.models import Q

from monitoring.models.people import Patient
from monitoring.models.watching import CheckIn
from notifications.models import Clinician, Site

URGENCIES = [
    ("none", "none"),
    ("routine", "routine"),
    ("clarify", "clarify"),
    ("urgent", "urgent"),
    ("emergency", "emergency"),
]


class Reply(models.Model):
    """Any inbound text or key press, stored before it is understood, unique by the provider's id."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="replies")
    provider_sid = models.CharField(max_length=60, unique=True)
    sender = models.CharField(max_length=60)
    sent_to = models.CharField(max_length=60)
    body = models.TextField(blank=True)
    media = models.PositiveSmallIntegerField(default=0)
    channel = models.CharField(max_length=8, default="text")
    payload = models.JSONField(default=dict)
    received_at = models.DateTimeField()
    sent_at = models.DateTimeField(
        null=True, help_text="known for a text that came late, from the provider's log"
    )
    who = models.CharField(
        max_length=14, blank=True, help_text="patient, caregiver, clinician, shared, unregistered, service"
    )
    patient = models.ForeignKey(Patient, null=True, on_delete=models.PROTECT, related_name="replies")
    clinician = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="replies")
    checkin = models.ForeignKey(CheckIn, null=True, on_delete=models.PROTECT, related_name="replies")
    understood_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="reply_not_understood", fields=["received_at"], condition=Q(understood_at=None))
        ]

    def __str__(self) -> str:
        return f"reply:{self.pk}"


class Finding(models.Model):
    """What triage concluded from a reply, or from silence, with everything needed to conclude it again."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="findings")
    patient = models.ForeignKey(
        Patient,
        null=True,
        on_delete=models.PROTECT,
        related_name="findings",
        db_index=False,  # the index below begins with it
    )
    reply = models.ForeignKey(Reply, null=True, on_delete=models.PROTECT, related_name="findings")
    checkin = models.ForeignKey(CheckIn, null=True, on_delete=models.PROTECT, related_name="findings")
    at = models.DateTimeField()
    urgency = models.CharField(max_length=10, choices=URGENCIES)
    human_task = models.BooleanField()
    provisional_grade = models.CharField(max_length=80, blank=True)
    because = models.TextField()
    normal = models.TextField(blank=True, help_text="the words as the rules read them")
    readings = models.JSONField(default=list)
    rules = models.JSONField(default=list)
    context = models.JSONField(default=dict)
    rules_version = models.CharField(
        max_length=80,
        help_text="fingerprint of the rules, and of the site's learned phrases if there were any",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="finding_comes_from_somewhere",
                condition=Q(reply__isnull=False) | Q(checkin__isnull=False) | Q(patient__isnull=False),
            )
        ]
        # Each text asks what was found of its patient in the last hours, and must not read all of a long course.
        indexes = [models.Index(name="finding_of_patient_by_time", fields=["patient", "at"])]

    def __str__(self) -> str:
        return f"finding:{self.pk} {self.urgency}"
