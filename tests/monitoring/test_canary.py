"""The text the service sends to itself: when it goes, that it comes back by the real way, and what its silence does."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from monitoring import canary, inbound, pulse, worklist
from monitoring.models import Canary, Escalation, Reply, Task
from notifications import accounts, clock, heartbeat
from notifications.models import Account, Message, Site
from stepup import engine, figures
from tests import makers
from tests.makers import NOON
from tests.story import Clinic
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


def sent(now: datetime) -> Canary:
    canary.send_due(now=now)
    return Canary.objects.latest("sent_at")


def returns(one: Canary, *, now: datetime, sender: str = "", words: str = "") -> Reply:
    """It arrives at the patients' number."""
    return inbound.receive(
        provider_sid=f"SM-canary-{Reply.objects.count()}",
        sender=sender or one.site.page_number,
        sent_to=one.site.patient_number,
        body=words or one.text.body,
        now=now,
    )


def lapses(now: datetime) -> Canary:
    """One goes out at `now` and is not back in time."""
    one = sent(now)
    canary.look_after(now=now + canary.BACK_WITHIN)
    return one


@pytest.mark.django_db(transaction=True)
def test_it_goes_out_by_the_page_lane_and_comes_back_in_by_the_signed_door(provider) -> None:
    clinic = Clinic(provider)
    handset = {"number": clinic.patient.phone, "to": clinic.site.patient_number}
    provider._send("PUT", "/double/handsets", [handset])
    engine.text_ourselves(now=clock.now())
    clinic.settle()
    one = Canary.objects.get()
    until(lambda: canary.heard_at(clinic.site) is not None, "the canary to come back")
    reply = Reply.objects.get(body=one.text.body)
    assert (reply.who, one.text.sender, reply.sent_to) == (
        "service", clinic.site.page_number, clinic.site.patient_number,
    )  # fmt: skip
    assert not Task.objects.exclude(unread_from="").exists(), "nobody has to read it"


@pytest.mark.parametrize(
    ("minutes", "many"), [(0, 1), (9, 1), (10, 2), (25, 2)], ids=["at once", "early", "due", "after a gap"]
)
def test_one_goes_every_ten_minutes(site, minutes, many) -> None:
    returns(sent(NOON), now=NOON)
    canary.send_due(now=NOON + minutes * MINUTE)
    assert Canary.objects.count() == many


def test_while_one_is_on_its_way_no_other_goes(site) -> None:
    sent(NOON)
    canary.send_due(now=NOON + canary.EVERY)
    assert Canary.objects.count() == 1


@pytest.mark.parametrize(
    ("words", "known"),
    [("", True), ("StepUp canary 0123456789abcdef", False), ("38.6 and shaking", False)],
    ids=["it", "a token nobody sent", "other words"],
)
def test_a_text_from_our_own_number_is_never_answered_nor_put_before_anybody(site, words, known) -> None:
    reply = returns(sent(NOON), now=NOON + MINUTE, words=words)
    reply.refresh_from_db()
    assert (reply.who, reply.understood_at) == ("service", NOON + MINUTE)
    assert (canary.heard_at(site) is not None) is known
    assert Message.objects.exclude(canary__isnull=False).count() == 0
    assert (Task.objects.count(), Escalation.objects.count()) == (0, 0)


def test_a_stranger_who_knows_a_token_is_a_stranger(site) -> None:
    returns(sent(NOON), now=NOON, sender=makers.a_phone())
    assert canary.heard_at(site) is None


def test_it_counts_when_it_came_back_by_the_second_account_s_number() -> None:
    site = makers.a_site(fallback_number="+15550160009")
    accounts.note_out(Account.FIRST, "error 30002", now=NOON)
    returns(sent(NOON), now=NOON, sender=site.fallback_number)
    assert canary.heard_at(site) == NOON


# Late


