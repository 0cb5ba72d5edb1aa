"""Why a course was opened with hours of its first watch that nobody covered."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("stepup", "0015_hours_and_chairs")]
    operations = [
        migrations.AddField(
            model_name="course",
            name="uncovered",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="spans of the first dose's watch with nobody on call when it was opened"
            ),
        ),
        migrations.AddField(
            model_name="course",
            name="uncovered_why",
            field=models.CharField(blank=True, help_text="why they were accepted", max_length=300),
        ),
        migrations.AddConstraint(
            model_name="course",
            constraint=models.CheckConstraint(
                name="course_uncovered_has_a_reason",
                condition=Q(uncovered=0, uncovered_why="") | Q(uncovered__gt=0) & ~Q(uncovered_why=""),
            ),
        ),
    ]
