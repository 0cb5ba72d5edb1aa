"""A case's history becomes a chain: each line carries the digest of the line before it, and one of itself.

The database makes the links, with the case locked, whoever adds a line. Lines from before are linked in their order.
"""

from django.db import migrations, models

# The line as it is digested: a JSON list, which `monitoring/chains.py` writes in the same way.
DIGEST = """
CREATE FUNCTION case_line_digest(line monitoring_escalationevent) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT encode(sha256(convert_to(json_build_array(
    line.previous, line.number, line.id, line.escalation_id,
    to_char(line.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    line.by_id, line.what, line.text, line.finding_id
  )::text, 'UTF8')), 'hex')
$$;
"""
LINK = """
CREATE FUNCTION link_case_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE last monitoring_escalationevent;
BEGIN
  PERFORM 1 FROM monitoring_escalation WHERE id = NEW.escalation_id FOR NO KEY UPDATE;
  SELECT * INTO last FROM monitoring_escalationevent
    WHERE escalation_id = NEW.escalation_id ORDER BY number DESC LIMIT 1;
  NEW.number := coalesce(last.number, 0) + 1;
  NEW.previous := coalesce(last.digest, repeat('0', 64));
  NEW.digest := case_line_digest(NEW);
  RETURN NEW;
END $$;
"""
TRIGGER = (
    "CREATE TRIGGER monitoring_escalationevent_link BEFORE INSERT ON monitoring_escalationevent"
    " FOR EACH ROW EXECUTE FUNCTION link_case_line();"
)
EARLIER = """
ALTER TABLE monitoring_escalationevent DISABLE TRIGGER monitoring_escalationevent_append_only;
DO $$
DECLARE line monitoring_escalationevent; last monitoring_escalationevent;
BEGIN
  FOR line IN SELECT * FROM monitoring_escalationevent ORDER BY escalation_id, at, id LOOP
    IF last.escalation_id IS DISTINCT FROM line.escalation_id THEN last := NULL; END IF;
    line.number := coalesce(last.number, 0) + 1;
    line.previous := coalesce(last.digest, repeat('0', 64));
    line.digest := case_line_digest(line);
    UPDATE monitoring_escalationevent SET number = line.number, previous = line.previous, digest = line.digest
      WHERE id = line.id;
    last := line;
  END LOOP;
END $$;
ALTER TABLE monitoring_escalationevent ENABLE TRIGGER monitoring_escalationevent_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0020_emergency_page_is_approved_too")]
    operations = [
        migrations.AddField(
            "escalationevent",
            "number",
            models.PositiveIntegerField(
                default=0, editable=False, help_text="its place in the case; the database sets it"
            ),
        ),
        migrations.AddField(
            "escalationevent",
            "previous",
            models.CharField(
                default="", editable=False, help_text="the digest of the line before it", max_length=64
            ),
        ),
        migrations.AddField(
            "escalationevent",
            "digest",
            models.CharField(default="", editable=False, help_text="of this line; the database sets it", max_length=64),
        ),
        migrations.RunSQL(
            DIGEST, "DROP FUNCTION case_line_digest(monitoring_escalationevent);"
        ),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        migrations.RunSQL(LINK, "DROP FUNCTION link_case_line();"),
        migrations.RunSQL(
            TRIGGER, "DROP TRIGGER monitoring_escalationevent_link ON monitoring_escalationevent;"
        ),
        migrations.AddConstraint(
            "escalationevent",
            models.UniqueConstraint(fields=("escalation", "number"), name="escalationevent_one_line_per_place"),
        ),
    ]
