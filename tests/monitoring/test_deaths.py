"""A death in a text: a person is paged, nobody there is asked or texted, and a person says whether it is so."""

import pytest

from monitoring import (
    checkins,
    conversation,
    death_notices,
    deaths,
    escalations,
    watches,
)
from monitoring.models import CheckIn, DeathNotice, Reaction
from notifications.models import Message, Role
from protocols.errors import Refusal
from stepup import next_dose
from tests import makers
from tests.home import HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
ASKED = NOON + 4 * HOUR
SAID = "he died last night"


@pytest.fixture
def home() -> Home:
    """A question is open when the text comes."""
    home = Home()
    checkins.ask_due(now=ASKED)
    return home


def texts_home(home: Home) -> list[str]:
    return home.texts_to(home.patient.phone) + home.texts_to(home.patient.caregiver_phone)


def say(home: Home, *, died: bool, at) -> DeathNotice:
    return death_notices.say(
        home.patient.pk, died=died, words="her son, by telephone", by=home.doctors[0], now=at
    )


@pytest.mark.parametrize(
    ("words", "sender"),
    [("he died last night", "caregiver"), ("mi esposo falleció", "caregiver"), ("我先生過世了", "patient")],
)
def test_a_reported_death_stops_the_check_ins_by_itself_and_whoever_is_paged_is_told(
    home, words, sender
) -> None:
    before = texts_home(home)
    home.hears(
        words,
        at=ASKED + MINUTE,
        sender=getattr(home.patient, "phone" if sender == "patient" else "caregiver_phone"),
    )
    assert home.case.urgency == "urgent"
    assert home.case.pages.exists()
    assert not home.watch.checkins.filter(state=CheckIn.State.ASKED).exists()
    told = home.case.events.get(what="check-ins stopped")
    assert "texts nothing more to these phones" in told.text
    for hours in range(30):
        home.tick(ASKED + hours * HOUR + 2 * MINUTE)
    ended = home.watch.checkins.filter(state=CheckIn.State.CANCELLED)
    assert {one.ended_why for one in ended} == {deaths.WHY}
    assert not home.watch.checkins.filter(state__in=["asked", "missed", "unsendable"]).exists()
    assert set(texts_home(home)) <= set(before)
    assert not Message.objects.filter(channel="voice", to=home.patient.phone).exists()
    assert "nobody told" in home.history


def test_somebody_who_raises_an_alarm_after_it_is_answered_and_paged_all_the_same(home) -> None:
    home.caregiver_says(SAID, at=ASKED + MINUTE)
    before = len(texts_home(home))
    home.hears("I have chest pain", at=ASKED + 2 * MINUTE)
    assert home.case.urgency == "emergency"
    assert len(texts_home(home)) == before + 1
    assert "911" in home.texts_to(home.patient.phone)[-1]
    home.hears("thank you", at=ASKED + 3 * MINUTE)
    assert len(texts_home(home)) == before + 1


def test_beside_any_other_alarm_a_person_decides(home) -> None:
    """Not breathing may be an emergency still: the answer says whom to call, and nothing stops by itself."""
    home.caregiver_says("he is not breathing, I think he died", at=ASKED + MINUTE)
    assert home.case.urgency == "emergency"
    assert "911" in home.texts_to(home.patient.caregiver_phone)[-1]
    assert deaths.standing(home.patient.pk) is None


def test_the_case_is_not_closed_before_somebody_says_whether_it_is_so(home) -> None:
    home.caregiver_says(SAID, at=ASKED + MINUTE)
    doctor, at = home.doctors[0], ASKED + 5 * MINUTE
    escalations.take(home.case.pk, by=doctor, now=at, how="screen")
    escalations.reach(home.case.pk, by=doctor, now=at)
    with pytest.raises(Refusal, match="whether it is so"):
        escalations.resolve(home.case.pk, by=doctor, now=at, outcome="no concern", text="x")
    say(home, died=True, at=at)
    escalations.resolve(home.case.pk, by=doctor, now=at, outcome="died", text="at home")
    assert home.case.outcome == "died"


