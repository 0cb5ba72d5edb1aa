"""Asking and silence: what counts as an answer, and how an unanswered question climbs whatever happens beside it."""

from datetime import UTC, timedelta

import pytest

from monitoring import checkins, escalations, silence
from monitoring.models import CheckIn, Escalation, Reaction, Reply, Task
from notifications import gateway
from notifications.models import Delivery, Message
from stepup import missed_texts
from tests import makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR
SECOND = timedelta(seconds=1)
State = CheckIn.State
Stage = CheckIn.Stage


@pytest.fixture
def home() -> Home:
    home = Home()
    checkins.ask_due(now=ASKED)
    return home


def extra(home: Home) -> CheckIn | None:
    """The check-in that a concern added."""
    return home.watch.checkins.filter(extra=True, state=State.WAITING).first()


# What answers the open question


@pytest.mark.parametrize(("after", "answers"), [(4 * HOUR, True), (4 * HOUR + SECOND, False)])
def test_h10_an_answer_counts_for_four_hours(home, after, answers) -> None:
    reply = home.hears("98.6", at=ASKED + after)
    reply.refresh_from_db()
    assert (reply.checkin is not None) == answers
    assert (home.asked.answered == ["temperature"]) == answers


@pytest.mark.parametrize(
    ("sent", "answers"),
    [(-SECOND, False), (timedelta(0), True), (MINUTE, True)],
    ids=["before the question", "in its second", "after it"],
)
def test_a_text_that_came_late_answers_no_question_newer_than_itself(
    home, monkeypatch, sent, answers
) -> None:
    question_at = ASKED + timedelta(milliseconds=400)  # the provider writes whole seconds
    CheckIn.objects.filter(pk=home.asked.pk).update(question_at=question_at)
    sent_at = (ASKED + sent).astimezone(UTC)
    text = {
        "MessageSid": "SM-late", "From": home.patient.phone, "To": home.site.patient_number, "Body": "98.6",
        "NumMedia": 0, "DateSent": sent_at,
    }  # fmt: skip
    log = {home.site.patient_number: [text]}
    monkeypatch.setattr(gateway, "texts_received", lambda *, to, since, account: log.get(to, []))
    missed_texts.fetch(now=ASKED + 5 * MINUTE)
    reply = Reply.objects.get(provider_sid="SM-late")
    assert reply.sent_at == sent_at
    assert reply.understood_at is not None, "it is read in any event"
    assert (home.asked.answered == ["temperature"]) == answers


def test_h41_a_machine_s_answer_leaves_the_silence_climbing_and_is_not_answered(home) -> None:
    before = home.asked.next_at
    texts = home.texts_to(home.patient.phone)
    home.hears("Auto-reply: I am driving right now", at=ASKED + MINUTE)
    assert home.asked.next_at == before
    assert home.texts_to(home.patient.phone) == texts
    assert not home.patient.tasks.exists()


def test_what_a_caregiver_writes_does_not_use_up_the_patient_s_simpler_question(home) -> None:
    home.caregiver_says("purple monday blorp", at=ASKED + MINUTE)
    assert not home.asked.asked_simpler


# Words that answer nothing: somebody is there, and the question stays open

UNCLEAR = "purple monday blorp"
SMALL_TALK = "thank you so much"


@pytest.mark.parametrize("words", [UNCLEAR, SMALL_TALK])
def test_h11_an_unclear_text_breaks_the_silence_and_answers_nothing(home, words) -> None:
    home.tick(ASKED + 20 * MINUTE)
    home.hears(words, at=ASKED + 25 * MINUTE)
    assert home.asked.answered == []
    assert (home.asked.stage, home.asked.silent_since) == (Stage.FIRST, ASKED + 25 * MINUTE)
    home.tick(ASKED + 30 * MINUTE)
    assert not home.texts_to(home.patient.caregiver_phone), "nobody is told that there was no answer"
    assert home.asked.next_at == ASKED + 45 * MINUTE, "asked again as if it were new"


