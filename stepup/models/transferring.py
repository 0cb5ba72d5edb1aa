"""A course that another site goes on with: to whom, why, and what stood about its next dose."""

from django.db import models
from django.db.models import Q

from notifications.models import Clinician
from stepup.models.arranging import Appointment
from stepup.models.courses import Course


class Transfer(models.Model):
    """That another site goes on with a course. Said once, never changed; triggers tie it to the course's state."""

    course = models.OneToOneField(Course, on_delete=models.PROTECT, related_name="transfer")
    to_site = models.CharField(max_length=120, help_text="the hospital or practice that goes on with it")
    to_person = models.CharField(max_length=120, help_text="who takes over there, and was spoken with")
    to_phone = models.CharField(max_length=20, help_text="E.164")
    reason = models.CharField(max_length=300)
    next_dose = models.TextField(help_text="what stood about the next dose at that moment, line by line")
    gave_up = models.OneToOneField(
        Appointment,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="the appointment here that was given up",
    )
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        # Triggers besides: a transferred course has its row (course_is_transferred_with_its_row) and stays so
        # (course_is_transferred_for_good), a row ends its course (transfer_ends_its_course), and no dose but the
        # replacement of a corrected one is added after it (dose_is_given_before_the_transfer).
        constraints = [
            models.CheckConstraint(
                name="transfer_says_to_whom", condition=~Q(to_site="") & ~Q(to_person="") & ~Q(to_phone="")
            ),
            models.CheckConstraint(name="transfer_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="transfer_keeps_the_next_dose", condition=~Q(next_dose="")),
        ]

    def __str__(self) -> str:
        return f"transfer:{self.pk}"

    @property
    def to_whom(self) -> str:
        """The hospital or practice, and who takes over there."""
        return f"{self.to_site}, {self.to_person}"
