from django.db import migrations, models


class Migration(migrations.Migration):
    """When a text fetched from the provider's log was sent, so that it answers no later question."""

    dependencies = [("monitoring", "0002_history_is_append_only")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="sent_at",
            field=models.DateTimeField(
                help_text="known for a text that came late, from the provider's log", null=True
            ),
        ),
        migrations.AlterField(
            model_name="escalation",
            name="caller",
            field=models.CharField(
                blank=True, help_text="the unregistered number, when no patient is known", max_length=60
            ),
        ),
    ]
