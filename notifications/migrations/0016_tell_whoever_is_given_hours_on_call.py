"""Hours that somebody is given on call by another, to be told of: found with the change, told later, settled once."""

import django.contrib.postgres.fields.ranges
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0015_a_pace_knows_when_it_was_noted'),
    ]

    operations = [
        migrations.CreateModel(
            name='GivenHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.PositiveSmallIntegerField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('given_at', models.DateTimeField()),
                ('tell_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given_hours', to=settings.AUTH_USER_MODEL)),
                ('given_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='given_hours', to='notifications.site')),
                ('text', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='notifications.message')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('settled_at', None)), fields=['tell_at'], name='given_hours_to_tell')],
                'constraints': [models.CheckConstraint(condition=models.Q(('period__isempty', False), ('period__lower_inf', False), ('period__upper_inf', False)), name='given_hours_are_bounded'), models.CheckConstraint(condition=models.Q(('clinician', models.F('given_by')), _negated=True), name='given_hours_by_another'), models.CheckConstraint(condition=models.Q(('text', None), ('settled_at__isnull', False), _connector='OR'), name='given_hours_text_settles')],
            },
        ),
    ]
