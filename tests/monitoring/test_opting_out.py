"""STOP, a stranger, a dead number: nothing more is texted there, and a person hears of it in the same transaction."""

from datetime import datetime, timedelta

import pytest

from monitoring import checkins, climbing, escalations, opting_out
from monitoring.models import CheckIn, Escalation, Patient, Reaction, Task
from notifications import gateway, outbox
from notifications.models import Delivery, Message
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DEAD = "30006"
ASKED = NOON + 4 * HOUR


@pytest.fixture
def home() -> Home:
    return Home()


def now(home: Home) -> Patient:
    return Patient.objects.get(pk=home.patient.pk)


def let_texts_go(home: Home, at: datetime) -> None:
    """A clinician spoke with the patient on the number of the record."""
    opting_out.let_texts_go(
        home.patient.pk, caregiver=False, spoke_on=home.patient.phone, by=home.doctors[0], now=at
    )


def to_the_caregiver(home: Home) -> list[str]:
    return home.texts_to(home.patient.caregiver_phone)


def open_tasks(home: Home) -> list[str]:
    return list(Task.objects.filter(site=home.site, done_at=None).values_list("what", flat=True))


# The patient's phone


@pytest.mark.parametrize("words", ["STOP", "wrong number"])
def test_the_patient_s_phone_gets_nothing_more_and_somebody_calls(home, words) -> None:
    checkins.ask_due(now=ASKED)
    home.hears(words, at=ASKED + MINUTE)
    assert now(home).texting_ended_at == ASKED + MINUTE
    assert now(home).caregiver_texting_ended_at is None
    assert (home.case.urgency, home.case.watch) == ("urgent", home.watch)
    assert home.case.headline.startswith("Call now")
    assert CheckIn.objects.get(hour=4).state == CheckIn.State.UNSENDABLE


def test_what_was_queued_before_a_stop_is_not_sent_after_it(home) -> None:
    checkins.ask_due(now=ASKED)
    assert home.texts_to(home.patient.phone)
    home.hears("STOP", at=ASKED + MINUTE)
    assert home.texts_to(home.patient.phone) == []
    assert not Delivery.objects.filter(message__to=home.patient.phone, state=Delivery.State.PENDING).exists()


@pytest.mark.parametrize(
    "state", [Delivery.State.CLAIMED, Delivery.State.SUBMITTING, Delivery.State.AMBIGUOUS]
)
def test_what_is_on_its_way_out_at_a_stop_is_not_tried_again_after_it(home, state) -> None:
    checkins.ask_due(now=ASKED)
    leased = None if state == Delivery.State.AMBIGUOUS else ASKED + MINUTE
    questions = Delivery.objects.filter(message__to=home.patient.phone)
    questions.update(state=state, lease_until=leased, submitted_at=ASKED)
    home.hears("STOP", at=ASKED + MINUTE)
    questions.update(state=Delivery.State.PENDING, lease_until=None)  # the provider never had it
    with gateway.through(lambda *_: (429, "")):
        outbox.deliver_due(now=ASKED + 2 * MINUTE)
    assert set(questions.values_list("state", flat=True)) == {Delivery.State.CANCELLED}


@pytest.fixture
def called(home) -> Delivery:
    """The call of a page to a doctor who looks after the patient, on one phone."""
    doctor = home.doctors[0]
    Patient.objects.filter(pk=home.patient.pk).update(caregiver_phone=doctor.phone)
    home.hears(FEVER, at=ASKED)
    return Delivery.objects.get(message__clinician=doctor, message__channel="voice")


def test_a_stop_withdraws_no_page_of_a_doctor_who_is_a_caregiver_too(home, called) -> None:
    home.hears("STOP", at=ASKED + MINUTE, sender=called.message.to)
    assert now(home).caregiver_texting_ended_at
    called.refresh_from_db()
    assert called.state == Delivery.State.PENDING


def test_a_dead_number_withdraws_no_page_of_a_doctor_who_is_a_caregiver_too(home, called) -> None:
    """The text of the page has failed: the call is all that is left of it."""
    home.fails(Message.objects.filter(to=called.message.to, channel="text"), DEAD, at=ASKED + MINUTE)
    home.tick(ASKED + MINUTE)
    assert now(home).caregiver_texting_ended_at
    called.refresh_from_db()
    assert called.state == Delivery.State.PENDING


