"""Who is called, who may act, and what is never taken for an answer."""

import copy
import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

import pytest

from monitoring import caselog, climbing, codes, escalations, offers, take_links, voice
from monitoring.desk_calls import of as desk_calls_of
from monitoring.models import Escalation, Page
from monitoring.texts import site_time
from notifications import clock, gateway
from notifications.models import Delivery, Lane, Message, Role, Shift
from protocols.errors import Refusal
from stepup import engine
from tests import kept, makers
from tests.home import FEVER, HOUR, MINUTE, Home
from tests.makers import NOON
from tests.monitoring import responding

pytestmark = [pytest.mark.database, pytest.mark.django_db]
NIGHT = NOON + 10 * HOUR
SECOND = timedelta(seconds=1)
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
    return responding.answer_to(reply)


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


# With nobody left to call


def desk_calls(home: Home) -> int:
    return Message.objects.filter(to=home.site.oncall_number, channel="voice", cancelled_at=None).count()


def alone(home: Home) -> None:
    """Dr A stands on the ladder by herself."""
    Shift.objects.filter(clinician=home.doctors[1]).delete()


def refuses(method: str, path: str, fields: Mapping[str, Any]) -> tuple[int, str]:
    """A provider to whom no number is one."""
    if method == "POST":
        return 400, json.dumps({"code": 21211, "message": "not a number", "status": 400})
    return 200, json.dumps({"messages": [], "calls": [], "page": 0, "page_size": 50, "next_page_uri": None})


def test_when_the_only_person_declines_the_desk_is_rung_and_they_keep_their_minutes(home) -> None:
    alone(home)
    due = home.case.next_at
    for seconds in (10, 20, 30):
        said = answer_to(home, home.doctors[0].phone, f"NO {home.case.code}", at=NIGHT + seconds * SECOND)
        home.tick(NIGHT + seconds * SECOND)
        assert said == f"{home.case.code}: noted. Nobody else is left to call, so the desk is rung."
    assert (paged(home), desk_calls(home), home.case.next_at) == (["Dr A"], 1, due)
    home.tick(due)
    assert paged(home) == ["Dr A", "Dr A"], "and the ladder starts again at its time"


def test_the_last_who_declines_is_told_so_and_nobody_is_called_twice_for_it(home) -> None:
    first, second = home.doctors
    assert "The next person is called now" in answer_to(home, first.phone, f"NO {home.case.code}")
    home.tick(NIGHT + MINUTE)
    due = home.case.next_at
    for doctor in (second, first):
        assert "the desk is rung" in answer_to(
            home, doctor.phone, f"NO {home.case.code}", at=NIGHT + 2 * MINUTE
        )
        home.tick(NIGHT + 2 * MINUTE)
    assert (paged(home), desk_calls(home), home.case.next_at) == (["Dr A", "Dr B"], 1, due)
    assert home.case.events.filter(what="desk rung").count() == 1


def test_a_no_said_again_or_late_takes_no_minute_from_whoever_is_called_by_then(home) -> None:
    first, second = home.doctors
    makers.a_responder(home.site, 3, name="Dr C")
    for seconds in (10, 20):
        said = answer_to(home, first.phone, f"NO {home.case.code}", at=NIGHT + seconds * SECOND)
        home.tick(NIGHT + seconds * SECOND)
        assert "The next person is called now" in said
    assert paged(home) == ["Dr A", "Dr B"], "Dr B has theirs"
    assert home.history.count("declined") == 2, "and both are in the history"
    answer_to(home, second.phone, f"NO {home.case.code}", at=NIGHT + 30 * SECOND)
    home.tick(NIGHT + 30 * SECOND)
    assert paged(home) == ["Dr A", "Dr B", "Dr C"]


def test_a_late_no_rings_no_desk_while_the_last_person_is_being_called(home) -> None:
    """Rung too early, the desk would not be rung again when nobody is left."""
    first, second = home.doctors
    home.tick(home.case.next_at)
    late, due = home.case.pages.latest("pk").at + MINUTE, home.case.next_at
    said = answer_to(home, first.phone, f"NO {home.case.code}", at=late)
    home.tick(late)
    assert "The next person is called now" in said, "Dr B is"
    assert (paged(home), desk_calls(home), home.case.next_at) == (["Dr A", "Dr B"], 0, due)
    assert "the desk is rung" in answer_to(home, second.phone, f"NO {home.case.code}", at=late + MINUTE)
    assert (desk_calls(home), home.case.next_at) == (1, due)


