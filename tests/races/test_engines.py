"""Any number of engines side by side, none leading: each act is done once."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from monitoring import escalations, worklist
from monitoring.models import CheckIn, Escalation, Page
from notifications import clock
from notifications.models import Delivery
from stepup import engine
from tests.races import crowd, processes
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
ENGINES = 4


@pytest.fixture
def no_worker(settings) -> None:
    """Everything is left to the engines."""
    settings.REDIS_URL = ""


def as_threads(*ticks: Callable[[], None]) -> None:
    """Engines that cost little."""
    assert crowd.problems(crowd.at_once(*ticks)) == []


def turn(now: datetime, engines: int = ENGINES, at_once: Callable[..., None] = as_threads) -> None:
    """Every engine takes turns at the same moments, until all that was due has been reported on."""

    def quiet() -> bool:
        # What a first turn queues, workers would carry; without them the next one after their time does.
        for turns in (1, 2):
            moment = now + turns * engine.PATIENCE
            at_once(*[lambda moment=moment: engine.tick(now=moment)] * engines)
        return not Delivery.objects.filter(state__in=Delivery.LIVE, message__channel="text").exists()

    until(quiet, "the clinic to come to rest")


def texts(provider) -> Counter[tuple[str, str]]:
    """How often each handset got each text."""
    return Counter((message["to"], message["body"]) for message in provider.ledger()["messages"])


@pytest.mark.parametrize("engines", [2, 10])
def test_a_fever_is_paged_once_by_text_and_once_by_voice(
    no_worker, provider, patient, doctors, engines
) -> None:
    now, site = clock.now(), patient.site
    turn(now, engines, processes.at_once)
    before = texts(provider)
    with transaction.atomic():
        escalations.raise_concern(site=site, patient=patient, urgency="urgent", headline="fever", now=now)
    turn(now, engines, processes.at_once)
    new = texts(provider) - before
    assert [to for to, _ in new.elements()] == [doctors[0].phone]
    assert len(provider.calls_to(doctors[0].phone)) == 1


def test_nobody_takes_it_and_each_rung_is_paged_once_a_round(provider, site, patient, doctors) -> None:
    now = clock.now()
    with transaction.atomic():
        case, _ = escalations.raise_concern(
            site=site, patient=patient, urgency="urgent", headline="fever", now=now
        )
    turn(now)
    for _ in range(3):
        case.refresh_from_db()
        turn(case.next_at)
    climbed = list(Page.objects.filter(escalation=case).order_by("pk").values_list("round", "rung"))
    assert climbed == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_a_check_in_is_asked_once_and_its_silence_climbs_once_a_step(provider, site, watch) -> None:
    first = watch.checkins.order_by("due_at")[0]
    turn(first.due_at)
    for _ in range(4):
        first.refresh_from_db()
        turn(first.next_at)
    first.refresh_from_db()
    assert (first.state, first.stage) == (CheckIn.State.MISSED, CheckIn.Stage.PERSON)
    assert Escalation.objects.filter(patient=watch.patient).count() == 1
    assert set(texts(provider).values()) == {1}, "no handset got the same words twice"
    assert len(provider.calls_to(watch.patient.phone)) == 1


def test_a_task_left_undone_becomes_one_case(provider, site, patient) -> None:
    now = clock.now()
    worklist.open_task(site=site, patient=patient, what="call", due_at=now, pages_when_late=True, now=now)
    turn(now)
    assert Escalation.objects.count() == 1
    assert Page.objects.count() == 1


def test_a_watch_that_is_over_is_closed_once(provider, site, watch) -> None:
    watch.checkins.all().delete()
    turn(watch.ends_at + timedelta(minutes=1))
    watch.refresh_from_db()
    assert watch.closed_at is not None
    assert set(texts(provider).values()) == {1}
