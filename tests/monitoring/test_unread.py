"""What nobody has read yet: one task for each sender, with its count and one clock that only runs faster."""

from datetime import timedelta

import pytest

from monitoring import strangers, unread, worklist
from monitoring.models import Escalation, EscalationEvent, Reply, Task
from protocols.errors import Refusal
from stepup import engine
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
UNCLEAR, ROUTINE = "blue elephants", "37.9"


@pytest.fixture
def home() -> Home:
    return Home()


def the_task() -> Task:
    return Task.objects.get(done_at=None)


def test_h50_a_hundred_texts_are_all_stored_and_one_thing_to_read_with_its_count(home) -> None:
    for _ in range(99):
        home.hears(UNCLEAR, at=NOON + HOUR)
    home.hears(ROUTINE, at=NOON + HOUR)
    assert Reply.objects.filter(sender=home.patient.phone).count() == 100
    assert the_task().unread.count() == 100
    assert the_task().what.startswith("Read 100 texts: ")
    home.tick(NOON + 2 * HOUR)
    assert home.history.count("opened") == 1, "one case, not a hundred"
    assert "joined" not in home.history


def test_h50_a_flood_from_a_number_nobody_knows_is_kept_whole_and_answered_once(home) -> None:
    stranger = makers.a_phone()
    for _ in range(20):
        home.hears(UNCLEAR, sender=stranger)
    assert the_task().unread.count() == 20
    assert len(home.texts_to(stranger)) == 1
    home.hears("he is shaking", sender=stranger)
    assert home.case.caller == stranger, "danger pages from the middle of a flood"
    assert len(home.texts_to(stranger)) == 2


@pytest.mark.parametrize("first", [UNCLEAR, ROUTINE])
def test_whatever_needs_eyes_inside_a_watch_pages_and_what_joins_it_only_hurries(home, first) -> None:
    home.hears(first, at=NOON + HOUR)
    home.hears(UNCLEAR if first == ROUTINE else ROUTINE, at=NOON + HOUR + MINUTE)
    soonest = NOON + HOUR + (MINUTE if first == ROUTINE else 0 * MINUTE)
    assert the_task().pages_when_late
    assert the_task().due_at == soonest + timedelta(minutes=15)


def test_a_routine_text_that_nobody_reads_inside_a_watch_becomes_a_case_with_its_words(home) -> None:
    home.hears(ROUTINE, at=NOON + HOUR)
    home.tick(NOON + 10 * HOUR)
    event = EscalationEvent.objects.get(what="opened")
    assert event.finding.reply.body == ROUTINE
    assert "in time: Read a text" in home.case.headline


def test_what_pages_when_late_makes_the_task_it_joins_page_too() -> None:
    home = Home(watched=False)
    home.hears(UNCLEAR)
    assert not the_task().pages_when_late
    broken = {"patient": home.patient, "finding": None, "pages_when_late": True}  # nobody knows what it says
    unread.put(home.hears(ROUTINE), **broken, due_at=NOON + HOUR, now=NOON)
    assert (the_task().pages_when_late, the_task().due_at) == (True, NOON + HOUR)


def test_what_lay_unread_when_a_watch_opens_climbs_too_and_not_at_once() -> None:
    home = Home(watched=False)
    home.hears(UNCLEAR, at=NOON - 20 * HOUR)
    assert not the_task().pages_when_late
    makers.a_dose(home.course)
    assert (the_task().pages_when_late, the_task().due_at) == (True, NOON + timedelta(minutes=15))
    home.tick(NOON + HOUR)
    assert Escalation.objects.filter(patient=home.patient).exists()


@pytest.mark.parametrize(
    ("words", "minutes"), [([UNCLEAR], 15), ([UNCLEAR, ROUTINE], 15), ([ROUTINE], 8 * 60 - 5)]
)
def test_what_came_unclear_just_before_a_watch_opens_is_read_within_minutes_too(words, minutes) -> None:
    home = Home(watched=False)
    for said in words:
        home.hears(said, at=NOON - 5 * MINUTE)
    makers.a_dose(home.course)
    assert (the_task().pages_when_late, the_task().due_at) == (True, NOON + minutes * MINUTE)


def test_outside_a_watch_an_unread_text_pages_nobody() -> None:
    home = Home(watched=False)
    home.hears(UNCLEAR)
    engine.act(now=NOON + 30 * HOUR)
    assert not Escalation.objects.exists()
    assert the_task().due_at < NOON + 30 * HOUR


def test_a_text_that_came_after_the_page_was_opened_is_not_finished_unseen(home) -> None:
    home.hears(UNCLEAR)
    seen = unread.newest(the_task())
    home.hears("pressure in my ears")
    with pytest.raises(Refusal, match="A text has come") as refused:
        worklist.finish(the_task().pk, by=home.doctors[0], outcome="read", read=seen, now=NOON)
    assert refused.value.code == "not-read"
    worklist.finish(
        the_task().pk, by=home.doctors[0], outcome="read", read=unread.newest(the_task()), now=NOON
    )
    assert not Task.objects.filter(done_at=None).exists()


def test_a_phone_that_speaks_for_two_is_read_about_each(home) -> None:
    other = makers.a_patient(home.site, caregiver_phone=home.patient.caregiver_phone)
    home.caregiver_says(UNCLEAR)
    assert {task.patient for task in Task.objects.filter(done_at=None)} == {home.patient, other}


# a number nobody registered

NAMES = [
    ("Luz here, Carlos is very tired", "Carlos Ejemplo"),
    ("ejemplo is asleep", "Carlos Ejemplo"),
    ("王小明 很累", "王小明"),
    ("my husband is tired", ""),
    ("carlosejemplo", ""),
]


@pytest.mark.parametrize(("words", "meant"), NAMES)
def test_h33_a_name_in_the_words_of_an_unregistered_number_is_a_possible_match(home, words, meant) -> None:
    makers.a_patient(home.site, name="Carlos Ejemplo", caregiver_name="Luz Ejemplo")
    makers.a_patient(home.site, name="王小明", caregiver_name="王太太")
    makers.a_patient(makers.a_site(), name="Carlos Ejemplo", caregiver_name="Luz Ejemplo")
    found = strangers.possible(home.site, [words])
    assert [one.patient.name for one in found] == ([meant] if meant else [])


@pytest.mark.parametrize(("watched", "within"), [(True, 15 * MINUTE), (False, HOUR)])
def test_h33_a_possible_match_inside_a_watch_is_read_within_minutes_and_joined_to_nobody(
    watched, within
) -> None:
    home = Home(watched=watched)
    home.patient.__class__.objects.filter(pk=home.patient.pk).update(caregiver_name="Luz Ejemplo")
    home.hears("this is Luz, call me", sender=makers.a_phone())
    assert the_task().due_at == NOON + within
    assert the_task().patient is None
    assert not home.patient.replies.exists()
