"""The judge of a soak: whoever waits for a person gets one, whatever the service believes is next."""

from typing import Any

import pytest

from monitoring import checkins, climbing, escalations, opting_out, silence
from monitoring.models import CheckIn, Escalation, Page, Reply
from monitoring.rules import DEFAULT
from notifications.models import Delivery, Message
from stepup import answers
from stepup.soak import heard
from tests.home import FEVER, HOUR, MINUTE, NIGHT, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]
EMPTY: dict[str, Any] = {"messages": [], "calls": []}
LATER = 500 * MINUTE


def found(at, ledger: dict[str, Any] = EMPTY) -> list[str]:
    return answers.missing(ledger, now=at)


@pytest.fixture
def home() -> Home:
    """A fever in the night, on nobody's hands yet."""
    return Home.with_fever(FEVER, at=NIGHT)


def climbs(home: Home, *, minutes: int) -> None:
    """The service does what is due, minute after minute."""
    for minute in range(minutes + 1):
        escalations.climb(now=NIGHT + minute * MINUTE)


def test_a_case_that_is_called_for_on_and_on_is_right(home) -> None:
    climbs(home, minutes=120)
    assert found(NIGHT + 120 * MINUTE) == []


def test_a_ladder_that_ended_is_found_whatever_its_next_act(home) -> None:
    Escalation.objects.update(next_at=NIGHT + LATER, tell_patient_at=None)
    assert f"{home.case} is open, and nobody is called for it any more" not in found(NIGHT + 15 * MINUTE)
    assert f"{home.case} is open, and nobody is called for it any more" in found(NIGHT + 16 * MINUTE)


def test_a_ladder_of_which_one_rung_alone_is_called_is_found(home) -> None:
    climbs(home, minutes=60)
    assert home.case.round > 1
    Page.objects.exclude(rung=1).delete()
    assert f"{home.case} went round its ladder, and only one rung was called" in found(NIGHT + 60 * MINUTE)


def test_a_patient_whom_nobody_tells_whom_to_call_is_found(home) -> None:
    line = f"{home.case} is open, and the patient was not told whom to call"
    Escalation.objects.update(tell_patient_at=None)
    assert line not in found(NIGHT + DEFAULT.tell_patient * MINUTE)
    assert line in found(NIGHT + (DEFAULT.tell_patient + 1) * MINUTE)
    Escalation.objects.update(tell_patient_at=NIGHT)
    climbing.tell_waiting_patients(NIGHT + MINUTE)
    assert line not in found(NIGHT + (DEFAULT.tell_patient + 1) * MINUTE)


@pytest.mark.parametrize(
    ("act", "minutes", "said"),
    [
        ("take", DEFAULT.reach, "was taken, nobody reached the patient, and it rests"),
        ("reach", DEFAULT.resolve, "has no outcome, and it rests"),
    ],
)
def test_a_case_that_somebody_has_and_forgot_is_found(home, act, minutes, said) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="screen")
    if act == "reach":
        escalations.reach(home.case.pk, by=home.doctors[0], now=NIGHT)
    assert found(NIGHT + minutes * MINUTE) == []
    assert found(NIGHT + (minutes + 1) * MINUTE) == [f"{home.case} {said}"]


def test_a_taking_of_which_the_patient_is_not_told_is_found(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="screen")
    Delivery.objects.filter(message__key__startswith="case.taken:").delete()
    Message.objects.filter(key__startswith="case.taken:").delete()
    assert found(NIGHT) == [f"{home.case} was taken, and the patient was not told"]


def test_a_silence_of_which_nobody_was_told_is_found() -> None:
    home = Home()
    home.tick(NIGHT)
    asked = home.asked
    checkins.end(asked, CheckIn.State.MISSED, why="no answer", now=NIGHT + HOUR)
    assert found(NIGHT + HOUR) == [f"{asked} was not answered, and nobody was told"]
    silence.tell_a_person(asked, "no answer", now=NIGHT + HOUR)
    assert found(NIGHT + HOUR) == []


def test_a_question_that_could_not_be_sent_and_that_nobody_asks_by_telephone_is_found() -> None:
    checkin = Home().watch.checkins.order_by("due_at")[0]
    CheckIn.objects.filter(pk=checkin.pk).update(
        state="unsendable", next_at=None, ended_at=NIGHT, ended_why="STOP"
    )
    assert found(NIGHT) == [f"{checkin} could not be sent, and nobody was asked to call"]


@pytest.mark.parametrize("is_open", [False, True], ids=["the first case", "beside a case"])
def test_a_question_cut_off_by_the_end_of_texting_is_with_whoever_is_called_for_that(is_open) -> None:
    home = Home()
    home.tick(NIGHT)
    asked = home.asked
    if is_open:
        escalations.raise_concern(
            site=home.site, patient=home.patient, urgency="emergency", watch=home.watch, finding=None,
            headline="found on the floor", now=NIGHT,
        )  # fmt: skip
    opting_out.end_texting(home.patient, home.watch, None, why="a dead number", now=NIGHT + MINUTE)
    asked.refresh_from_db()
    assert asked.state == "unsendable"
    assert found(NIGHT + MINUTE) == []
    CheckIn.objects.filter(pk=asked.pk).update(ended_at=NIGHT + 2 * MINUTE)
    assert found(NIGHT + MINUTE) == [f"{asked} could not be sent, and nobody was asked to call"]


def test_a_text_believed_delivered_that_the_provider_did_not_deliver_is_found(home) -> None:
    text = Delivery.objects.filter(message__channel="text").order_by("pk")[0]
    Delivery.objects.filter(pk=text.pk).update(state="delivered", provider_sid="SM1", ended_at=NIGHT)
    assert found(NIGHT, {"messages": [{"sid": "SM1", "status": "delivered"}]}) == []
    assert found(NIGHT, {"messages": [{"sid": "SM1", "status": "undelivered"}]}) == [
        "SM1 counts as delivered, and was not"
    ]


def passed_over(home: Home, words: str, *, sender: str, to: str) -> Reply:
    """A text that was stored, and nothing came of it."""
    return Reply.objects.create(
        site=home.site,
        provider_sid=f"SM-{words}",
        sender=sender,
        sent_to=to,
        body=words,
        received_at=NIGHT,
        understood_at=NIGHT,
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("What time is my visit?", "is for a person, and on nobody's list"),
        (FEVER, "was danger and was not answered"),
    ],
)
def test_a_patients_text_of_which_nothing_comes_is_found(words, said) -> None:
    home = Home()
    assert heard.unanswered(home.hears(words)) == []
    reply = passed_over(home, words, sender=home.patient.phone, to=home.site.patient_number)
    assert heard.unanswered(reply) == [f"text {reply.provider_sid} {said}"]


def test_a_code_of_which_nothing_comes_is_found(home) -> None:
    doctor, case = home.doctors[0], home.case
    lost = passed_over(home, case.code, sender=doctor.phone, to=home.site.page_number)
    assert heard.unanswered(lost) == [
        f"text {lost.provider_sid} of {doctor} was not answered",
        f"text {lost.provider_sid} of {doctor} should have taken {case}, and nobody has it",
    ]
    taken = home.hears(case.code, at=NIGHT, sender=doctor.phone, to=home.site.page_number)
    assert heard.unanswered(taken) == []
