"""Hours offered to nobody by name: whoever is asked may take them, once. Offers until now are all to somebody."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0018_tell_whoever_lost_hours_on_call'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='swap',
            name='swap_state_matches_facts',
        ),
        migrations.AlterField(
            model_name='swap',
            name='offered_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='swaps_to_answer', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='swap',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'offered')), models.Q(('answered_at__isnull', False), ('offered_to__isnull', False), ('state', 'accepted')), models.Q(('answered_at__isnull', False), ('state__in', ['declined', 'withdrawn'])), _connector='OR'), name='swap_state_matches_facts'),
        ),
        migrations.AddConstraint(
            model_name='swap',
            constraint=models.CheckConstraint(condition=models.Q(('offered_to__isnull', False), ('back_period', None), _connector='OR'), name='swap_to_anyone_is_for_nothing_back'),
        ),
        migrations.CreateModel(
            name='Asked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('declined_at', models.DateTimeField(null=True)),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('swap', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='asked', to='notifications.swap')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('swap', 'clinician'), name='asked_once_of_a_swap')],
            },
        ),
    ]
