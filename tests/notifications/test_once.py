"""Rows written once: always anew, or under a unique key by whoever comes first; and what changes of one."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, DataError, IntegrityError, transaction

from notifications import once
from notifications.models import (
    Channel,
    Delivery,
    Heartbeat,
    Lane,
    Message,
    ProviderReport,
    Rotation,
    Site,
)

pytestmark = [pytest.mark.django_db, pytest.mark.database]
FACTS = {
    "name": "Clinic", "time_zone": "UTC", "emergency_number": "911", "oncall_number": "+15550109101",
    "patient_number": "+15550109102", "page_number": "+15550109103",
}  # fmt: skip


def test_the_first_writes_and_whoever_comes_after_finds_that() -> None:
    first, is_new = once.put(Site, slug="once", defaults=FACTS)
    again, is_new_again = once.put(Site, slug="once", defaults=FACTS | {"name": "Another"})
    assert (is_new, is_new_again) == (True, False)
    assert (again.pk, again.name) == (first.pk, "Clinic")


def test_what_any_key_of_is_taken_is_not_added_and_breaks_nothing() -> None:
    first = once.add_if_free(Site, slug="once", **FACTS)
    assert first is not None
    assert once.add_if_free(Site, slug="once", **FACTS | {"name": "Another"}) is None
    assert list(Site.objects.filter(slug="once").values_list("pk", "name")) == [(first.pk, "Clinic")]


def test_the_last_writes_over_what_stood_under_its_key_and_over_nothing_else() -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    for detail in ({"cases": 1}, {"cases": 2}):
        rows = [once.put_over(Heartbeat, key="name", name=name, at=at, detail=detail) for name in "ab"]
        once.put_over(Heartbeat, key="name", name="a", at=at, detail={})
    assert dict(Heartbeat.objects.values_list("name", "detail")) == {"a": {}, "b": {"cases": 2}}
    assert {row.pk for row in rows} == set(Heartbeat.objects.values_list("pk", flat=True))


def test_what_is_refused_for_another_reason_is_not_mistaken_for_there_already() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        once.put(Site, slug="once", defaults=FACTS | {"time_zone": None})


def test_what_is_added_is_there_as_django_would_have_written_it(django_assert_num_queries) -> None:
    facts = {
        "token": "abc", "provider_sid": "SM1", "status": "sent", "error_code": "", "payload": {"Words": ["%s"]},
        "received_at": datetime(2026, 3, 2, 9, tzinfo=UTC),
    }  # fmt: skip
    with django_assert_num_queries(1):
        added = once.add(ProviderReport, **facts)
    created = ProviderReport.objects.create(**facts)
    first, second = ProviderReport.objects.order_by("pk").values()
    assert (added.pk, created.pk) == (first.pop("id"), second.pop("id"))
    assert first == second
    added.status = "delivered"
    added.save()
    assert ProviderReport.objects.get(pk=added.pk).status == "delivered", "and it can be saved like any other"


def test_nothing_is_added_that_a_constraint_refuses_and_its_transaction_is_over() -> None:
    once.add(Site, slug="once", **FACTS)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            once.add(Site, slug="once", **FACTS)
        with pytest.raises(transaction.TransactionManagementError):
            Site.objects.exists()


def test_many_are_added_in_their_order_as_django_would_have_written_them(django_assert_num_queries) -> None:
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)

    def reports() -> list[ProviderReport]:
        return [
            ProviderReport(
                token=token, status="sent", payload={token: [1, None]}, received_at=at, applied_at=applied
            )
            for token, applied in (("a", None), ("b", at), ('"c,}', None))
        ]

    with django_assert_num_queries(1):
        added = once.add_each(iter(reports()))
    created = ProviderReport.objects.bulk_create(reports())
    rows = [{**row, "id": 0} for row in ProviderReport.objects.order_by("pk").values()]
    assert rows[:3] == rows[3:]
    assert [row.pk for row in added + created] == sorted(row.pk for row in added + created)
    assert [row.token for row in ProviderReport.objects.order_by("pk")[:3]] == [row.token for row in added]
    assert once.add_each([]) == []


def test_of_many_what_is_too_long_is_refused_and_not_cut() -> None:
    report = ProviderReport(
        token="t", status="s" * 200, payload={}, received_at=datetime(2026, 3, 2, tzinfo=UTC)
    )
    with pytest.raises(DataError), transaction.atomic():
        once.add_each([report])


def test_what_only_django_can_write_is_left_to_it() -> None:
    with pytest.raises(TypeError, match="only Django's own"):
        once.add(Rotation)  # it has a list in a column


def test_what_is_changed_is_kept_and_nothing_else_of_the_row(django_assert_num_queries) -> None:
    site = once.add(Site, slug="once", **FACTS)
    Site.objects.filter(pk=site.pk).update(oncall_number="+15550109999")
    site.name, site.time_zone, site.emergency_number = "Ward %s", "Europe/Berlin", "112"
    with django_assert_num_queries(1):
        once.change(site, "name", "time_zone")
    kept = Site.objects.get(pk=site.pk)
    assert (kept.name, kept.time_zone) == ("Ward %s", "Europe/Berlin")
    assert (kept.emergency_number, kept.oncall_number) == ("911", "+15550109999")


def test_a_row_that_is_gone_cannot_be_changed_and_its_transaction_is_over() -> None:
    site = once.add(Site, slug="once", **FACTS)
    Site.objects.filter(pk=site.pk).delete()
    with transaction.atomic():
        with pytest.raises(DatabaseError, match="is there no more"):
            once.change(site, "name")
        with pytest.raises(transaction.TransactionManagementError):
            Site.objects.exists()


def test_a_row_and_its_part_are_put_in_together_or_not_at_all(django_assert_num_queries) -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    facts = {
        "site": once.add(Site, slug="once", **FACTS), "lane": Lane.REPLY, "channel": Channel.TEXT, "sender": "+1",
        "to": "+2", "created_at": now, "not_after": now,
    }  # fmt: skip

    def put(body: str, due_at: datetime | None = now) -> tuple[Message, bool]:
        part = Delivery(lane=Lane.REPLY, due_at=due_at)
        return once.put_with(Message, part, of="message", key="once", defaults=facts | {"body": body})

    with django_assert_num_queries(1):
        first, is_new = put("%s 100 %")
    again, is_new_again = put("another")
    assert (is_new, is_new_again, again.pk, again.body) == (True, False, first.pk, "%s 100 %")
    part = Delivery.objects.values().get()
    once.add(Delivery, message=first, attempt=2, lane=Lane.REPLY, due_at=now)
    alone = Delivery.objects.values().get(attempt=2)
    its_own = ("id", "attempt", "token")
    assert [part.pop(one) for one in its_own] != [alone.pop(one) for one in its_own]
    assert part == alone
    Delivery.objects.all().delete()
    Message.objects.all().delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        put("without an hour", due_at=None)
    assert not Message.objects.exists()
