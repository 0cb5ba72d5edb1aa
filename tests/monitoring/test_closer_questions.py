"""Closer questions: what begins them, and that only a clinician ends them, by name."""

import pytest

from monitoring import checkins, closer, grading, watches
from monitoring.models import CheckIn, CloserQuestions, Reaction
from notifications import clock
from notifications.models import AuditEntry, Clinician
from protocols.errors import Refusal
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR
WELL = {"temperature": "98.4", "symptoms": "6", "medicine": "none"}


@pytest.fixture
def home() -> Home:
    home = Home()
    checkins.ask_due(now=ASKED)
    return home


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site, name="Nurse N")


def coming(home: Home) -> CheckIn | None:
    return home.watch.checkins.filter(extra=True, state="waiting").first()


def answer_well(home: Home, at) -> None:
    """Everything that is asked, answered by somebody who is well."""
    open_ = CheckIn.objects.filter(watch=home.watch, state="asked")
    while (asked := open_.first()) is not None:
        home.hears(WELL[asked.ask[asked.position]], at=at)


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("101.3", True),
        ("99.9", True),
        ("98.4 took tylenol for my knee", True),
        ("shaking", True),
        ("98.4", False),
        ("purple monday blorp", False),
    ],
)
def test_a_fever_a_symptom_a_near_fever_or_a_fever_medicine_begins_them(home, words, begins) -> None:
    home.hears(words, at=ASKED + MINUTE)
    assert (closer.of(home.watch) is not None) == begins


def test_a_missed_check_in_begins_them(home) -> None:
    for minutes in (20, 30, 45, 60):
        home.tick(ASKED + minutes * MINUTE)
    assert closer.of(home.watch).why.startswith("no answer")


def test_a_right_date_and_a_sentence_do_not(home) -> None:
    """A person compares the sentence; that is no concern yet."""
    CheckIn.objects.filter(pk=home.asked.pk).update(ask=["thinking"])
    today = f"{ASKED:%A %B} {ASKED.day}, {ASKED.year}"
    home.hears(f"{today}. I am well.", at=ASKED + MINUTE)
    assert home.patient.tasks.exists()
    assert closer.of(home.watch) is None
    assert coming(home) is None


def test_they_go_on_however_well_the_patient_answers_until_a_clinician_ends_them(home, nurse) -> None:
    home.hears("99.9", at=ASKED + MINUTE)
    answer_well(home, ASKED + 2 * MINUTE)
    for _ in range(2):
        at = coming(home).next_at + MINUTE
        home.tick(at)
        answer_well(home, at)
        home.tick(at + MINUTE)
        assert coming(home).next_at <= at + HOUR
    row = closer.end(home.watch.pk, why="  spoke with her, eats and drinks ", by=nurse, now=at + 2 * MINUTE)
    assert (row.ended_by, row.ended_why) == (nurse, "spoke with her, eats and drinks")
    assert coming(home) is None
    home.tick(at + 3 * MINUTE)
    assert coming(home) is None
    event = home.patient.events.get(what="closer questions ended")
    assert (event.by, event.text) == (nurse, row.ended_why)
    assert AuditEntry.objects.filter(act="ended closer questions", by=nurse).exists()


def test_a_masked_reading_afterwards_does_not_begin_them_again(home, nurse) -> None:
    home.hears("98.4 took tylenol for my knee", at=ASKED + MINUTE)
    closer.end(home.watch.pk, why="known pain", by=nurse, now=ASKED + 2 * MINUTE)
    home.hears("98.5", at=ASKED + 3 * MINUTE)
    assert closer.of(home.watch) is None
    home.hears("99.9", at=ASKED + 4 * MINUTE)
    assert closer.of(home.watch) is not None, "a new concern does"


def test_an_open_case_or_reaction_refuses_their_end(home, nurse) -> None:
    home.hears("101.3", at=ASKED + MINUTE)
    with pytest.raises(Refusal, match=f"Case {home.case.code} is open"):
        closer.end(home.watch.pk, why="well", by=nurse, now=ASKED + 2 * MINUTE)
    Reaction.objects.create(patient=home.patient, kind="crs", grade=1, noted_at=ASKED, noted_by=nurse)
    home.over(ASKED + 3 * MINUTE)
    with pytest.raises(Refusal, match="CRS grade 1 is not over"):
        closer.end(home.watch.pk, why="well", by=nurse, now=ASKED + 4 * MINUTE)
    assert closer.of(home.watch) is not None


