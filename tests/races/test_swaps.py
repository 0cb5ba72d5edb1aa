"""Two answers to one offer at once: one counts, the other is told, and the list names one person for each hour."""

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import transaction

from monitoring import escalations, offers
from monitoring.models import CaseOffer, Escalation
from notifications import clock, oncall, swaps
from notifications.models import Clinician, Message, Override, Swap
from protocols.errors import Refusal
from tests import makers
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


def for_anyone(given: Clinician, now: datetime) -> Swap:
    """Three doctors who are on no list could take them, and are asked."""
    for name in ("Dr D", "Dr E"):
        makers.a_clinician(given.site, "responder", name=name, phone=makers.a_phone())
    return swaps.offer_to_anyone(swaps.Hours(1, now + HOUR, now + 9 * HOUR), by=given, now=now)


def test_hours_for_anyone_accepted_at_once_go_to_one_and_the_others_hear_who(doctors, now) -> None:
    swap = for_anyone(doctors[0], now)
    people = [one.clinician for one in swap.asked.all()]
    results = at_once(*[partial(swaps.accept, swap.pk, by=one, now=now) for one in people])
    swap.refresh_from_db()
    assert len(people) == 3
    said = [str(one) for one in problems(results)]
    assert refusals(results) == ["answered"] * 2
    assert who(doctors[0], now) == [swap.offered_to.name]
    assert said == [f"{swap.offered_to.name} has taken those hours already."] * 2
    told = Message.objects.filter(clinician=doctors[0], key__startswith="swap:")
    assert (Override.objects.count(), told.count()) == (1, 1)


@pytest.mark.parametrize("act", [swaps.accept, swaps.decline])
def test_who_answers_while_another_accepts_hears_who_has_the_hours(doctors, now, act) -> None:
    """The second has begun to answer while the first has not finished."""
    swap = for_anyone(doctors[0], now)
    first, second, _ = (one.clinician for one in swap.asked.all())
    accepting = threading.Event()

    def accept_first() -> None:
        with transaction.atomic():
            swaps.accept(swap.pk, by=first, now=now)
            accepting.set()
            until(somebody_waits, "the second answer to run into the first")

    def answer_second() -> None:
        accepting.wait(20)
        act(swap.pk, by=second, now=now)

    [problem] = problems(at_once(accept_first, answer_second))
    assert str(problem) == f"{first.name} has taken those hours already."
    assert who(doctors[0], now) == [first.name]


def test_the_last_two_who_decline_at_once_end_the_offer_and_its_maker_is_told_once(doctors, now) -> None:
    """Each would see the other as still to answer, and nobody would be told."""
    swap = for_anyone(doctors[0], now)
    one, two, three = (row.clinician for row in swap.asked.all())
    swaps.decline(swap.pk, by=three, now=now)
    declining = threading.Event()

    def decline_first() -> None:
        with transaction.atomic():
            swaps.decline(swap.pk, by=one, now=now)
            declining.set()
            until(somebody_waits, "the second answer to run into the first")

    def decline_second() -> None:
        declining.wait(20)
        swaps.decline(swap.pk, by=two, now=now)

    assert problems(at_once(decline_first, decline_second)) == []
    swap.refresh_from_db()
    [told] = Message.objects.filter(clinician=doctors[0], key__startswith="swap:")
    assert (swap.state, told.body[:18]) == ("declined", "All who were asked")


def test_two_offers_to_anyone_of_other_rungs_do_not_leave_one_person_on_both(doctors, now) -> None:
    """Asked of two rungs while on none: the second is refused to whoever has just taken the first."""
    swap = for_anyone(doctors[0], now)
    other = swaps.offer_to_anyone(swaps.Hours(2, now + HOUR, now + 9 * HOUR), by=doctors[1], now=now)
    results = at_once(*[partial(swaps.accept, row.pk, by=doctors[2], now=now) for row in (swap, other)])
    assert refusals(results) == ["on-call"]
    assert Swap.objects.filter(state=Swap.State.ACCEPTED, offered_to=doctors[2]).count() == 1


def test_a_form_sent_twice_at_once_asks_everybody_once(doctors, now) -> None:
    hours = swaps.Hours(1, now + HOUR, now + 9 * HOUR)
    results = at_once(*[partial(swaps.offer_to_anyone, hours, by=doctors[0], now=now)] * 2)
    assert refusals(results) == ["asked-already"]
    assert Message.objects.filter(clinician=doctors[2], key__startswith="swap:").count() == 1