def test_the_answer_to_an_alarm_is_not_withdrawn_by_the_stop_beside_it(home) -> None:
    home.hears("wrong number but she is unconscious", at=ASKED)
    assert any(home.site.emergency_number in text for text in home.texts_to(home.patient.phone))


@pytest.mark.parametrize("words", ["STOP", "wrong number"])
def test_outside_a_watch_it_is_a_task_of_the_same_day(words) -> None:
    home = Home(watched=False)
    home.hears(words)
    assert now(home).texting_ended_at is not None
    assert not Escalation.objects.exists()
    [task] = Task.objects.filter(patient=home.patient)
    assert "Texting ended" in task.what
    assert not task.pages_when_late


def test_start_is_confirmed_by_a_person_before_texts_resume(home) -> None:
    home.hears("STOP")
    home.hears("START", at=NOON + HOUR)
    assert now(home).texting_ended_at == NOON
    task = Task.objects.get(what__startswith="START was texted")
    assert task.pages_when_late, "inside a watch nobody may forget it"
    let_texts_go(home, NOON + 2 * HOUR)
    assert now(home).texting_ended_at is None
    assert now(home).reachable_since == NOON + 2 * HOUR


def test_after_stop_calls_come_due_every_hour_while_a_reaction_is_open(home) -> None:
    home.hears("STOP", at=NOON + HOUR)
    home.over(NOON + HOUR)
    nurse = makers.a_clinician(home.site)
    Reaction.objects.create(patient=home.patient, kind="crs", grade=1, noted_at=NOON + HOUR, noted_by=nurse)
    home.tick(NOON + HOUR)
    home.tick(NOON + 2 * HOUR + MINUTE)
    assert "Call: check-in of hour 2 cannot be texted" in open_tasks(home)


# The caregiver's phone


@pytest.mark.parametrize("words", ["STOP", "wrong number"])
def test_the_caregiver_s_phone_gets_nothing_more_and_somebody_calls_soon(home, words) -> None:
    home.caregiver_says(words, at=ASKED)
    assert now(home).caregiver_texting_ended_at == ASKED
    assert now(home).texting_ended_at is None, "the patient's own phone goes on"
    [task] = Task.objects.filter(patient=home.patient)
    assert task.what.startswith("Call now: no texts go to the caregiver")
    assert task.due_at == ASKED + 15 * MINUTE
    assert task.pages_when_late


def test_silence_passes_over_a_caregiver_whom_no_text_reaches(home) -> None:
    home.caregiver_says("STOP", at=NOON)
    checkins.ask_due(now=ASKED)
    home.tick(ASKED + 20 * MINUTE)
    home.tick(ASKED + 30 * MINUTE)
    assert home.asked.stage == CheckIn.Stage.CAREGIVER
    home.tick(ASKED + 31 * MINUTE)
    assert home.asked.stage == CheckIn.Stage.VOICE, "at once, not a quarter of an hour later"
    assert to_the_caregiver(home) == []
    assert Message.objects.filter(to=home.patient.phone, channel="voice").exists()


def test_the_caregiver_s_question_becomes_a_call_and_the_round_goes_on(home) -> None:
    home.caregiver_says("STOP", at=NOON)
    checkin = home.watch.checkins.get(hour=24)
    CheckIn.objects.filter(pk=checkin.pk).update(ask=["temperature", "caregiver", "bp"])
    home.watch.checkins.exclude(pk=checkin.pk).delete()
    checkins.ask_due(now=NOON + 24 * HOUR)
    home.hears("98.6", at=NOON + 24 * HOUR)
    assert home.asked.ask[home.asked.position] == "bp"
    assert any(task.startswith("Call: ask whoever is with them") for task in open_tasks(home))
    assert to_the_caregiver(home) == []


# Numbers that texts do not reach


def dies(home: Home, phone: str, at: object) -> None:
    """Every text to this phone is refused for good at that moment; a text is queued if none was."""
    if phone == home.patient.caregiver_phone:
        home.caregiver_says("is this the right number", at=at)
    home.fails(Message.objects.filter(to=phone, channel="text"), DEAD, at=at)


def test_a_dead_number_of_the_patient_ends_texting_and_calls_somebody(home) -> None:
    dies(home, home.patient.phone, ASKED)
    home.tick(ASKED + MINUTE)
    assert DEAD in now(home).texting_ended_why
    assert home.case.headline.startswith("Call now")