def test_h11_unclear_texts_put_the_call_to_a_person_off_once_and_not_for_ever(home) -> None:
    for minutes in range(5, 61, 5):
        home.hears(UNCLEAR, at=ASKED + minutes * MINUTE)
    Task.objects.update(done_at=ASKED + HOUR, outcome="read, and not called")
    for minutes in (25, 35, 50, 65, 66):
        home.tick(ASKED + minutes * MINUTE)
    assert "what was texted did not answer it for 60 minutes" in home.case.headline


def test_h11_whoever_was_not_asked_breaks_no_silence(home) -> None:
    home.caregiver_says(UNCLEAR, at=ASKED + MINUTE)
    assert home.asked.silent_since == ASKED


# Climbing


def test_the_next_check_in_goes_on_with_the_silence_of_the_one_before(home) -> None:
    home.tick(ASKED + 20 * MINUTE)
    assert home.asked.stage == Stage.AGAIN
    checkins.ask_again_in(home.watch, minutes=5, now=ASKED + 20 * MINUTE)
    home.tick(ASKED + 25 * MINUTE)
    assert home.asked.extra
    assert (home.asked.stage, home.asked.silent_since) == (Stage.AGAIN, ASKED)
    assert home.asked.next_at == ASKED + 30 * MINUTE, (
        "the caregiver's minute, counted from the first question"
    )


def test_what_comes_due_at_one_moment_is_asked_in_the_order_it_was_made(home) -> None:
    first, second = home.watch.checkins.filter(state="waiting")[:2]
    for checkin in (second, first):  # so that the database comes upon the second one first
        CheckIn.objects.filter(pk=checkin.pk).update(next_at=ASKED + HOUR)
    checkins.ask_due(now=ASKED + HOUR)
    assert home.asked.pk == second.pk


def test_h55_after_an_outage_what_came_due_is_asked_and_paged_at_once() -> None:
    home = Home()
    escalations.raise_concern(
        site=home.site, patient=home.patient, urgency="urgent", headline="told by telephone", now=NOON
    )
    rung = home.case.rung
    home.tick(NOON + 6 * HOUR)  # nothing ran since noon, as on a restored copy
    assert home.asked.due_at == ASKED, "the question of hour 4, not one for each hour that passed"
    assert home.asked.question_at >= NOON + 6 * HOUR
    assert home.case.rung > rung
    assert home.case.next_at > NOON + 6 * HOUR


def test_a_question_that_could_not_be_sent_climbs_at_once(home) -> None:
    home.fails(Message.objects.filter(to=home.patient.phone, channel="text"), "30008", at=ASKED)
    home.tick(ASKED + MINUTE)
    assert home.asked.next_at <= ASKED + MINUTE + 3 * SECOND
    home.tick(ASKED + 2 * MINUTE)
    assert home.asked.stage == Stage.AGAIN, "eighteen minutes early"


def test_a_question_still_on_its_way_is_waited_for(home) -> None:
    question = Message.objects.get(key__startswith=f"checkin:{home.asked.pk}:")
    home.fails(Message.objects.filter(pk=question.pk), "30008", at=ASKED)
    Delivery.objects.create(message=question, attempt=2, lane=question.lane, due_at=ASKED)
    assert silence.notice_unsendable(now=ASKED + MINUTE) == 0


def test_questions_on_their_way_are_not_looked_at_one_by_one(home, django_assert_num_queries) -> None:
    with django_assert_num_queries(2):
        assert silence.notice_unsendable(now=ASKED + MINUTE) == 0


# A question after a number was read back


@pytest.fixture
def asked_after_a_doubtful_number(home) -> Home:
    """The caregiver texted a doubtful number, and is asked about the silence before they answered what it meant."""
    home.tick(ASKED + 20 * MINUTE)
    home.caregiver_says("943", at=ASKED + 26 * MINUTE)
    assert "Did you mean" in home.texts_to(home.patient.caregiver_phone)[-1]
    for minute in (30, 46):  # the words broke the silence once
        home.tick(ASKED + minute * MINUTE)
    assert "2 if confused" in home.texts_to(home.patient.caregiver_phone)[-1]
    return home


