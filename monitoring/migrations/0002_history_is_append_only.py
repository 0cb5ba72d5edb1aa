"""A case's history is only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0001_initial"), ("notifications", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER monitoring_escalationevent_append_only BEFORE UPDATE OR DELETE"
            " ON monitoring_escalationevent FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER monitoring_escalationevent_append_only ON monitoring_escalationevent;",
        )
    ]
