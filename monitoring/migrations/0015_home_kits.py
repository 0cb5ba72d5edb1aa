import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

TABLE = "monitoring_homekit"


class Migration(migrations.Migration):
    """What a patient measures with at home, and their usual blood pressure: rows that are only added to."""

    dependencies = [
        ("monitoring", "0014_closer_questions_are_ended_by_a_clinician"),
        ("notifications", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HomeKit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "thermometer",
                    models.CharField(
                        choices=[
                            ("mouth", "in the mouth"),
                            ("ear", "in the ear"),
                            ("forehead", "on the forehead"),
                            ("armpit", "in the armpit"),
                            ("skin", "worn on the skin"),
                            ("none", "no thermometer"),
                        ],
                        max_length=10,
                    ),
                ),
                ("has_cuff", models.BooleanField(help_text="a blood-pressure cuff")),
                ("has_oximeter", models.BooleanField(help_text="a clip that shows the oxygen saturation")),
                ("usual_upper", models.PositiveSmallIntegerField(help_text="systolic, mmHg", null=True)),
                ("usual_lower", models.PositiveSmallIntegerField(help_text="diastolic, mmHg", null=True)),
                ("usual_on", models.DateField(help_text="the local day it was measured", null=True)),
                ("recorded_at", models.DateTimeField()),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kits", to="monitoring.patient"
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=Q(thermometer__in=["mouth", "ear", "forehead", "armpit", "skin", "none"]),
                        name="home_kit_thermometer_is_known",
                    ),
                    models.CheckConstraint(
                        condition=Q(usual_upper=None, usual_lower=None, usual_on=None)
                        | Q(
                            usual_upper__range=(50, 260),
                            usual_lower__range=(20, 160),
                            usual_lower__lt=F("usual_upper"),
                            usual_on__isnull=False,
                        ),
                        name="home_kit_pressure_is_whole",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE"
            f" ON {TABLE} FOR EACH ROW EXECUTE FUNCTION append_only();",
            f"DROP TRIGGER {TABLE}_append_only ON {TABLE};",
        ),
    ]
