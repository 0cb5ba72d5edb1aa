"""A dose row is struck by a correction and replaced by another row, never rewritten; reports say whose word it is."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# One dose that counts per moment of a course. The course is locked, so two at once take turns.
PLACED = """CREATE FUNCTION dose_is_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stepup_course WHERE id = NEW.course_id FOR UPDATE;
    IF NEW.replaces_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM stepup_dosecorrection c JOIN stepup_dose d ON d.id = c.dose_id
        WHERE c.id = NEW.replaces_id AND c.kind = 'corrected' AND d.course_id = NEW.course_id
    ) THEN
        RAISE EXCEPTION 'dose_replaces_one_of_its_course' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM stepup_dose d WHERE d.course_id = NEW.course_id AND d.given_at = NEW.given_at
        AND NOT EXISTS (SELECT 1 FROM stepup_dosecorrection c WHERE c.dose_id = d.id)
    ) THEN
        RAISE EXCEPTION 'dose_once_per_moment' USING ERRCODE = 'unique_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stepup_dose_is_placed BEFORE INSERT ON stepup_dose FOR EACH ROW EXECUTE FUNCTION dose_is_placed();"""
# Only the second check is ever added to a row, once.
KEPT = """CREATE FUNCTION dose_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.confirmed_at IS NULL
       AND to_jsonb(NEW) - 'confirmed_at' - 'confirmed_by_id' = to_jsonb(OLD) - 'confirmed_at' - 'confirmed_by_id'
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'stepup_dose is append-only: add a correcting row instead' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER stepup_dose_is_kept BEFORE UPDATE OR DELETE ON stepup_dose
FOR EACH ROW EXECUTE FUNCTION dose_is_kept();"""
# A dose that was given does not vanish: what corrects it is committed with the row that counts instead.
REPLACED = """CREATE FUNCTION corrected_dose_is_replaced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'corrected' AND NOT EXISTS (SELECT 1 FROM stepup_dose d WHERE d.replaces_id = NEW.id) THEN
        RAISE EXCEPTION 'corrected_dose_is_replaced' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER stepup_corrected_dose_is_replaced AFTER INSERT ON stepup_dosecorrection
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION corrected_dose_is_replaced();"""
APPEND_ONLY = """CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE ON {0}
FOR EACH ROW EXECUTE FUNCTION append_only();"""


class Migration(migrations.Migration):

    dependencies = [
        ('monitoring', '0006_what_was_changed_about_a_patient'),
        ('stepup', '0013_a_site_s_own_protocols'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DoseCorrection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('corrected', 'corrected'), ('wrong_patient', 'entered on the wrong patient'), ('never_given', 'never given')], max_length=14)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='DoseReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.CharField(choices=[('elsewhere', 'at another hospital or practice'), ('here', 'here, and not recorded then')], max_length=10)),
                ('hospital', models.CharField(blank=True, help_text='where, when it was not here', max_length=120)),
                ('told_by', models.CharField(help_text='who reported it', max_length=120)),
                ('document', models.CharField(blank=True, help_text='the letter or record that shows it', max_length=200)),
                ('reason', models.CharField(help_text='why it is recorded only now', max_length=300)),
                ('weight_kg', models.DecimalField(decimal_places=1, help_text='the weight on that day, where it was reported', max_digits=5, null=True)),
                ('time_known', models.BooleanField(default=True, help_text='no: the last minute of its day stands for the time')),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='dose',
            name='dose_once_per_moment',
        ),
        migrations.AlterField(
            model_name='dose',
            name='watch',
            field=models.ForeignKey(help_text='a corrected dose goes on in the watch of the row it replaces', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='doses', to='monitoring.watch'),
        ),
        migrations.AddField(
            model_name='dosecorrection',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='dosecorrection',
            name='dose',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='stepup.dose'),
        ),
        migrations.AddField(
            model_name='dose',
            name='replaces',
            field=models.OneToOneField(help_text='the correction that this row stands in for', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='replacement', to='stepup.dosecorrection'),
        ),
        migrations.AddField(
            model_name='dosereport',
            name='dose',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='report', to='stepup.dose'),
        ),
        migrations.AddConstraint(
            model_name='dosecorrection',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['corrected', 'wrong_patient', 'never_given'])), name='dose_correction_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='dosecorrection',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='dose_correction_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='dosereport',
            constraint=models.CheckConstraint(condition=models.Q(('place__in', ['elsewhere', 'here'])), name='dose_report_place_is_known'),
        ),
        migrations.AddConstraint(
            model_name='dosereport',
            constraint=models.CheckConstraint(condition=models.Q(('place', 'here'), models.Q(('hospital', ''), _negated=True), _connector='OR'), name='dose_report_names_the_hospital'),
        ),
        migrations.AddConstraint(
            model_name='dosereport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('told_by', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='dose_report_has_a_source_and_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='dosereport',
            constraint=models.CheckConstraint(condition=models.Q(('weight_kg', None), models.Q(('weight_kg__gte', 25), ('weight_kg__lte', 300)), _connector='OR'), name='dose_report_weight_is_a_persons'),
        ),
        migrations.RunSQL(PLACED, "DROP TRIGGER stepup_dose_is_placed ON stepup_dose; DROP FUNCTION dose_is_placed();"),
        migrations.RunSQL(KEPT, "DROP TRIGGER stepup_dose_is_kept ON stepup_dose; DROP FUNCTION dose_is_kept();"),
        migrations.RunSQL(
            REPLACED,
            "DROP TRIGGER stepup_corrected_dose_is_replaced ON stepup_dosecorrection;"
            " DROP FUNCTION corrected_dose_is_replaced();",
        ),
        *[
            migrations.RunSQL(APPEND_ONLY.format(table), f"DROP TRIGGER {table}_append_only ON {table};")
            for table in ("stepup_dosecorrection", "stepup_dosereport")
        ],
    ]
