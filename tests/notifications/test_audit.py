"""The ledger only grows; the chain of seals shows when somebody changed it all the same."""

import pytest
from django.db import IntegrityError, connection, transaction

from notifications import audit
from notifications.models import AuditEntry, AuditSeal, Role
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
GUARDED = ["notifications_auditentry", "notifications_auditseal"]


def sql(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def ledger(site) -> list[AuditEntry]:
    """Three lines, sealed."""
    nurse = makers.a_clinician(site, Role.NURSE)
    lines = [
        audit.record("opened a page", f"patient:{n}", site=site, by=nurse, now=NOON, place=n)
        for n in range(3)
    ]
    audit.seal()
    return lines


def test_a_line_says_who_did_what_to_whom_and_when(site) -> None:
    line = audit.record("took the case", "case:7", site=site, by=None, now=NOON, how="text")
    line.refresh_from_db()
    assert (line.site, line.at, line.by) == (site, NOON, None)
    assert (line.act, line.subject, line.detail) == ("took the case", "case:7", {"how": "text"})


def test_a_line_goes_when_its_act_is_rolled_back(site) -> None:
    with transaction.atomic():
        audit.record("recorded a dose", "patient:1", site=site, by=None, now=NOON)
        transaction.set_rollback(True)
    assert not AuditEntry.objects.exists()


# Append-only


CHANGES = {
    "a line updated": lambda: AuditEntry.objects.update(act="nothing"),
    "a line saved again": lambda: AuditEntry.objects.get(subject="patient:0").save(),
    "an unsealed line deleted": lambda: AuditEntry.objects.filter(seal=None).delete(),
    "a sealed line deleted": lambda: AuditEntry.objects.exclude(seal=None).delete(),
    "a seal updated": lambda: AuditSeal.objects.update(digest="0" * 64),
    "a seal deleted": lambda: AuditSeal.objects.all().delete(),
    **{f"UPDATE {table}": lambda table=table: sql(f"UPDATE {table} SET id = id") for table in GUARDED},
    **{f"DELETE FROM {table}": lambda table=table: sql(f"DELETE FROM {table}") for table in GUARDED},
}


@pytest.mark.parametrize("change", list(CHANGES.values()), ids=list(CHANGES))
def test_no_line_is_ever_changed_or_removed(site, ledger, change) -> None:
    audit.record("opened a page", "patient:9", site=site, by=None, now=NOON)
    before = list(AuditEntry.objects.order_by("pk").values())
    with pytest.raises(IntegrityError, match=r"append-only|protected"), transaction.atomic():
        change()
    assert list(AuditEntry.objects.order_by("pk").values()) == before
    assert AuditSeal.objects.count() == len(ledger)


# The chain


def test_a_whole_ledger_has_no_broken_seal(ledger) -> None:
    assert AuditSeal.objects.count() == len(ledger)
    assert list(audit.broken_seals()) == []


def test_each_line_is_sealed_once(site, ledger) -> None:
    assert audit.seal() == 0
    audit.record("opened a page", "patient:9", site=site, by=None, now=NOON)
    assert audit.seal() == 1
    assert list(audit.broken_seals()) == []


def test_sealing_goes_on_where_it_stopped(site) -> None:
    for number in range(5):
        audit.record("opened a page", f"patient:{number}", site=site, by=None, now=NOON)
    assert [audit.seal(limit=2) for _ in range(4)] == [2, 2, 1, 0]
    assert list(audit.broken_seals()) == []


def test_a_line_committed_late_is_sealed_all_the_same(site) -> None:
    """Numbers are given at writing and seen at commit: a lower one may appear after a higher one was sealed."""
    facts = {"site": site, "at": NOON, "act": "opened a page", "subject": "patient:1"}
    AuditEntry.objects.create(pk=900_000, **facts)
    assert audit.seal() == 1
    AuditEntry.objects.create(pk=900_000 - audit.MARGIN + 1, **facts)
    assert audit.seal() == 1
    assert list(audit.broken_seals()) == []


def test_sealing_does_not_go_through_the_whole_ledger_again(site, ledger) -> None:
    facts = {"site": site, "at": NOON, "act": "opened a page", "subject": "patient:1"}
    AuditEntry.objects.create(pk=900_000, **facts)
    assert audit.seal() == 1
    AuditEntry.objects.create(pk=900_000 - audit.MARGIN, **facts)
    assert audit.seal() == 0, "far behind the newest seal nobody looks any more"
    AuditEntry.objects.create(pk=900_001 - audit.MARGIN, **facts)
    assert audit.seal() == 1, "a line that was committed a little later is still found"


def test_equal_lines_have_different_seals(site) -> None:
    for _ in range(2):
        audit.record("opened a page", "patient:1", site=site, by=None, now=NOON)
    audit.seal()
    assert AuditSeal.objects.values("digest").distinct().count() == 2


@pytest.fixture
def unguarded(ledger):
    """Somebody with the database's own password takes the triggers away first."""
    for table in GUARDED:
        sql(f"DROP TRIGGER {table}_append_only ON {table}")
    return ledger


@pytest.mark.parametrize(
    "facts",
    [
        {"act": "looked away"},
        {"subject": "patient:99"},
        {"detail": {"place": 9}},
        {"detail": {}},
        {"by": None},
        {"at": NOON.replace(hour=3)},
    ],
    ids=lambda facts: next(iter(facts)),
)
def test_a_changed_line_is_found_even_without_the_triggers(unguarded, facts) -> None:
    AuditEntry.objects.filter(pk=unguarded[1].pk).update(**facts)
    assert [seal.entry_id for seal in audit.broken_seals()] == [unguarded[1].pk]


def test_a_line_moved_to_another_site_is_found(unguarded) -> None:
    AuditEntry.objects.filter(pk=unguarded[0].pk).update(site=makers.a_site())
    assert [seal.entry_id for seal in audit.broken_seals()] == [unguarded[0].pk]


def test_a_line_taken_out_breaks_the_seal_after_it(unguarded) -> None:
    AuditSeal.objects.filter(entry=unguarded[1]).delete()
    AuditEntry.objects.filter(pk=unguarded[1].pk).delete()
    assert [seal.entry_id for seal in audit.broken_seals()] == [unguarded[2].pk]


def test_a_forged_seal_breaks_itself_and_the_next(unguarded) -> None:
    AuditSeal.objects.filter(entry=unguarded[0]).update(digest="f" * 64)
    assert [seal.entry_id for seal in audit.broken_seals()] == [unguarded[0].pk, unguarded[1].pk]


def test_a_line_put_in_between_later_is_found_as_unsealed_and_then_sealed(unguarded, site) -> None:
    audit.record("opened a page", "patient:5", site=site, by=None, now=NOON)
    assert AuditEntry.objects.filter(seal=None).count() == 1
    audit.seal()
    assert list(audit.broken_seals()) == []
