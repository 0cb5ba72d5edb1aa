"""One tap takes a case: from a phone that is signed in to nothing, once, for a while, and never by looking."""

import re

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from twilio.request_validator import RequestValidator

from monitoring import escalations, take_links, voice
from monitoring.models import Escalation, Page
from notifications import clock
from notifications.models import AuditEntry, Message
from protocols import wording
from stepup import logs
from tests import makers
from tests.home import HOUR, MINUTE

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Escalation.State


class Paged:
    """A fever was texted just now, and Dr A has been paged; doors read the real clock."""

    def __init__(self) -> None:
        now = clock.now()
        self.site = makers.a_site()
        self.doctors = [makers.a_responder(self.site, n, name=f"Dr {'AB'[n - 1]}", since=now) for n in (1, 2)]
        self.patient = makers.a_patient(self.site, now=now)
        self.worse(urgency="urgent", headline="a fever of 39.4")

    def worse(self, *, urgency: str = "emergency", headline: str = "worse") -> None:
        escalations.raise_concern(
            site=self.site, patient=self.patient, urgency=urgency, headline=headline, now=clock.now()
        )

    @property
    def case(self) -> Escalation:
        return Escalation.objects.select_related("owner").get()


@pytest.fixture
def home() -> Paged:
    return Paged()


def address(page: Page) -> str:
    """The path of the address as it stands in the text on that person's phone."""
    [found] = re.findall(r"https?://\S+?(/t/\S+/)", page.text.body)
    return found


def test_the_button_takes_it_for_whoever_was_paged_without_a_password(home) -> None:
    page = home.case.pages.get()
    path = address(page)
    shown = Client().get(path).content.decode()
    assert shown.count("<button") == 1
    answer = Client(enforce_csrf_checks=True).post(path, follow=True)
    assert f"You have {home.case.code}" in answer.content.decode()
    assert (home.case.state, home.case.owner) == (State.TAKEN, home.doctors[0])
    assert home.case.events.get(what="taken").text == "By one-tap link."


def test_looking_takes_nothing_however_often_a_phone_or_a_messenger_looks(home) -> None:
    path = address(home.case.pages.get())
    for look in (Client().get, Client().head, Client().get):
        assert look(path).status_code == 200
    assert home.case.state == State.OPEN
    assert AuditEntry.objects.filter(act="opened a take link", by=home.doctors[0]).count() == 3


def test_the_page_and_its_address_say_nothing_about_a_patient(home) -> None:
    path = address(home.case.pages.get())
    shown = Client().get(path)
    words = shown.content.decode()
    for secret in (
        home.patient.name,
        home.patient.phone,
        "39.4",
        "fever",
        "teclistamab",
        home.patient.identifier,
    ):
        assert secret not in words
    assert shown["Referrer-Policy"] == "no-referrer"
    assert "no-store" in shown["Cache-Control"]
    record = logs.logging.LogRecord("web", 20, "", 0, f"GET {path} 200", None, None)
    assert logs.Discreet().format(record) == "GET /t/.../ 200"


def test_the_second_to_tap_hears_who_has_it_and_since_when(home) -> None:
    case = home.case
    escalations.climb(now=case.next_at)
    first, second = case.pages.order_by("pk")
    Client().post(address(second))
    said = Client().post(address(first)).content.decode()
    assert f"{case.code} was taken by Dr B at" in said
    assert home.case.owner == home.doctors[1]


def test_a_link_expires_after_an_hour_and_a_new_climb_makes_it_old(home) -> None:
    page = home.case.pages.get()
    Page.objects.filter(pk=page.pk).update(at=clock.now() - HOUR + MINUTE)
    assert "<button" in Client().get(address(page)).content.decode()
    Page.objects.filter(pk=page.pk).update(at=clock.now() - HOUR)
    assert "<button" not in Client().get(address(page)).content.decode()
    assert "This link has expired" in Client().post(address(page)).content.decode()
    Page.objects.filter(pk=page.pk).update(at=clock.now())
    home.worse()
    assert "This link has expired" in Client().post(address(page)).content.decode()
    assert home.case.state == State.OPEN
    newest = home.case.pages.get(generation=2)
    Client().post(address(newest))
    assert home.case.state == State.TAKEN