def test_died_is_no_outcome_while_nobody_recorded_it(home) -> None:
    home.hears("101.3", at=ASKED + MINUTE)
    doctor, at = home.doctors[0], ASKED + 5 * MINUTE
    escalations.take(home.case.pk, by=doctor, now=at, how="screen")
    escalations.reach(home.case.pk, by=doctor, now=at)
    with pytest.raises(Refusal, match="Record on the patient's page"):
        escalations.resolve(home.case.pk, by=doctor, now=at, outcome="died", text="x")


def test_somebody_else_in_the_family_died_and_the_patient_is_asked_at_once(home) -> None:
    home.hears("my mom passed away", at=ASKED + MINUTE)
    say(home, died=False, at=ASKED + HOUR)
    home.tick(ASKED + HOUR)
    assert home.asked.ask[0] == "temperature"
    assert next_dose.decide(home.course, now=ASKED + HOUR).because.startswith("Case")


def test_no_dose_is_offered_and_the_watch_ends_at_its_end_over_an_open_reaction(home) -> None:
    Reaction.objects.create(
        patient=home.patient, kind="crs", grade=2, noted_at=NOON, noted_by=home.doctors[0]
    )
    watch = home.watch
    say(home, died=True, at=ASKED + MINUTE)
    assert "recorded that the patient has died" in next_dose.decide(home.course, now=ASKED + MINUTE).because
    checkins.keep_close(now=ASKED + HOUR)
    assert not watch.checkins.filter(extra=True).exists()
    home.tick(watch.ends_at + HOUR)
    assert watches.current(home.patient) is None
    assert not any("ended" in text for text in texts_home(home))


def test_only_a_person_writes_there_and_their_silence_asks_nobody(home) -> None:
    home.caregiver_says(SAID, at=ASKED + MINUTE)
    nurse = makers.a_clinician(home.site)
    conversation.say(
        patient=home.patient, to="caregiver", words="We are so sorry. We will call you today.", by=nurse,
        now=ASKED + 2 * MINUTE,
    )  # fmt: skip
    before = len(texts_home(home))
    home.tick(ASKED + 2 * HOUR)
    assert len(texts_home(home)) == before
    assert not home.watch.checkins.filter(state__in=["asked"]).exists()


def test_what_is_said_of_a_death_is_said_once_in_words_by_whom_may(home) -> None:
    home.caregiver_says(SAID, at=ASKED + MINUTE)
    home.caregiver_says("she said he died", at=ASKED + 2 * MINUTE)
    assert DeathNotice.objects.count() == 1
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST)
    for by, words, code in ((pharmacist, "x", "role"), (home.doctors[0], " ", "words")):
        with pytest.raises(Refusal) as refusal:
            death_notices.say(home.patient.pk, died=True, words=words, by=by, now=ASKED)
        assert refusal.value.code == code
    say(home, died=True, at=ASKED + HOUR)
    with pytest.raises(Refusal, match="has recorded this already"):
        say(home, died=True, at=ASKED + HOUR)
    say(home, died=False, at=ASKED + 2 * HOUR)
    with pytest.raises(Refusal, match="Nobody has said"):
        say(home, died=False, at=ASKED + 2 * HOUR)


def test_the_case_the_record_and_the_board_say_so(client, home) -> None:
    home.caregiver_says(SAID, at=ASKED + MINUTE)
    client.force_login(home.doctors[0])
    for address in (
        f"/case/{home.case.pk}/",
        f"/patient/{home.patient.pk}/",
        f"/patient/{home.patient.pk}/death/",
    ):
        assert SAID in client.get(address).content.decode(), address
    assert "a text says: has died" in client.get("/board/").content.decode()
    answer = client.post(f"/patient/{home.patient.pk}/death/", {"died": "yes", "words": ""})
    assert "Say who told you" in answer.content.decode()
    answer = client.post(
        f"/patient/{home.patient.pk}/death/", {"died": "yes", "words": "his wife, by telephone"}, follow=True
    )
    assert "his wife, by telephone" in answer.content.decode()
