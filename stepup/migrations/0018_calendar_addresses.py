"""Secret addresses of calendar feeds and their revocations, which are only ever added to; and when they were fetched."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_messages_say_whom_they_are_about'),
        ('stepup', '0017_gradual_adoption_and_cover'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CalendarAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('is_unit', models.BooleanField()),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calendar_addresses', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='calendar_addresses', to='notifications.site')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='calendar_digest_is_a_sha256'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CalendarFetch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('last_at', models.DateTimeField()),
                ('hour_at', models.DateTimeField()),
                ('in_hour', models.PositiveIntegerField()),
                ('address', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='fetch', to='stepup.calendaraddress')),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('in_hour__gte', 1), ('last_at__gte', models.F('hour_at'))), name='calendar_fetch_is_within_its_hour'),
                ],
            },
        ),
        migrations.CreateModel(
            name='CalendarRevocation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('reason', models.CharField(max_length=300)),
                ('address', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='revocation', to='stepup.calendaraddress')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='calendar_revocation_has_a_reason'),
                ],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_calendaraddress_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_calendaraddress FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_calendaraddress_append_only ON stepup_calendaraddress;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_calendarrevocation_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_calendarrevocation FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_calendarrevocation_append_only ON stepup_calendarrevocation;",
        ),
    ]
