"""The alarm the service makes up: that it is understood, paged and taken by the real way, and what its silence does."""

from datetime import datetime, timedelta

import pytest
from django.urls import reverse

from monitoring import board, canary, codes, inbound, pulse, responders, worklist
from monitoring.models import Canary, Escalation, EscalationEvent, Finding, Page, Patient, Reply, Task, Watch
from notifications import accounts, clock, heartbeat
from notifications.models import Account, AuditEntry, Clinician, Lane, Message, Site
from protocols import triage
from stepup import engine, figures
from tests import makers
from tests.makers import NOON
from tests.story import Clinic
from tests.waiting import until

pytestmark = [pytest.mark.database, pytest.mark.django_db]
MINUTE = timedelta(minutes=1)
LEFT = (Patient, Watch, Clinician, Escalation, EscalationEvent, Page, Finding, Task, AuditEntry)


@pytest.fixture
def site() -> Site:
    return makers.a_site()


def sent(now: datetime) -> Canary:
    canary.send_due(now=now)
    return Canary.objects.latest("sent_at")


def arrives(message: Message, *, now: datetime, sender: str = "", words: str = "", sid: str = "") -> Reply:
    """A text of ours comes in where it was sent to."""
    return inbound.receive(
        provider_sid=sid or f"SM-canary-{Reply.objects.count()}",
        sender=sender or message.sender,
        sent_to=message.to,
        body=words or message.body,
        now=now,
    )


def returns(one: Canary, *, now: datetime, sender: str = "") -> Canary:
    """All three of its texts arrive: the fever, the page it became, the code that takes it."""
    for what in ("text", "page", "answer"):
        arrives(getattr(one, what), now=now, sender=sender)
        one.refresh_from_db()
    return one


def lapses(now: datetime) -> Canary:
    """One goes out at `now` and is not back in time."""
    one = sent(now)
    canary.look_after(now=now + canary.BACK_WITHIN)
    return one


@pytest.mark.django_db(transaction=True)
def test_a_made_up_fever_goes_in_at_the_front_door_is_paged_and_taken_and_nobody_is_woken(provider) -> None:
    clinic = Clinic(provider)
    numbers = (clinic.site.patient_number, clinic.site.page_number)
    phones = (clinic.patient.phone, clinic.people["Dr A"].phone)
    handsets = [{"number": phone, "to": to} for phone, to in zip(phones, numbers, strict=True)]
    provider._send("PUT", "/double/handsets", handsets)
    engine.text_ourselves(now=clock.now())
    clinic.settle()
    until(lambda: clinic.settle() and canary.walked_at(clinic.site), "the canary to be taken")
    one = Canary.objects.get()
    assert one.page is not None
    assert f"reply {one.code} to take it" in one.page.body
    assert one.answer is not None
    assert (one.answer.sender, one.answer.to) == (clinic.site.patient_number, clinic.site.page_number)
    assert set(Reply.objects.values_list("who", flat=True)) == {"service"}
    assert not [name for name in clinic.people if clinic.phone_of(name)]
    assert not clinic.phone_of("patient")


def test_nothing_of_the_made_up_patient_is_left(site) -> None:
    makers.a_responder(site, 1, name="Dr A")
    before = {model: model.objects.count() for model in LEFT}
    returns(sent(NOON), now=NOON)
    assert {model: model.objects.count() for model in LEFT} == before
    assert Message.objects.exclude(key__startswith="canary:").count() == 0
    assert board.look(site, now=NOON).watched == 0


@pytest.mark.parametrize(
    ("breaks", "reached"),
    [("triage.assess", "nothing"), ("responders._done", "its page")],
    ids=["not understood", "not taken"],
)
def test_an_alarm_that_would_be_lost_on_the_way_loses_the_canary(site, monkeypatch, breaks, reached) -> None:
    """The operations of the service itself are walked: a fault in one of them keeps the canary from being taken."""
    module, name = breaks.split(".")
    harmless = triage.assess("98.6", triage.Context(asked="temperature"))
    broken = {"assess": lambda *_: harmless, "_done": lambda *_: "thank you"}[name]
    monkeypatch.setattr({"triage": triage, "responders": responders}[module], name, broken)
    one = sent(NOON)
    for what in ("text", "page", "answer"):
        if message := getattr(one, what):
            arrives(message, now=NOON)
            one.refresh_from_db()
    assert (one.taken_at, one.reached) == (None, reached)
    assert canary.is_late(site, now=NOON + canary.BACK_WITHIN)
    assert not Task.objects.exclude(what=canary.SILENT).exists(), "nobody is asked to read it"


