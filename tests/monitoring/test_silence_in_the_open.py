"""Each step of a silence counts down on the board, and a call speaks the patient's language into the same triage."""

import re

import pytest

from monitoring import board, checkins, voice
from monitoring.models import CheckIn, Patient, Reply
from notifications.models import Message
from protocols import wording
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR
CLINICAL = (
    "fever|chill|unwell|worse|emergency|symptom|fiebre|escalof|siente|emergencia|"
    "發燒|發冷|嚴重|不舒服|緊急|健康|醫療"
)


@pytest.fixture
def home() -> Home:
    home = Home()
    checkins.ask_due(now=ASKED)
    return home


@pytest.mark.parametrize(
    ("minutes", "section", "next_act", "at"),
    [
        (0, "watch", "asked, no answer yet; asks again", 20),
        (20, "silent", "asked, no answer yet; asks the caregiver", 30),
        (30, "silent", "asked, no answer yet; calls the patient's phone", 45),
        (45, "silent", "asked, no answer yet; pages a person", 60),
    ],
)
def test_the_board_counts_down_to_each_step(home, minutes, section, next_act, at) -> None:
    for step in (20, 30, 45):
        if step <= minutes:
            home.tick(ASKED + step * MINUTE)
    looked = board.look(home.site, now=ASKED + minutes * MINUTE)
    [row] = [row for one in looked.sections for row in one.rows if row.patient == home.patient.pk]
    assert (row.section, row.next_act, row.next_at) == (section, next_act, ASKED + at * MINUTE)


@pytest.mark.parametrize(("code", "locale"), [("es", "es-US"), ("zh-Hant", "zh-TW")])
def test_a_call_speaks_the_patient_s_language_and_its_keys_are_triaged(home, code, locale) -> None:
    makers.approved_texts(home.site, code)
    Patient.objects.filter(pk=home.patient.pk).update(language=code)
    for minutes in (20, 30, 45):
        home.tick(ASKED + minutes * MINUTE)
    call = Message.objects.get(to=home.patient.phone, channel="voice")
    first = voice.spoken(call.deliveries.get(), key_action="/key")
    then = voice.menu(call.deliveries.get(), "1", key_action="/key", words_at="/words")
    for said, keys in ((first, ("intro", "who", "nobody")), (then, ("menu", "nothing"))):
        for key in keys:
            assert wording.text(f"voice.patient.{key}", code) in said
        assert said.count(f'language="{locale}"') == said.count("<Say ") == len(keys)
    heard = home.presses("2", on=call, at=ASKED + 46 * MINUTE)
    assert f'language="{locale}"' in heard
    assert home.case.urgency == "urgent"
    assert Reply.objects.get(channel="voice").findings.get().rules


@pytest.mark.parametrize("code", ["en", "es", "zh-Hant"])
def test_a_check_in_call_asks_nothing_before_a_key_says_who_is_listening(home, code) -> None:
    makers.approved_texts(home.site, code)
    Patient.objects.filter(pk=home.patient.pk).update(language=code)
    for minutes in (20, 30, 45):
        home.tick(ASKED + minutes * MINUTE)
    call = Message.objects.get(to=home.patient.phone, channel="voice").deliveries.get()
    first = voice.spoken(call, key_action="/key")
    assert 'action="/key?asked=who"' in first
    assert 'action="/key"' not in first
    assert wording.text("voice.patient.menu", code) not in first
    assert not re.search(CLINICAL, first, re.IGNORECASE)
    assert 'action="/key"' in voice.menu(call, "1", key_action="/key", words_at="/words")
    for other in ("2", "3", "9", "#", ""):
        again = voice.menu(call, other, key_action="/key", words_at="/words")
        assert "/words</Redirect>" in again
        assert "<Say" not in again
    assert not Reply.objects.exists(), "who is listening is no answer"
    assert home.asked.stage == CheckIn.Stage.VOICE
