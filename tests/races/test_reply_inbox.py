"""Two people, or a person and the clock, with the same unread replies at once."""

import pytest
from django.urls import reverse

from monitoring import inbound, reader, unread, worklist
from monitoring.models import Escalation, Patient, Task, Unread
from notifications import clock
from protocols.errors import Refusal
from tests import makers
from tests.races.crowd import at_once, just_after, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]


def texts(patient: Patient, words: str, sid: str) -> None:
    inbound.receive(
        provider_sid=sid,
        sender=patient.phone,
        sent_to=patient.site.patient_number,
        body=words,
        now=clock.now(),
    )


@pytest.fixture
def task(watch, patient) -> Task:
    texts(patient, "blue elephants", "SM-first")
    return Task.objects.get(done_at=None)


def test_of_two_who_finish_the_same_replies_one_is_told_who_was_first(task, doctors) -> None:
    read, now = unread.newest(task), clock.now()
    results = at_once(
        *[
            lambda by=by: worklist.finish(task.pk, by=by, outcome="a joke", read=read, now=now)
            for by in doctors[:2]
        ]
    )
    [told] = problems(results)
    task.refresh_from_db()
    assert isinstance(told, Refusal)
    assert told.code == "done-already"
    assert task.done_by.name in told.sentence


def test_a_text_that_comes_while_its_sender_s_replies_are_finished_is_left_to_read(
    task, patient, doctors
) -> None:
    """Either it joined in time, and finishing is refused; or it came after, and is an item of its own."""
    read, now = unread.newest(task), clock.now()
    results = at_once(
        lambda: worklist.finish(task.pk, by=doctors[0], outcome="a joke", read=read, now=now),
        lambda: texts(patient, "odd pressure behind one eye", "SM-second"),
    )
    assert all(isinstance(problem, Refusal) for problem in problems(results))
    left = Unread.objects.filter(task__done_at=None, reply__body="odd pressure behind one eye")
    assert left.count() == 1


def test_texts_of_one_sender_at_once_are_one_thing_to_read(watch, patient) -> None:
    results = at_once(*[lambda sid=f"SM-{n}": texts(patient, "blue elephants", sid) for n in range(6)])
    assert problems(results) == []
    assert Task.objects.get(done_at=None).unread.count() == 6


def test_escalated_and_late_at_once_is_one_case(task, patient, doctors) -> None:
    results = at_once(
        lambda: reader.escalate(task.pk, urgency="urgent", words="drowsy", by=doctors[0], now=clock.now()),
        lambda: worklist.page_for_late(now=task.due_at),
        lambda: texts(patient, "odd pressure behind one eye", "SM-second"),
    )
    assert [one for one in problems(results) if not isinstance(one, Refusal)] == []
    assert Escalation.objects.filter(patient=patient).count() == 1


def answered_while_a_colleague_finishes(task: Task, doctors, name: str, typed: dict[str, str] | None):
    """What one person's page answers if another finishes the item once the page has found it open."""
    reads, finishes = doctors[:2]
    browser = makers.signed_in(reads)
    read, address = unread.newest(task), reverse(name, args=[task.pk])

    def finish() -> None:
        worklist.finish(task.pk, by=finishes, outcome="a joke", read=read, now=clock.now())

    with just_after('FROM "monitoring_task"', finish):
        return browser.get(address) if typed is None else browser.post(address, typed, follow=True)


def test_a_page_whose_item_a_colleague_finishes_while_it_is_read_is_still_answered(task, doctors) -> None:
    answer = answered_while_a_colleague_finishes(task, doctors, "inbox-item", None)
    assert answer.status_code == 200
    assert "blue elephants" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("inbox-call", {"whom": "patient", "call": "more", "said": "it was a joke", "read": "9999999"}),
        ("inbox-translate", {"reply": "", "meaning": "blue elephants", "read": "9999999"}),
    ],
)
def test_whoever_acts_while_a_colleague_finishes_is_told_who_it_was(task, doctors, name, typed) -> None:
    if "reply" in typed:
        typed["reply"] = str(task.unread.get().reply_id)
    answer = answered_while_a_colleague_finishes(task, doctors, name, typed)
    assert answer.status_code == 200
    assert doctors[1].name in answer.content.decode()
    assert "already" in answer.content.decode()
