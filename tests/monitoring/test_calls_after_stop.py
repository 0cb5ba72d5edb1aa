"""After STOP check-ins move to voice where that was agreed: keys are triaged, and a person asks what no key can say."""

import pytest
from django.urls import reverse

from monitoring import calls, checkins, contacts
from monitoring.models import CheckIn, Task
from notifications import clock
from notifications.models import Clinician, Message
from protocols.errors import Refusal
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DUE = NOON + 4 * HOUR
STOPPED = NOON + HOUR


@pytest.fixture
def home() -> Home:
    return Home()


@pytest.fixture
def nurse(home) -> Clinician:
    return makers.a_clinician(home.site)


def stops(home: Home, nurse: Clinician, *, agreed: bool = True, words: str = "STOP") -> None:
    """The patient agreed, or did not, and later texts this; somebody settles the case that follows."""
    if agreed:
        calls.agree(home.patient.pk, agrees=True, by=nurse, now=NOON)
    home.hears(words, at=STOPPED)
    home.over(STOPPED)
    checkins.ask_due(now=DUE)


def rung(home: Home) -> list[Message]:
    return list(Message.objects.filter(to=home.patient.phone, channel="voice", key__startswith="checkin:"))


def called_for(home: Home) -> list[str]:
    return [task.what for task in Task.objects.filter(patient=home.patient, done_at=None)]


def test_after_stop_the_service_rings_whoever_agreed_to_that(home, nurse) -> None:
    stops(home, nurse)
    [call] = rung(home)
    assert home.case.headline.endswith("The service rings at each check-in, as was agreed.")
    assert home.asked.stage == CheckIn.Stage.VOICE
    home.patient.refresh_from_db()
    assert contacts.of(home.patient, now=DUE)[0].who_calls.startswith(
        "The service calls at each check-in, next "
    )
    assert home.texts_to(home.patient.phone) == [], "and texts nothing"
    home.presses("1", on=call, at=DUE + MINUTE)
    assert home.case.state == "resolved", "a key for well raises nothing"
    assert "Call: check-in of hour 4 cannot be texted" in called_for(home), "the temperature a person asks"
    assert not CheckIn.objects.filter(state=CheckIn.State.ASKED).exists()


def test_a_key_for_danger_after_stop_pages(home, nurse) -> None:
    stops(home, nurse)
    [call] = rung(home)
    home.presses("2", on=call, at=DUE + MINUTE)
    assert home.case.state == "open"


def test_a_call_nobody_answers_after_stop_pages_at_once(home, nurse) -> None:
    stops(home, nurse)
    home.fails(rung(home), "no-answer", at=DUE + MINUTE)
    for minutes in (2, 3):
        home.tick(DUE + minutes * MINUTE)
    assert home.case.headline.startswith("Silence: no answer")


@pytest.mark.parametrize(
    ("agreed", "words"), [(False, "STOP"), (True, "wrong number")], ids=["never agreed", "a stranger answers"]
)
def test_nobody_is_rung_who_did_not_agree_or_has_another_number(home, nurse, agreed, words) -> None:
    stops(home, nurse, agreed=agreed, words=words)
    assert rung(home) == []
    assert "Call: check-in of hour 4 cannot be texted" in called_for(home)


def test_the_newest_word_counts_and_is_said_once(home, nurse) -> None:
    assert not calls.has_agreed(home.patient)
    calls.agree(home.patient.pk, agrees=True, by=nurse, now=NOON)
    with pytest.raises(Refusal, match="on record already"):
        calls.agree(home.patient.pk, agrees=True, by=nurse, now=NOON + MINUTE)
    calls.agree(home.patient.pk, agrees=False, by=nurse, now=NOON + MINUTE)
    assert not calls.has_agreed(home.patient)


def test_the_page_keeps_what_was_pressed_and_nothing_mangled(home, nurse, monkeypatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    client = makers.signed_in(nurse)
    pressed = lambda agrees: client.post(  # noqa: E731
        reverse("agree-to-calls", args=[home.patient.pk]), {"agrees": agrees}, follow=True
    ).content.decode()
    assert "Nothing was kept" in pressed("perhaps")
    assert "Agreed to calls by the service" in pressed("yes")
    assert "Has not agreed to calls" in pressed("no")
