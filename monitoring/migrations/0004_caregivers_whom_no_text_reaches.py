from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Texting to a caregiver ends on its own, with its reason: nobody had ended before this column existed."""

    dependencies = [("monitoring", "0003_texts_that_came_late")]

    operations = [
        migrations.AddField(
            model_name="patient",
            name="caregiver_reachable_since",
            field=models.DateTimeField(help_text="None: since enrolment", null=True),
        ),
        migrations.AddField(
            model_name="patient", name="caregiver_texting_ended_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="patient",
            name="caregiver_texting_ended_why",
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=Q(caregiver_texting_ended_at=None, caregiver_texting_ended_why="")
                | Q(caregiver_texting_ended_at__isnull=False) & ~Q(caregiver_texting_ended_why=""),
                name="patient_caregiver_texting_end_has_a_reason",
            ),
        ),
    ]
