"""Messages and their deliveries; what the provider reported; who signed in alive."""

import secrets

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from notifications.models.people import Clinician, Site


class Lane(models.IntegerChoices):
    """Which queue a message waits in. Pages never wait behind check-ins."""

    PAGE_VOICE = 1, "page by voice"
    PAGE_TEXT = 2, "page by text"
    REPLY = 3, "reply to a patient"
    CHECKIN = 4, "scheduled check-in"


class Channel(models.TextChoices):
    TEXT = "text", _("text")
    VOICE = "voice", _("voice")


class Account(models.TextChoices):
    """One of our accounts at the provider."""

    FIRST = "first", _("first account")
    SECOND = "second", _("second account")


class AccountState(models.Model):
    """How one account does. No row: nothing was ever wrong with it."""

    account = models.CharField(max_length=8, choices=Account.choices, unique=True)
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text="hand-overs in a row of which nobody knows whether they were taken"
    )
    out_since = models.DateTimeField(null=True)
    out_why = models.CharField(max_length=60, blank=True)
    asked_at = models.DateTimeField(
        null=True, help_text="when the provider was last asked whether it is well"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="account_that_is_out_says_why",
                condition=Q(out_since=None, out_why="") | Q(out_since__isnull=False) & ~Q(out_why=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.account}: {self.out_why or 'in use'}"


class Message(models.Model):
    """Something to say to someone through one channel, committed with the fact it announces."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="messages")
    key = models.CharField(
        max_length=120, unique=True, help_text="queueing the same key again changes nothing"
    )
    lane = models.PositiveSmallIntegerField(choices=Lane.choices)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    sender = models.CharField(max_length=20)
    to = models.CharField(max_length=60, help_text="as the provider writes it, which need not be a number")
    clinician = models.ForeignKey(Clinician, null=True, on_delete=models.PROTECT, related_name="messages")
    about = models.CharField(
        max_length=60, blank=True, help_text="patient:12, caregiver of patient:12; empty for clinicians"
    )
    body = models.TextField(
        blank=True, help_text="what the text says; a call's words are rendered when it is answered"
    )
    created_at = models.DateTimeField()
    not_after = models.DateTimeField(help_text="never sent later than this")
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="message_by_recipient", fields=["to", "-created_at"]),
            models.Index(name="message_by_subject", fields=["about", "-created_at"]),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.key}"


def new_token() -> str:
    """An unguessable name for one delivery, known to the provider through the callback address only."""
    return secrets.token_urlsafe(18)


class Delivery(models.Model):
    """One attempt to deliver a message. The states and their moves are in ARCHITECTURE.md."""

    class State(models.TextChoices):
        PENDING = "pending", _("waiting to be sent")
        CLAIMED = "claimed", _("about to be sent")
        SUBMITTING = "submitting", _("being handed over")
        AMBIGUOUS = "ambiguous", _("perhaps handed over")
        ACCEPTED = "accepted", _("with the provider")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        EXPIRED = "expired", _("expired unsent")

    LIVE = (State.PENDING, State.CLAIMED, State.SUBMITTING, State.AMBIGUOUS, State.ACCEPTED)

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices)
    due_at = models.DateTimeField()
    precedence = models.PositiveSmallIntegerField(default=2, help_text="0 goes first in its lane")
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=32, unique=True, default=new_token)
    submitted_at = models.DateTimeField(null=True)
    account = models.CharField(
        max_length=8,
        choices=Account.choices,
        blank=True,
        help_text="whose it is; empty until it is handed over",
    )
    provider_sid = models.CharField(max_length=40, null=True, unique=True)
    provider_status = models.CharField(max_length=20, blank=True)
    status_rank = models.PositiveSmallIntegerField(default=0)
    error_code = models.CharField(max_length=12, blank=True)
    deadline_at = models.DateTimeField(null=True, help_text="ask the provider when nothing was heard by then")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(name="delivery_one_row_per_attempt", fields=["message", "attempt"]),
            models.CheckConstraint(
                name="delivery_state_matches_facts",
                condition=Q(state="pending", lease_until=None, ended_at=None)
                | Q(state__in=["claimed", "submitting"], lease_until__isnull=False, ended_at=None)
                | Q(state="ambiguous", submitted_at__isnull=False, ended_at=None)
                | Q(state="accepted", provider_sid__isnull=False, deadline_at__isnull=False, ended_at=None)
                | Q(state__in=["delivered", "failed", "cancelled", "expired"], ended_at__isnull=False),
            ),
        ]
        indexes = [
            # Finished rows grow for ever; what is due must not cost more because of them.
            models.Index(
                name="delivery_due", fields=["lane", "precedence", "due_at"], condition=Q(state="pending")
            ),
            models.Index(name="delivery_ended", fields=["ended_at"], condition=Q(ended_at__isnull=False)),
            models.Index(name="delivery_failed", fields=["ended_at"], condition=Q(state="failed")),
            models.Index(name="delivery_again", fields=["due_at"], condition=Q(attempt__gt=1)),
            models.Index(
                name="delivery_unfinished",
                fields=["state", "due_at"],
                condition=Q(state__in=["claimed", "submitting", "ambiguous", "accepted"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} #{self.attempt} {self.state}"


class Pace(models.Model):
    """Until when one sender has been given enough to send. A sender without a stated rate has no row."""

    sender = models.CharField(max_length=20)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    free_at = models.DateTimeField()
    noted_at = models.DateTimeField(
        help_text="when it was last given something; a moment to come says that the clock was ahead then"
    )

    class Meta:
        constraints = [models.UniqueConstraint(name="pace_one_per_sender", fields=["sender", "channel"])]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.sender} until {self.free_at:%H:%M:%S}"


class ProviderReport(models.Model):
    """A status callback as it came in, stored before it is applied."""

    token = models.CharField(max_length=32)
    provider_sid = models.CharField(max_length=40)
    status = models.CharField(max_length=20)
    error_code = models.CharField(max_length=12, blank=True)
    payload = models.JSONField()
    received_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(name="report_unapplied", fields=["received_at"], condition=Q(applied_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.provider_sid} {self.status}"


class Heartbeat(models.Model):
    """The last sign of life of something that must be running."""

    name = models.CharField(max_length=60, unique=True)
    at = models.DateTimeField()
    detail = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class DemoClock(models.Model):
    """How far the demo has moved its clock forward. One row; production never reads it."""

    offset_seconds = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"+{self.offset_seconds} s"
