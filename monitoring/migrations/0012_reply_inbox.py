import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

TABLES = ("monitoring_unread", "monitoring_taskevent", "monitoring_translation")


class Migration(migrations.Migration):
    """Replies that must be read wait together, one task for each sender. What waited before stays a task of its own."""

    dependencies = [
        ('monitoring', '0011_learned_phrases'),
        ('notifications', '0004_messages_say_whom_they_are_about'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='TaskEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('what', models.CharField(max_length=40)),
                ('text', models.CharField(blank=True, max_length=400)),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Translation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', models.CharField(max_length=1600)),
                ('at', models.DateTimeField()),
                ('is_professional', models.BooleanField(default=False, help_text='whoever typed it said that a professional interpreter gave it')),
            ],
            options={
                'ordering': ['at', 'pk'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('words', ''), _negated=True), name='translation_has_words'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Unread',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='task',
            name='unread_from',
            field=models.CharField(blank=True, help_text='whose unread replies this is: a patient, or a number nobody knows', max_length=70),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(condition=models.Q(('done_at', None), models.Q(('unread_from', ''), _negated=True)), fields=('site', 'unread_from'), name='task_one_unread_per_sender'),
        ),
        migrations.AddField(
            model_name='taskevent',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskevent',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='events', to='monitoring.task'),
        ),
        migrations.AddField(
            model_name='translation',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='translation',
            name='reply',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='translations', to='monitoring.reply'),
        ),
        migrations.AddField(
            model_name='unread',
            name='finding',
            field=models.ForeignKey(help_text='None: the rules broke on it', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='monitoring.finding'),
        ),
        migrations.AddField(
            model_name='unread',
            name='reply',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unread', to='monitoring.reply'),
        ),
        migrations.AddField(
            model_name='unread',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unread', to='monitoring.task'),
        ),
        migrations.AddConstraint(
            model_name='unread',
            constraint=models.UniqueConstraint(fields=('task', 'reply'), name='unread_once_on_a_task'),
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}"
                " FOR EACH ROW EXECUTE FUNCTION append_only();",
                f"DROP TRIGGER {table}_append_only ON {table};",
            )
            for table in TABLES
        ),
    ]
