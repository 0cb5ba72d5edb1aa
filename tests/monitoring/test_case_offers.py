"""A case handed over to a named person: paged at once, the owner's until accepted, and every ending an event."""

import re

import pytest
from django.test import Client

from monitoring import caselog, escalations, offers, responders, voice
from monitoring.models import CaseOffer, Escalation, Page
from monitoring.texts import site_time
from notifications import clock
from notifications.models import AuditEntry, Clinician, Delivery, Message, Role
from protocols.errors import Refusal
from tests import makers
from tests.home import MINUTE, Home
from tests.makers import NOON
from tests.monitoring import responding

pytestmark = [pytest.mark.database, pytest.mark.django_db]
State = Escalation.State
TAKEN_AT = NOON + MINUTE


@pytest.fixture
def home() -> Home:
    """Dr A has a case and asks Dr B, who was not paged for it, to take it over."""
    home = Home()
    home.hears("39.4")
    escalations.take(home.case.pk, by=home.doctors[0], now=TAKEN_AT, how="text")
    offer(home)
    return home


def offer(
    home: Home, *, to: Clinician | None = None, reason: str = "in theatre", by: Clinician | None = None
) -> CaseOffer:
    first, second = home.doctors
    return offers.make(home.case.pk, to=to or second, reason=reason, by=by or first, now=TAKEN_AT)


def page(_home: Home | None) -> Page:
    return Page.objects.get(offer__isnull=False)


def texts(home: Home, who: int, words: str) -> str:
    sender = home.doctors[who].phone
    reply = home.hears(words, at=TAKEN_AT + MINUTE, sender=sender, to=home.site.page_number)
    return responding.answer_to(reply)


def test_the_person_is_paged_at_once_and_the_owner_keeps_it_with_its_clock(home) -> None:
    assert (home.case.owner, home.case.state) == (home.doctors[0], State.TAKEN)
    assert home.case.next_at == TAKEN_AT + 15 * MINUTE
    assert f"Dr A asks you to take over {home.case.code}" in page(home).text.body
    for message in (page(home).text, page(home).voice):
        assert message.deliveries.get().due_at == TAKEN_AT
    assert home.history[-1] == "offered"


def test_the_code_accepts_it_and_its_clocks_go_on(home) -> None:
    due = home.case.next_at
    assert texts(home, 1, home.case.code).startswith(f"You have {home.case.code}")
    assert (home.case.owner, home.case.state, home.case.next_at) == (home.doctors[1], State.TAKEN, due)
    assert home.case.events.get(what="handed over").text == "By text, from Dr A. The clocks go on."
    assert CaseOffer.objects.get().end == "accepted"
    assert any("was taken by Dr B" in body for body in home.texts_to(home.doctors[0].phone))


@pytest.mark.parametrize(("phone", "told"), [("+15550288001", 1), ("", 0)], ids=["a phone", "none"])
def test_whoever_took_it_by_screen_and_was_never_paged_hears_that_it_is_the_other_s(phone, told) -> None:
    home = Home()
    home.hears("39.4")
    nurse = makers.a_clinician(home.site, phone=phone)
    escalations.take(home.case.pk, by=nurse, now=TAKEN_AT, how="screen")
    offer(home, by=nurse)
    texts(home, 1, home.case.code)
    said = Message.objects.filter(clinician=nurse, body__contains="was taken by Dr B")
    assert said.count() == told


def test_whoever_was_paged_and_offered_it_hears_it_once(home) -> None:
    texts(home, 1, home.case.code)
    said = [body for body in home.texts_to(home.doctors[0].phone) if "was taken by Dr B" in body]
    assert len(said) == 1
    assert said[0].endswith(f" Nothing to do for {home.case.code}."), "another case may be calling them"


def test_a_key_on_the_call_accepts_it_after_hearing_who_asks(home) -> None:
    spoken = voice.spoken(page(home).voice.deliveries.get(), key_action="/key").partition("<Gather")
    assert "Dr A asks you to take over page" in spoken[0]
    home.presses("1", on=page(home).voice, at=TAKEN_AT + MINUTE)
    assert home.case.owner == home.doctors[1]


@pytest.mark.parametrize("how", ["NO {code}", "9"])
def test_a_no_leaves_it_with_the_owner_who_is_told(home, how) -> None:
    if how == "9":
        said = home.presses("9", on=page(home).voice, at=TAKEN_AT + MINUTE)
    else:
        said = texts(home, 1, how.format(code=home.case.code))
    assert "Dr A still has it" in said
    assert (home.case.owner, CaseOffer.objects.get().end) == (home.doctors[0], "declined")
    assert f"Dr B has not taken over {home.case.code}: you still have it." in home.texts_to(
        home.doctors[0].phone
    )
    assert home.history[-1] == "offer declined"


def test_who_has_it_since_when_is_the_moment_they_took_it_over(home) -> None:
    """Its clocks go on from the first taking; that whoever took it over had it then would be untrue."""
    over = TAKEN_AT + 7 * MINUTE
    escalations.take(home.case.pk, by=home.doctors[1], now=over, how="text")
    had = site_time(home.site, over)
    assert responders.already(home.case) == f"{home.case.code} was taken by Dr B at {had}."
    assert texts(home, 0, home.case.code) == f"{home.case.code} was taken by Dr B at {had}."
    assert f"by Dr B at {had}" in caselog.how_it_stands(home.case)


