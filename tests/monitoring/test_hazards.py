"""Hazards of the conversation by their numbers in `docs/clinical-safety`: each fails when its control is removed."""

import pytest
from django.db import IntegrityError, transaction

from monitoring import checkins
from monitoring.models import CheckIn, Finding, PocketInstruction, Task
from notifications.models import Message
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR


@pytest.fixture
def home() -> Home:
    return Home()


def asks(home: Home, question: str) -> None:
    """The check-in of hour 4 is open with this question."""
    checkins.ask_due(now=ASKED)
    CheckIn.objects.filter(pk=home.asked.pk).update(ask=[question], position=0)


def tasks(home: Home) -> list[str]:
    return list(Task.objects.filter(patient=home.patient, done_at=None).values_list("what", flat=True))


def newest(home: Home) -> Finding:
    return Finding.objects.filter(patient=home.patient).latest("pk")


def test_h01_a_fever_after_the_oxygen_question_is_no_saturation_and_calls_a_person(home) -> None:
    asks(home, "oxygen")
    home.hears("101", at=ASKED + MINUTE)
    assert all(reading["kind"] != "oxygen" for reading in newest(home).readings)
    assert tasks(home), "a person must ask"
    assert home.asked, "the question is still open"


def test_h05_a_denial_hides_nothing_outside_its_clause(home) -> None:
    home.hears("no, shaking")
    assert home.case.urgency == "urgent"
    home.hears("no fever, no chills, cant breathe", at=NOON + MINUTE)
    assert home.case.urgency == "emergency"


def test_h06_a_reassuring_word_after_a_fever_closes_nothing(home) -> None:
    home.hears("101.4")
    home.hears("fine thx", at=NOON + 5 * MINUTE)
    assert (home.case.state, home.case.urgency) == ("open", "urgent")
    home.hears("fine just a bit mixed up", at=NOON + 10 * MINUTE)
    assert home.case.urgency == "emergency"


def test_h08_a_block_by_the_carrier_ends_texting_and_calls_a_person(home) -> None:
    checkins.ask_due(now=ASKED)
    home.fails(Message.objects.filter(to=home.patient.phone), "21610", at=ASKED + MINUTE)
    home.tick(ASKED + 2 * MINUTE)
    home.patient.refresh_from_db()
    assert home.patient.texting_ended_at is not None
    assert (home.case.urgency, home.case.watch) == ("urgent", home.watch)


def test_h19_an_earlier_no_that_arrives_after_the_alarm_lowers_nothing(home) -> None:
    asks(home, "breath")
    home.hears("yes", at=ASKED + 3 * MINUTE, sent_at=ASKED + 2 * MINUTE)
    home.hears("no", at=ASKED + 4 * MINUTE, sent_at=ASKED + MINUTE)
    assert (home.case.state, home.case.urgency) == ("open", "emergency")


def test_h27_a_normal_reading_after_the_pocket_dose_closes_nothing(home) -> None:
    home.hears("took my dex", at=NOON)
    home.hears("98.6", at=NOON + 30 * MINUTE)
    assert home.case.state == "open"
    [reading] = [one for one in newest(home).readings if one["kind"] == "temperature"]
    assert reading["masked"]
    assert "MASKED" in {rule["id"] for rule in newest(home).rules}


def test_h28_a_reading_under_a_fever_medicine_reassures_nobody(home) -> None:
    asks(home, "temperature")
    home.hears("tylenol 1h ago, 99", at=ASKED + MINUTE)
    assert "ANTIPYRETIC" in {rule["id"] for rule in newest(home).rules}
    assert newest(home).urgency != "none"
    assert tasks(home)


def test_h29_a_second_report_of_the_pocket_dose_pages_again_and_advises_nothing(home) -> None:
    home.has_pocket_order()
    home.hears("took my dex", at=NOON)
    first = len(home.history)
    home.hears("I took another dex", at=NOON + HOUR)
    assert len(home.history) > first, "whoever has the case hears of it"
    assert not PocketInstruction.objects.exists()
    assert not any("mg" in text for text in home.texts_to(home.patient.phone))


def test_h30_without_a_signed_order_no_text_speaks_of_a_dose(home) -> None:
    home.hears("39.4 and shaking")
    assert not any("mg" in text for text in home.texts_to(home.patient.phone))
    assert not PocketInstruction.objects.exists()


def test_h31_a_wrong_number_ends_texts_and_somebody_telephones(home) -> None:
    checkins.ask_due(now=ASKED)
    home.hears("who is this", at=ASKED + MINUTE)
    home.patient.refresh_from_db()
    assert home.patient.texting_ended_at == ASKED + MINUTE
    assert home.texts_to(home.patient.phone) == []
    assert home.case.headline.startswith("Call now")


def test_help_is_answered_and_inside_a_watch_tells_a_person(home) -> None:
    home.hears("INFO")
    assert "To talk to a person" in home.texts_to(home.patient.phone)[-1]
    assert tasks(home)
    home.hears("HELP", at=NOON + MINUTE)
    assert home.site.oncall_number in home.texts_to(home.patient.phone)[-1]
    assert home.case.urgency == "urgent"


@pytest.mark.parametrize("words", ["me falta el aire", "呼吸困難", "cant breathe"])
def test_h34_a_red_flag_counts_in_every_language_whatever_was_enrolled(home, words) -> None:
    home.hears(words)
    assert home.case.urgency == "emergency"


def test_h37_a_digit_of_a_menu_is_no_temperature_and_a_temperature_no_digit(home) -> None:
    asks(home, "temperature")
    home.hears("4", at=ASKED + MINUTE)
    assert newest(home).urgency == "clarify"
    assert {reading["kind"] for reading in newest(home).readings} == {"number"}
    CheckIn.objects.filter(pk=home.asked.pk).update(ask=["symptoms"], position=0)
    home.hears("98", at=ASKED + 2 * MINUTE)
    assert newest(home).urgency == "clarify"
    assert {reading["kind"] for reading in newest(home).readings} == {"temperature"}


def test_h38_whoever_is_paged_reads_the_words_themselves(home) -> None:
    home.hears("my dog can't breathe")
    assert home.case.urgency == "emergency", "a person decides that it is a joke"
    assert "cant breathe" in home.case.headline
    assert newest(home).reply.body == "my dog can't breathe"


def test_h39_words_that_nobody_knows_reach_a_person(home) -> None:
    asks(home, "temperature")
    for minute, words in enumerate(["zorp flim", "🥵", "cnt brth", "ffrrt", "hngh"], start=1):
        home.hears(words, at=ASKED + minute * MINUTE)
        assert newest(home).urgency != "none", words
        assert newest(home).human_task, words


@pytest.mark.parametrize("words", ["I am in the emergency room", "estoy en urgencias", "我在急診室"])
def test_h45_words_from_an_emergency_room_page_and_stop_nothing(home, words) -> None:
    home.hears(words)
    assert home.case.urgency == "urgent"
    assert home.watch.checkins.filter(state=CheckIn.State.WAITING).exists(), "words let no check-in rest"


@pytest.mark.parametrize("words", ["he died last night", "mi esposo falleció", "我先生過世了"])
def test_a_death_pages_a_person_and_is_never_read_as_plain(home, words) -> None:
    home.caregiver_says(words)
    assert home.case.urgency == "urgent"
    assert "died" in home.case.headline


def test_h52_chills_outrank_a_low_reading(home) -> None:
    home.hears("chills but 98.0")
    assert home.case.urgency == "urgent"


def test_h54_a_site_without_an_emergency_number_cannot_exist() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        makers.a_site(emergency_number="")
