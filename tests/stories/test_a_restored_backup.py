"""The database is lost in the middle of a watch, and a backup from before the fever takes its place."""

import pytest
from django.db.models import QuerySet

from monitoring.models import CheckIn, Escalation, Reply
from notifications import clock
from stepup import engine, invariants
from tests.restored import Backup
from tests.story import Clinic

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
FEVER = "38.6 and shaking"


def watch_of(clinic: Clinic) -> QuerySet[CheckIn]:
    """The check-ins of the open watch, by their hour."""
    return CheckIn.objects.filter(watch__patient=clinic.patient).order_by("due_at")


def pages(clinic: Clinic) -> int:
    """How many pages are on the phone of whoever is called first; those the database forgot as well."""
    return sum("to take it" in text for text in clinic.phone_of("Dr A"))


def test_h55_a_restored_backup_hears_again_what_it_forgot_and_pages(provider, tmp_path) -> None:
    clinic = Clinic(provider).at("Mon 10:00").gives()
    engine.slow_tick(now=clock.now())
    backup = Backup(tmp_path)

    clinic.at("Mon 13:10").hears(FEVER)
    assert pages(clinic) == 1
    backup.restore()
    assert not Escalation.objects.exists(), "the copy is older than the world"
    assert not Reply.objects.filter(body=FEVER).exists()

    clinic.at("Mon 14:01")
    assert watch_of(clinic).first().question_at is not None, (
        "the question of 14:00, which nobody had asked yet"
    )
    engine.slow_tick(now=clock.now())
    clinic.settle()
    assert Reply.objects.filter(body=FEVER).count() == 1, "from the provider's log"
    assert pages(clinic) == 2, "whom the forgotten page reached is paged anew"
    assert clinic.case.urgency == "emergency"

    engine.slow_tick(now=clock.now())
    assert Reply.objects.filter(body=FEVER).count() == 1, "and is not taken in a second time"
    clinic.texts_the_code("Dr A")
    assert clinic.case.state == "taken"
    assert invariants.counts(now=clock.now()) == {}
