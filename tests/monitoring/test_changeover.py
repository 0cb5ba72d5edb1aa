"""A case at a change of who is on call: shown to whoever came on, and theirs only once they accept it."""

from datetime import time, timedelta

import pytest

from monitoring import changeover, escalations, offers
from monitoring.models import Escalation
from notifications import oncall, overrides, rotations
from notifications.models import Clinician, Message, Role, Shift, Site
from protocols.errors import Refusal
from stepup import rota
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR = timedelta(hours=1)
CHANGE = NOON + 8 * HOUR
LATER = CHANGE + HOUR


@pytest.fixture
def site() -> Site:
    return makers.a_site()


@pytest.fixture
def people(site) -> list[Clinician]:
    """Nurse N until the change, Nurse M from then on, both on rung 1."""
    found = [makers.a_clinician(site, name=name, phone=makers.a_phone()) for name in ("Nurse N", "Nurse M")]
    for person, starts_at in zip(found, (NOON, CHANGE), strict=True):
        oncall.add_shift(site, person, 1, starts_at=starts_at, ends_at=starts_at + 8 * HOUR)
    return found


@pytest.fixture
def case(site, people) -> Escalation:
    """Taken by Nurse N an hour before the change."""
    found, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="a fever", now=CHANGE - HOUR
    )
    return escalations.take(found.pk, by=people[0], now=CHANGE - HOUR, how="text")


def test_a_case_waits_from_the_change_on_and_stays_with_whoever_took_it(site, people, case) -> None:
    assert changeover.waiting(site, now=CHANGE - timedelta(seconds=1)) == []
    [one] = changeover.waiting(site, now=CHANGE)
    assert (one.case, one.owner, one.off_since) == (case, people[0], CHANGE)
    case.refresh_from_db()
    assert case.owner == people[0]


def test_accepting_moves_the_case_and_keeps_its_clock(site, people, case) -> None:
    moved = changeover.accept(case.pk, by=people[1], now=LATER)
    assert (moved.owner, moved.state, moved.next_at) == (people[1], "taken", case.next_at)
    assert changeover.waiting(site, now=LATER) == []
    line = moved.events.get(what="handed over")
    assert (line.by, line.text) == (people[1], "From Nurse N, who is off call. The clocks go on.")
    told = Message.objects.get(key__startswith="taken:", clinician=people[0])
    assert told.body.startswith(f"{case.code} was taken by Nurse M")
    assert changeover.accept(case.pk, by=people[1], now=LATER) == moved  # pressing twice


def test_a_case_not_accepted_lapses_to_the_ladder_as_ever(site, people, case) -> None:
    escalations.climb(now=LATER)
    case.refresh_from_db()
    assert (case.state, case.owner) == ("open", None)
    assert case.pages.filter(clinician=people[1]).exists()
    with pytest.raises(Refusal, match="take it instead"):
        changeover.accept(case.pk, by=people[1], now=LATER)


def test_only_whoever_is_on_call_accepts(site, people, case) -> None:
    beside = makers.a_clinician(site, Role.RESPONDER, name="Dr A", phone=makers.a_phone())
    with pytest.raises(Refusal, match="on call now"):
        changeover.accept(case.pk, by=beside, now=LATER)


def test_a_case_of_somebody_on_call_or_who_never_was_is_not_taken_from_them(site, people, case) -> None:
    second = makers.a_responder(site, 2, name="Dr B")
    with pytest.raises(Refusal, match="Nurse N has"):
        changeover.accept(case.pk, by=second, now=CHANGE - HOUR)
    day = makers.a_clinician(site, name="Day Nurse")
    other, _ = escalations.raise_concern(
        site=site, patient=makers.a_patient(site), urgency="urgent", headline="chills", now=CHANGE
    )
    escalations.take(other.pk, by=day, now=CHANGE, how="screen")
    assert [one.case for one in changeover.waiting(site, now=LATER)] == [case]


def test_a_case_that_was_accepted_waits_again_at_the_next_change(site, people, case) -> None:
    """Whoever accepted it was not on call when it was first taken, and stayed its owner after their own hours."""
    changeover.accept(case.pk, by=people[1], now=CHANGE)
    ends_at = CHANGE + 8 * HOUR
    third = makers.a_clinician(site, name="Nurse O", phone=makers.a_phone())
    oncall.add_shift(site, third, 1, starts_at=ends_at, ends_at=ends_at + 8 * HOUR)
    assert changeover.waiting(site, now=ends_at - timedelta(seconds=1)) == []
    [one] = changeover.waiting(site, now=ends_at)
    assert (one.case, one.owner, one.off_since) == (case, people[1], ends_at)
    assert changeover.accept(case.pk, by=third, now=ends_at).owner == third


def test_a_case_handed_to_somebody_off_call_is_not_taken_from_them(site, people, case) -> None:
    """Nurse M was on call when it was handed over; Nurse N, who had been when it was taken, is asked for it back."""
    changeover.accept(case.pk, by=people[1], now=CHANGE)
    offers.make(case.pk, to=people[0], reason="knows the patient", by=people[1], now=LATER)
    escalations.take(case.pk, by=people[0], now=LATER, how="text")
    assert changeover.waiting(site, now=LATER) == []


def test_what_its_owner_asked_somebody_else_is_withdrawn_when_a_case_is_accepted(site, people, case) -> None:
    """The new owner could ask nobody, and the page of the offer went on."""
    beside = makers.a_clinician(site, Role.RESPONDER, name="Dr A", phone=makers.a_phone())
    minute = timedelta(minutes=1)
    offer = offers.make(case.pk, to=beside, reason="going home", by=people[0], now=CHANGE - minute)
    moved = changeover.accept(case.pk, by=people[1], now=CHANGE)
    offer.refresh_from_db()
    assert (offer.end, offers.standing(moved)) == ("withdrawn", None)
    offers.make(case.pk, to=beside, reason="busy", by=people[1], now=CHANGE + minute)


@pytest.mark.parametrize("by_hand", ["shift", "override"])
def test_who_is_put_on_late_rewrites_no_hour_before_and_the_case_is_handed_over(
    site, people, case, by_hand
) -> None:
    """Nurse N took it in a turn of a rotation; five minutes later somebody else is put on, from hours ago."""
    Shift.objects.all().delete()
    lead = makers.a_clinician(site, Role.LEAD)
    plan = rotations.Plan(
        rung=1, layer=1, name="nights", people=[people[0]], starts_on=NOON.date(), hand_over=time(8),
        turn_hours=24, since=NOON, hours=None,
    )  # fmt: skip
    rotations.begin(site, plan, by=lead, now=NOON)
    taken_at, now = CHANGE - HOUR, CHANGE - HOUR + timedelta(minutes=5)
    span = {"starts_at": NOON, "ends_at": CHANGE, "by": lead, "now": now}
    if by_hand == "shift":
        rota.add(site, people[1], 1, **span)
    else:
        overrides.make(site, people[1], 1, why="N went home", **span)
    assert oncall.who(site, 1, now=taken_at) == [people[0]]
    [one] = changeover.waiting(site, now=now)
    assert (one.case, one.owner, one.off_since) == (case, people[0], now)
