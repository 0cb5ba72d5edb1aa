"""Phrases a site learns, and findings whose words, reply and reasons stay as they were."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# A phrase is only filled in: first who approved it, then who ended it. Nothing that was said is changed.
FILLED_IN = """CREATE FUNCTION learned_phrase_is_filled_in() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    approval text[] := ARRAY['approved_at', 'approved_by_id', 'replayed'];
    ending text[] := ARRAY['ended_at', 'ended_by_id', 'ended_why'];
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.ended_at IS NULL AND (
        OLD.approved_at IS NULL AND to_jsonb(NEW) - approval = to_jsonb(OLD) - approval
        OR to_jsonb(NEW) - ending = to_jsonb(OLD) - ending
    ) THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'monitoring_learnedphrase is append-only: withdraw the phrase instead'
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER monitoring_learnedphrase_is_filled_in BEFORE UPDATE OR DELETE ON monitoring_learnedphrase
FOR EACH ROW EXECUTE FUNCTION learned_phrase_is_filled_in();"""
NOT_FILLED_IN = """DROP TRIGGER monitoring_learnedphrase_is_filled_in ON monitoring_learnedphrase;
DROP FUNCTION learned_phrase_is_filled_in();"""
KEPT = """CREATE TRIGGER monitoring_finding_append_only BEFORE UPDATE OR DELETE ON monitoring_finding
FOR EACH ROW EXECUTE FUNCTION append_only();"""
# Of a reply only what was found out about it is filled in; what came in stays as it came.
WORDS_KEPT = """CREATE FUNCTION reply_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.body, NEW.media, NEW.channel, NEW.provider_sid, NEW.sender, NEW.payload, NEW.received_at)
        IS NOT DISTINCT FROM (OLD.body, OLD.media, OLD.channel, OLD.provider_sid, OLD.sender, OLD.payload, OLD.received_at)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'monitoring_reply is append-only in what was received' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER monitoring_reply_is_kept BEFORE UPDATE OR DELETE ON monitoring_reply
FOR EACH ROW EXECUTE FUNCTION reply_is_kept();"""


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0002_append_only"),
        ("monitoring", "0010_texts_of_clinicians"),
        ("notifications", "0004_messages_say_whom_they_are_about"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="finding",
            name="normal",
            field=models.TextField(blank=True, help_text="the words as the rules read them"),
        ),
        migrations.AlterField(
            model_name="finding",
            name="rules_version",
            field=models.CharField(
                help_text="fingerprint of the rules, and of the site's learned phrases if there were any",
                max_length=80,
            ),
        ),
        migrations.CreateModel(
            name="LearnedPhrase",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("language", models.CharField(max_length=12)),
                (
                    "words",
                    models.CharField(help_text="in normal form, as every rule reads them", max_length=120),
                ),
                ("proposed_at", models.DateTimeField()),
                ("approved_at", models.DateTimeField(null=True)),
                (
                    "replayed",
                    models.JSONField(
                        help_text="what it would have changed over past replies, as it was approved",
                        null=True,
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        help_text="refused, or withdrawn if it was approved before", null=True
                    ),
                ),
                ("ended_why", models.CharField(blank=True, max_length=300)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phrases",
                        to="monitoring.reply",
                    ),
                ),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phrases",
                        to="notifications.site",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("site", "language", "words"),
                        name="learned_phrase_one_live",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("words", ""), _negated=True), name="learned_phrase_has_words"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("approved_by", None),
                            models.Q(("approved_by", models.F("proposed_by")), _negated=True),
                            _connector="OR",
                        ),
                        name="learned_phrase_is_approved_by_another_person",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("approved_at", None), ("approved_by", None), ("replayed__isnull", True)
                            ),
                            models.Q(
                                ("approved_at__isnull", False),
                                ("approved_by__isnull", False),
                                ("replayed__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="learned_phrase_approval_says_who_and_what_changed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at", None), ("ended_by", None), ("ended_why", "")),
                            models.Q(
                                ("ended_at__isnull", False),
                                ("ended_by__isnull", False),
                                models.Q(("ended_why", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="learned_phrase_end_says_who_and_why",
                    ),
                ],
            },
        ),
        migrations.RunSQL(FILLED_IN, NOT_FILLED_IN),
        migrations.RunSQL(KEPT, "DROP TRIGGER monitoring_finding_append_only ON monitoring_finding;"),
        migrations.RunSQL(
            WORDS_KEPT,
            "DROP TRIGGER monitoring_reply_is_kept ON monitoring_reply; DROP FUNCTION reply_is_kept();",
        ),
    ]