def test_each_text_moves_it_once_and_in_order(site) -> None:
    one = sent(NOON)
    first = arrives(one.text, now=NOON)
    arrives(one.text, now=NOON, sid=first.provider_sid)
    arrives(one.text, now=NOON + MINUTE)
    one.refresh_from_db()
    assert one.back_at == NOON
    arrives(one.page, now=NOON, words=one.code)
    one.refresh_from_db()
    assert (one.paged_at, one.taken_at) == (None, None), (
        "the code alone is no page, and takes nothing before one"
    )


def test_its_code_is_no_case_s_while_it_is_on_its_way(site, monkeypatch) -> None:
    one = sent(NOON)
    arrives(one.text, now=NOON)
    one.refresh_from_db()
    drawn = iter([int(one.code) - 1000, 1])
    monkeypatch.setattr("monitoring.codes.secrets.randbelow", lambda _: next(drawn))
    assert codes.fresh(NOON) == "1001"


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


def test_one_that_was_lost_while_the_service_was_away_is_followed_at_once(site) -> None:
    """An update in the middle of its way: red for as long as the next one takes, not for the rest of ten minutes."""
    sent(NOON)
    back = NOON + 4 * MINUTE
    assert canary.is_late(site, now=back)
    engine.act(now=back)
    engine.text_ourselves(now=back)
    assert Canary.objects.count() == 2
    returns(Canary.objects.latest("sent_at"), now=back + timedelta(seconds=8))
    assert not canary.is_late(site, now=back + timedelta(seconds=8))


@pytest.mark.parametrize(
    ("words", "known"),
    [("", True), ("StepUp canary 0123456789abcdef: 39.4", False), ("38.6 and shaking", False)],
    ids=["it", "a token nobody sent", "other words"],
)
def test_a_text_from_our_own_number_is_never_put_before_anybody(site, words, known) -> None:
    one = sent(NOON)
    reply = arrives(one.text, now=NOON + MINUTE, words=words)
    reply.refresh_from_db()
    one.refresh_from_db()
    assert (reply.who, reply.understood_at) == ("service", NOON + MINUTE)
    assert (one.back_at is not None) is known
    assert Message.objects.count() == 1 + known
    assert (Task.objects.count(), Escalation.objects.count()) == (0, 0)


def test_a_stranger_who_knows_a_token_is_a_stranger(site) -> None:
    one = sent(NOON)
    arrives(one.text, now=NOON, sender=makers.a_phone())
    one.refresh_from_db()
    assert one.back_at is None


def test_it_counts_when_it_came_back_by_the_second_account_s_number() -> None:
    site = makers.a_site(fallback_number="+15550160009")
    accounts.note_out(Account.FIRST, "error 30002", now=NOON)
    one = returns(sent(NOON), now=NOON, sender=site.fallback_number)
    assert (canary.walked_at(site), one.answer.lane) == (NOON, Lane.PAGE_TEXT)


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
        well = pulse.take(site, ladders=(), now=now).canary_late
        return answer.status_code, answer.json()["canary_late"], "Texts may not arrive" in board, well, late

    assert seen() == (200, [], False, False, 0)
    assert 235 < nurse.get("/healthz").json()["canary_seconds"][site.slug] < 300
    Canary.objects.update(sent_at=now - 16 * MINUTE)
    assert seen() == (503, [site.slug], True, True, 1)


def test_the_last_page_that_the_board_speaks_of_is_no_canary(site) -> None:
    one = sent(NOON)
    one.text.deliveries.update(state="delivered", submitted_at=NOON, ended_at=NOON)
    assert pulse.take(site, ladders=(), now=NOON).page_heard_at is None


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
    assert (task.done_at, task.outcome) == (NOON + 11 * MINUTE, "a test alarm was paged and taken")


def test_a_lapse_is_noted_once(site) -> None:
    lapses(NOON)
    assert canary.look_after(now=NOON + canary.EVERY) == 0
