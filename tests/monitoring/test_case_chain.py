"""The chain over a case's history: whoever changes, adds, removes or moves a line is found out."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from monitoring import assessments, caselog, chains, escalations
from monitoring.models import Assessment, Escalation, EscalationEvent
from notifications.models import AuditEntry
from tests import makers
from tests.home import MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TABLE = "monitoring_escalationevent"


@pytest.fixture
def case() -> Escalation:
    """A case from its first line to its last, with words that JSON has to write in its own way."""
    home = Home()
    home.hears("39.4", at=NOON)
    case = home.case
    words = 'said "no\\yes" at 39,4 °C \t\n 發燒 \u2028 \x7f'
    caselog.note(case, "telephoned", now=NOON + MINUTE, by=home.doctors[0], text=words)
    makers.resolved(case, by=home.doctors[0], now=NOON + 2 * MINUTE)
    return case


def sql(statement: str, *facts: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)


def tamper(statement: str, *facts: object) -> None:
    """What only somebody who owns the database can do: the triggers off, a statement, the triggers on."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
    sql(statement, *facts)
    sql(f"ALTER TABLE {TABLE} ENABLE TRIGGER USER")


def line(case: Escalation, number: int) -> EscalationEvent:
    return case.events.get(number=number)


def test_every_line_of_a_whole_case_holds_and_follows_the_one_before(case) -> None:
    lines = list(case.events.order_by("number"))
    assert [one.number for one in lines] == list(range(1, len(lines) + 1))
    assert [one.previous for one in lines] == ["0" * 64, *(one.digest for one in lines[:-1])]
    walked = chains.walk()
    assert (walked.cases, walked.lines, walked.broken) == (1, len(lines), ())


def test_two_cases_are_two_chains(case) -> None:
    other, _ = escalations.raise_concern(
        site=case.site, patient=None, caller="+15550001111", urgency="urgent", headline="who", now=NOON
    )
    assert line(other, 1).previous == "0" * 64
    assert (chains.walk().cases, chains.walk(other).cases) == (2, 1)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (f"UPDATE {TABLE} SET text = 'nothing' WHERE id = %s", "is not as it was written"),
        (f"UPDATE {TABLE} SET at = at + interval '1 microsecond' WHERE id = %s", "is not as it was written"),
        (f"UPDATE {TABLE} SET by_id = NULL, what = 'taken' WHERE id = %s", "is not as it was written"),
        (
            f"UPDATE {TABLE} SET previous = repeat('f', 64) WHERE id = %s",
            "does not follow the line before it",
        ),
        (f"UPDATE {TABLE} SET number = 99 WHERE id = %s", "line 3 is missing before it"),
        (f"DELETE FROM {TABLE} WHERE id = %s", "line 3 is missing before it"),
    ],
)
def test_a_line_tampered_with_is_named(case, change: str, why: str) -> None:
    tamper(change, line(case, 3).pk)
    [broken] = chains.walk().broken
    assert (broken.case, broken.why) == (case.pk, why)
    assert broken.line == (3 if "DELETE" not in change and "99" not in change else 4)


def test_a_line_rewritten_with_its_own_digest_breaks_the_line_after_it(case) -> None:
    tamper(f"UPDATE {TABLE} SET text = 'nothing' WHERE id = %s", line(case, 3).pk)
    tamper(f"UPDATE {TABLE} SET digest = %s WHERE id = %s", chains.digest(line(case, 3)), line(case, 3).pk)
    [broken] = chains.walk().broken
    assert (broken.line, broken.why) == (4, "does not follow the line before it")


def test_an_end_cut_off_is_missed_by_the_ledger_and_a_case_without_lines_by_itself(case) -> None:
    last = chains.end_of(case)
    tamper(f"DELETE FROM {TABLE} WHERE id = %s", last.pk)
    [broken] = chains.walk().broken
    assert (broken.line, broken.why) == (last.number, "is not the line the ledger was told of")
    tamper(f"DELETE FROM {TABLE}")
    assert [one.why for one in chains.walk().broken] == ["no line of it is left"]


