import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


TABLES = ("monitoring_assessment", "monitoring_assessmentreading")


class Migration(migrations.Migration):
    """Worksheets of CRS and ICANS are kept whole, and a grave grade that is lowered has a second clinician's word."""

    dependencies = [
        ("monitoring", "0016_rules_approved_at_a_site"),
        ('notifications', '0002_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Assessment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('worksheet', models.JSONField(help_text='every answer as it was given, by kind')),
                ('result', models.JSONField(help_text='grade, reason, sources and notes by kind, as they were shown')),
                ('criteria', models.CharField(help_text='fingerprint of the criteria', max_length=64)),
                ('scale', models.CharField(max_length=40)),
                ('crs', models.PositiveSmallIntegerField(null=True)),
                ('icans', models.PositiveSmallIntegerField(null=True)),
                ('crs_stood', models.PositiveSmallIntegerField(null=True)),
                ('icans_stood', models.PositiveSmallIntegerField(null=True)),
                ('crs_over', models.BooleanField(default=False)),
                ('icans_over', models.BooleanField(default=False)),
                ('why', models.CharField(blank=True, help_text='why a grade is lower than the one that stood', max_length=300)),
                ('wants_second', models.BooleanField(default=False)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('escalation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='monitoring.escalation')),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='assessments', to='monitoring.patient')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('crs', None), _negated=True), models.Q(('icans', None), _negated=True), _connector='OR'), name='assessment_grades_something'),
                    models.CheckConstraint(condition=models.Q(models.Q(('crs', None), ('crs__lte', 4), _connector='OR'), models.Q(('icans', None), ('icans__lte', 4), _connector='OR')), name='assessment_grade_0_to_4'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('crs', None), ('crs_stood', None), ('crs__gte', models.F('crs_stood')), _connector='OR'), models.Q(('icans', None), ('icans_stood', None), ('icans__gte', models.F('icans_stood')), _connector='OR')), models.Q(('why', ''), _negated=True), _connector='OR'), name='assessment_lower_grade_says_why'),
                    models.CheckConstraint(condition=models.Q(models.Q(models.Q(('crs', None), ('crs_stood', None), ('crs__gte', models.F('crs_stood')), ('crs_stood__lt', 3), _connector='OR'), models.Q(('icans', None), ('icans_stood', None), ('icans__gte', models.F('icans_stood')), ('icans_stood__lt', 3), _connector='OR')), ('wants_second', True), _connector='OR'), name='assessment_grave_grade_lowered_wants_a_second'),
                    models.CheckConstraint(condition=models.Q(models.Q(('crs_over', False), models.Q(('crs', 0), ('crs__isnull', False)), _connector='OR'), models.Q(('icans_over', False), models.Q(('icans', 0), ('icans__isnull', False)), _connector='OR')), name='assessment_over_is_grade_0'),
                ],
            },
        ),
        migrations.CreateModel(
            name='AssessmentReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('agrees', models.BooleanField()),
                ('words', models.CharField(blank=True, max_length=300)),
                ('assessed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('assessment', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reading', to='monitoring.assessment')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('by', models.F('assessed_by')), _negated=True), name='assessment_reading_is_another_person_s'),
                    models.CheckConstraint(condition=models.Q(('agrees', True), models.Q(('words', ''), _negated=True), _connector='OR'), name='assessment_reading_disagrees_in_words'),
                ],
            },
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE"
                f" ON {table} FOR EACH ROW EXECUTE FUNCTION append_only();",
                f"DROP TRIGGER {table}_append_only ON {table};",
            )
            for table in TABLES
        ),
    ]
