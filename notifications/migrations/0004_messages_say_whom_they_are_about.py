from django.db import migrations, models


class Migration(migrations.Migration):
    """A number can be corrected, or serve two patients; the message says for whom it was. Older rows stay empty."""

    dependencies = [("notifications", "0003_longer_recipients")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="about",
            field=models.CharField(
                blank=True,
                default="",
                help_text="patient:12, caregiver of patient:12; empty for clinicians",
                max_length=60,
            ),
            preserve_default=False,
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["about", "-created_at"], name="message_by_subject"),
        ),
    ]
