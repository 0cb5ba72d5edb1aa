"""Prints and replacements of wallet cards, which are only ever added to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("monitoring", "0020_emergency_page_is_approved_too"),
        ("stepup", "0021_label_rows_of_low_counts"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CardPrint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12)),
                ('language', models.CharField(max_length=12)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_prints', to='monitoring.patient')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('code', ''), _negated=True), name='card_print_has_a_code')],
            },
        ),
        migrations.CreateModel(
            name='CardReplacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True)),
                ('reason', models.CharField(max_length=200)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('patient', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='card_replacements', to='monitoring.patient')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('code', ''), _negated=True), models.Q(('reason', ''), _negated=True)), name='card_replacement_has_its_code_and_a_reason')],
            },
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_cardprint_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_cardprint FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_cardprint_append_only ON stepup_cardprint;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_cardreplacement_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_cardreplacement FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_cardreplacement_append_only ON stepup_cardreplacement;",
        ),
    ]
