"""Rotations, overrides, swaps and time off; turns and what is said of rungs are only ever added to."""

import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.fields.ranges
import django.db.models.deletion
import notifications.models.rotations
import notifications.models.shifts
from django.conf import settings
from django.db import migrations, models

TRIGGER = "CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION append_only();"
UNDO = "DROP TRIGGER {0}_append_only ON {0};"
HISTORIES = ("notifications_rungrule", "notifications_turn")


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0005_precedence_and_rates"),
    ]

    operations = [
        migrations.CreateModel(
            name='Rotation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.PositiveSmallIntegerField()),
                ('layer', models.PositiveSmallIntegerField(default=1, help_text='1 speaks first; where it is silent, the next')),
                ('name', models.CharField(max_length=60)),
                ('starts_on', models.DateField(help_text="the first day of the first person's first turn, at the site")),
                ('hand_over', models.TimeField(help_text="when each turn begins, on the site's clock")),
                ('turn_hours', models.PositiveSmallIntegerField(help_text='hours of the clock one turn lasts: 24, 168 ...')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None)),
                ('opens', models.TimeField(null=True)),
                ('closes', models.TimeField(null=True)),
                ('since', models.DateTimeField(help_text='from when it speaks, which may be within a turn')),
                ('until', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField()),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rotations', to='notifications.site')),
            ],
            options={
                'ordering': ['rung', 'layer', 'since'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('layer__gte', 1), ('rung__gte', 1)), name='rotation_rung_and_layer_start_at_one'),
                    models.CheckConstraint(condition=models.Q(('turn_hours__gte', 1), ('turn_hours__lte', 8784)), name='rotation_turn_is_an_hour_to_a_year'),
                    models.CheckConstraint(condition=models.Q(models.Q(('closes', None), ('opens', None), ('weekdays__len', 0)), models.Q(('closes__isnull', False), ('opens__isnull', False), ('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6]), ('weekdays__len__gte', 1)), _connector='OR'), name='rotation_hours_are_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_by', None), ('until', None)), models.Q(('ended_by__isnull', False), ('until__gte', models.F('since')), ('until__isnull', False)), _connector='OR'), name='rotation_end_says_who'),
                    django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(notifications.models.shifts.PointRange(models.F('site_id'), models.F('site_id')), '&&'), (notifications.models.shifts.PointRange(models.F('rung'), models.F('rung')), '&&'), (notifications.models.shifts.PointRange(models.F('layer'), models.F('layer')), '&&'), (notifications.models.rotations.SpeaksRange(models.F('since'), models.F('until')), '&&')], name='rotation_one_per_layer_at_a_time'),
                ],
            },
        ),
        migrations.CreateModel(
            name='RungRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.PositiveSmallIntegerField()),
                ('title', models.CharField(help_text="as the site says it, for example 'nurse at night'", max_length=60)),
                ('role', models.CharField(blank=True, choices=[('nurse', 'nurse'), ('pharmacist', 'pharmacist'), ('prescriber', 'prescriber'), ('responder', 'responder'), ('emergency', 'emergency'), ('lead', 'programme lead'), ('auditor', 'auditor'), ('admin', 'administrator')], help_text='empty: any role that takes cases', max_length=20)),
                ('set_at', models.DateTimeField()),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rung_rules', to='notifications.site')),
            ],
            options={
                'ordering': ['rung', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('rung__gte', 1)), name='rung_rule_starts_at_one'),
                    models.CheckConstraint(condition=models.Q(('role__in', ['', 'nurse', 'prescriber', 'responder'])), name='rung_rule_role_takes_cases'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Swap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.PositiveSmallIntegerField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='the hours given away')),
                ('back_rung', models.PositiveSmallIntegerField(null=True)),
                ('back_period', django.contrib.postgres.fields.ranges.DateTimeRangeField(help_text='the hours taken for them', null=True)),
                ('offered_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('offered', 'waits for an answer'), ('accepted', 'accepted'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='offered', max_length=10)),
                ('answered_at', models.DateTimeField(null=True)),
                ('offered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='swaps_offered', to=settings.AUTH_USER_MODEL)),
                ('offered_to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='swaps_to_answer', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='swaps', to='notifications.site')),
            ],
            options={
                'ordering': ['period', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('offered_by', models.F('offered_to')), _negated=True), name='swap_is_between_two'),
                    models.CheckConstraint(condition=models.Q(('period__isempty', False), ('period__lower_inf', False), ('period__upper_inf', False)), name='swap_period_is_bounded'),
                    models.CheckConstraint(condition=models.Q(models.Q(('back_period', None), ('back_rung', None)), models.Q(('back_period__isempty', False), ('back_period__isnull', False), ('back_period__lower_inf', False), ('back_period__upper_inf', False), ('back_rung__gte', 1), ('back_rung__isnull', False)), _connector='OR'), name='swap_back_is_whole'),
                    models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'offered')), models.Q(('answered_at__isnull', False), ('state__in', ['accepted', 'declined', 'withdrawn'])), _connector='OR'), name='swap_state_matches_facts'),
                ],
            },
        ),
        migrations.CreateModel(
            name='TimeOff',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_off', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='time_off', to='notifications.site')),
            ],
            options={
                'ordering': ['period', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('period__isempty', False), ('period__lower_inf', False), ('period__upper_inf', False)), models.Q(('ended_at__isnull', False), ('period__isempty', True)), _connector='OR'), name='time_off_period_is_bounded'),
                    models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='time_off_end_says_who'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Turn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to=settings.AUTH_USER_MODEL)),
                ('rotation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to='notifications.rotation')),
            ],
            options={
                'ordering': ['place'],
                'constraints': [
                    models.UniqueConstraint(fields=('rotation', 'place'), name='turn_one_person_per_place'),
                    models.CheckConstraint(condition=models.Q(('place__gte', 1)), name='turn_places_start_at_one'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Override',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.PositiveSmallIntegerField()),
                ('period', django.contrib.postgres.fields.ranges.DateTimeRangeField()),
                ('why', models.CharField(max_length=200)),
                ('made_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('clinician', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='overrides', to='notifications.site')),
            ],
            options={
                'ordering': ['rung', 'period'],
                'constraints': [models.CheckConstraint(condition=models.Q(('rung__gte', 1)), name='override_rung_starts_at_one'), models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='override_has_a_reason'), models.CheckConstraint(condition=models.Q(models.Q(('period__isempty', False), ('period__lower_inf', False), ('period__upper_inf', False)), models.Q(('ended_at__isnull', False), ('period__isempty', True)), _connector='OR'), name='override_period_is_bounded'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('ended_by', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False)), _connector='OR'), name='override_end_says_who'), django.contrib.postgres.constraints.ExclusionConstraint(expressions=[(notifications.models.shifts.PointRange(models.F('site_id'), models.F('site_id')), '&&'), (notifications.models.shifts.PointRange(models.F('rung'), models.F('rung')), '&&'), ('period', '&&')], name='override_one_person_per_rung_at_a_time')],
            },
        ),
        *(migrations.RunSQL(TRIGGER.format(table), UNDO.format(table)) for table in HISTORIES),
    ]
