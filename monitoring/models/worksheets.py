"""CRS and ICANS graded on the worksheet, and a second clinician's word on a grave grade that is lowered."""

from django.db import models
from django.db.models import F, Q

from monitoring.models.cases import Escalation
from monitoring.models.people import Patient
from notifications.models import Clinician

GRAVE = 3


def _not_lower(kind: str) -> Q:
    """This grade was not given, nothing stood before it, or it is no lower than what stood."""
    return Q(**{kind: None}) | Q(**{f"{kind}_stood": None}) | Q(**{f"{kind}__gte": F(f"{kind}_stood")})


def _not_grave(kind: str) -> Q:
    return _not_lower(kind) | Q(**{f"{kind}_stood__lt": GRAVE})


class Assessment(models.Model):
    """One worksheet, whole: every answer, the grades that follow, and the criteria they follow from. Only added to.

    `crs_stood` and `icans_stood` are the grades that stood until then. A grade of 3 or 4 lowered here waits for a
    second clinician; until that one agrees the graver grade stands.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assessments")
    escalation = models.ForeignKey(
        Escalation, null=True, on_delete=models.PROTECT, related_name="assessments"
    )
    at = models.DateTimeField()
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    worksheet = models.JSONField(help_text="every answer as it was given, by kind")
    result = models.JSONField(help_text="grade, reason, sources and notes by kind, as they were shown")
    criteria = models.CharField(max_length=64, help_text="fingerprint of the criteria")
    scale = models.CharField(max_length=40)
    crs = models.PositiveSmallIntegerField(null=True)
    icans = models.PositiveSmallIntegerField(null=True)
    crs_stood = models.PositiveSmallIntegerField(null=True)
    icans_stood = models.PositiveSmallIntegerField(null=True)
    crs_over = models.BooleanField(default=False)
    icans_over = models.BooleanField(default=False)
    why = models.CharField(
        max_length=300, blank=True, help_text="why a grade is lower than the one that stood"
    )
    wants_second = models.BooleanField(default=False)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                name="assessment_grades_something", condition=~Q(crs=None) | ~Q(icans=None)
            ),
            models.CheckConstraint(
                name="assessment_grade_0_to_4",
                condition=(Q(crs=None) | Q(crs__lte=4)) & (Q(icans=None) | Q(icans__lte=4)),
            ),
            models.CheckConstraint(
                name="assessment_lower_grade_says_why",
                condition=_not_lower("crs") & _not_lower("icans") | ~Q(why=""),
            ),
            models.CheckConstraint(
                name="assessment_grave_grade_lowered_wants_a_second",
                condition=_not_grave("crs") & _not_grave("icans") | Q(wants_second=True),
            ),
            models.CheckConstraint(
                name="assessment_over_is_grade_0",
                condition=(Q(crs_over=False) | Q(crs=0, crs__isnull=False))
                & (Q(icans_over=False) | Q(icans=0, icans__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"assessment:{self.pk}"

    def grade(self, kind: str) -> int | None:
        """The grade of this kind, or None where it was not assessed."""
        grade: int | None = getattr(self, kind)
        return grade

    def lowers_gravely(self, kind: str) -> bool:
        """Whether a grade of 3 or 4 is lowered: for this kind the assessment counts once somebody else agreed."""
        grade, stood = self.grade(kind), getattr(self, f"{kind}_stood")
        return grade is not None and stood is not None and stood >= GRAVE and grade < stood


class AssessmentReading(models.Model):
    """A second clinician's word on a grade of 3 or 4 that is to be lowered. Only added to."""

    assessment = models.OneToOneField(Assessment, on_delete=models.PROTECT, related_name="reading")
    assessed_by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Clinician, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    agrees = models.BooleanField()
    words = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="assessment_reading_is_another_person_s", condition=~Q(by=F("assessed_by"))
            ),
            models.CheckConstraint(
                name="assessment_reading_disagrees_in_words", condition=Q(agrees=True) | ~Q(words="")
            ),
        ]

    def __str__(self) -> str:
        return f"assessment reading:{self.pk}"
