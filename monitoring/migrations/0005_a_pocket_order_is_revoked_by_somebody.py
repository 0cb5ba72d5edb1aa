import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

# Until now an order could only be replaced: by the order signed at that moment. Two left in force by two signatures
# at once are settled the same way, in favour of the newer.
NAME_WHO = """
UPDATE monitoring_pocketorder AS old SET revoked_at = newer.signed_at
  FROM monitoring_pocketorder AS newer
 WHERE old.revoked_at IS NULL AND newer.patient_id = old.patient_id AND newer.id > old.id;
UPDATE monitoring_pocketorder AS old
   SET revoked_why = 'replaced by a new order',
       revoked_by_id = coalesce(
           (SELECT newer.signed_by_id FROM monitoring_pocketorder AS newer
             WHERE newer.patient_id = old.patient_id AND newer.id > old.id ORDER BY newer.id LIMIT 1),
           old.signed_by_id)
 WHERE old.revoked_at IS NOT NULL;
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    """Who revoked a pocket order, and why; and one order in force per patient."""

    dependencies = [
        ("monitoring", "0004_caregivers_whom_no_text_reaches"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="pocketorder",
            name="revoked_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="pocketorder",
            name="revoked_why",
            field=models.CharField(blank=True, default="", max_length=300),
            preserve_default=False,
        ),
        migrations.RunSQL(NAME_WHO, ""),
        migrations.AddConstraint(
            model_name="pocketorder",
            constraint=models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None, revoked_why="")
                | Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_why=""),
                name="pocket_order_revoked_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="pocketorder",
            constraint=models.UniqueConstraint(
                condition=Q(revoked_at=None), fields=["patient"], name="pocket_order_one_in_force_per_patient"
            ),
        ),
    ]
