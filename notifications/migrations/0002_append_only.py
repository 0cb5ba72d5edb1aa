"""The ledger refuses change: a trigger holds for the shell, for bulk updates and for the next developer alike."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: add a correcting row instead', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
"""
TRIGGER = "CREATE TRIGGER {0}_append_only BEFORE UPDATE OR DELETE ON {0} FOR EACH ROW EXECUTE FUNCTION append_only();"


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial")]
    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION append_only();"),
        migrations.RunSQL(
            TRIGGER.format("notifications_auditentry"),
            "DROP TRIGGER notifications_auditentry_append_only ON notifications_auditentry;",
        ),
        migrations.RunSQL(
            TRIGGER.format("notifications_auditseal"),
            "DROP TRIGGER notifications_auditseal_append_only ON notifications_auditseal;",
        ),
    ]