def test_nobody_else_takes_what_was_offered_to_one_person(home) -> None:
    other = makers.a_clinician(home.site, Role.RESPONDER, phone=makers.a_phone())
    with pytest.raises(Refusal, match="taken by Dr A"):
        escalations.take(home.case.pk, by=other, now=TAKEN_AT, how="screen")


def test_an_offer_nobody_answers_ends_at_its_minute_and_the_owner_is_told(home) -> None:
    late = CaseOffer.objects.get().answer_by
    escalations.climb(now=late - MINUTE)
    assert CaseOffer.objects.get().ended_at is None
    offers.lapse(now=late)
    offers.lapse(now=late)
    assert CaseOffer.objects.get().end == "lapsed"
    assert home.history.count("offer not answered") == 1
    with pytest.raises(Refusal, match="taken by Dr A"):
        escalations.take(home.case.pk, by=home.doctors[1], now=late, how="text")


def test_a_case_that_moves_on_takes_its_offer_along(home) -> None:
    escalations.hand_back(home.case.pk, by=home.doctors[0], now=TAKEN_AT, reason="no")
    assert CaseOffer.objects.get().end == "withdrawn"
    assert home.case.state == State.OPEN
    assert page(home).voice.deliveries.get().state == Delivery.State.CANCELLED


@pytest.mark.parametrize("end", ["accepted", "declined", "withdrawn", "lapsed"])
def test_whatever_ends_an_offer_its_pages_are_called_off_and_it_has_its_lines(home, end) -> None:
    acts = {
        "accepted": lambda: offers.accept(home.case, by=home.doctors[1], now=TAKEN_AT, how="screen"),
        "declined": lambda: offers.decline(home.case, by=home.doctors[1], now=TAKEN_AT, reason="busy"),
        "withdrawn": lambda: offers.withdraw(home.case, now=TAKEN_AT),
        "lapsed": lambda: offers.lapse(now=CaseOffer.objects.get().answer_by),
    }
    acts[end]()
    assert CaseOffer.objects.get().end == end
    for message in (page(home).text, page(home).voice):
        assert message.deliveries.get().state == Delivery.State.CANCELLED
    lines = {
        "accepted": ("handed over", "took the case over"),
        "declined": ("offer declined", "declined the case"),
        "withdrawn": ("offer withdrawn", None),
        "lapsed": ("offer not answered", None),
    }
    said, act = lines[end]
    assert home.history[-1] == said
    acts_noted = AuditEntry.objects.filter(subject=str(home.case)).values_list("act", flat=True)
    assert "offered the case" in acts_noted
    assert act is None or act in acts_noted


def test_whoever_accepts_has_it_in_the_hands_that_called(home) -> None:
    case = Escalation.objects.get(pk=home.case.pk)
    offers.accept(case, by=home.doctors[1], now=TAKEN_AT, how="screen")
    assert case.owner == home.doctors[1]


def test_an_offer_whose_minute_has_not_come_is_left_alone(home) -> None:
    late = CaseOffer.objects.get().answer_by
    assert offers._lapse(home.case.pk, late - MINUTE) == 0
    assert offers._lapse(0, late) == 0
    assert offers._lapse(home.case.pk, late) == 1
    assert offers._lapse(home.case.pk, late) == 0


def test_it_may_be_offered_again_to_the_same_person(home) -> None:
    texts(home, 1, f"NO {home.case.code}")
    offer(home)
    assert Page.objects.filter(offer__isnull=False, clinician=home.doctors[1]).count() == 2


def test_what_cannot_be_offered_says_why(home) -> None:
    first, second = home.doctors
    for facts, code in (({}, "offered-already"), ({"by": second}, "not-yours"), ({"reason": " "}, "reason")):
        with pytest.raises(Refusal) as refused:
            offer(home, **facts)
        assert refused.value.code == code
    offers.decline(home.case, by=second, now=TAKEN_AT, reason="no")
    strangers = makers.a_clinician(makers.a_site(), Role.RESPONDER, phone=makers.a_phone())
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, phone=makers.a_phone())
    for person in (strangers, pharmacist, makers.a_clinician(home.site, Role.NURSE, phone=""), first):
        with pytest.raises(Refusal, match="cannot be paged for this case"):
            offer(home, to=person)


def test_on_the_screens_the_owner_hands_over_and_the_other_accepts_by_one_tap() -> None:
    site, now = makers.a_site(), clock.now()
    first, second = (makers.a_responder(site, n, name=f"Dr {'AB'[n - 1]}", since=now) for n in (1, 2))
    case, _ = escalations.raise_concern(
        site=site, patient=None, caller="+15550001111", urgency="urgent", headline="x", now=now
    )
    escalations.take(case.pk, by=first, now=now, how="screen")
    mine, path = makers.signed_in(first), f"/case/{case.pk}/"
    wrong = mine.post(f"{path}hand-over/", {"to": str(second.pk), "reason": ""})
    assert (wrong.status_code, "Say in a few words why you hand" in wrong.content.decode()) == (422, True)
    mine.post(f"{path}hand-over/", {"to": str(second.pk), "reason": "in theatre"})
    assert "asks Dr B to take this case over" in mine.get(path).content.decode()
    assert f"Accept: take case {case.code} over" in makers.signed_in(second).get(path).content.decode()
    [link] = re.findall(r"/t/\S+/", page(None).text.body)
    shown = Client().get(link).content.decode()
    assert "Dr A has it and asks you to take it over." in shown
    assert "theatre" not in shown
    Client().post(link)
    case.refresh_from_db()
    assert case.owner == second
    assert responders.already(case).startswith(f"{case.code} was taken by Dr B")
