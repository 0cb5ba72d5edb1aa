"""Each step of a silence counts down on the board, and a call speaks the patient's language into the same triage."""

import pytest

from monitoring import board, checkins, voice
from monitoring.models import Patient, Reply
from notifications.models import Message
from protocols import wording
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR


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
    said = voice.spoken(call.deliveries.get(), key_action="/key")
    for key in ("voice.patient.intro", "voice.patient.menu", "voice.patient.nothing"):
        assert wording.text(key, code) in said
    assert said.count(f'language="{locale}"') == said.count("<Say ") == 3
    heard = home.presses("2", on=call, at=ASKED + 46 * MINUTE)
    assert f'language="{locale}"' in heard
    assert home.case.urgency == "urgent"
    assert Reply.objects.get(channel="voice").findings.get().rules
