"""The emergency page is approved like the texts: what an approval is of."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("monitoring", "0019_reach_tests"),
        ("notifications", "0004_messages_say_whom_they_are_about"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='contentapproval',
            name='content_approval_once',
        ),
        migrations.AddField(
            model_name='contentapproval',
            name='what',
            field=models.CharField(choices=[('texts', 'texts to patients'), ('emergency', 'emergency page')], default='texts', max_length=12),
        ),
        migrations.AlterField(
            model_name='contentapproval',
            name='content',
            field=models.TextField(help_text='the words as they were approved, canonical JSON'),
        ),
        migrations.AddConstraint(
            model_name='contentapproval',
            constraint=models.UniqueConstraint(fields=('what', 'site', 'language', 'fingerprint'), name='content_approval_once'),
        ),
    ]
