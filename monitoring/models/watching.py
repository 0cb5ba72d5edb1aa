"""Watches and their check-ins."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from monitoring.models.people import Patient
from notifications.models import Clinician, Site


class Watch(models.Model):
    """The monitored hours after a dose that was recorded as given. One open watch per patient."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="watches")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="watches")
    drug = models.CharField(max_length=60)
    step = models.CharField(max_length=60)
    protocol = models.CharField(max_length=120, help_text="protocol id and fingerprint this watch runs on")
    rules = models.JSONField(help_text="minutes and hours frozen from the pathway when the watch opened")
    given_at = models.DateTimeField()
    opened_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_why = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="watch_one_open_per_patient", fields=["patient"], condition=Q(closed_at=None)
            ),
            models.CheckConstraint(
                name="watch_starts_with_a_dose", condition=Q(given_at__lte=models.F("opened_at"))
            ),
            models.CheckConstraint(
                name="watch_close_has_a_reason",
                condition=Q(closed_at=None, closed_why="") | Q(closed_at__isnull=False) & ~Q(closed_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"watch:{self.pk}"


class CloserQuestions(models.Model):
    """That a concern moved a watch to closer questions, until a clinician ended them by name and with a reason.

    They count while their watch is open.
    """

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="closer_questions")
    began_at = models.DateTimeField()
    why = models.CharField(max_length=300, help_text="the concern, as it was found")
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="+")
    ended_why = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="closer_questions_once_at_a_time", fields=["watch"], condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                name="closer_questions_are_ended_by_somebody_who_says_why",
                condition=Q(ended_at=None, ended_by=None, ended_why="")
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_why=""),
            ),
        ]

    def __str__(self) -> str:
        return f"closer questions:{self.pk}"


class CheckIn(models.Model):
    """One round of questions at one due time. It always ends in one of four ways."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting for its hour")
        ASKED = "asked", _("asked, no answer yet")
        ANSWERED = "answered", _("answered")
        MISSED = "missed", _("missed")
        UNSENDABLE = "unsendable", _("could not be sent")
        CANCELLED = "cancelled", _("cancelled")

    OPEN = (State.WAITING, State.ASKED)

    class Stage(models.IntegerChoices):
        """How far silence has climbed."""

        FIRST = 0, _("asked")
        AGAIN = 1, _("asked again")
        CAREGIVER = 2, _("caregiver asked")
        VOICE = 3, _("called")
        PERSON = 4, _("a person told")

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="checkins")
    due_at = models.DateTimeField()
    hour = models.DecimalField(max_digits=7, decimal_places=2, help_text="hours since the dose, elapsed")
    ask = models.JSONField(help_text="question ids in order")
    extra = models.BooleanField(default=False, help_text="added because of a concern")
    state = models.CharField(max_length=12, choices=State.choices, default=State.WAITING)
    stage = models.PositiveSmallIntegerField(choices=Stage.choices, default=Stage.FIRST)
    position = models.PositiveSmallIntegerField(default=0, help_text="which question of the round is open")
    answered = models.JSONField(default=list, help_text="question ids already answered")
    asked_simpler = models.BooleanField(default=False)
    silent_since = models.DateTimeField(null=True, help_text="when the unanswered question first went out")
    question_at = models.DateTimeField(null=True, help_text="when the open question went out")
    next_at = models.DateTimeField(null=True, help_text="when something must happen next")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.CharField(max_length=160, blank=True)

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="checkin_state_matches_facts",
                condition=Q(state="waiting", next_at__isnull=False, ended_at=None, question_at=None)
                | Q(state="asked", next_at__isnull=False, ended_at=None, question_at__isnull=False)
                | Q(state="answered", next_at=None, ended_at__isnull=False)
                | Q(state__in=["missed", "unsendable", "cancelled"], next_at=None, ended_at__isnull=False)
                & ~Q(ended_why=""),
            ),
            models.UniqueConstraint(
                name="checkin_one_asked_per_watch", fields=["watch"], condition=Q(state="asked")
            ),
            models.UniqueConstraint(
                name="checkin_one_extra_waiting_per_watch",
                fields=["watch"],
                condition=Q(state="waiting", extra=True),
            ),
        ]
        indexes = [
            # The state first: of a moment not yet known the database expects a third of all rows, of a state the few.
            models.Index(
                name="checkin_next", fields=["state", "next_at"], condition=Q(next_at__isnull=False)
            ),
            models.Index(
                name="checkin_to_come", fields=["watch"], condition=Q(state__in=["waiting", "asked"])
            ),
        ]

    def __str__(self) -> str:
        return f"checkin:{self.pk}"
