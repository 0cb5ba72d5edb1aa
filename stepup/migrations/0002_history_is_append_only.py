"""A course's history is only ever added to."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("stepup", "0001_initial"), ("notifications", "0002_append_only")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER stepup_courseevent_append_only BEFORE UPDATE OR DELETE"
            " ON stepup_courseevent FOR EACH ROW EXECUTE FUNCTION append_only();",
            "DROP TRIGGER stepup_courseevent_append_only ON stepup_courseevent;",
        )
    ]
