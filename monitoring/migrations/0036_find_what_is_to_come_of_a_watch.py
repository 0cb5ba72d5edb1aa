from django.db import migrations, models


class Migration(migrations.Migration):
    """Whether a watch has a check-in to come is asked every second; without it a million that are over were read."""

    dependencies = [
        ("monitoring", "0035_rounds_without_end"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="checkin",
            index=models.Index(condition=models.Q(("state__in", ["waiting", "asked"])), fields=["watch"], name="checkin_to_come"),
        ),
    ]
