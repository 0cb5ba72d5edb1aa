import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """A concern keeps the questions close until a clinician ends them by name, with a reason."""

    dependencies = [
        ("monitoring", "0013_texts_are_approved_by_a_named_person"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CloserQuestions",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("why", models.CharField(help_text="the concern, as it was found", max_length=300)),
                ("ended_at", models.DateTimeField(null=True)),
                ("ended_why", models.CharField(blank=True, max_length=300)),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "watch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="closer_questions",
                        to="monitoring.watch",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=Q(ended_at=None), fields=("watch",), name="closer_questions_once_at_a_time"
                    ),
                    models.CheckConstraint(
                        condition=Q(ended_at=None, ended_by=None, ended_why="")
                        | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(ended_why=""),
                        name="closer_questions_are_ended_by_somebody_who_says_why",
                    ),
                ]
            },
        ),
    ]
