"""Hours that somebody loses by what another did to the list are told like those they are given."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0016_tell_whoever_is_given_hours_on_call'),
    ]

    operations = [
        migrations.AddField(
            model_name='givenhours',
            name='lost',
            field=models.BooleanField(default=False, help_text='theirs no more'),
        ),
    ]
