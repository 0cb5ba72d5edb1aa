"""The unit's hours and chairs, which are only ever added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_append_only'),
        ('notifications', '0004_messages_say_whom_they_are_about'),
        ('stepup', '0014_doses_are_corrected_not_rewritten'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_on', models.DateField(help_text='the first day these hours hold, at the site')),
                ('chairs', models.PositiveSmallIntegerField()),
                ('minutes', models.PositiveSmallIntegerField(help_text='how long a dose holds a chair; None where nobody has said', null=True)),
                ('set_at', models.DateTimeField()),
                ('set_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unit_hours', to='notifications.site')),
            ],
            options={
                'ordering': ['from_on', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('chairs__gte', 1)), name='unit_has_a_chair'),
                    models.CheckConstraint(condition=models.Q(('minutes', None), models.Q(('minutes__gte', 5), ('minutes__lte', 1440)), _connector='OR'), name='unit_minutes_are_a_days'),
                ],
            },
        ),
        migrations.CreateModel(
            name='OpenDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekday', models.PositiveSmallIntegerField(help_text='0 is Monday')),
                ('opens', models.TimeField()),
                ('closes', models.TimeField()),
                ('week', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='stepup.unithours')),
            ],
            options={
                'ordering': ['weekday'],
                'constraints': [
                    models.UniqueConstraint(fields=('week', 'weekday'), name='open_day_once'),
                    models.CheckConstraint(condition=models.Q(('weekday__lte', 6)), name='open_day_is_a_weekday'),
                    models.CheckConstraint(condition=models.Q(('closes__gt', models.F('opens'))), name='open_day_closes_after_it_opens'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ChairTime',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label_id', models.CharField(max_length=60)),
                ('step', models.CharField(max_length=60)),
                ('minutes', models.PositiveSmallIntegerField()),
                ('week', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='times', to='stepup.unithours')),
            ],
            options={
                'constraints': [
                    models.UniqueConstraint(fields=('week', 'label_id', 'step'), name='chair_time_once'),
                    models.CheckConstraint(condition=models.Q(('minutes__gte', 5), ('minutes__lte', 1440)), name='chair_time_is_a_days'),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_unithours_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_unithours FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_unithours_append_only ON stepup_unithours;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_openday_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_openday FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_openday_append_only ON stepup_openday;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_chairtime_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_chairtime FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_chairtime_append_only ON stepup_chairtime;",
        ),
    ]