def test_the_screen_says_the_same_to_the_last_who_declines(home) -> None:
    alone(home)
    mine, path = makers.signed_in(home.doctors[0]), f"/case/{home.case.pk}/"
    said = mine.post(f"{path}decline/", {"reason": "driving"}, follow=True).content.decode()
    assert "Nobody else is left to call, so the desk is rung." in said
    assert "next person is being called" not in said


def test_whoever_hands_a_case_back_reads_who_is_called_for_it_now(home) -> None:
    second = home.doctors[1]
    mine, path = makers.signed_in(second), f"/case/{home.case.pk}/"

    def said() -> str:
        escalations.take(home.case.pk, by=second, now=clock.now(), how="screen")
        return mine.post(f"{path}hand-back/", {"reason": "in theatre"}, follow=True).content.decode()

    makers.a_responder(home.site, 2, name="Dr C", since=clock.now())
    assert "Handed back. Dr C is being called." in said()
    Shift.objects.all().delete()
    assert "Handed back. Nobody is on any rung, so the desk is rung." in said()


def test_h13_dead_phones_on_every_rung_ring_the_desk_once_a_round_and_do_not_spin(home) -> None:
    for second in range(1, 61):
        for page in Page.objects.filter(unheard_at=None):
            home.fails([page.text, page.voice], "21211", at=NIGHT)
        home.tick(NIGHT + second * SECOND)
    assert (paged(home), desk_calls(home)) == (["Dr A", "Dr B"], 1)
    again = home.case.next_at
    assert again > NIGHT + 4 * MINUTE, "the last rung has its minutes"
    home.tick(again)
    assert paged(home) == ["Dr A", "Dr B", "Dr A"]


def test_a_provider_that_refuses_every_number_spins_no_ladder(home) -> None:
    with gateway.through(refuses):
        for second in range(1, 31):
            engine.tick(now=NIGHT + second * SECOND, patience=0 * SECOND)
    assert (len(paged(home)), desk_calls(home)) == (2, 1)


def test_the_desk_rung_early_is_rung_in_its_own_round_too(home) -> None:
    """Everybody has left by then: the call for want of anybody is another than the one before."""
    alone(home)
    answer_to(home, home.doctors[0].phone, f"NO {home.case.code}")
    Shift.objects.all().delete()
    home.tick(home.case.next_at)
    assert desk_calls(home) == 2


def desk_is(home: Home, how: str, *, at: datetime) -> None:
    """How the newest call to the desk ended."""
    home.fails(list(desk_calls_of(home.case).order_by("-pk")[:1]), how, at=at)


@pytest.mark.parametrize("who_is_there", ["one who declined", "nobody"])
def test_h13_a_desk_that_was_busy_is_rung_again_a_minute_later_until_it_answers(home, who_is_there) -> None:
    alone(home)
    if who_is_there == "nobody":
        Shift.objects.all().delete()
        home.tick(home.case.next_at)
    else:
        answer_to(home, home.doctors[0].phone, f"NO {home.case.code}")
    rung, due = desk_calls_of(home.case).get().created_at, home.case.next_at
    for calls in (1, 2):
        desk_is(home, "busy", at=rung + 20 * SECOND)
        engine.act(now=rung + 59 * SECOND)
        assert desk_calls(home) == calls, "a minute is let go by"
        rung += MINUTE
        for now in (rung, rung + SECOND):
            engine.act(now=now)
            assert desk_calls(home) == calls + 1
    engine.act(now=rung + 90 * SECOND)
    assert (desk_calls(home), home.case.next_at) == (3, due), "of the last nobody knows that it failed"
    assert home.history.count("desk rung") == 1, "one miss, however often it was tried"
    assert home.history.count("desk rung again") == 2


