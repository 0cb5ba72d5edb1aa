"""A clinician writes in the second in which the service speaks: one goes first, and nothing is lost either way."""

from datetime import timedelta

import pytest

from monitoring import checkins, conversation, inbound, quiet, worklist
from monitoring.models import CheckIn, ClinicianText, Reply
from notifications import clock
from notifications.models import Message
from stepup import invariants
from tests import makers
from tests.races.crowd import at_once, problems

pytestmark = [pytest.mark.database, pytest.mark.django_db(transaction=True)]
State = CheckIn.State


def says(patient, by, words: str, now):
    return lambda: conversation.say(patient=patient, to="patient", words=words, by=by, now=now)


@pytest.mark.parametrize("_", range(3))
def test_the_service_asks_in_the_second_in_which_a_clinician_writes(patient, watch, doctors, _) -> None:
    first = watch.checkins.filter(state=State.WAITING).earliest("due_at")
    now = first.due_at
    results = at_once(
        says(patient, doctors[0], "Are you well?", now),
        lambda: checkins.ask_due(now=now),
        lambda: checkins.ask_due(now=now),
    )
    assert not problems(results)
    first.refresh_from_db()
    asked = Message.objects.filter(key__startswith=f"checkin:{first.pk}:").count()
    held = first.state == State.WAITING and first.next_at <= quiet.of(patient.pk, now=now).quiet_until
    assert (asked == 1 and first.state == State.ASKED) or (asked == 0 and held)
    assert "I10" not in invariants.counts(now=now)


def test_of_two_clinicians_who_write_at_once_both_are_heard_and_one_quiet_stands(
    patient, watch, doctors
) -> None:
    now = clock.now()
    results = at_once(
        says(patient, doctors[0], "Are you well?", now),
        says(patient, doctors[1], "Is anybody with you?", now),
    )
    assert not problems(results)
    assert ClinicianText.objects.filter(patient=patient).count() == 2
    assert ClinicianText.objects.filter(patient=patient, quiet_over_at=None).count() == 1


def test_an_answer_comes_in_the_second_in_which_the_service_takes_over(patient, watch, doctors) -> None:
    began = clock.now()
    says(patient, doctors[0], "Are you well?", began)()
    now = began + timedelta(minutes=20)
    results = at_once(
        lambda: conversation.take_over(now=now),
        lambda: conversation.take_over(now=now),
        lambda: inbound.receive(
            provider_sid="SM-race", sender=patient.phone, sent_to=patient.site.patient_number, body="the blue one",
            now=now,
        ),
    )  # fmt: skip
    assert not problems(results)
    assert Reply.objects.get().understood_at is not None
    conversation.take_over(now=now)  # whoever found the patient held left it for the next turn
    checkins.ask_due(now=now)
    assert not ClinicianText.objects.filter(quiet_over_at=None).exists()
    assert watch.checkins.filter(state=State.ASKED).count() <= 1


def test_a_task_becomes_a_case_in_the_second_in_which_a_text_answers_it(patient, watch, doctors) -> None:
    now = clock.now()
    task = makers.a_task(patient, what="Read reply 1", pages_when_late=True, now=now - timedelta(hours=1))

    def answers() -> object:
        return conversation.say(
            patient=patient, to="patient", words="Please rest.", by=doctors[0], now=now, answers={task.pk: 0}
        )

    assert not problems(at_once(answers, lambda: worklist.page_for_late(now=now)))
    task.refresh_from_db()
    assert (task.done_by == doctors[0]) != patient.escalations.exists()


def test_of_two_who_end_the_quiet_one_does_and_the_other_is_told(patient, watch, doctors) -> None:
    now = clock.now()
    says(patient, doctors[0], "Are you well?", now)()
    ends = [lambda by=by: conversation.end_quiet(patient=patient, by=by, now=now) for by in doctors[:2]]
    [refused] = problems(at_once(*ends))
    assert "has gone on already" in str(refused)


def test_a_text_from_a_screen_goes_out_once_however_often_it_is_pressed(patient, watch, doctors) -> None:
    now = clock.now()
    results = at_once(*[says(patient, doctors[0], "Are you well?", now)] * 4)
    assert len(problems(results)) == 3
    assert Message.objects.filter(said__isnull=False).count() == 1
