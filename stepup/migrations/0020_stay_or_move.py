"""Staying on a version of a protocol or moving to another, and no other way for a course to change its protocol."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Whoever answers speaks of what the course runs on. The course is locked, so two at once take turns.
ASKED = """CREATE FUNCTION version_choice_is_asked() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    runs_on bigint;
BEGIN
    SELECT protocol_id INTO runs_on FROM stepup_course WHERE id = NEW.course_id FOR UPDATE;
    IF runs_on IS DISTINCT FROM NEW.was_id THEN
        RAISE EXCEPTION 'version_choice_is_of_what_it_runs_on' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_version_choice_is_asked BEFORE INSERT ON stepup_versionchoice
FOR EACH ROW EXECUTE FUNCTION version_choice_is_asked();"""
# No course changes its protocol silently: the newest answer says from what and to what.
MOVES = """CREATE FUNCTION course_moves_by_a_choice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    newest stepup_versionchoice%ROWTYPE;
BEGIN
    IF NEW.protocol_id = OLD.protocol_id THEN RETURN NEW; END IF;
    SELECT * INTO newest FROM stepup_versionchoice WHERE course_id = NEW.id ORDER BY number DESC LIMIT 1;
    IF newest.was_id IS DISTINCT FROM OLD.protocol_id OR newest.runs_on_id IS DISTINCT FROM NEW.protocol_id THEN
        RAISE EXCEPTION 'course_moves_by_a_choice' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_course_moves_by_a_choice BEFORE UPDATE ON stepup_course
FOR EACH ROW EXECUTE FUNCTION course_moves_by_a_choice();"""
# And an answer is carried out in the transaction that keeps it.
DONE = """CREATE FUNCTION version_choice_is_carried_out() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT protocol_id FROM stepup_course WHERE id = NEW.course_id) IS DISTINCT FROM (
        SELECT runs_on_id FROM stepup_versionchoice WHERE course_id = NEW.course_id ORDER BY number DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'version_choice_is_carried_out' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stepup_version_choice_is_carried_out AFTER INSERT ON stepup_versionchoice
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION version_choice_is_carried_out();"""
APPEND_ONLY = """CREATE TRIGGER stepup_versionchoice_append_only BEFORE UPDATE OR DELETE ON stepup_versionchoice
FOR EACH ROW EXECUTE FUNCTION append_only();"""


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_append_only'),
        ('stepup', '0019_supportive_care_entries_and_rules'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='VersionChoice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='counts the choices of one course from 1')),
                ('why', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('after', models.ForeignKey(help_text='the row of a dose recorded last by then, struck or not; None before the first', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stepup.dose')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('course', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='version_choices', to='stepup.course')),
                ('offered', models.ForeignKey(help_text='what was asked about', on_delete=django.db.models.deletion.PROTECT, related_name='version_choices', to='stepup.siteprotocol')),
                ('runs_on', models.ForeignKey(help_text='what it runs on from then', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stepup.siteprotocol')),
                ('was', models.ForeignKey(help_text='what the course ran on', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stepup.siteprotocol')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [models.UniqueConstraint(fields=('course', 'number'), name='version_choice_number_once'), models.CheckConstraint(condition=models.Q(('number__gte', 1)), name='version_choice_counts_from_one'), models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='version_choice_says_why'), models.CheckConstraint(condition=models.Q(('offered', models.F('was')), _negated=True), name='version_choice_offers_another'), models.CheckConstraint(condition=models.Q(('runs_on', models.F('was')), ('runs_on', models.F('offered')), _connector='OR'), name='version_choice_stays_or_moves')],
            },
        ),
        migrations.RunSQL(
            ASKED,
            "DROP TRIGGER stepup_version_choice_is_asked ON stepup_versionchoice;"
            " DROP FUNCTION version_choice_is_asked();",
        ),
        migrations.RunSQL(
            MOVES,
            "DROP TRIGGER stepup_course_moves_by_a_choice ON stepup_course;"
            " DROP FUNCTION course_moves_by_a_choice();",
        ),
        migrations.RunSQL(
            DONE,
            "DROP TRIGGER stepup_version_choice_is_carried_out ON stepup_versionchoice;"
            " DROP FUNCTION version_choice_is_carried_out();",
        ),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER stepup_versionchoice_append_only ON stepup_versionchoice;"),
    ]
