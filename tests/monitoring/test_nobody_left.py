"""When nobody on the ladder is left to call: the desk, again while it is busy, and the ladder from its foot."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from monitoring import climbing, escalations, offers, voice
from monitoring.desk_calls import of as desk_calls_of
from monitoring.models import Escalation, Page
from notifications import clock, gateway
from notifications.models import Delivery, Lane, Message, Shift
from stepup import engine
from tests import makers
from tests.home import FEVER, MINUTE, NIGHT, Home
from tests.monitoring.responding import paged
from tests.monitoring.responding import texts as answer_to

pytestmark = [pytest.mark.database, pytest.mark.django_db]
SECOND = timedelta(seconds=1)
State = Escalation.State


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
