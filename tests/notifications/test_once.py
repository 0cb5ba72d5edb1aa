"""Rows written once under a unique key, whoever comes first."""

import pytest
from django.db import IntegrityError, transaction

from notifications import once
from notifications.models import Site

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


def test_what_is_refused_for_another_reason_is_not_mistaken_for_there_already() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        once.put(Site, slug="once", defaults=FACTS | {"time_zone": None})
