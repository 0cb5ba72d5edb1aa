"""Which doses a site gives at home, stage by stage, and why a course was opened with hours nobody covered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_append_only"),
        ("notifications", "0004_messages_say_whom_they_are_about"),
        ("stepup", "0016_a_course_is_transferred"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
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
        migrations.CreateModel(
            name="AdoptionStage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(help_text="counts the decisions of one site from 1")),
                (
                    "kind",
                    models.CharField(
                        choices=[("set", "numbers set"), ("opened", "stage opened"), ("back", "gone back")],
                        max_length=10,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("maintenance", "maintenance doses only"),
                            ("later", "later steps and maintenance doses"),
                            ("all", "every dose"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "least_given",
                    models.PositiveSmallIntegerField(
                        help_text="given at home and watched to the end", null=True
                    ),
                ),
                (
                    "least_patients",
                    models.PositiveSmallIntegerField(help_text="different ones among them", null=True),
                ),
                (
                    "least_days",
                    models.PositiveSmallIntegerField(help_text="since the stage began", null=True),
                ),
                (
                    "most_late_cases",
                    models.PositiveSmallIntegerField(
                        help_text="that nobody had when the patient was to be told", null=True
                    ),
                ),
                (
                    "most_grave_reactions",
                    models.PositiveSmallIntegerField(
                        help_text="of grade 3 or more, after doses given at home", null=True
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        help_text="a reason; of an opening, the numbers as they stood", max_length=300
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "numbers_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adoption",
                        to="notifications.site",
                    ),
                ),
            ],
            options={
                "ordering": ["number"],
                'constraints': [
                    models.UniqueConstraint(fields=("site", "number"), name="adoption_decision_once"),
                    models.CheckConstraint(
                condition=models.Q(
                    models.Q(("kind", "set"), ("number", 1)), ("number__gt", 1), _connector="OR"
                ),
                name="adoption_begins_with_a_stage_somebody_set",
            ),
                    models.CheckConstraint(
                condition=models.Q(("stage__in", ["maintenance", "later", "all"])),
                name="adoption_stage_is_known",
            ),
                    models.CheckConstraint(
                condition=models.Q(("why", ""), _negated=True), name="adoption_says_why"
            ),
                    models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("kind", "opened"), _negated=True), ("numbers_by", None)),
                    models.Q(
                        ("kind", "opened"),
                        ("numbers_by__isnull", False),
                        models.Q(("numbers_by", models.F("by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="adoption_is_opened_by_another_person_than_set_the_numbers",
            ),
                    models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("kind", "set"),
                        models.Q(("stage", "all"), _negated=True),
                        models.Q(
                            models.Q(("least_given__gte", 1), ("least_given__isnull", False)),
                            models.Q(("least_patients__gte", 1), ("least_patients__isnull", False)),
                            models.Q(("least_days__gte", 1), ("least_days__isnull", False)),
                            _connector="OR",
                        ),
                    ),
                    models.Q(
                        models.Q(
                            ("kind__in", ["opened", "back"]),
                            models.Q(("kind", "set"), ("stage", "all")),
                            _connector="OR",
                        ),
                        ("least_days", None),
                        ("least_given", None),
                        ("least_patients", None),
                        ("most_grave_reactions", None),
                        ("most_late_cases", None),
                    ),
                    _connector="OR",
                ),
                name="adoption_numbers_lead_to_a_next_stage",
            ),
                ],
            },
        ),
        migrations.CreateModel(
            name="StageOverride",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("step", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "after",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="stepup.dose",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "course",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stage_overrides",
                        to="stepup.course",
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        help_text="the decision it goes beyond",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to="stepup.adoptionstage",
                    ),
                ),
            ],
            options={
                "ordering": ["at", "pk"],
                'constraints': [
                    models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="stage_override_has_a_reason"
            ),
                    models.UniqueConstraint(
                fields=("course", "step", "after", "stage"), name="stage_override_once", nulls_distinct=False
            ),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_adoptionstage_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_adoptionstage FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_adoptionstage_append_only ON stepup_adoptionstage;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_stageoverride_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_stageoverride FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_stageoverride_append_only ON stepup_stageoverride;",
        ),
    ]
