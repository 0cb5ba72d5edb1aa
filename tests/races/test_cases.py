"""Two people at once is normal: one wins, the other is told who has it, and nothing is lost or doubled."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db import transaction

from monitoring import codes, escalations, inbound, worklist
from monitoring.models import Escalation, Page, Patient, Reply
from notifications import clock
from notifications.models import Delivery, Message
from protocols.errors import Refusal
from stepup import invariants
from tests import makers
from tests.races.crowd import at_once, problems, somebody_waits
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
State = Escalation.State


@pytest.fixture
def now() -> datetime:
    return clock.now()


def raise_one(patient: Patient, now: datetime, urgency: str = "urgent") -> Escalation:
    with transaction.atomic():
        case, _ = escalations.raise_concern(
            site=patient.site, patient=patient, urgency=urgency, headline=f"{urgency} words", now=now
        )
    return case


def history(case: Escalation) -> list[str]:
    return [event.what for event in case.events.all()]


def test_of_two_who_take_a_case_one_has_it_and_the_other_is_told_who(patient, doctors, now) -> None:
    case = raise_one(patient, now)
    results = at_once(
        *[lambda by=by: escalations.take(case.pk, by=by, now=now, how="screen") for by in doctors]
    )
    case.refresh_from_db()
    refused = problems(results)
    assert len(refused) == 2
    for problem in refused:
        assert isinstance(problem, Refusal)
        assert f"taken by {case.owner.name} at" in problem.sentence
    assert history(case).count("taken") == 1


def test_of_two_who_text_the_code_each_is_answered_with_the_truth(patient, doctors, now) -> None:
    case = raise_one(patient, now)

    def text(place: int) -> Reply:
        return inbound.receive(
            provider_sid=f"SM{place}", sender=doctors[place].phone, sent_to=patient.site.page_number,
            body=case.code, now=now,
        )  # fmt: skip

    assert problems(at_once(lambda: text(0), lambda: text(1))) == []
    case.refresh_from_db()
    assert case.state == State.TAKEN
    winner, loser = sorted(doctors[:2], key=lambda doctor: doctor != case.owner)
    answers = {
        message.clinician: message.body for message in Message.objects.filter(key__startswith="answer:")
    }
    assert winner.name in answers[loser]
    assert loser.name not in answers[winner]


def test_somebody_who_presses_twice_has_it_once(patient, doctors, now) -> None:
    case = raise_one(patient, now)
    take = lambda: escalations.take(case.pk, by=doctors[0], now=now, how="key press")  # noqa: E731
    assert problems(at_once(take, take, take)) == []
    case.refresh_from_db()
    assert history(case).count("taken") == 1
    assert Message.objects.filter(key__startswith=f"case.taken:{case.pk}:").count() == 1


def test_two_alarms_about_one_patient_are_one_case(patient, now) -> None:
    results = at_once(*[lambda: raise_one(patient, now)] * 8)
    assert problems(results) == []
    case = Escalation.objects.get()
    assert history(case).count("opened") == 1
    assert history(case).count("joined") == 7
    assert Page.objects.count() == 1, "nobody is paged twice for one case"


def test_the_worse_of_two_alarms_is_what_the_case_becomes(patient, now) -> None:
    urgencies = ["urgent", "emergency"] * 4
    results = at_once(*[lambda urgency=urgency: raise_one(patient, now, urgency) for urgency in urgencies])
    assert problems(results) == []
    case = Escalation.objects.get()
    assert case.urgency == "emergency"
    assert Page.objects.filter(escalation=case, generation=case.generation).count() == 1


def test_two_patients_at_once_have_a_case_and_a_code_each(site, doctors, now) -> None:
    patients = [makers.a_patient(site) for _ in range(8)]
    results = at_once(*[lambda one=one: raise_one(one, now) for one in patients])
    assert problems(results) == []
    assert Escalation.objects.values("code").distinct().count() == 8


def test_a_fever_whose_code_another_case_draws_at_this_moment_opens_its_case_all_the_same(
    site, patient, now, monkeypatch
) -> None:
    other, opened, drawn = makers.a_patient(site), threading.Event(), threading.local()

    def the_same_for_each(_: int) -> int:
        drawn.times = getattr(drawn, "times", 0) + 1
        return 111 * drawn.times

    monkeypatch.setattr(codes.secrets, "randbelow", the_same_for_each)

    def first() -> None:
        with transaction.atomic():
            raise_one(other, now)
            opened.set()
            until(somebody_waits, "the fever to run into the code")

    def fever() -> Reply:
        opened.wait(20)
        return inbound.receive(
            provider_sid="SM1",
            sender=patient.phone,
            sent_to=site.patient_number,
            body="39.4 and shaking",
            now=now,
        )

    assert problems(at_once(first, fever)) == []
    assert Page.objects.filter(escalation__patient=patient).count() == 1
    assert sorted(Escalation.objects.values_list("code", flat=True)) == ["1111", "1222"]


def test_two_texts_of_a_stranger_are_one_case(site, doctors, now) -> None:
    def text(place: int) -> Reply:
        return inbound.receive(
            provider_sid=f"SM{place}", sender="+15550299999", sent_to=site.patient_number,
            body="he cannot breathe", now=now,
        )  # fmt: skip

    assert problems(at_once(*[lambda place=place: text(place) for place in range(5)])) == []
    assert Escalation.objects.count() == 1
    assert Reply.objects.filter(understood_at=None).count() == 0


def test_two_fevers_in_two_texts_are_two_replies_and_one_case(patient, watch, now) -> None:
    def text(place: int) -> Reply:
        return inbound.receive(
            provider_sid=f"SM{place}", sender=patient.phone, sent_to=patient.site.patient_number,
            body="38.6 and shaking", now=now,
        )  # fmt: skip

    assert problems(at_once(*[lambda place=place: text(place) for place in range(5)])) == []
    assert Reply.objects.exclude(understood_at=None).count() == 5
    assert Escalation.objects.count() == 1
    assert Page.objects.count() == 1
    assert not patient.tasks.filter(what__contains="the service could not").exists()


def test_a_case_taken_while_the_ladder_climbs_stays_taken(patient, doctors, now) -> None:
    case = raise_one(patient, now)
    late = now + timedelta(minutes=16)
    results = at_once(
        lambda: escalations.climb(now=late),
        lambda: escalations.take(case.pk, by=doctors[0], now=late, how="text"),
        lambda: escalations.climb(now=late),
    )
    assert problems(results) == []
    case.refresh_from_db()
    assert (case.state, case.owner) == (State.TAKEN, doctors[0])
    waiting = Delivery.objects.filter(message__page_as_text__escalation=case, state=Delivery.State.PENDING)
    assert not waiting.exists(), "nobody else is woken for a case somebody has"


def test_the_ladder_climbed_by_many_pages_each_rung_once(patient, now) -> None:
    case = raise_one(patient, now)
    late = now + timedelta(minutes=16)
    assert problems(at_once(*[lambda: escalations.climb(now=late)] * 6)) == []
    case.refresh_from_db()
    assert list(case.pages.order_by("rung").values_list("rung", flat=True)) == [1, 2]
    assert case.next_at > late


@pytest.mark.parametrize("urgency", ["urgent", "emergency"])
def test_an_alarm_in_the_moment_a_case_is_resolved_opens_a_case_of_its_own(
    patient, doctors, now, urgency
) -> None:
    """It may not join a case that nobody will ever look at again."""
    case = raise_one(patient, now)
    escalations.take(case.pk, by=doctors[0], now=now, how="screen")
    escalations.reach(case.pk, by=doctors[0], now=now)
    resolving = threading.Event()

    def resolve() -> None:
        with transaction.atomic():
            ruled_out = [("crs", 0), ("icans", 0)]
            escalations.resolve(case.pk, by=doctors[0], now=now, outcome="home", grades=ruled_out)
            resolving.set()
            until(somebody_waits, "the new alarm to run into the row")

    def alarm() -> Escalation:
        resolving.wait(20)
        return raise_one(patient, now, urgency)

    assert problems(at_once(resolve, alarm)) == []
    unresolved = Escalation.objects.get(state=State.OPEN)
    assert unresolved.pk != case.pk
    assert unresolved.urgency == urgency
    assert Page.objects.filter(escalation=unresolved).count() == 1


def test_a_task_finished_by_two_names_one_of_them(patient, doctors, now) -> None:
    task = worklist.open_task(
        site=patient.site, what="call", due_at=now, pages_when_late=False, now=now, patient=patient
    )
    results = at_once(
        *[lambda by=by: worklist.finish(task.pk, by=by, outcome="called", now=now) for by in doctors]
    )
    assert len(problems(results)) == 2
    task.refresh_from_db()
    assert all(task.done_by.name in str(problem) for problem in problems(results))


def test_after_all_of_it_nothing_is_broken(patient, doctors, now) -> None:
    case = raise_one(patient, now)
    at_once(
        lambda: raise_one(patient, now, "emergency"),
        lambda: escalations.take(case.pk, by=doctors[0], now=now, how="screen"),
        lambda: escalations.climb(now=now + timedelta(minutes=16)),
        lambda: escalations.decline(case.pk, by=doctors[1], now=now, reason="asleep"),
    )
    assert {name.split()[0] for name in invariants.counts(now=clock.now())} <= {"I12"}
