from django.db import migrations, models


class Migration(migrations.Migration):
    """A sender need not be a telephone number: `whatsapp:+12155550142` is answered too."""

    dependencies = [("notifications", "0002_append_only")]

    operations = [
        migrations.AlterField(
            model_name="message",
            name="to",
            field=models.CharField(help_text="as the provider writes it, which need not be a number", max_length=60),
        ),
    ]
