"""Whether whoever is on call can really be reached: tests asked by text, and what came of them."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from notifications.models import Clinician, Message, Site


class LadderDrill(models.Model):
    """A whole ladder called for practice, rung after rung. It is about nobody and opens no case.

    Each person called has a `ReachTest` of their own; `calls` says whom each rung called as the ladder stood.
    """

    class End(models.TextChoices):
        DONE = "done", _("every rung was called")
        CASE = "case", _("a case came in")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="ladder_drills")
    began_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    began_at = models.DateTimeField()
    named = models.CharField(max_length=120, help_text="which ladder, in words")
    rules = models.JSONField(help_text="the ladder and its minutes, frozen when it began")
    calls = models.JSONField(help_text="whom each rung calls, in words, first rung first")
    rung = models.PositiveSmallIntegerField(default=0, help_text="the rung called last")
    next_at = models.DateTimeField(null=True, help_text="when the next rung is called though nobody answered")
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=10, choices=End.choices, blank=True)

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                name="ladder_drill_one_at_a_time_per_site", fields=["site"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="ladder_drill_goes_on_or_has_ended",
                condition=Q(ended_at=None, end="", next_at__isnull=False)
                | Q(ended_at__gte=F("began_at"), next_at=None) & ~Q(end=""),
            ),
        ]

    def __str__(self) -> str:
        return f"ladder drill:{self.pk}"


class ReachTest(models.Model):
    """A text that asks for "1" back. Answered it proves the phone; unanswered at its time, the person is unproved."""

    class Kind(models.TextChoices):
        START = "start", _("at the start of a turn")
        ASKED = "asked", _("asked for by the person")
        STAND_IN = "stand in", _("asked to stand in")
        LADDER = "ladder", _("in a drill of a whole ladder")

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="reach_tests")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="reach_tests")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    rung = models.PositiveSmallIntegerField(
        null=True, help_text="the rung it is about; none where somebody asked"
    )
    drill = models.ForeignKey(LadderDrill, null=True, on_delete=models.PROTECT, related_name="tests")
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
            models.UniqueConstraint(
                name="reach_test_once_per_rung_of_a_drill", fields=["drill", "rung", "clinician"]
            ),
            models.CheckConstraint(
                name="reach_test_of_a_turn_says_which",
                condition=Q(kind="asked", rung=None, starts_at=None, ends_at=None, drill=None)
                | Q(kind="ladder", rung__gte=1, starts_at=None, ends_at=None, drill__isnull=False)
                | Q(
                    drill=None,
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