LATE = [
    ("on its way", [(0, None)], 2, False),
    ("due back", [(0, None)], 3, True),
    ("back", [(0, 1)], 5, False),
    ("back, and none sent since", [(0, 1)], 16, True),
    ("the one after it is on its way", [(0, 1), (10, None)], 12, False),
    ("the one after it is lost", [(0, 1), (10, None)], 13, True),
    ("lost, the next is on its way", [(0, None), (10, None)], 11, True),
    ("lost, the next is back", [(0, None), (10, 11)], 11, False),
    ("late, and back after all", [(0, 5)], 6, False),
]


@pytest.mark.parametrize(("name", "sent_and_back", "at", "late"), LATE, ids=[row[0] for row in LATE])
def test_when_it_is_late(site, name, sent_and_back, at, late) -> None:
    for minute, back in sent_and_back:
        canary.look_after(now=NOON + minute * MINUTE)
        one = sent(NOON + minute * MINUTE)
        if back is not None:
            returns(one, now=NOON + back * MINUTE)
    assert canary.is_late(site, now=NOON + at * MINUTE) is late


@pytest.mark.parametrize(
    ("watched", "minutes", "late"),
    [(False, 600, False), (True, 14, False), (True, 15, True)],
    ids=["nobody is watched", "the service has just begun", "watched for as long"],
)
def test_a_site_that_never_had_one_is_late_once_somebody_is_watched(site, watched, minutes, late) -> None:
    if watched:
        makers.a_dose(makers.a_course(makers.a_patient(site)))
    assert canary.is_late(site, now=NOON + minutes * MINUTE) is late


def test_its_silence_turns_the_health_page_red_and_stands_on_the_board_and_in_the_figures(site) -> None:
    now = clock.now()
    for part in heartbeat.parts():
        heartbeat.sign_in(part, now=now, broken={})
    returns(sent(now - 5 * MINUTE), now=now - 4 * MINUTE)
    nurse = makers.signed_in(makers.a_clinician(site))

    def seen() -> tuple[int, list[str], bool, bool, float]:
        answer = nurse.get("/healthz")
        board = nurse.get(reverse("board")).content.decode()
        [late] = [one.samples[0].value for one in figures.take(now=now) if one.name == "stepup_canary_late"]
        well = pulse.take(site, now=now).canary_late
        return answer.status_code, answer.json()["canary_late"], "Texts may not arrive" in board, well, late

    assert seen() == (200, [], False, False, 0)
    assert 235 < nurse.get("/healthz").json()["canary_seconds"][site.slug] < 300
    Canary.objects.update(sent_at=now - 16 * MINUTE)
    assert seen() == (503, [site.slug], True, True, 1)


def test_the_last_page_that_the_board_speaks_of_is_no_canary(site) -> None:
    one = sent(NOON)
    one.text.deliveries.update(state="delivered", submitted_at=NOON, ended_at=NOON)
    assert pulse.take(site, now=NOON).page_heard_at is None


# What is done about it


def test_the_first_silence_is_a_task_and_the_second_pages_where_somebody_is_watched(site) -> None:
    makers.a_responder(site, 1, name="Dr A")
    makers.a_dose(makers.a_course(makers.a_patient(site)))
    lapses(NOON)
    assert Task.objects.get(what=canary.SILENT).pages_when_late is False
    lapses(NOON + canary.EVERY)
    task = Task.objects.get(what=canary.SILENT)
    assert task.pages_when_late is True
    worklist.page_for_late(now=task.due_at)
    assert canary.SILENT in Escalation.objects.get().headline


def test_where_nobody_is_watched_it_stays_a_task(site) -> None:
    lapses(NOON)
    lapses(NOON + canary.EVERY)
    assert Task.objects.get(what=canary.SILENT).pages_when_late is False


def test_one_that_comes_back_ends_the_task(site) -> None:
    lapses(NOON)
    returns(sent(NOON + canary.EVERY), now=NOON + 11 * MINUTE)
    task = Task.objects.get(what=canary.SILENT)
    assert (task.done_at, task.outcome) == (NOON + 11 * MINUTE, "a test text came back")


def test_a_lapse_is_noted_once(site) -> None:
    lapses(NOON)
    assert canary.look_after(now=NOON + canary.EVERY) == 0
