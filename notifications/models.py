"""Sites, clinicians and shifts; messages and their deliveries; what the provider reported; who signed in alive."""

import secrets

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q


class Site(models.Model):
    """A hospital or practice: the tenant. Every record belongs to one."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    time_zone = models.CharField(max_length=64, help_text="IANA name, for example America/New_York")
    emergency_number = models.CharField(
        max_length=20, help_text="what a patient dials for an ambulance, e.g. 911"
    )
    oncall_number = models.CharField(max_length=20, help_text="answered by a person at every hour")
    patient_number = models.CharField(max_length=20, unique=True, help_text="texts to and from patients")
    page_number = models.CharField(max_length=20, unique=True, help_text="pages to and from clinicians")

    class Meta:
        constraints = [
            # Without a local emergency number no safe text can be written (no number, no advice).
            models.CheckConstraint(name="site_has_emergency_number", condition=~Q(emergency_number="")),
            models.CheckConstraint(name="site_has_oncall_number", condition=~Q(oncall_number="")),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    NURSE = "nurse", "nurse"
    PHARMACIST = "pharmacist", "pharmacist"
    PRESCRIBER = "prescriber", "prescriber"
    RESPONDER = "responder", "responder"
    EMERGENCY = "emergency", "emergency"
    LEAD = "lead", "programme lead"
    AUDITOR = "auditor", "auditor"
    ADMIN = "admin", "administrator"


class ClinicianManager(BaseUserManager["Clinician"]):
    def create_user(self, username: str, password: str, **facts: object) -> "Clinician":
        """A clinician who can sign in."""
        clinician = Clinician(username=username, **facts)
        clinician.set_password(password)
        clinician.save()
        return clinician


class Clinician(AbstractBaseUser):
    """A staff user with one role at one site."""

    username = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=20, choices=Role.choices)
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="clinicians")
    phone = models.CharField(max_length=20, blank=True, help_text="E.164; where pages go")
    is_active = models.BooleanField(default=True)

    USERNAME_FIELD = "username"
    objects = ClinicianManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="clinician_phone_is_one_persons",
                fields=["phone"],
                condition=~Q(phone="") & Q(is_active=True),
            )
        ]

    def __str__(self) -> str:
        return self.name


class PointRange(Func):
    """A one-number range, so that equality becomes overlap and needs no server extension."""

    function = "int8range"
    template = "%(function)s(%(expressions)s, '[]')"


class Shift(models.Model):
    """One clinician answering on one rung for a half-open span of time."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="shifts")
    clinician = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="shifts")
    rung = models.PositiveSmallIntegerField(help_text="1 is called first")
    period = DateTimeRangeField(default_bounds="[)")

    class Meta:
        ordering = ["rung", "period"]
        constraints = [
            models.CheckConstraint(name="shift_rung_starts_at_one", condition=Q(rung__gte=1)),
            models.CheckConstraint(
                name="shift_period_is_bounded",
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
            ),
            ExclusionConstraint(
                name="shift_one_person_per_rung_at_a_time",
                index_type="GIST",
                expressions=[
                    (PointRange(F("site_id"), F("site_id")), RangeOperators.OVERLAPS),
                    (PointRange(F("rung"), F("rung")), RangeOperators.OVERLAPS),
                    ("period", RangeOperators.OVERLAPS),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"rung {self.rung}: {self.clinician}"


class Lane(models.IntegerChoices):
    """Which queue a message waits in. Pages never wait behind check-ins."""

    PAGE_VOICE = 1, "page by voice"
    PAGE_TEXT = 2, "page by text"
    REPLY = 3, "reply to a patient"
    CHECKIN = 4, "scheduled check-in"


class Channel(models.TextChoices):
    TEXT = "text", "text"
    VOICE = "voice", "voice"


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
        PENDING = "pending", "waiting to be sent"
        CLAIMED = "claimed", "about to be sent"
        SUBMITTING = "submitting", "being handed over"
        AMBIGUOUS = "ambiguous", "perhaps handed over"
        ACCEPTED = "accepted", "with the provider"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"
        EXPIRED = "expired", "expired unsent"

    LIVE = (State.PENDING, State.CLAIMED, State.SUBMITTING, State.AMBIGUOUS, State.ACCEPTED)

    message = models.ForeignKey(Message, on_delete=models.PROTECT, related_name="deliveries")
    attempt = models.PositiveSmallIntegerField(default=1)
    state = models.CharField(max_length=12, choices=State.choices, default=State.PENDING)
    lane = models.PositiveSmallIntegerField(choices=Lane.choices)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=32, unique=True, default=new_token)
    submitted_at = models.DateTimeField(null=True)
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
            models.Index(name="delivery_due", fields=["lane", "due_at"], condition=Q(state="pending")),
            models.Index(
                name="delivery_unfinished",
                fields=["state", "due_at"],
                condition=Q(state__in=["claimed", "submitting", "ambiguous", "accepted"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message} #{self.attempt} {self.state}"


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
