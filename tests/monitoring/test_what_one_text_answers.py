"""One text, several answers: what it answers is closed and not asked again in the round."""

import pytest

from monitoring import checkins
from monitoring.models import CheckIn
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 24 * HOUR
ROUND = ["temperature", "symptoms", "medicine", "thinking", "caregiver", "bp", "oxygen"]


@pytest.fixture
def home() -> Home:
    """At hour 24 everything is asked."""
    home = Home()
    home.watch.checkins.filter(hour__lt=24).update(
        state="cancelled", next_at=None, ended_at=NOON, ended_why="not of this test"
    )
    checkins.ask_due(now=ASKED)
    assert home.asked.ask == ROUND
    return home


@pytest.mark.parametrize(
    ("words", "closed"),
    [
        ("98.4", ["temperature"]),
        ("98.4, 120/76, oxygen 97%", ["temperature", "bp", "oxygen"]),
        ("98.4 took tylenol for my knee", ["temperature", "medicine"]),
        ("98.4 no tylenol", ["temperature"]),  # and what of the others?
        ("no, 120/76", []),  # the open question first, in simpler words
    ],
)
def test_a_text_closes_what_it_answers_and_the_next_question_is_what_is_left(home, words, closed) -> None:
    pk = home.asked.pk
    home.hears(words, at=ASKED + MINUTE)
    checkin = CheckIn.objects.get(pk=pk)
    assert sorted(checkin.answered) == sorted(closed)
    left = [question for question in ROUND if question not in closed]
    assert checkin.ask[checkin.position] == left[0]


def test_a_number_that_could_mean_two_things_closes_nothing_else(home) -> None:
    home.hears("98.4 and 12", at=ASKED + MINUTE)
    assert set(home.asked.answered) <= {"temperature"}


def test_free_text_is_welcome_while_no_question_is_open(home) -> None:
    for checkin in CheckIn.objects.filter(state="asked"):
        checkins.end(checkin, "answered", why="", now=ASKED)
    home.hears("my legs feel weak and I am shaking", at=ASKED + HOUR)
    assert home.case.urgency == "urgent"
    home.hears("the cat is fine", at=ASKED + 2 * HOUR)
    assert home.texts_to(home.patient.phone)[-1], "everything is answered"