def test_an_old_link_tells_its_owner_how_the_case_stands_and_to_call_only_while_that_is_next(home) -> None:
    path, doctor = address(home.case.pages.get()), home.doctors[0]
    Client().post(path)
    assert "Call the patient now" in Client().get(path).content.decode()
    escalations.reach(home.case.pk, by=doctor, now=clock.now())
    shown = Client().get(path).content.decode()
    assert f"You have {home.case.code}, and the patient was reached." in shown
    assert "Call the patient" not in shown
    grades = [("crs", 0), ("icans", 0)]
    escalations.resolve(home.case.pk, by=doctor, now=clock.now(), outcome="home", grades=grades)
    shown = Client().get(path).content.decode()
    assert f"{home.case.code} is closed." in shown
    assert "Call the patient" not in shown


def test_a_link_takes_nothing_that_was_raised_between_the_look_and_the_act(home) -> None:
    page = take_links.find(home.case.pages.get().token)
    home.worse()
    assert "expired" in take_links.take(page, now=clock.now())
    assert home.case.state == State.OPEN


def test_a_link_somebody_made_up_is_unknown_and_that_of_somebody_who_left_takes_nothing(home) -> None:
    page = home.case.pages.get()
    assert Client().post("/t/aaaaaaaaaaaa/").status_code == 404
    home.doctors[0].is_active = False
    home.doctors[0].save()
    Client().post(address(page))
    assert home.case.state == State.OPEN


def test_a_page_with_its_link_still_fits_one_segment() -> None:
    link = f"https://stepup.hospital.example/t/{'a' * 12}/"
    for key in ("page.text", "page.again"):
        body = wording.text(key, "en", urgency="EMERGENCY", code="4821", link=link, minutes="15")
        assert wording.segments(body) == 1


def test_no_key_counts_before_it_was_said_which_page_it_is_and_how_urgent(home) -> None:
    spoken = voice.spoken(Message.objects.get(page_as_voice__isnull=False).deliveries.get(), key_action="/k")
    before, _, inside = spoken.partition("<Gather")
    assert " ".join(home.case.code) in before
    assert home.case.urgency in before
    assert "Press 1" in inside


def on_the_call(page: Page, path: str = "", **form: str) -> str:
    """What the call of a page says: when it is answered, or when it asks again at this address of ours."""
    path = path or reverse("call-answered", args=[page.voice.deliveries.get().token])
    address = settings.PUBLIC_BASE_URL + path
    signature = RequestValidator(settings.TWILIO_AUTH_TOKEN).compute_signature(address, form)
    return Client().post(path, form, headers={"X-Twilio-Signature": signature}).content.decode()


def keys(spoken: str) -> str:
    """The path to which the keys of a call go."""
    [found] = re.findall(rf'action="{settings.PUBLIC_BASE_URL}(\S+?)"', spoken)
    return found


def test_a_key_takes_what_was_heard_and_not_what_it_has_become_since(home) -> None:
    page = home.case.pages.get()
    heard = on_the_call(page)
    assert "It is urgent." in heard
    home.worse()
    again = on_the_call(page, keys(heard), Digits="1")
    assert home.case.state == State.OPEN
    [words_at] = re.findall(rf"<Redirect[^>]*>{settings.PUBLIC_BASE_URL}(\S+?)</Redirect>", again)
    heard = on_the_call(page, words_at)
    assert "It is emergency." in heard
    assert "You have it." in on_the_call(page, keys(heard), Digits="1")
    assert home.case.owner == home.doctors[0]


def test_a_key_on_what_somebody_has_by_now_says_who_though_it_was_raised_meanwhile(home) -> None:
    page = home.case.pages.get()
    heard = on_the_call(page)
    home.worse()
    escalations.take(home.case.pk, by=home.doctors[1], now=clock.now(), how="screen")
    assert "was taken by Dr B" in on_the_call(page, keys(heard), Digits="1")


@pytest.mark.django_db(transaction=True)
def test_words_are_spoken_after_the_commit_of_what_they_say(home, monkeypatch) -> None:
    """Whoever hears "you have it" has it: nothing can undo it any more when the words are chosen."""
    page = home.case.pages.get()
    heard = on_the_call(page)
    whose: list[tuple[bool, int | None]] = []
    say = voice._say

    def note_and_say(key: str, language: str, **facts: str) -> str:
        whose.append((connection.in_atomic_block, home.case.owner_id))
        return say(key, language, **facts)

    monkeypatch.setattr(voice, "_say", note_and_say)
    assert "You have it." in on_the_call(page, keys(heard), Digits="1")
    assert whose == [(False, home.doctors[0].pk)]
