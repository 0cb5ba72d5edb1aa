"""Who is called, who may act, and what is never taken for an answer."""

import copy
from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitoring import codes, escalations
from monitoring.models import Escalation, Page
from notifications.models import Delivery, Lane, Message, Role, Shift
from protocols.errors import Refusal
from tests import kept, makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = NOON + 10 * HOUR
State = Escalation.State


@pytest.fixture(scope="module")
def kept_home(django_db_setup, django_db_blocker) -> Iterator[Home]:
    with kept.made(lambda: Home.with_fever("39.4", at=NIGHT), django_db_blocker) as home:
        yield home


@pytest.fixture
def home(db, kept_home) -> Home:
    """A fever was texted, and Dr A has been paged."""
    return copy.deepcopy(kept_home)


def paged(home: Home) -> list[str]:
    return list(home.case.pages.order_by("pk").values_list("clinician__name", flat=True))


def answer_to(home: Home, phone: str, words: str, *, at: object = NIGHT + MINUTE) -> str:
    """What a text to the paging number is answered with."""
    reply = home.hears(words, at=at, sender=phone, to=home.site.page_number)
    return Message.objects.get(key=f"answer:{reply.pk}").body


# Who may act


def test_only_the_owner_records_that_the_patient_was_reached(home) -> None:
    first, second = home.doctors
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    with pytest.raises(Refusal, match="Dr A has case"):
        escalations.reach(home.case.pk, by=second, now=NIGHT)
    assert home.case.state == State.TAKEN


def test_only_the_owner_closes_a_case(home) -> None:
    first, second = home.doctors
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    escalations.reach(home.case.pk, by=first, now=NIGHT)
    with pytest.raises(Refusal, match="Dr A has case"):
        escalations.resolve(home.case.pk, by=second, now=NIGHT, outcome="no concern")
    assert home.case.state == State.REACHED


def test_only_the_owner_hands_a_case_back(home) -> None:
    first, second = home.doctors
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    with pytest.raises(Refusal, match="Dr A has case"):
        escalations.hand_back(home.case.pk, by=second, now=NIGHT, reason="mine")
    assert home.case.state == State.TAKEN


def test_a_case_handed_back_pages_at_once(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[1], now=NIGHT, how="text")
    back = NIGHT + MINUTE
    escalations.hand_back(home.case.pk, by=home.doctors[1], now=back, reason="in surgery")
    page = Page.objects.get(escalation=home.case, generation=2)
    assert (page.clinician, page.at) == (home.doctors[0], back)
    assert home.case.next_at > back


def test_a_role_that_may_not_take_a_case_is_told_why_while_it_is_open(home) -> None:
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, phone=makers.a_phone())
    said = answer_to(home, pharmacist.phone, home.case.code)
    assert said == "A pharmacist cannot take a case."
    assert home.case.state == State.OPEN


# What takes a case


@pytest.mark.parametrize("words", ["❌ {}", "👎 {}", "{} ❌", "✗ {}", "{}?"])
def test_a_sign_beside_the_code_is_not_guessed_at(home, words) -> None:
    said = answer_to(home, home.doctors[0].phone, words.format(home.case.code))
    assert home.case.state == State.OPEN
    assert said.startswith("To take a page")


@pytest.mark.parametrize("words", ["{}", "ok {}", " {}. "])
def test_the_code_alone_takes_it(home, words) -> None:
    answer_to(home, home.doctors[0].phone, words.format(home.case.code))
    assert home.case.owner == home.doctors[0]


def test_a_page_that_came_by_the_second_account_is_answered_to_its_number(home) -> None:
    home.site.fallback_number = "+15550160001"
    home.site.save()
    home.hears("ok", at=NIGHT + MINUTE, sender=home.doctors[0].phone, to="+15550160001")
    assert home.case.owner == home.doctors[0], "a bare yes counts there as at the paging number"


@pytest.mark.parametrize(("after", "code"), [(72 * HOUR, "2222"), (72 * HOUR + MINUTE, "1111")])
def test_a_code_rests_for_three_days(home, monkeypatch, after, code) -> None:
    """A responder who answers yesterday's page late must not take somebody else's case."""
    Escalation.objects.update(code="1111")
    home.over(NIGHT)
    drawn = iter([111, 1222])
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(drawn))
    assert codes.fresh(NIGHT + after) == code


def test_a_code_in_use_is_never_given_twice(home, monkeypatch) -> None:
    Escalation.objects.update(code="1111")
    drawn = iter([111, 1222])
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(drawn))
    assert codes.fresh(NIGHT + 100 * HOUR) == "2222"


# Who is called next


def test_a_nine_on_the_call_declines_and_the_next_is_called(home) -> None:
    said = home.presses("9", on=Page.objects.get().voice, at=NIGHT + MINUTE)
    assert "noted that you cannot take it" in said
    assert home.case.events.get(what="declined").by == home.doctors[0]
    home.tick(NIGHT + MINUTE)
    assert paged(home) == ["Dr A", "Dr B"]


def test_a_page_that_reached_nobody_costs_no_more_time(home) -> None:
    home.fails(Message.objects.filter(to=home.doctors[0].phone), "30003", at=NIGHT)
    home.tick(NIGHT + MINUTE)
    home.tick(NIGHT + 2 * MINUTE)
    assert paged(home) == ["Dr A", "Dr B"], "thirteen minutes early"
    assert "page failed" in home.history


def test_a_page_whose_call_still_rings_is_given_its_time(home) -> None:
    home.fails(Message.objects.filter(to=home.doctors[0].phone, channel="text"), "30003", at=NIGHT)
    home.tick(NIGHT + MINUTE)
    home.tick(NIGHT + 2 * MINUTE)
    assert paged(home) == ["Dr A"]


def test_with_nobody_on_any_rung_the_number_a_person_answers_is_rung() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    call = Message.objects.get(to=home.site.oncall_number)
    assert (call.channel, call.lane) == ("voice", Lane.PAGE_VOICE)
    assert call.deliveries.get().state == Delivery.State.PENDING
    assert "nobody on rung" in home.history


def test_the_desk_is_rung_again_every_round_while_nobody_is_on_call() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    home.tick(NIGHT + 16 * MINUTE)
    assert Message.objects.filter(to=home.site.oncall_number, channel="voice").count() == 2


def test_the_desk_is_no_longer_rung_when_somebody_has_it() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT + timedelta(seconds=1), how="screen")
    call = Delivery.objects.get(message__to=home.site.oncall_number)
    assert call.state == Delivery.State.CANCELLED
