"""Sites, and the clinicians who sign in there."""

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


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
    fallback_number = models.CharField(
        max_length=20,
        blank=True,
        help_text="of the second provider account: pages leave here when the first is out",
    )
    patient_texts_per_second = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="segments a second from the patients' number"
    )
    page_texts_per_second = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="segments a second from the paging number"
    )
    calls_per_second = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="calls a second; the account shares it"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                name="site_fallback_number_is_one_sites",
                fields=["fallback_number"],
                condition=~Q(fallback_number=""),
            ),
            models.CheckConstraint(
                name="site_patient_rate_is_above_zero",
                condition=Q(patient_texts_per_second=None) | Q(patient_texts_per_second__gt=0),
            ),
            models.CheckConstraint(
                name="site_page_rate_is_above_zero",
                condition=Q(page_texts_per_second=None) | Q(page_texts_per_second__gt=0),
            ),
            models.CheckConstraint(
                name="site_call_rate_is_above_zero",
                condition=Q(calls_per_second=None) | Q(calls_per_second__gt=0),
            ),
            # Without a local emergency number no safe text can be written (no number, no advice).
            models.CheckConstraint(name="site_has_emergency_number", condition=~Q(emergency_number="")),
            models.CheckConstraint(name="site_has_oncall_number", condition=~Q(oncall_number="")),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    NURSE = "nurse", _("nurse")
    PHARMACIST = "pharmacist", _("pharmacist")
    PRESCRIBER = "prescriber", _("prescriber")
    RESPONDER = "responder", _("responder")
    EMERGENCY = "emergency", _("emergency")
    LEAD = "lead", _("programme lead")
    AUDITOR = "auditor", _("auditor")
    ADMIN = "admin", _("administrator")


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
