"""Who at a site has read what the rules of a release change there."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_append_only"),
        ("monitoring", "0015_home_kits"),
        ("notifications", "0004_messages_say_whom_they_are_about"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RulesApproval",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("at", models.DateTimeField()),
                (
                    "replayed",
                    models.JSONField(
                        help_text="what the rules would have changed over past replies, as it was shown"
                    ),
                ),
                (
                    "lost_pages",
                    models.PositiveIntegerField(help_text="past replies that paged and would page nobody"),
                ),
                (
                    "why",
                    models.CharField(blank=True, help_text="why lost pages were accepted", max_length=300),
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
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rules_approvals",
                        to="notifications.site",
                    ),
                ),
            ],
            options={
                "ordering": ["-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("site", "fingerprint"), name="rules_approval_once_per_site"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("lost_pages", 0), models.Q(("why", ""), _negated=True), _connector="OR"
                        ),
                        name="rules_approval_of_lost_pages_has_a_reason",
                    ),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER monitoring_rulesapproval_append_only BEFORE UPDATE OR DELETE ON monitoring_rulesapproval"
            " FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER monitoring_rulesapproval_append_only ON monitoring_rulesapproval;",
        ),
    ]