def test_the_database_sets_the_links_whatever_it_is_told_and_refuses_changes(case) -> None:
    made = EscalationEvent.objects.create(
        escalation=case, at=NOON, what="x", number=1, previous="f" * 64, digest="f" * 64
    )
    made.refresh_from_db()
    assert made.number == case.events.count()
    assert made.previous == line(case, made.number - 1).digest
    assert made.digest == chains.digest(made)
    for change in (f"UPDATE {TABLE} SET text = 'x'", f"DELETE FROM {TABLE}"):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(change)


def test_a_line_put_in_after_the_case_was_resolved_is_told(case) -> None:
    end = chains.end_of(case)
    caselog.note(case, "telephoned", now=NOON + 9 * MINUTE, text="All was well.")
    [broken] = chains.walk().broken
    assert (broken.line, broken.why) == (end.number + 1, "was put in after the case was resolved")


def test_of_a_resolved_case_a_second_clinician_s_reading_stands_and_one_nobody_made_does_not(case) -> None:
    reader, later = makers.a_clinician(case.site, "prescriber"), NOON + 9 * MINUTE
    sheet = Assessment.objects.create(
        patient=case.patient, escalation=case, at=NOON, by=makers.a_clinician(case.site), worksheet={"crs": {}},
        result={}, criteria="x", scale="x", crs=1, crs_stood=3, why="better", wants_second=True,
    )  # fmt: skip
    assessments.read(sheet.pk, agrees=False, words="still on one", by=reader, now=later)
    assert chains.end_of(case).what == "assessment read"
    assert chains.walk().broken == ()
    caselog.note(case, "assessment read", now=later + MINUTE, by=reader, text="agreed")
    assert [one.why for one in chains.walk().broken] == ["was put in after the case was resolved"]


def run(**options: Any) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("verify_cases", stdout=out, **options)
    except SystemExit as ended:
        return out.getvalue(), int(ended.code or 0)
    return out.getvalue(), 0


def test_the_command_names_the_first_broken_link_and_ends_with_one(case) -> None:
    lines = case.events.count()
    assert run() == (f"{lines} lines of 1 cases: every link holds.\n", 0)
    tamper(f"UPDATE {TABLE} SET text = 'nothing' WHERE number IN (3, 4)")
    said, status = run()
    assert status == 1
    assert f"case {case.pk} (code {case.code}): line 3 is not as it was written" in said
    document, status = run(json=True)
    assert (json.loads(document)["broken"][0]["line"], status) == (3, 1)
    assert run(case=str(case.pk))[1] == 1


def test_the_timeline_shows_every_line_its_chain_and_says_when_it_does_not_hold(case) -> None:
    reader = makers.a_clinician(case.site, "auditor")
    client, path = makers.signed_in(reader), f"/case/{case.pk}/timeline/"
    shown = client.get(path).content.decode()
    for one in case.events.all():
        assert one.digest[:12] in shown
    assert f"{case.events.count()} lines, the last one" in shown
    assert AuditEntry.objects.filter(act="read a timeline", by=reader, detail__case=case.pk).count() == 1
    tamper(f"UPDATE {TABLE} SET text = 'nothing' WHERE id = %s", line(case, 2).pk)
    assert "This history is not as it was written." in client.get(path).content.decode()


def test_the_timeline_of_a_case_that_lost_every_line_says_so(case) -> None:
    client = makers.signed_in(makers.a_clinician(case.site, "auditor"))
    tamper(f"DELETE FROM {TABLE}")
    shown = client.get(f"/case/{case.pk}/timeline/")
    assert shown.status_code == 200
    assert "This history is not as it was written." in shown.content.decode()
    assert "No line of it is left." in shown.content.decode()
