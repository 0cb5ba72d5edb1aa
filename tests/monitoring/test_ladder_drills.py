"""A whole ladder called for practice: who is called when, how it ends, what it shows, and what it never touches."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from monitoring import drills, escalations, ladder_drills, voice
from monitoring.models import Escalation, LadderDrill, Page, ReachTest
from monitoring.rules import DEFAULT, WatchRules
from notifications import clock
from notifications.models import Clinician, Delivery, Lane, Message, Role, Site
from protocols.errors import Refusal
from protocols.ladder import Rung
from stepup import engine
from tests import makers
from tests.makers import NOON
from tests.monitoring.responding import says

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
THREE = WatchRules(
    ladder=(
        Rung(("on call 1",), voice_after_minutes=2),
        Rung(("on call 2",), from_urgency="emergency"),
        Rung(("nurse",)),
    )
)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    return makers.doctors(site)


def begun(site: Site, rules: WatchRules = THREE, *, now: datetime = NOON) -> LadderDrill:
    by = makers.a_clinician(site, Role.LEAD)
    return ladder_drills.begin(site, rules=rules, named="the signed one", by=by, now=now)


def called(drill: LadderDrill) -> list[str]:
    return list(drill.tests.order_by("pk").values_list("clinician__name", flat=True))


def seen(drill: LadderDrill, now: datetime) -> list[tuple[int, str, object, bool]]:
    """Of each rung: who was called, after how many minutes they answered, and whether nobody stood there."""
    drill.refresh_from_db()
    return [
        (
            rung.number,
            one.name if one else "",
            one.took and one.took // MINUTE if one else None,
            rung.is_empty,
        )
        for rung in ladder_drills.result(drill, now=now)
        for one in (rung.people or (None,))
    ]


def test_the_next_rung_is_called_when_one_has_answered_or_had_its_minutes(site, people) -> None:
    drill = begun(site)
    assert called(drill) == ["Dr A"]
    assert engine.act(now=NOON + MINUTE)["drills"] == 0
    assert says(people[0], "1", now=NOON + 3 * MINUTE).startswith("This was a DRILL, no patient")
    assert engine.act(now=NOON + 3 * MINUTE)["drills"] == 1
    assert called(drill) == ["Dr A", "Dr B"], "a rung for emergencies is tried as well"
    assert engine.act(now=NOON + 7 * MINUTE)["drills"] == 0
    assert engine.act(now=NOON + 8 * MINUTE)["drills"] == 1
    assert seen(drill, NOON + 8 * MINUTE) == [
        (1, "Dr A", 3, False),
        (2, "Dr B", None, False),
        (3, "", None, True),
    ]
    assert (drill.end, drill.ended_at) == ("done", NOON + 8 * MINUTE)


def test_every_text_and_call_says_drill_and_a_key_answers(site, people) -> None:
    drill = begun(site)
    said = list(Message.objects.order_by("channel").values_list("channel", "lane", "body"))
    assert said == [
        ("text", Lane.PAGE_TEXT, "DRILL, no patient. Reply 1 to show that pages reach you."),
        ("voice", Lane.PAGE_VOICE, ""),
    ]
    call = Delivery.objects.get(lane=Lane.PAGE_VOICE)
    assert "This is a drill. There is no patient." in voice.spoken(call, key_action="/key/")
    assert "This was a drill" in voice.key_pressed(
        call, "1", call_sid="CA1", words_at="/", now=NOON + 2 * MINUTE
    )
    [rung, *_] = ladder_drills.result(drill, now=NOON + 2 * MINUTE)
    assert [(one.how, one.took) for one in rung.people] == [("key press", 2 * MINUTE)]


def test_a_route_waits_its_delay_goes_after_pages_and_is_not_rung_once_answered(site, people) -> None:
    begun(site)
    call = Delivery.objects.get(lane=Lane.PAGE_VOICE)
    assert (call.due_at, call.precedence) == (NOON + 2 * MINUTE, 2)
    says(people[0], "1", now=NOON + MINUTE)
    call.refresh_from_db()
    assert call.state == Delivery.State.CANCELLED


def test_a_call_does_not_wait_for_its_delay_once_the_text_has_failed(site, people) -> None:
    drill = begun(site)
    fails(Lane.PAGE_TEXT)
    assert engine.act(now=NOON + MINUTE)["drills"] == 0
    call = Delivery.objects.get(lane=Lane.PAGE_VOICE)
    assert (call.due_at, called(drill)) == (NOON + MINUTE, ["Dr A"])


def test_whom_neither_text_nor_call_reaches_is_not_waited_for(site, people) -> None:
    drill = begun(site)
    fails(Lane.PAGE_TEXT)
    fails(Lane.PAGE_VOICE)
    assert engine.act(now=NOON + MINUTE)["drills"] == 1
    assert called(drill) == ["Dr A", "Dr B"]


def fails(lane: Lane) -> None:
    facts = {"submitted_at": NOON, "ended_at": NOON, "error_code": "30003"}
    Delivery.objects.filter(lane=lane).update(state=Delivery.State.FAILED, **facts)


def test_an_answer_after_the_rung_s_minutes_is_shown_as_late(site, people) -> None:
    drill = begun(site, DEFAULT)
    [rung, *_] = ladder_drills.result(drill, now=NOON + 5 * MINUTE)
    assert rung.people[0].is_silent
    says(people[0], "ok", now=NOON + 6 * MINUTE)
    [rung, *_] = ladder_drills.result(drill, now=NOON + 6 * MINUTE)
    assert (rung.people[0].is_late, rung.people[0].is_silent) == (True, False)


def test_an_answer_within_a_long_rung_s_minutes_counts(site, people) -> None:
    drill = begun(site, WatchRules(ladder=(Rung(("on call 1",), emergency_minutes=30),)))
    says(people[0], "1", now=NOON + 22 * MINUTE)
    [rung, *_] = ladder_drills.result(drill, now=NOON + 30 * MINUTE)
    assert (rung.people[0].took, rung.people[0].is_late) == (22 * MINUTE, False)


def test_no_case_page_or_patient_is_touched(site, people) -> None:
    begun(site)
    assert (Escalation.objects.count(), Page.objects.count()) == (0, 0)
    assert not Message.objects.filter(lane__in=[Lane.REPLY, Lane.CHECKIN]).exists()


def test_a_case_that_comes_in_ends_the_drill_and_one_means_the_case(site, people) -> None:
    drill = begun(site)
    case, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=NOON + MINUTE
    )
    ladder_drills.climb(now=NOON + MINUTE)
    drill.refresh_from_db()
    assert (drill.end, called(drill)) == ("case", ["Dr A"])
    assert Message.objects.get(key=drills.call_key(drill.tests.get())).cancelled_at == NOON + MINUTE
    assert says(people[0], "1", now=NOON + 2 * MINUTE).startswith(f"You have {case.code}")


@pytest.mark.parametrize("why", ["drill-runs", "case-open", "nobody-on-call"])
def test_when_no_drill_is_begun(site, why) -> None:
    if why != "nobody-on-call":
        makers.a_responder(site, 1, name="Dr A")
    if why == "drill-runs":
        begun(site)
    if why == "case-open":
        escalations.raise_concern(
            site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=NOON
        )
    with pytest.raises(Refusal) as refusal:
        begun(site)
    assert refusal.value.code == why
    assert LadderDrill.objects.count() == (why == "drill-runs")


def test_it_is_begun_from_the_on_call_page_and_its_page_says_who_did_not_answer(site) -> None:
    now = clock.now()
    makers.a_responder(site, 1, name="Dr A", since=now)
    makers.an_approved_protocol(site, now=now)
    lead = makers.signed_in(makers.a_clinician(site, Role.LEAD))
    assert reverse("ladder-drills") in lead.get(reverse("on-call")).content.decode()
    signed, whole_list = [
        value for value, _ in lead.get(reverse("ladder-drills")).context["form"]["ladder"].field.choices
    ]
    assert whole_list == "list"
    page = lead.post(reverse("begin-drill"), {"ladder": signed}, follow=True).content.decode()
    assert "Every text and call says DRILL" in page
    assert "asked, no answer yet" in page
    again = lead.post(reverse("begin-drill"), {"ladder": signed})
    assert (again.status_code, "A drill is under way" in again.content.decode()) == (422, True)
    drill = LadderDrill.objects.get()
    ReachTest.objects.update(asked_at=now - 9 * MINUTE, due_at=now - MINUTE)
    LadderDrill.objects.update(began_at=now - 9 * MINUTE, next_at=now - MINUTE)
    ladder_drills.climb(now=now)
    page = lead.get(reverse("ladder-drill", args=[drill.pk])).content.decode()
    assert ("did not answer" in page, "nobody stood there" in page) == (True, True)
