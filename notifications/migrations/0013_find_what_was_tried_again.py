from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0012_find_failed_deliveries"),
    ]

    operations = [
        migrations.AddIndex(
            model_name='delivery',
            index=models.Index(condition=models.Q(('attempt__gt', 1)), fields=['due_at'], name='delivery_again'),
        ),
    ]
