from django.db import migrations, models
from django.db.models import Q

# Only CRS and ICANS are graded by the consensus that every row named; what else was graded was not kept in words.
SAY_WHAT_IS_KNOWN = """
UPDATE monitoring_reaction SET scale = 'as the clinician graded it' WHERE kind NOT IN ('crs', 'icans');
UPDATE monitoring_reaction SET what = 'which one was not recorded' WHERE kind = 'other';
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;
"""
COUNTS = [("neutrophils", "neutrophils"), ("platelets", "platelets"), ("haemoglobin", "haemoglobin")]
KINDS = [
    ("crs", "CRS"),
    ("icans", "ICANS"),
    ("neurotoxicity", "other neurotoxicity"),
    ("infection", "infection"),
    ("blood_count", "low blood count"),
    ("other", "other"),
]


class Migration(migrations.Migration):
    """A reaction of another kind says which one it was, and a low blood count has its value."""

    dependencies = [("monitoring", "0006_what_was_changed_about_a_patient")]

    operations = [
        migrations.AddField("reaction", "what", models.CharField(blank=True, default="", help_text="which one, in the words of whoever graded it", max_length=160), preserve_default=False),
        migrations.AddField("reaction", "count", models.CharField(blank=True, choices=COUNTS, default="", max_length=12), preserve_default=False),
        migrations.AddField("reaction", "value", models.DecimalField(decimal_places=2, help_text="of the count, as it was read", max_digits=7, null=True)),
        migrations.AddField("reaction", "seen_on", models.DateField(help_text="the local day it was seen; empty: when it was noted", null=True)),
        migrations.AlterField("reaction", "kind", models.CharField(choices=KINDS, max_length=16)),
        migrations.RunSQL(SAY_WHAT_IS_KNOWN, migrations.RunSQL.noop),
        migrations.AddConstraint("reaction", models.CheckConstraint(condition=~Q(kind="other") | ~Q(what=""), name="reaction_of_another_kind_says_which")),
        migrations.AddConstraint("reaction", models.CheckConstraint(condition=(Q(kind="blood_count", value__isnull=False, value__gte=0) & ~Q(count="")) | (~Q(kind="blood_count") & Q(count="", value=None)), name="reaction_low_count_has_its_value")),
    ]
