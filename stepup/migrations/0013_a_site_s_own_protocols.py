"""Drafts of a site's own protocols, their edits, and rows of the label the site read itself; only added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def append_only(table: str) -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE"
        f" ON {table} FOR EACH ROW EXECUTE FUNCTION append_only();",
        f"DROP TRIGGER {table}_append_only ON {table};",
    )


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_messages_say_whom_they_are_about'),
        ('stepup', '0012_course_weight_is_its_weighings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(help_text="the library's label it is for, without what the site added", max_length=60)),
                ('name', models.SlugField(help_text="the site's own word for it; part of its id", max_length=20)),
                ('title', models.CharField(max_length=80)),
                ('version', models.PositiveSmallIntegerField()),
                ('base', models.TextField(help_text='the whole protocol it began as, canonical JSON')),
                ('made_at', models.DateTimeField()),
                ('dropped', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('frozen', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='draft', to='stepup.siteprotocol')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='notifications.site')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(fields=('site', 'name', 'version'), name='draft_version_once'),
                    models.UniqueConstraint(condition=models.Q(('ended_at', None)), fields=('site', 'name'), name='draft_one_open_of_a_name'),
                    models.CheckConstraint(condition=models.Q(('version__gte', 1)), name='draft_counts_from_one'),
                    models.CheckConstraint(condition=models.Q(models.Q(('dropped', False), ('ended_at', None), ('ended_by', None), ('frozen', None)), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(models.Q(('dropped', False), ('frozen__isnull', False)), models.Q(('dropped', True), ('frozen', None)), _connector='OR')), _connector='OR'), name='draft_ends_once_by_somebody'),
                ],
            },
        ),
        migrations.CreateModel(
            name='DraftEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(help_text='counts the edits of one draft from 1')),
                ('value', models.CharField(max_length=60)),
                ('was', models.TextField(help_text='JSON')),
                ('now', models.TextField(help_text='JSON')),
                ('why', models.CharField(max_length=300)),
                ('source', models.CharField(blank=True, help_text='empty: decided by the site', max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='stepup.draft')),
            ],
            options={
                'ordering': ['number'],
                'constraints': [
                    models.UniqueConstraint(fields=('draft', 'number'), name='draft_edit_number_once'),
                    models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='draft_edit_says_why'),
                    models.CheckConstraint(condition=models.Q(('was', models.F('now')), _negated=True), name='draft_edit_changes_something'),
                ],
            },
        ),
        migrations.CreateModel(
            name='LabelEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('restart', 'restart after a delay'), ('dispensing', 'dispensing volume'), ('reaction', 'after a reaction'), ('amount', 'amount of a dose'), ('window', 'days in which a step may follow'), ('premedication', 'what is given before a dose')], max_length=16)),
                ('row', models.TextField(help_text='the row as a label file would hold it, canonical JSON')),
                ('document', models.CharField(max_length=120)),
                ('revised', models.CharField(help_text='the revision date as printed', max_length=40)),
                ('section', models.CharField(max_length=60)),
                ('page', models.CharField(max_length=20)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='stepup.draft')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(models.Q(('document', ''), _negated=True), models.Q(('revised', ''), _negated=True), models.Q(('section', ''), _negated=True), models.Q(('page', ''), _negated=True)), name='label_entry_has_its_source'),
                ],
            },
        ),
        migrations.CreateModel(
            name='EntryAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('agrees', 'confirmed'), ('differs', 'differs'), ('back', 'taken back')], max_length=8)),
                ('typed', models.TextField(blank=True, help_text='the decisive values as typed, JSON')),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='stepup.labelentry')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('what', 'agrees')), fields=('entry',), name='label_entry_is_confirmed_once'),
                    models.UniqueConstraint(condition=models.Q(('what', 'back')), fields=('entry',), name='label_entry_is_taken_back_once'),
                    models.CheckConstraint(condition=models.Q(('what', 'back'), models.Q(('by', models.F('entered_by')), _negated=True), _connector='OR'), name='label_entry_is_confirmed_by_another_person'),
                    models.CheckConstraint(condition=models.Q(models.Q(('what', 'back'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='label_entry_taken_back_has_a_reason'),
                ],
            },
        ),
        append_only("stepup_draftedit"),
        append_only("stepup_labelentry"),
        append_only("stepup_entryanswer"),
    ]
