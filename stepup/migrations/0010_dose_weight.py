"""A dose keeps the weighing that its sum was made with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("stepup", "0009_weights_are_append_only")]
    operations = [
        migrations.AddField(
            model_name="dose",
            name="weight",
            field=models.ForeignKey(
                help_text="what the sum was made with",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="doses",
                to="stepup.weight",
            ),
        ),
    ]
