"""Whether whoever is on call can really be reached: tests asked by text, and what came of them."""

from django.db import models
from django.db.models import F, Q

from notifications.models import Clinician, Message, Site


class ReachTest(models.Model):
    """A text that asks for "1" back. Answered it proves the phone; unanswered at its time, the person is unproved."""

    class Kind(models.TextChoices):
        START = "start", "at the start of a turn"
        ASKED = "asked", "asked for by the person"
        STAND_IN = "stand in", "asked to stand in"

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reach_tests")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="reach_tests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    rung = models.PositiveSmallIntegerField(
        null=True, help_text="the rung it is about; none where somebody asked"
    )
    starts_at = models.DateTimeField(null=True, help_text="when the turn began that it is about")
    ends_at = models.DateTimeField(null=True, help_text="when that turn ends")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="unproved when nothing was heard by then")
    text = models.OneToOneField(Message, on_delete=models.PROTECT, related_name="reach_test")
    answered_at = models.DateTimeField(null=True)
    how = models.CharField(max_length=20, blank=True, help_text="by text or by a key on a call")
    lapsed_at = models.DateTimeField(null=True, help_text="when it was seen that nothing was heard in time")

    class Meta:
        ordering = ["asked_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                name="reach_test_once_per_turn",
                fields=["clinician", "rung", "starts_at"],
                condition=Q(kind__in=["start", "stand in"]),
            ),
            models.CheckConstraint(
                name="reach_test_of_a_turn_says_which",
                condition=Q(kind="asked", rung=None, starts_at=None, ends_at=None)
                | Q(
                    kind__in=["start", "stand in"],
                    rung__isnull=False,
                    rung__gte=1,
                    starts_at__isnull=False,
                    ends_at__isnull=False,
                    ends_at__gt=F("starts_at"),
                ),
            ),
            models.CheckConstraint(
                name="reach_test_answer_says_how",
                condition=Q(answered_at=None, how="") | Q(answered_at__isnull=False) & ~Q(how=""),
            ),
            models.CheckConstraint(
                name="reach_test_has_time",
                condition=Q(due_at__gt=F("asked_at"))
                & (Q(lapsed_at=None) | Q(lapsed_at__isnull=False, lapsed_at__gte=F("due_at"))),
            ),
        ]
        indexes = [
            models.Index(
                name="reach_test_waiting", fields=["due_at"], condition=Q(answered_at=None, lapsed_at=None)
            ),
            models.Index(name="reach_test_by_person", fields=["clinician", "-asked_at"]),
        ]

    def __str__(self) -> str:
        return f"reach test:{self.pk}"
