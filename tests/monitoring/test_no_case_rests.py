"""A case always has a next act, and the act happens at its minute: what may never be left out of escalation.

Each of these was once left out on purpose (`benchmarks/breaks.py`), to see a test here fail.
"""

from datetime import datetime, timedelta

import pytest

from monitoring import escalations, inbound
from monitoring.models import CheckIn, Escalation, Page, Reply
from notifications import crashing
from notifications.models import Delivery, Lane
from protocols import wording
from stepup import engine
from tests.home import FEVER, HOUR, MINUTE, NIGHT, Home

pytestmark = [pytest.mark.database, pytest.mark.django_db]
REACH, URGENT, TELL = 15 * MINUTE, 15 * MINUTE, 10 * MINUTE
State = Escalation.State
ACCEPTED = {"state": Delivery.State.ACCEPTED, "provider_sid": "SM-left", "deadline_at": NIGHT + 2 * MINUTE}


def climb(at: datetime) -> None:
    escalations.climb(now=at)


def paged(home: Home) -> list[str]:
    return list(home.case.pages.order_by("pk").values_list("clinician__name", flat=True))


def test_h13_the_ladder_goes_round_as_long_as_nobody_takes_it(home) -> None:
    for turn in range(1, 8):
        climb(NIGHT + turn * URGENT - timedelta(seconds=1))
        assert len(paged(home)) == turn, "a second early nobody is paged"
        climb(NIGHT + turn * URGENT)
    assert paged(home) == ["Dr A", "Dr B"] * 4
    assert (home.case.round, home.case.next_at) == (4, NIGHT + 8 * URGENT)


@pytest.mark.parametrize("left", [False, True], ids=["nothing left", "a page left"])
def test_a_case_of_which_no_page_ever_left_keeps_its_place_in_the_queue(home, left) -> None:
    """In a storm pages run out of time unsent. Queued behind all others each time, some cases would never be paged."""
    if left:
        Delivery.objects.filter(lane=Lane.PAGE_TEXT).update(submitted_at=NIGHT, **ACCEPTED)
    climb(NIGHT + URGENT)
    newest = home.case.pages.latest("pk")
    for message in (newest.text, newest.voice):
        assert message.deliveries.get().due_at == (NIGHT + URGENT if left else NIGHT)
    climb(NIGHT + 2 * URGENT)
    assert home.case.pages.latest("pk").text.deliveries.get().due_at == (
        NIGHT + 2 * URGENT if left else NIGHT
    )


def test_h13_on_a_ladder_of_one_the_last_rung_is_paged_again(home) -> None:
    home.doctors[1].is_active = False
    home.doctors[1].save()
    climb(NIGHT + URGENT)
    climb(NIGHT + 2 * URGENT)
    assert paged(home) == ["Dr A"] * 3


@pytest.mark.parametrize("after", ["taken", "reached"])
def test_whoever_has_it_has_a_clock_and_it_opens_again_at_its_end(home, after) -> None:
    taken = NIGHT + MINUTE
    escalations.take(home.case.pk, by=home.doctors[1], now=taken, how="text")
    due = taken + REACH
    if after == "reached":
        escalations.reach(home.case.pk, by=home.doctors[1], now=taken)
        due = taken + 2 * HOUR
    assert home.case.next_at == due
    climb(due - timedelta(seconds=1))
    assert home.case.state == after
    climb(due)
    assert (home.case.state, home.case.owner, home.case.generation) == (State.OPEN, None, 2)
    again = Page.objects.filter(escalation=home.case, generation=2)
    assert {page.clinician for page in again} == set(home.doctors), "the first rung, and whoever had it"


def test_the_patient_is_told_once_at_the_set_minute_that_nobody_has_it(home) -> None:
    numbers = {"oncall_number": home.site.oncall_number, "emergency_number": home.site.emergency_number}
    words = wording.text("case.nobody_yet", "en", **numbers)
    climb(NIGHT + TELL - timedelta(seconds=1))
    assert words not in home.texts_to(home.patient.phone)
    climb(NIGHT + TELL)
    climb(NIGHT + TELL + MINUTE)
    assert home.texts_to(home.patient.phone).count(words) == 1


def test_silence_climbs_minute_by_minute_to_a_person() -> None:
    home = Home()
    due = home.watch.checkins.filter(state=CheckIn.State.WAITING).order_by("due_at")[0].due_at
    home.tick(due)
    asked = due + engine.PATIENCE
    for minutes, stage in ((20, 1), (30, 2), (45, 3)):
        home.tick(asked + minutes * MINUTE)
        assert home.asked.stage == stage
    home.tick(asked + 60 * MINUTE)
    assert home.case.headline.startswith("Silence: no answer")
    assert paged(home) == ["Dr A"]


def test_news_of_the_same_weight_joins_and_wakes_nobody_else(home) -> None:
    case = home.case
    before = case.next_at
    home.hears("still 38.6", at=NIGHT + MINUTE)
    assert home.case == case
    assert (home.case.generation, home.case.next_at, paged(home)) == (1, before, ["Dr A"])
    assert "joined" in home.history


def test_a_case_declined_calls_the_next_at_once_and_is_not_taken(home) -> None:
    escalations.decline(home.case.pk, by=home.doctors[0], now=NIGHT + MINUTE, reason="driving")
    assert (home.case.state, home.case.next_at) == (State.OPEN, NIGHT + MINUTE)
    climb(NIGHT + MINUTE)
    assert paged(home) == ["Dr A", "Dr B"]


def test_a_case_handed_back_has_no_owner_and_a_whole_ladder_before_it(home) -> None:
    escalations.take(home.case.pk, by=home.doctors[0], now=NIGHT, how="text")
    escalations.hand_back(home.case.pk, by=home.doctors[0], now=NIGHT + MINUTE, reason="in surgery")
    case = home.case
    assert (case.state, case.owner, case.round, case.rung) == (State.OPEN, None, 1, 1)
    assert case.next_at == NIGHT + MINUTE + URGENT
    climb(case.next_at)
    assert paged(home) == ["Dr A", "Dr A", "Dr B"]


def test_words_and_the_case_they_open_are_kept_together_or_not_at_all(monkeypatch) -> None:
    """A process dies before the commit: the provider's log has the words still, and they come in again whole."""
    home = Home()

    def die(where: str) -> None:
        if where == crashing.BEFORE_COMMIT_TEXT:
            raise SystemExit

    monkeypatch.setattr(inbound.crashing, "point", die)
    with pytest.raises(SystemExit):
        home.hears(FEVER, at=NIGHT)
    theirs = Reply.objects.filter(sender=home.patient.phone), Escalation.objects.filter(patient=home.patient)
    assert [rows.count() for rows in theirs] == [0, 0]


def test_words_are_read_before_they_are_marked_as_read(home) -> None:
    reply = Reply.objects.get(body=FEVER)
    assert reply.understood_at == NIGHT
    assert reply.findings.get().urgency == "urgent"
