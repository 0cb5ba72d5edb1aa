"""While a clinician texts the service is quiet: alarms are not, silence reaches a person, and it goes on by itself."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from monitoring import checkins, conversation, escalations, quiet
from monitoring.models import CheckIn, ClinicianText, Escalation, Task, Watch
from notifications import clock
from notifications.models import Message, Role
from protocols.errors import Refusal
from stepup import invariants
from tests import kept, makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
FIRST = NOON + 4 * HOUR
"""When the first check-in of the watch is due."""
ASKS = "Is anybody with you?"


class Ward(Home):
    def __init__(self, *, watched: bool = True) -> None:
        super().__init__(watched=watched)
        self.nurse = makers.a_clinician(self.site, name="Nora Quill")

    def writes(self, at, *, to: str = "patient", words: str = ASKS) -> Message:
        return conversation.say(patient=self.patient, to=to, words=words, by=self.nurse, now=at)

    def runs(self, since, until) -> None:
        """The engine acts every minute, and breaks nothing."""
        while since <= until:
            self.tick(since)
            since += MINUTE
        broken = invariants.counts(now=until)
        assert not broken.keys() - {"I5", "I6"}, broken

    def sent(self, *, since) -> list[str]:
        """What the service itself has texted or called the patient or the caregiver since, by the key of each."""
        home = Message.objects.filter(to__in=[self.patient.phone, self.patient.caregiver_phone], said=None)
        return [message.key.split(":")[0] for message in home.filter(created_at__gte=since).order_by("pk")]


@pytest.fixture(scope="module")
def made_once(django_db_setup, django_db_blocker) -> Iterator[Ward]:
    with kept.made(Ward, django_db_blocker) as ward:
        yield ward


@pytest.fixture
def ward(made_once) -> Ward:
    return deepcopy(made_once)


# it waits, and is not lost


def test_a_check_in_due_in_the_quiet_comes_after_it(ward) -> None:
    ward.writes(FIRST - 10 * MINUTE)
    ward.hears("my sister is", at=FIRST - 8 * MINUTE)
    ward.runs(FIRST - 8 * MINUTE, FIRST + 9 * MINUTE)
    assert ward.sent(since=FIRST - 10 * MINUTE) == []
    ward.runs(FIRST + 10 * MINUTE, FIRST + 11 * MINUTE)
    assert ward.asked.due_at == FIRST
    assert ward.sent(since=FIRST) == ["checkin"]
    assert ward.asked.silent_since >= FIRST + 10 * MINUTE, (
        "she was answered: the question starts its own clock"
    )


def test_what_the_quiet_holds_back_of_a_silence_comes_after_it(ward) -> None:
    ward.runs(FIRST, FIRST + MINUTE)
    ward.writes(FIRST + 15 * MINUTE)
    ward.runs(FIRST + 15 * MINUTE, FIRST + 34 * MINUTE)
    assert ward.sent(since=FIRST + 15 * MINUTE) == []
    ward.runs(FIRST + 35 * MINUTE, FIRST + 38 * MINUTE)
    assert ward.asked.stage == CheckIn.Stage.CAREGIVER, "where it would have been by now"


def test_the_rest_of_a_round_comes_after_the_quiet_and_what_was_answered_is_not_asked_again(ward) -> None:
    ward.runs(FIRST, FIRST)
    ward.writes(FIRST + 2 * MINUTE)
    ward.hears("98.6", at=FIRST + 4 * MINUTE)
    assert ward.sent(since=FIRST + 2 * MINUTE) == []
    ward.runs(FIRST + 4 * MINUTE, FIRST + 23 * MINUTE)
    assert ward.asked.answered == ["temperature"]
    assert ward.asked.ask[ward.asked.position] == "symptoms"
    assert ward.sent(since=FIRST + 4 * MINUTE) == ["checkin"]


def test_no_check_in_waits_past_its_hour_for_longer_than_silence_may_last(ward) -> None:
    for minute in range(-10, 80, 15):
        ward.writes(FIRST + minute * MINUTE, words=f"Still there, minute {minute}?")
        ward.hears("yes I am here with her", at=FIRST + (minute + 1) * MINUTE)
        ward.runs(FIRST + (minute + 2) * MINUTE, FIRST + (minute + 14) * MINUTE)
        asked_at = CheckIn.objects.filter(state=CheckIn.State.ASKED).values_list("question_at", flat=True)
        assert bool(asked_at) == (minute >= 50), minute
    assert asked_at[0] - FIRST < 61 * MINUTE


# silence still reaches a person, at its minute


@pytest.mark.parametrize("minutes", [[5], [5, 20, 35, 50], [19], [1, 2, 3], [40], [59]], ids=str)
def test_however_often_she_writes_an_unanswered_question_pages_at_its_minute(ward, minutes) -> None:
    ward.runs(FIRST, FIRST)
    paged_at = None
    for minute in range(64):
        if minute in minutes:
            ward.writes(FIRST + minute * MINUTE, words=f"Are you there? {minute}")
        ward.tick(FIRST + minute * MINUTE)
        if paged_at is None and escalations.unresolved(ward.patient) is not None:
            paged_at = minute
    assert 61 <= paged_at <= 63, (
        "an hour after the question; steps that were left out cost the engine a turn each"
    )
    assert escalations.unresolved(ward.patient).headline.startswith("Silence: no answer")


def test_a_text_nobody_answers_is_the_first_question_of_a_silence(ward) -> None:
    at = NOON + HOUR
    ward.writes(at)
    ward.runs(at, at + 19 * MINUTE)
    assert ward.sent(since=at) == []
    ward.runs(at + 20 * MINUTE, at + 59 * MINUTE)
    assert ward.sent(since=at) == ["checkin", "checkin", "checkin"], "asked, the caregiver, a call"
    ward.runs(at + 60 * MINUTE, at + 61 * MINUTE)
    assert "nothing heard for 60 minutes" in escalations.unresolved(ward.patient).headline


def test_a_second_text_buys_the_silence_of_the_first_no_time(ward) -> None:
    at = NOON + HOUR
    ward.writes(at)
    ward.writes(at + 15 * MINUTE, words="Please answer.")
    ward.runs(at + 15 * MINUTE, at + 61 * MINUTE)
    assert "nothing heard for 60 minutes" in escalations.unresolved(ward.patient).headline


def test_a_machine_s_answer_answers_nobody(ward) -> None:
    at = NOON + HOUR
    ward.writes(at)
    ward.hears("I am driving with Do Not Disturb on. I will reply later. (I'm not receiving notifications.)",
               at=at + MINUTE)  # fmt: skip
    ward.runs(at + 20 * MINUTE, at + 21 * MINUTE)
    assert ward.asked.silent_since == at


def test_a_text_that_reaches_nobody_ends_the_quiet_at_once(ward) -> None:
    at = NOON + HOUR
    message = ward.writes(at)
    ward.fails([message], "30008", at=at + MINUTE)
    ward.runs(at + MINUTE, at + 2 * MINUTE)
    assert ward.sent(since=at) == ["checkin"]


def test_a_question_that_could_not_be_sent_waits_for_no_quiet(ward) -> None:
    ward.runs(FIRST, FIRST)
    ward.fails(Message.objects.filter(key__startswith="checkin:"), "30008", at=FIRST + MINUTE)
    ward.writes(FIRST + MINUTE)
    ward.runs(FIRST + MINUTE, FIRST + 2 * MINUTE)
    assert ward.asked.stage > CheckIn.Stage.FIRST


@pytest.mark.parametrize(("to", "watched", "pages"), [("caregiver", True, True), ("patient", False, False)])
def test_where_the_service_asks_nothing_a_person_hears_that_nobody_answered(to, watched, pages) -> None:
    ward = Ward(watched=watched)
    at = NOON + HOUR
    ward.writes(at, to=to)
    ward.tick(at + 20 * MINUTE)
    task = Task.objects.get(patient=ward.patient)
    assert task.what == f"No answer to what Nora Quill texted the {to} on Mon 01 Mar 13:00 EST"
    assert task.pages_when_late is pages


# whatever she writes, and when

FEW = settings(
    max_examples=6,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # each try is an hour of the engine: none to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
WRITES = st.lists(st.tuples(st.integers(1, 59), st.booleans()), max_size=6, unique_by=lambda one: one[0])


@FEW
@given(writes=WRITES)
def test_whatever_a_clinician_writes_and_ends_a_silence_reaches_a_person_in_its_hour(ward, writes) -> None:
    ends = dict(writes)
    with transaction.atomic():
        ward.tick(FIRST)
        for minute in sorted({*ends, 20, 30, 45, *range(60, 65)}):  # at the end a turn for each step left out
            at = FIRST + minute * MINUTE
            if minute in ends:
                ward.writes(at, words=f"Are you there? {minute}")
            if ends.get(minute):
                conversation.end_quiet(patient=ward.patient, by=ward.nurse, now=at)
            ward.tick(at)
        paged = escalations.unresolved(ward.patient)
        transaction.set_rollback(True)
    assert paged is not None
    assert paged.headline.startswith("Silence: no answer: nothing heard for 6")


@FEW
@given(writes=WRITES, alarm=st.integers(1, 59))
def test_whatever_a_clinician_writes_an_alarm_is_paged_and_answered_at_once(ward, writes, alarm) -> None:
    at = FIRST + alarm * MINUTE
    with transaction.atomic():
        ward.tick(FIRST)
        for minute in sorted(minute for minute, _ in writes if minute <= alarm):
            ward.writes(FIRST + minute * MINUTE, words=f"Are you there? {minute}")
        ward.hears("38.6 and shaking", at=at)
        case, sent = escalations.unresolved(ward.patient), ward.sent(since=at)
        transaction.set_rollback(True)
    assert case is not None
    assert case.urgency == "emergency"
    assert "answer" in sent


# alarms, and what was not understood


def test_an_alarm_pages_and_is_answered_as_ever(ward) -> None:
    ward.has_pocket_order()
    ward.writes(FIRST - HOUR)
    ward.hears("38.6 and shaking", at=FIRST - HOUR + MINUTE)
    assert ward.history[:2] == ["opened", "paged"]
    assert ward.sent(since=FIRST - HOUR) == ["answer", "pocket"]


def test_what_is_not_understood_is_a_task_for_her_on_the_same_clock(ward) -> None:
    ward.runs(FIRST, FIRST)
    ward.writes(FIRST + MINUTE)
    ward.hears("the oral blue one", at=FIRST + 2 * MINUTE)
    task = Task.objects.get(patient=ward.patient)
    assert "for Nora Quill, who is texting with them" in task.what
    assert task.due_at == FIRST + 17 * MINUTE
    assert ward.sent(since=FIRST + MINUTE) == [], "no thanks, no simpler question"
    ward.runs(FIRST + 3 * MINUTE, FIRST + 18 * MINUTE)
    assert escalations.unresolved(ward.patient).headline.startswith(
        "Nobody has done this in time: Read a text"
    )


@pytest.mark.parametrize("words", ["no", "yes", "1", "6", "none"])
def test_a_word_meant_for_her_answers_no_question_of_the_service(ward, words) -> None:
    ward.runs(FIRST, FIRST)
    ward.hears("98.6", at=FIRST + MINUTE)
    ward.writes(FIRST + 2 * MINUTE, words="Any shaking?")
    ward.hears(words, at=FIRST + 3 * MINUTE)
    assert ward.asked.answered == ["temperature"]
    assert Task.objects.filter(patient=ward.patient, done_at=None).exists()


def test_after_the_quiet_a_word_answers_the_question_that_was_asked_since(ward) -> None:
    ward.runs(FIRST, FIRST)
    ward.hears("98.6", at=FIRST + MINUTE)
    ward.writes(FIRST + 2 * MINUTE, words="Any shaking?")
    ward.hears("not at all now", at=FIRST + 3 * MINUTE)
    ward.runs(FIRST + 22 * MINUTE, FIRST + 23 * MINUTE)
    ward.hears("6", at=FIRST + 24 * MINUTE)
    assert "symptoms" in CheckIn.objects.get(due_at=FIRST).answered


def test_stop_and_help_are_heard_in_the_quiet(ward) -> None:
    ward.writes(FIRST)
    ward.hears("HELP", at=FIRST + MINUTE)
    assert ward.sent(since=FIRST) == ["answer"]
    ward.hears("STOP", at=FIRST + 2 * MINUTE)
    assert ward.history[:2] == ["opened", "paged"]
    ward.runs(FIRST + 2 * MINUTE, FIRST + 22 * MINUTE)
    assert not ClinicianText.objects.filter(quiet_over_at=None).exists()


# ending it, and seeing it


def test_one_press_ends_it_and_what_waited_is_asked_at_once(ward) -> None:
    ward.writes(FIRST - MINUTE)
    ward.runs(FIRST, FIRST + 2 * MINUTE)
    conversation.end_quiet(patient=ward.patient, by=ward.nurse, now=FIRST + 3 * MINUTE)
    ward.runs(FIRST + 3 * MINUTE, FIRST + 3 * MINUTE)
    assert ward.asked.due_at == FIRST
    assert ClinicianText.objects.get().quiet_over_by == ward.nurse
    with pytest.raises(Refusal, match="has gone on already"):
        conversation.end_quiet(patient=ward.patient, by=ward.nurse, now=FIRST + 4 * MINUTE)
    with pytest.raises(Refusal, match="does not end the quiet"):
        conversation.end_quiet(
            patient=ward.patient, by=makers.a_clinician(ward.site, Role.LEAD), now=FIRST + 4 * MINUTE
        )


def test_ended_early_a_silence_is_where_it_would_have_been(ward) -> None:
    ward.runs(FIRST, FIRST)
    ward.writes(FIRST + 15 * MINUTE)
    ward.runs(FIRST + 15 * MINUTE, FIRST + 22 * MINUTE)
    conversation.end_quiet(patient=ward.patient, by=ward.nurse, now=FIRST + 23 * MINUTE)
    ward.runs(FIRST + 23 * MINUTE, FIRST + 24 * MINUTE)
    assert ward.asked.stage == CheckIn.Stage.AGAIN


def test_a_watch_does_not_end_between_a_question_of_hers_and_its_answer(ward) -> None:
    Watch.objects.update(ends_at=NOON + HOUR)
    CheckIn.objects.all().delete()
    ward.writes(NOON + HOUR)
    ward.hears("my sister is here with me", at=NOON + HOUR + MINUTE)
    Task.objects.update(done_at=NOON + HOUR, outcome="read")
    ward.tick(NOON + HOUR + 2 * MINUTE)
    assert ward.watch.closed_at is None
    ward.tick(NOON + HOUR + 21 * MINUTE)
    assert Watch.objects.get().closed_why == "the hours are over and nothing is open"


def test_the_quiet_is_seen_on_the_board_on_the_record_and_beside_the_texts(ward) -> None:
    now = clock.now()
    patient = makers.a_patient(ward.site, now=now)
    for told in (ward.patient, patient):
        conversation.say(patient=told, to="patient", words=ASKS, by=ward.nurse, now=now)
    client = makers.signed_in(ward.nurse)
    for path in (
        reverse("board"),
        *(reverse(name, args=[patient.pk]) for name in ("patient", "patient-texts")),
    ):
        shown = client.get(path).content.decode().lower()
        assert "quiet until" in shown, path
        assert "nora quill" in shown, path
    answer = client.post(reverse("end-quiet", args=[patient.pk]), follow=True)
    assert "The service goes on by itself from now." in answer.content.decode()
    assert "uiet until" not in answer.content.decode()


def test_without_a_clinician_s_text_nothing_waits(ward) -> None:
    assert quiet.of(ward.patient.pk, now=FIRST) is None
    assert checkins.ask_due(now=FIRST) == 1
    assert not Escalation.objects.exists()
