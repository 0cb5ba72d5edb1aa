"""Two answers to one offer at once: one counts, the other is told, and the list names one person for each hour."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from monitoring import escalations, offers
from monitoring.models import CaseOffer, Escalation
from notifications import clock, oncall, swaps
from notifications.models import Clinician, Override, Swap
from protocols.errors import Refusal
from tests.races.crowd import at_once, problems, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return clock.now()


def offered(given: Clinician, to: Clinician, now: datetime) -> Swap:
    hours = swaps.Hours(1, now + HOUR, now + 9 * HOUR)
    return swaps.offer(hours, to=to, by=given, now=now)


def refusals(results: list[object]) -> list[str]:
    found = problems(results)
    assert all(isinstance(one, Refusal) for one in found), found
    return [one.code for one in found]


def who(doctor: Clinician, now: datetime) -> list[str]:
    return [one.name for one in oncall.who(doctor.site, 1, now=now + 2 * HOUR)]


def test_one_swap_accepted_twice_moves_the_hours_once(doctors, now) -> None:
    swap = offered(doctors[0], doctors[2], now)
    results = at_once(*[lambda: swaps.accept(swap.pk, by=doctors[2], now=now)] * 3)
    assert refusals(results) == ["answered", "answered"]
    assert (Override.objects.count(), who(doctors[0], now)) == (1, ["Dr C"])


def test_the_same_hours_offered_to_two_people_go_to_one_of_them(doctors, now) -> None:
    first, second = (offered(doctors[0], to, now) for to in doctors[1:])
    accepting = threading.Event()

    def accept_first() -> None:
        with transaction.atomic():
            swaps.accept(first.pk, by=first.offered_to, now=now)
            accepting.set()
            until(somebody_waits, "the second answer to run into the first")

    def accept_second() -> None:
        accepting.wait(20)
        swaps.accept(second.pk, by=second.offered_to, now=now)

    assert refusals(at_once(accept_first, accept_second)) == ["not-theirs"]
    second.refresh_from_db()
    assert (who(doctors[0], now), second.state) == ([first.offered_to.name], Swap.State.OFFERED)


def test_a_swap_taken_back_while_it_is_accepted_ends_one_way(doctors, now) -> None:
    swap = offered(doctors[0], doctors[2], now)
    results = at_once(
        lambda: swaps.accept(swap.pk, by=doctors[2], now=now),
        lambda: swaps.withdraw(swap.pk, by=doctors[0], now=now),
    )
    assert refusals(results) == ["answered"]
    swap.refresh_from_db()
    assert (swap.state == Swap.State.ACCEPTED) == (who(doctors[0], now) == ["Dr C"])


def test_a_case_offered_is_accepted_once_while_somebody_else_takes_it_back(patient, doctors, now) -> None:
    """Accepted twice by whom it was offered to, and at the same moment handed back by its owner."""
    case, _ = escalations.raise_concern(
        site=patient.site, patient=patient, urgency="urgent", headline="a fever", now=now
    )
    escalations.take(case.pk, by=doctors[0], now=now, how="screen")
    offers.make(case.pk, to=doctors[1], by=doctors[0], reason="off call", now=now)
    at_once(
        lambda: escalations.take(case.pk, by=doctors[1], now=now, how="text"),
        lambda: escalations.take(case.pk, by=doctors[1], now=now, how="key press"),
        lambda: escalations.hand_back(case.pk, by=doctors[0], now=now, reason="cannot"),
    )
    case.refresh_from_db()
    offer = CaseOffer.objects.get()
    history = [event.what for event in case.events.all()]
    assert history.count("handed over") + history.count("handed back") == 1
    assert (offer.end == CaseOffer.End.ACCEPTED) == ("handed over" in history)
    assert case.state != Escalation.State.OPEN or case.owner is None
