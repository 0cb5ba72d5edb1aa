"""Hours offered to whoever may stand on the rung: who is asked, who has them, and how the offer ends."""

import pytest

from notifications import oncall, overrides, rotations, swaps
from notifications.models import Asked, AuditEntry, Clinician, Delivery, Message, Override, Role, Swap
from protocols.errors import Refusal
from tests import makers
from tests.makers import NOON
from tests.notifications.arranging import DAY, HOUR, START, begin, names, nurse

pytestmark = [pytest.mark.database, pytest.mark.django_db]
TURN = swaps.Hours(1, START, START + DAY)
HOURS = "Tue 02 Mar 12:00 EST to Wed 03 Mar 12:00 EST"


@pytest.fixture
def four(site) -> list[Clinician]:
    """Four nurses; the first has the rung for good."""
    found = [nurse(site, f"Nurse {letter}") for letter in "NMOP"]
    begin(site, found[0])
    return found


def asked(row: Swap) -> list[str]:
    return [one.clinician.name for one in row.asked.order_by("clinician__name")]


def texts(*people: Clinician) -> list[list[str]]:
    return [[one.body for one in Message.objects.filter(clinician=person)] for person in people]


def test_everybody_who_could_take_the_hours_is_texted_once_and_nothing_changes(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    assert (asked(row), row.offered_to) == (["Nurse M", "Nurse O", "Nurse P"], None)
    for one in texts(*four[1:]):
        [text] = one
        assert text.startswith(f"Nurse N asks who can take rung 1, {HOURS}. Answer at http")
    assert texts(four[0]) == [[]]
    assert names(site, START) == ["Nurse N"]
    assert not Override.objects.exists()


def test_a_text_of_such_an_offer_is_not_sent_once_the_hours_have_begun(site, four) -> None:
    swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    assert {one.not_after for one in Message.objects.all()} == {START}


@pytest.mark.parametrize(
    "why",
    ["another site", "a pharmacist", "left", "no phone", "away", "on call", "on call for an hour of it"],
)
def test_nobody_is_asked_who_could_not_take_them(site, four, why) -> None:
    one = four[2]
    if why == "another site":
        Clinician.objects.filter(pk=one.pk).update(site=makers.a_site())
    elif why == "a pharmacist":
        Clinician.objects.filter(pk=one.pk).update(role=Role.PHARMACIST)
    elif why == "left":
        Clinician.objects.filter(pk=one.pk).update(is_active=False)
    elif why == "no phone":
        Clinician.objects.filter(pk=one.pk).update(phone="")
    elif why == "away":
        overrides.take_time_off(one, starts_at=START + HOUR, ends_at=START + 2 * HOUR, by=one, now=NOON)
    else:
        span = (START, START + DAY) if why == "on call" else (START - HOUR, START + HOUR)
        oncall.add_shift(site, one, 2, starts_at=span[0], ends_at=span[1])
    assert asked(swaps.offer_to_anyone(TURN, by=four[0], now=NOON)) == ["Nurse M", "Nurse P"]


def test_who_is_away_or_on_call_at_other_times_is_asked(site, four) -> None:
    oncall.add_shift(site, four[1], 2, starts_at=START - HOUR, ends_at=START)
    oncall.add_shift(site, four[2], 2, starts_at=START + DAY, ends_at=START + 2 * DAY)
    overrides.take_time_off(four[3], starts_at=START + DAY, ends_at=START + 2 * DAY, by=four[3], now=NOON)
    assert asked(swaps.offer_to_anyone(TURN, by=four[0], now=NOON)) == ["Nurse M", "Nurse O", "Nurse P"]


def test_of_a_rung_that_is_a_role_s_only_that_role_is_asked(site, four, lead) -> None:
    rotations.set_rung(site, 1, title="nurses", role=Role.NURSE, by=lead, now=NOON)
    nurse(site, "Dr A", Role.RESPONDER)
    assert asked(swaps.offer_to_anyone(TURN, by=four[0], now=NOON)) == ["Nurse M", "Nurse O", "Nurse P"]


def test_with_nobody_to_ask_it_says_so(site, four) -> None:
    for one in four[1:]:
        overrides.take_time_off(one, starts_at=START, ends_at=START + DAY, by=one, now=NOON)
    with pytest.raises(Refusal) as refusal:
        swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    assert refusal.value.code == "nobody"
    assert not Swap.objects.exists()


def test_hours_that_are_not_one_s_own_or_have_begun_are_offered_to_nobody(site, four) -> None:
    with pytest.raises(Refusal, match="Nurse M is not on rung 1 for all"):
        swaps.offer_to_anyone(TURN, by=four[1], now=NOON)
    with pytest.raises(Refusal, match="have begun"):
        swaps.offer_to_anyone(TURN, by=four[0], now=START + HOUR)
    assert not Message.objects.exists()


def test_nobody_is_asked_twice_for_the_same_hours(site, four) -> None:
    """A form sent twice would wake everybody twice."""
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    with pytest.raises(Refusal) as refusal:
        swaps.offer_to_anyone(swaps.Hours(1, START + HOUR, START + 2 * HOUR), by=four[0], now=NOON)
    assert refusal.value.code == "asked-already"
    assert Message.objects.count() == 3
    later = swaps.Hours(1, START + DAY, START + 2 * DAY)
    assert swaps.offer_to_anyone(later, by=four[0], now=NOON).state == "offered"
    swaps.withdraw(row.pk, by=four[0], now=NOON)
    assert swaps.offer_to_anyone(TURN, by=four[0], now=NOON).state == "offered"


def test_of_hours_whose_offer_lapsed_the_rest_is_offered(site, four) -> None:
    swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    rest = swaps.Hours(1, START + 2 * HOUR, START + DAY)
    assert swaps.offer_to_anyone(rest, by=four[0], now=START + HOUR).state == "offered"


def test_the_first_who_accepts_has_them_and_the_others_hear_who(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    swaps.accept(row.pk, by=four[2], now=NOON)
    assert [names(site, START + n * DAY) for n in range(2)] == [["Nurse O"], ["Nurse N"]]
    for act in (swaps.accept, swaps.decline):
        with pytest.raises(Refusal, match=r"Nurse O has taken those hours already\."):
            act(row.pk, by=four[1], now=NOON)
    with pytest.raises(Refusal, match=r"Nurse O has taken those hours already\."):
        swaps.withdraw(row.pk, by=four[0], now=NOON)
    assert names(site, START) == ["Nurse O"]
    assert texts(four[0]) == [[f"Nurse O has taken your on call rung 1, {HOURS}."]]


@pytest.mark.parametrize("act", ["accept", "withdraw"])
def test_once_it_is_over_nobody_is_texted_of_it_any_more(site, four, act) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    waiting = Delivery.objects.filter(message__clinician__in=four[1:])
    getattr(swaps, act)(row.pk, by=four[2 if act == "accept" else 0], now=NOON)
    assert {one.state for one in waiting} == {Delivery.State.CANCELLED}


def test_each_declines_for_themselves(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    swaps.decline(row.pk, by=four[1], now=NOON)
    states = {one.message.clinician.name[-1]: one.state for one in Delivery.objects.all()}
    assert states == {"M": "cancelled", "O": "pending", "P": "pending"}
    for act in (swaps.accept, swaps.decline):
        with pytest.raises(Refusal, match="You have declined"):
            act(row.pk, by=four[1], now=NOON)
    assert (texts(four[0]), Swap.objects.get().state) == ([[]], "offered")
    swaps.accept(row.pk, by=four[3], now=NOON)
    assert names(site, START) == ["Nurse P"]


def test_when_all_have_declined_the_offer_ends_and_its_maker_is_told(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    for n, one in enumerate(four[1:]):
        assert texts(four[0]) == [[]]
        swaps.decline(row.pk, by=one, now=NOON + n * HOUR)
    row.refresh_from_db()
    assert (row.state, row.answered_at, row.offered_to) == ("declined", NOON + 2 * HOUR, None)
    assert texts(four[0]) == [[f"All who were asked have declined: on call rung 1, {HOURS}, is still yours."]]
    with pytest.raises(Refusal, match="already"):
        swaps.withdraw(row.pk, by=four[0], now=NOON)


def test_only_who_was_asked_answers_and_only_its_maker_takes_it_back(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    late = nurse(site, "Nurse Q")
    for act, who in (("accept", late), ("decline", late), ("accept", four[0]), ("withdraw", four[1])):
        with pytest.raises(Refusal) as refusal:
            getattr(swaps, act)(row.pk, by=who, now=NOON)
        assert refusal.value.code == "not-yours"
    assert Swap.objects.get().state == "offered"


def test_it_lapses_when_the_hours_begin_or_are_somebody_else_s(site, four, lead) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    with pytest.raises(Refusal, match="have begun"):
        swaps.accept(row.pk, by=four[1], now=START + HOUR)
    span = {"starts_at": START, "ends_at": START + HOUR}
    overrides.make(site, nurse(site, "Dr A"), 1, **span, why="ill", by=lead, now=NOON)
    with pytest.raises(Refusal, match="Nurse N is not on rung 1 for all"):
        swaps.accept(row.pk, by=four[1], now=NOON)
    row.refresh_from_db()
    assert (row.state, row.offered_to) == ("offered", None)


def test_whoever_accepts_must_still_be_able_to_stand_there(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    overrides.take_time_off(four[1], starts_at=START, ends_at=START + HOUR, by=four[1], now=NOON)
    with pytest.raises(Refusal, match="has time off"):
        swaps.accept(row.pk, by=four[1], now=NOON)
    assert names(site, START) == ["Nurse N"]


def test_the_offer_and_each_answer_stand_in_the_ledger(site, four) -> None:
    row = swaps.offer_to_anyone(TURN, by=four[0], now=NOON)
    swaps.decline(row.pk, by=four[1], now=NOON)
    swaps.accept(row.pk, by=four[2], now=NOON)
    lines = AuditEntry.objects.filter(subject=f"swap:{row.pk}").order_by("pk")
    assert [(line.act, line.by) for line in lines] == [
        ("offered a swap to anyone", four[0]),
        ("declined a swap", four[1]),
        ("accepted a swap", four[2]),
    ]
    assert lines[0].detail["to"] == [one.pk for one in four[1:]]
    assert Asked.objects.filter(declined_at=NOON).count() == 1
