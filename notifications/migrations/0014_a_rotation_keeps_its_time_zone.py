"""A rotation goes by the clock it was written with: a site that moves to another zone redraws no turn that has passed."""

from django.db import migrations, models

FILL = """
ALTER TABLE notifications_rotation DISABLE TRIGGER notifications_rotation_only_ends;
UPDATE notifications_rotation SET time_zone = site.time_zone
FROM notifications_site AS site WHERE site.id = notifications_rotation.site_id;
ALTER TABLE notifications_rotation ENABLE TRIGGER notifications_rotation_only_ends;
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0013_find_what_was_tried_again")]

    operations = [
        migrations.AddField(
            model_name="rotation",
            name="time_zone",
            field=models.CharField(
                default="", help_text="whose clock its turns go by: the site's when it began", max_length=64
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="rotation",
            constraint=models.CheckConstraint(
                condition=~models.Q(time_zone=""), name="rotation_has_a_time_zone"
            ),
        ),
    ]
