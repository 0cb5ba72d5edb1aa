"""What was said before a dose is only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stepup", "0005_readiness_statement"), ("notifications", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER stepup_readinessstatement_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_readinessstatement FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_readinessstatement_append_only ON stepup_readinessstatement;",
        )
    ]
