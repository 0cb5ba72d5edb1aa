import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

TABLE = "monitoring_patientevent"
# No screen could end an enrolment before; whoever did it by hand left neither a time nor a reason.
NAME_WHY = """
UPDATE monitoring_patient SET enrolment_ended_at = now(), enrolment_ended_why = 'ended before reasons were kept'
 WHERE NOT is_active;
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    """Corrections and the ends of texting are kept line by line, and an enrolment ends with its reason."""

    dependencies = [
        ("monitoring", "0005_a_pocket_order_is_revoked_by_somebody"),
        ("notifications", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="PatientEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=60)),
                ("text", models.CharField(blank=True, max_length=800)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "patient",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="events", to="monitoring.patient"
                    ),
                ),
            ],
            options={"ordering": ["at", "pk"]},
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE}"
            " FOR EACH ROW EXECUTE FUNCTION append_only();",
            f"DROP TRIGGER {TABLE}_append_only ON {TABLE};",
        ),
        migrations.AddField(
            model_name="patient", name="enrolment_ended_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="patient",
            name="enrolment_ended_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="patient",
            name="enrolment_ended_why",
            field=models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunSQL(NAME_WHY, ""),
        migrations.AddConstraint(
            model_name="patient",
            constraint=models.CheckConstraint(
                condition=Q(is_active=True, enrolment_ended_at=None, enrolment_ended_by=None, enrolment_ended_why="")
                | Q(is_active=False, enrolment_ended_at__isnull=False) & ~Q(enrolment_ended_why=""),
                name="patient_enrolment_end_has_a_reason",
            ),
        ),
    ]
