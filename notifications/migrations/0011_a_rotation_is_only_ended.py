"""A rotation that was written is only ever ended: who was on call last month stays who it was."""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION rotation_only_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'rotation % is history: it is not removed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF to_jsonb(OLD) - 'until' - 'ended_by_id' <> to_jsonb(NEW) - 'until' - 'ended_by_id'
       OR (OLD.until IS NOT NULL AND (NEW.until IS NULL OR NEW.until > OLD.until)) THEN
        RAISE EXCEPTION 'rotation % is only ended: begin another', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
"""
TRIGGER = """
CREATE TRIGGER notifications_rotation_only_ends BEFORE UPDATE OR DELETE ON notifications_rotation
FOR EACH ROW EXECUTE FUNCTION rotation_only_ends();
"""


class Migration(migrations.Migration):
    dependencies = [("notifications", "0010_what_was_changed_about_a_site")]

    operations = [
        migrations.RunSQL(FUNCTION, "DROP FUNCTION rotation_only_ends();"),
        migrations.RunSQL(
            TRIGGER, "DROP TRIGGER notifications_rotation_only_ends ON notifications_rotation;"
        ),
    ]
