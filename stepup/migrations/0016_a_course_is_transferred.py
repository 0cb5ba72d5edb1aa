"""A course another site goes on with: its own end state, and the row that says to whom, tied together."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A transferred course has the row that says to whom, and never comes back.
STATE = """CREATE FUNCTION course_is_transferred() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'transferred' AND NOT EXISTS (SELECT 1 FROM stepup_transfer t WHERE t.course_id = NEW.id) THEN
        RAISE EXCEPTION 'course_is_transferred_with_its_row' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.state = 'transferred' AND NEW.state <> 'transferred' THEN
        RAISE EXCEPTION 'course_is_transferred_for_good' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_course_is_transferred BEFORE INSERT OR UPDATE OF state ON stepup_course
FOR EACH ROW EXECUTE FUNCTION course_is_transferred();"""
# The row ends its course in the same transaction, and gives up no other course's appointment.
ENDS = """CREATE FUNCTION transfer_ends_its_course() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM stepup_course c WHERE c.id = NEW.course_id AND c.state = 'transferred') THEN
        RAISE EXCEPTION 'transfer_ends_its_course' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.gave_up_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stepup_appointment a WHERE a.id = NEW.gave_up_id AND a.course_id = NEW.course_id
    ) THEN
        RAISE EXCEPTION 'transfer_gives_up_its_own_appointment' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stepup_transfer_ends_its_course AFTER INSERT ON stepup_transfer
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION transfer_ends_its_course();"""
# Afterwards the record of a dose can still be set right, and none is added.
GIVEN = """CREATE FUNCTION dose_is_given_before_the_transfer() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.replaces_id IS NULL AND EXISTS (
        SELECT 1 FROM stepup_course c WHERE c.id = NEW.course_id AND c.state = 'transferred'
    ) THEN
        RAISE EXCEPTION 'dose_is_given_before_the_transfer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_dose_is_given_before_the_transfer BEFORE INSERT ON stepup_dose
FOR EACH ROW EXECUTE FUNCTION dose_is_given_before_the_transfer();"""
APPEND_ONLY = """CREATE TRIGGER stepup_transfer_append_only BEFORE UPDATE OR DELETE ON stepup_transfer
FOR EACH ROW EXECUTE FUNCTION append_only();"""


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0006_what_was_changed_about_a_patient'),
        ('notifications', '0004_messages_say_whom_they_are_about'),
        ('stepup', '0015_hours_and_chairs'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('to_site', models.CharField(help_text='the hospital or practice that goes on with it', max_length=120)),
                ('to_person', models.CharField(help_text='who takes over there, and was spoken with', max_length=120)),
                ('to_phone', models.CharField(help_text='E.164', max_length=20)),
                ('reason', models.CharField(max_length=300)),
                ('next_dose', models.TextField(help_text='what stood about the next dose at that moment, line by line')),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('to_site', ''), _negated=True), models.Q(('to_person', ''), _negated=True), models.Q(('to_phone', ''), _negated=True)), name='transfer_says_to_whom'),
                    models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='transfer_has_a_reason'),
                    models.CheckConstraint(condition=models.Q(('next_dose', ''), _negated=True), name='transfer_keeps_the_next_dose'),
                ],
            },
        ),
        migrations.AlterField(
            model_name='course',
            name='state',
            field=models.CharField(choices=[('active', 'active'), ('stopped', 'stopped'), ('transferred', 'transferred')], default='active', max_length=12),
        ),
        migrations.AddConstraint(
            model_name='course',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['active', 'stopped', 'transferred'])), name='course_state_is_known'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='transfer',
            name='course',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='transfer', to='stepup.course'),
        ),
        migrations.AddField(
            model_name='transfer',
            name='gave_up',
            field=models.OneToOneField(help_text='the appointment here that was given up', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='stepup.appointment'),
        ),
        migrations.RunSQL(
            STATE, "DROP TRIGGER stepup_course_is_transferred ON stepup_course; DROP FUNCTION course_is_transferred();"
        ),
        migrations.RunSQL(
            ENDS,
            "DROP TRIGGER stepup_transfer_ends_its_course ON stepup_transfer;"
            " DROP FUNCTION transfer_ends_its_course();",
        ),
        migrations.RunSQL(
            GIVEN,
            "DROP TRIGGER stepup_dose_is_given_before_the_transfer ON stepup_dose;"
            " DROP FUNCTION dose_is_given_before_the_transfer();",
        ),
        migrations.RunSQL(APPEND_ONLY, "DROP TRIGGER stepup_transfer_append_only ON stepup_transfer;"),
    ]