def test_a_failure_from_before_the_number_was_confirmed_proves_nothing(home) -> None:
    dies(home, home.patient.phone, NOON)
    Patient.objects.filter(pk=home.patient.pk).update(reachable_since=NOON + MINUTE)
    home.tick(NOON + 2 * MINUTE)
    assert now(home).texting_ended_at is None
    assert not Escalation.objects.exists()


def test_a_dead_number_of_the_caregiver_calls_somebody_once(home) -> None:
    dies(home, home.patient.caregiver_phone, ASKED)
    for second in range(3):
        home.tick(ASKED + timedelta(seconds=second))
    assert DEAD in now(home).caregiver_texting_ended_why
    assert now(home).texting_ended_at is None
    assert sum(task.startswith("Call now: no texts go to the caregiver") for task in open_tasks(home)) == 1


def test_a_caregiver_s_failure_from_before_their_number_was_confirmed_proves_nothing(home) -> None:
    dies(home, home.patient.caregiver_phone, ASKED)
    Patient.objects.filter(pk=home.patient.pk).update(caregiver_reachable_since=ASKED + MINUTE)
    home.tick(ASKED + 2 * MINUTE)
    assert now(home).caregiver_texting_ended_at is None


# Responders


def test_a_responder_s_dead_number_is_one_task_not_one_a_second(home) -> None:
    home.hears(FEVER, at=ASKED)
    home.fails(Message.objects.filter(to=home.doctors[0].phone, channel="text"), DEAD, at=ASKED)
    for second in range(3):
        home.tick(ASKED + timedelta(seconds=second))
    assert len([task for task in open_tasks(home) if "do not reach Dr A" in task]) == 1


def test_a_responder_s_dead_number_is_not_told_again_when_the_task_is_done(home) -> None:
    home.hears(FEVER, at=ASKED)
    home.fails(Message.objects.filter(to=home.doctors[0].phone, channel="text"), DEAD, at=ASKED)
    home.tick(ASKED)
    Task.objects.filter(what__contains="Dr A").update(done_at=ASKED + MINUTE, outcome="a new phone")
    home.tick(ASKED + 2 * MINUTE)
    assert Task.objects.filter(what__contains="Dr A").count() == 1


def test_a_responder_who_texts_stop_is_one_task_that_pages_when_late(home) -> None:
    for minutes in (0, 1):
        home.hears("STOP", at=NOON + minutes * MINUTE, sender=home.doctors[0].phone, to=home.site.page_number)
    [task] = Task.objects.filter(what__contains="Dr A")
    assert "STOP" in task.what
    assert task.pages_when_late
    assert task.due_at <= NOON + HOUR


# Who is told at home how the case stands


def told_nobody_yet(home: Home) -> list[str]:
    who = {home.patient.phone: "patient", home.patient.caregiver_phone: "caregiver"}
    return [who[m.to] for m in Message.objects.filter(key__startswith="case.nobody_yet").order_by("pk")]


def test_the_patient_alone_hears_that_nobody_has_it_yet(home) -> None:
    home.hears(FEVER, at=ASKED)
    escalations.climb(now=ASKED + 10 * MINUTE)
    assert told_nobody_yet(home) == ["patient"]


def test_the_caregiver_who_raised_the_alarm_hears_how_it_stands(home) -> None:
    home.caregiver_says("she is confused and cannot speak", at=ASKED)
    escalations.climb(now=ASKED + 10 * MINUTE)
    assert told_nobody_yet(home) == ["patient", "caregiver"]
    escalations.take(home.case.pk, by=home.doctors[0], now=ASKED + 11 * MINUTE, how="text")
    assert "will call you" in to_the_caregiver(home)[-1]


def test_after_stop_the_caregiver_hears_how_it_stands(home) -> None:
    home.hears("STOP", at=ASKED)
    escalations.climb(now=ASKED + 10 * MINUTE)
    assert told_nobody_yet(home) == ["caregiver"]
    assert home.case.events.get(what="patient told").text.endswith("the caregiver.")


def test_where_nobody_could_be_told_the_case_says_so(home) -> None:
    home.caregiver_says("STOP", at=NOON)
    home.hears("STOP", at=ASKED)
    escalations.climb(now=ASKED + 10 * MINUTE)
    assert told_nobody_yet(home) == []
    assert "patient told" not in home.history
    assert home.case.events.get(what="nobody told").text == climbing.NO_TEXTS
