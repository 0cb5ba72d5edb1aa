import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

TABLE = "monitoring_contentapproval"


class Migration(migrations.Migration):
    """Nobody is enrolled in a language whose words no named person of the site approved."""

    dependencies = [
        ("monitoring", "0012_reply_inbox"),
        ("notifications", "0002_append_only"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContentApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("language", models.CharField(max_length=12)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "content",
                    models.TextField(help_text="the texts and questions as they were approved, canonical JSON"),
                ),
                (
                    "reads_language",
                    models.BooleanField(help_text="that the approver states to read the language"),
                ),
                ("note", models.CharField(blank=True, max_length=300)),
                ("at", models.DateTimeField()),
                (
                    "by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="content_approvals",
                        to="notifications.site",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "language", "fingerprint"), name="content_approval_once"
                    ),
                    models.CheckConstraint(
                        condition=Q(language="en") | Q(reads_language=True),
                        name="content_approval_by_somebody_who_reads_it",
                    ),
                ]
            },
        ),
        migrations.RunSQL(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE"
            f" ON {TABLE} FOR EACH ROW EXECUTE FUNCTION append_only();",
            f"DROP TRIGGER {TABLE}_append_only ON {TABLE};",
        ),
    ]