def test_a_busy_desk_is_rung_no_more_once_others_are_called_or_somebody_has_it(home) -> None:
    alone(home)
    doctor, due = home.doctors[0], home.case.next_at
    answer_to(home, doctor.phone, f"NO {home.case.code}", at=due - 50 * SECOND)
    desk_is(home, "busy", at=due - 40 * SECOND)
    engine.act(now=due)
    engine.act(now=due + MINUTE)
    assert (paged(home), desk_calls(home)) == (["Dr A", "Dr A"], 1), (
        "somebody is called, in a round that has its own"
    )
    answer_to(home, doctor.phone, f"NO {home.case.code}", at=due + 2 * MINUTE)
    desk_is(home, "busy", at=due + 3 * MINUTE)
    answer_to(home, doctor.phone, home.case.code, at=due + 3 * MINUTE)
    climbing.notice_unheard_pages(now=due + 4 * MINUTE)
    assert (home.case.state, desk_calls_of(home.case).count()) == (State.TAKEN, 2)


def test_a_case_is_climbed_for_as_many_rounds_as_it_takes(home) -> None:
    alone(home)
    Escalation.objects.update(round=32767)
    home.tick(home.case.next_at)
    assert (home.case.round, home.case.pages.latest("pk").round) == (32768, 32768)
    assert paged(home) == ["Dr A", "Dr A"]


def test_the_desk_hears_twice_which_case_it_is() -> None:
    """Whoever picks up at night has neither pen nor page before them, and no key says it again."""
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    said = voice.spoken(desk_calls_of(home.case).get().deliveries.get(), key_action="/key")
    assert said.count(f"Case {' '.join(home.case.code)} is open and nobody on call has it") == 2


def test_a_call_about_news_says_of_which_case_and_only_to_whoever_has_it(home) -> None:
    first, second = home.doctors
    escalations.take(home.case.pk, by=first, now=NIGHT, how="text")
    home.hears("39.6", at=NIGHT + MINUTE)
    call = Message.objects.get(key__startswith="news:", channel="voice").deliveries.get()
    said = voice.spoken(call, key_action="/key")
    assert f"More has come in about case {' '.join(home.case.code)}, which you have." in said
    offers.make(home.case.pk, to=second, by=first, reason="in theatre", now=NIGHT + MINUTE)
    escalations.take(home.case.pk, by=second, now=NIGHT + MINUTE, how="text")
    said = voice.spoken(call, key_action="/key")
    assert "which you have" not in said
    assert f"{home.case.code} was taken by Dr B" in said
    escalations.hand_back(home.case.pk, by=second, reason="ill", now=NIGHT + MINUTE)
    assert "nobody has it yet" in voice.spoken(call, key_action="/key")
    makers.resolved(home.case, by=first, now=NIGHT + 2 * MINUTE)
    said = voice.spoken(call, key_action="/key")
    assert f"{home.case.code} is closed." in said


def test_with_nobody_on_any_rung_the_number_a_person_answers_is_rung() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    call = Message.objects.get(to=home.site.oncall_number)
    assert (call.channel, call.lane) == ("voice", Lane.PAGE_VOICE)
    said = voice.spoken(call.deliveries.get(), key_action="/key")
    assert f"Case {' '.join(home.case.code)} is open and nobody on call has it" in said
    assert "paging service itself" not in said
    assert call.deliveries.get().state == Delivery.State.PENDING
    assert "nobody on rung" in home.history


def test_the_desk_is_rung_again_every_round_while_nobody_is_on_call() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    home.tick(NIGHT + 16 * MINUTE)
    assert Message.objects.filter(to=home.site.oncall_number, channel="voice").count() == 2


def test_a_call_to_the_desk_that_is_answered_late_says_who_has_the_case_by_now() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT + SECOND, how="screen")
    call = Delivery.objects.get(message__to=home.site.oncall_number)
    assert f"{home.case.code} was taken by Dr A" in voice.spoken(call, key_action="/key")


def test_the_desk_is_no_longer_rung_when_somebody_has_it() -> None:
    home = Home()
    Shift.objects.all().delete()
    home.hears(FEVER, at=NIGHT)
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT + timedelta(seconds=1), how="screen")
    call = Delivery.objects.get(message__to=home.site.oncall_number)
    assert call.state == Delivery.State.CANCELLED
