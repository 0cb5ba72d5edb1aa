"""Who is called, who may act, and what is never taken for an answer."""

from datetime import timedelta
from itertools import chain, repeat

import pytest

from monitoring import caselog, codes, escalations, take_links, voice
from monitoring.models import Escalation, Page
from monitoring.texts import site_time
from notifications.models import Message, Role
from protocols.errors import Refusal
from tests import makers
from tests.home import HOUR, MINUTE, NIGHT, Home
from tests.monitoring.responding import paged
from tests.monitoring.responding import texts as answer_to

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
State = Escalation.State


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
    """A responder who answers yesterday's page late must not take somebody else's case, however long it was open."""
    Escalation.objects.update(code="1111")
    over = NIGHT + 73 * HOUR
    home.over(over)
    drawn = iter([111, 1222])
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(drawn))
    assert codes.fresh(over + after) == code


def test_where_no_code_is_at_rest_a_page_leaves_with_one_that_no_open_case_has(home, monkeypatch) -> None:
    """Thousands of cases in three days: whoever draws for ever pages nobody."""
    Escalation.objects.update(code="2222")
    home.over(NIGHT + HOUR)
    home.hears("38.6", at=NIGHT + 2 * HOUR)
    Escalation.objects.exclude(state=State.RESOLVED).update(code="1111")
    drawn = chain(repeat(111, codes.DRAWS + 50), repeat(1222))
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(drawn))
    assert codes.fresh(NIGHT + 2 * HOUR) == "2222"


def test_a_code_in_use_is_never_given_twice(home, monkeypatch) -> None:
    Escalation.objects.update(code="1111")
    drawn = iter([111, 1222])
    monkeypatch.setattr(codes.secrets, "randbelow", lambda _: next(drawn))
    assert codes.fresh(NIGHT + 100 * HOUR) == "2222"


# What declines it


def declined(home: Home) -> bool:
    return "declined" in home.history


@pytest.mark.parametrize(
    "words",
    [
        "NO {}", "No, {}.", "sorry, no {}", "cannot take {}, in surgery", "I can't do {}", "busy {}", "declined {}",
        "Can\N{RIGHT SINGLE QUOTATION MARK}t {}", "unable to take {}: driving",
    ],
)  # fmt: skip
def test_a_no_right_before_the_code_declines(home, words) -> None:
    said = answer_to(home, home.doctors[0].phone, words.format(home.case.code))
    assert "noted that you cannot take it" in said
    assert declined(home)


@pytest.mark.parametrize(
    "words",
    [
        "no problem, {} is mine", "No need to call others, {} is mine", "no {} is mine", "not {} yet?",
        "no {}, I have it", "cannot take {}? I have it", "can't wait, {}", "busy but taking {}", "I'm not busy {}",
    ],
)  # fmt: skip
def test_words_that_begin_with_a_no_and_say_something_else_are_not_guessed_at(home, words) -> None:
    said = answer_to(home, home.doctors[0].phone, words.format(home.case.code))
    assert said.startswith("To take a page")
    assert not declined(home)


def test_who_was_never_called_cannot_decline(home) -> None:
    due = home.case.next_at
    assert answer_to(home, home.doctors[1].phone, f"NO {home.case.code}") == (
        f"You were not called for case {home.case.code}. Whoever was has their time to answer."
    )
    assert (home.case.next_at, declined(home)) == (due, False), "Dr A still has theirs"


def test_a_role_that_works_on_no_case_cannot_decline(home) -> None:
    pharmacist = makers.a_clinician(home.site, Role.PHARMACIST, phone=makers.a_phone())
    home.case.pages.update(clinician=pharmacist)  # paged before the role was changed
    assert answer_to(home, pharmacist.phone, f"NO {home.case.code}") == "A pharmacist cannot take a case."
    assert not declined(home)


def test_the_screen_lets_only_who_was_called_decline(home) -> None:
    shown = [makers.signed_in(one).get(f"/case/{home.case.pk}/").content.decode() for one in home.doctors]
    assert ["I was called and cannot take it" in page for page in shown] == [True, False]


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


# What whoever has it is told


def test_how_a_case_stands_is_said_with_the_time_of_that(home) -> None:
    doctor, code, at = home.doctors[0], home.case.code, NIGHT
    said = [caselog.how_it_stands(home.case)]
    escalations.take(home.case.pk, by=doctor, now=at, how="text")
    said.append(caselog.how_it_stands(home.case))
    escalations.reach(home.case.pk, by=doctor, now=at + MINUTE)
    said.append(caselog.how_it_stands(home.case))
    ruled_out = [("crs", 0), ("icans", 0)]
    escalations.resolve(home.case.pk, by=doctor, now=at + 40 * MINUTE, outcome="home", grades=ruled_out)
    said.append(caselog.how_it_stands(home.case))
    taken, ended = site_time(home.site, at), site_time(home.site, at + 40 * MINUTE)
    assert said == [
        f"Case {code}: nobody has it yet.",
        f"Case {code}: taken by Dr A at {taken}.",
        f"Case {code}: patient reached. Dr A has it since {taken}.",
        f"Case {code}: resolved by Dr A at {ended}.",
    ]


@pytest.mark.parametrize("state", ["taken", "reached"])
def test_whoever_has_it_is_told_so_whatever_they_text_about_it(home, state) -> None:
    """Told by name who has it since when, somebody half asleep believes that their no was heard."""
    doctor, code = home.doctors[0], home.case.code
    escalations.take(home.case.pk, by=doctor, now=NIGHT, how="text")
    next_words = "Call the patient now"
    if state == "reached":
        escalations.reach(home.case.pk, by=doctor, now=NIGHT)
        next_words = "the patient was reached. Record the outcome"
    again = answer_to(home, doctor.phone, code)
    assert again.startswith(f"You have {code}")
    assert next_words in again
    no = answer_to(home, doctor.phone, f"NO {code}")
    assert no.startswith(f"You still have {code}.")
    assert "hand" in no
    assert (home.case.state, home.case.owner, home.history.count("declined")) == (state, doctor, 0)


def test_a_key_on_a_call_that_rang_on_tells_its_owner_that_they_have_it(home) -> None:
    doctor, code = home.doctors[0], home.case.code
    page = home.case.pages.get()
    answer_to(home, doctor.phone, code)
    call = page.voice.deliveries.get()
    assert f"You have {code}" in voice.spoken(call, key_action="/key")
    assert f"You still have {code}" in home.presses("9", on=page.voice, at=NIGHT + 2 * MINUTE)


def test_a_code_of_a_closed_case_is_answered_with_the_one_that_calls_now(home) -> None:
    """ "Nothing to do" would be read as an answer to the page that is ringing."""
    doctor, old = home.doctors[0], home.case
    page = old.pages.get()
    home.over(NIGHT + MINUTE)
    assert answer_to(home, doctor.phone, old.code) == f"{old.code} is closed. Nothing to do."
    home.hears("39.6 and shaking", at=NIGHT + 2 * MINUTE)
    for said in (
        answer_to(home, doctor.phone, old.code, at=NIGHT + 3 * MINUTE),
        answer_to(home, doctor.phone, f"NO {old.code}", at=NIGHT + 4 * MINUTE),
        take_links.look(take_links.find(page.token), now=NIGHT + 5 * MINUTE).says,
    ):
        called = home.case.code
        assert said == f"{old.code} is closed. You are called for {called}: reply with the code to take it."
    assert home.case.state == State.OPEN
