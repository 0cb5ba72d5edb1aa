"""What a scale showed, and what was answered, is only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stepup", "0008_weight_answer"), ("notifications", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER stepup_weight_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_weight FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_weight_append_only ON stepup_weight;",
        ),
        migrations.RunSQL(
            "CREATE TRIGGER stepup_weightanswer_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_weightanswer FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_weightanswer_append_only ON stepup_weightanswer;",
        ),
    ]