@pytest.mark.parametrize("words", ["2", "3"])
def test_what_answers_the_newer_question_pages_though_a_number_was_read_back(
    asked_after_a_doubtful_number, words
) -> None:
    home = asked_after_a_doubtful_number
    reply = home.caregiver_says(words, at=ASKED + 47 * MINUTE)
    finding = reply.findings.get()
    assert (finding.context["asked"], finding.urgency) == ("caregiver", "emergency")
    assert home.case.urgency == "emergency"


def test_a_one_that_may_mean_either_question_confirms_the_number(asked_after_a_doubtful_number) -> None:
    reply = asked_after_a_doubtful_number.caregiver_says("1", at=ASKED + 47 * MINUTE)
    finding = reply.findings.get()
    assert (finding.context["asked"], finding.urgency) == ("read_back", "urgent")


# Keys on the check-in call


@pytest.fixture
def ringing(home) -> Message:
    """The silence has climbed to a call."""
    for minutes in (20, 30, 45):
        home.tick(ASKED + minutes * MINUTE)
    return Message.objects.get(to=home.patient.phone, channel="voice")


@pytest.mark.parametrize(("key", "urgency"), [("2", "urgent"), ("3", "emergency")])
def test_a_key_pressed_for_help_is_stored_and_calls_a_person(home, ringing, key, urgency) -> None:
    said = home.presses(key, on=ringing, at=ASKED + 46 * MINUTE)
    assert "calling the on-call team" in said
    reply = Reply.objects.get(channel="voice")
    assert (reply.body, reply.who, reply.patient) == (key, "patient", home.patient)
    assert home.case.urgency == urgency


@pytest.mark.parametrize(("key", "urgency"), [("2", "urgent"), ("3", "emergency")])
def test_a_key_is_no_answer_to_a_number_that_was_read_back_by_text(home, ringing, key, urgency) -> None:
    """The doubtful number came in while the phone was ringing: 2 says "worse", and not "no, I did not mean that"."""
    home.hears("943", at=ASKED + 45 * MINUTE + SECOND)
    assert "Did you mean" in home.texts_to(home.patient.phone)[-1]
    said = home.presses(key, on=ringing, at=ASKED + 46 * MINUTE)
    assert "calling the on-call team" in said
    assert home.case.urgency == urgency


def test_a_key_for_well_confirms_no_number_that_was_read_back_by_text(home, ringing) -> None:
    home.hears("943", at=ASKED + 45 * MINUTE + SECOND)
    home.presses("1", on=ringing, at=ASKED + 46 * MINUTE)
    assert not Escalation.objects.exists()


def test_a_key_pressed_for_well_answers_the_symptoms_and_still_wants_the_temperature(home, ringing) -> None:
    home.presses("1", on=ringing, at=ASKED + 46 * MINUTE)
    assert not Escalation.objects.exists()
    assert "symptoms" in home.asked.answered
    assert home.asked.ask[home.asked.position] == "temperature"


# Closer together while something is open


def test_an_alarm_asks_again_within_the_hour(home) -> None:
    home.hears(FEVER, at=ASKED + MINUTE)
    assert extra(home).next_at == ASKED + MINUTE + HOUR
    assert home.watch.checkins.get(hour=4).state == State.ANSWERED, "a fever is an answer"


def test_questions_stay_close_while_a_case_is_open(home) -> None:
    checkins.end(home.asked, State.ANSWERED, why="", now=ASKED)
    escalations.raise_concern(
        site=home.site, patient=home.patient, urgency="urgent", headline="told by telephone", now=ASKED
    )
    home.tick(ASKED)
    assert extra(home).next_at <= ASKED + HOUR + MINUTE


def test_questions_stay_close_while_a_reaction_is_open(home) -> None:
    checkins.end(home.asked, State.ANSWERED, why="", now=ASKED)
    nurse = makers.a_clinician(home.site)
    Reaction.objects.create(patient=home.patient, kind="crs", grade=1, noted_at=ASKED, noted_by=nurse)
    home.tick(ASKED)
    assert extra(home).next_at <= ASKED + HOUR + MINUTE


def test_nobody_is_asked_more_often_for_nothing(home) -> None:
    checkins.end(home.asked, State.ANSWERED, why="", now=ASKED)
    home.tick(ASKED)
    assert extra(home) is None
