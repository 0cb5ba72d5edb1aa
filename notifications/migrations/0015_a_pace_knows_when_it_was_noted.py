"""What was given to a number while the clock was ahead holds nothing back once it is right again."""

from datetime import UTC, datetime

from django.db import migrations, models

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


class Migration(migrations.Migration):
    dependencies = [("notifications", "0014_a_rotation_keeps_its_time_zone")]

    operations = [
        migrations.AddField(
            model_name="pace",
            name="noted_at",
            field=models.DateTimeField(
                default=LONG_AGO,
                help_text="when it was last given something; a moment to come says that the clock was ahead then",
            ),
            preserve_default=False,
        ),
    ]