def test_they_end_with_the_last_case_or_reaction_a_clinician_closes(home, nurse) -> None:
    home.hears("101.3", at=ASKED + MINUTE)
    reaction = Reaction.objects.create(
        patient=home.patient, kind="crs", grade=1, noted_at=ASKED, noted_by=nurse
    )
    home.over(ASKED + 2 * MINUTE)
    grading.end(reaction.pk, by=nurse, now=ASKED + 3 * MINUTE)
    row = CloserQuestions.objects.get(watch=home.watch)
    assert (row.ended_by, row.ended_why) == (nurse, "CRS grade 1 is over")


def test_their_end_wants_a_reason_and_closer_questions(home, nurse) -> None:
    with pytest.raises(Refusal, match="not on closer questions"):
        closer.end(home.watch.pk, why="well", by=nurse, now=ASKED)
    home.hears("99.9", at=ASKED + MINUTE)
    with pytest.raises(Refusal, match="why the usual hours are enough"):
        closer.end(home.watch.pk, why=" ", by=nurse, now=ASKED + 2 * MINUTE)


def test_a_watch_does_not_close_over_them(home, nurse) -> None:
    home.hears("99.9", at=ASKED + MINUTE)
    answer_well(home, ASKED + 2 * MINUTE)
    home.watch.checkins.filter(state__in=CheckIn.OPEN).update(
        state="cancelled", next_at=None, ended_at=NOON, ended_why="x"
    )
    home.patient.tasks.update(done_at=NOON, outcome="x")
    end_at = home.watch.ends_at
    home.tick(end_at + MINUTE)
    assert home.watch.closed_at is None
    closer.end(home.watch.pk, why="well", by=nurse, now=end_at + 2 * MINUTE)
    home.tick(end_at + 3 * MINUTE)
    assert not home.patient.watches.filter(closed_at=None).exists()


def test_what_the_patient_hears_names_the_closer_hour(home) -> None:
    home.hears("99.9", at=ASKED + MINUTE)
    home.hears("6", at=ASKED + 2 * MINUTE)
    home.hears("none", at=ASKED + 3 * MINUTE)
    assert "Next check-in: 17:0" in home.texts_to(home.patient.phone)[-1], "not the usual hour of 20:00"


def test_the_record_and_the_board_say_since_when_and_the_act_ends_them(home) -> None:
    now = clock.now()
    patient = makers.a_patient(home.site, now=now)
    makers.a_dose(makers.a_course(patient, now=now), given_at=now)
    watch = watches.current(patient)
    closer.begin(watch, why="just below the fever line", now=now)
    client = makers.signed_in(makers.a_clinician(home.site))
    assert "closer questions," in client.get("/board/").content.decode()
    path = f"/watch/{watch.pk}/closer/"
    page = client.get(f"/patient/{patient.pk}/").content.decode()
    assert path in page
    assert "just below the fever line" in page
    assert "at least every 60 minutes" in client.get(path).content.decode()
    assert client.post(path, {"why": ""}).status_code == 422
    assert client.post(path, {"why": "spoke with her"}).status_code == 302
    assert closer.of(watch) is None
    assert path not in client.get(f"/patient/{patient.pk}/").content.decode()


def test_who_has_a_question_close_enough_is_not_looked_at_every_second(home) -> None:
    """For as long as a case is open the engine asks; a thousand of them must cost it one statement."""
    home.hears("101.3", at=ASKED + MINUTE)
    answer_well(home, ASKED + 2 * MINUTE)
    assert coming(home).next_at <= ASKED + 62 * MINUTE
    assert not checkins.in_need(now=ASKED + 3 * MINUTE).exists()
    home.watch.checkins.filter(state="waiting").update(next_at=ASKED + 3 * HOUR)
    assert checkins.keep_close(now=ASKED + 3 * MINUTE) == 1
    assert coming(home).next_at == ASKED + 63 * MINUTE
    assert checkins.keep_close(now=ASKED + 3 * MINUTE) == 0
    home.watch.checkins.filter(state="waiting").delete()
    assert checkins.keep_close(now=ASKED + 3 * MINUTE) == 1, "none at all is none close"
