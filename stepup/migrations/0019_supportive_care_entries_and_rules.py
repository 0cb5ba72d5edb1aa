"""Supportive care: what was said of each item of a course, and a site's own rules. Both are only added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Only an entry of the same course and item is taken back, and never a taking back itself.
ITS_OWN = """CREATE FUNCTION care_entry_takes_back_its_own() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.takes_back_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stepup_careentry e WHERE e.id = NEW.takes_back_id AND e.course_id = NEW.course_id
        AND e.item = NEW.item AND e.kind <> 'back'
    ) THEN
        RAISE EXCEPTION 'care_entry_takes_back_its_own' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_careentry_takes_back_its_own BEFORE INSERT ON stepup_careentry
FOR EACH ROW EXECUTE FUNCTION care_entry_takes_back_its_own();"""
APPEND_ONLY = (
    "CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION append_only();"
)


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_messages_say_whom_they_are_about'),
        ('stepup', '0018_calendar_addresses'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CareEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(help_text="the item's id in supportive.toml", max_length=60)),
                ('kind', models.CharField(choices=[('done', 'done'), ('not_needed', 'not needed'), ('decided', 'decided for this patient'), ('back', 'taken back')], max_length=10)),
                ('on', models.DateField(help_text='the day it was done, at the site', null=True)),
                ('result', models.CharField(blank=True, help_text='exactly as it was read', max_length=300)),
                ('value', models.DecimalField(decimal_places=4, help_text='the number a printed threshold speaks of', max_digits=12, null=True)),
                ('unit', models.CharField(blank=True, help_text='as on the report; never converted', max_length=20)),
                ('read_by', models.CharField(blank=True, help_text='who read the result', max_length=120)),
                ('words', models.CharField(blank=True, help_text='the reason, the decision, or a note', max_length=300)),
                ('again_on', models.DateField(help_text='not needed before this day, or decided for it; None: for the whole course', null=True)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_entries', to='stepup.course')),
                ('takes_back', models.OneToOneField(help_text='the entry of the same item that no longer counts', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='taken_back', to='stepup.careentry')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('again_on', None), ('kind', 'done'), ('on__isnull', False), ('takes_back', None)), models.Q(('kind__in', ['not_needed', 'decided']), ('on', None), ('takes_back', None), models.Q(('words', ''), _negated=True)), models.Q(('again_on', None), ('kind', 'back'), ('on', None), ('takes_back__isnull', False), models.Q(('words', ''), _negated=True)), _connector='OR'), name='care_entry_kind_has_its_facts'), models.CheckConstraint(condition=models.Q(('kind', 'done'), models.Q(('read_by', ''), ('result', ''), ('unit', ''), ('value', None)), _connector='OR'), name='care_entry_only_what_was_done_has_a_result'), models.CheckConstraint(condition=models.Q(models.Q(('result', ''), ('value', None)), models.Q(('read_by', ''), _negated=True), _connector='OR'), name='care_entry_result_has_a_reader'), models.CheckConstraint(condition=models.Q(models.Q(('unit', ''), ('value', None)), models.Q(('value__gte', 0), ('value__isnull', False), models.Q(('unit', ''), _negated=True)), _connector='OR'), name='care_entry_value_has_a_unit')],
            },
        ),
        migrations.CreateModel(
            name='CareRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('item', models.CharField(help_text="the item's id in supportive.toml", max_length=60)),
                ('every_days', models.PositiveSmallIntegerField(null=True)),
                ('option', models.CharField(blank=True, help_text='the id of the published rule chosen here', max_length=60)),
                ('words', models.CharField(blank=True, help_text="in the site's words; or why it is withdrawn", max_length=300)),
                ('source', models.CharField(blank=True, help_text='what the site takes it from', max_length=300)),
                ('is_withdrawn', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='care_rules', to='notifications.site')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('every_days', None), ('is_withdrawn', True), ('option', ''), models.Q(('words', ''), _negated=True)), models.Q(('is_withdrawn', False), models.Q(('every_days__isnull', False), models.Q(('option', ''), _negated=True), models.Q(('words', ''), _negated=True), _connector='OR')), _connector='OR'), name='care_rule_says_something'), models.CheckConstraint(condition=models.Q(('every_days', None), models.Q(('every_days__gte', 1), ('every_days__lte', 366)), _connector='OR'), name='care_rule_days_are_a_years'), models.CheckConstraint(condition=models.Q(('is_withdrawn', True), models.Q(('source', ''), _negated=True), _connector='OR'), name='care_rule_has_a_source')],
            },
        ),
        migrations.RunSQL(
            ITS_OWN,
            "DROP TRIGGER stepup_careentry_takes_back_its_own ON stepup_careentry;"
            " DROP FUNCTION care_entry_takes_back_its_own();",
        ),
        *[
            migrations.RunSQL(APPEND_ONLY.format(table), f"DROP TRIGGER {table}_append_only ON {table};")
            for table in ("stepup_careentry", "stepup_carerule")
        ],
    ]
