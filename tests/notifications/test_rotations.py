"""Rotations, overrides, swaps and time off as rows: who answers then, and what cannot be arranged."""

from datetime import date, datetime, time, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from monitoring import pulse
from notifications import oncall, overrides, rotations, swaps
from notifications.models import (
    AuditEntry,
    Clinician,
    Delivery,
    Override,
    Role,
    Rotation,
    Shift,
    Site,
    Swap,
    Turn,
)
from protocols.errors import Refusal
from protocols.rotas import EVERY_DAY, Gap, Hours
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = NOON + DAY  # Tuesday 2 March, 12:00 at the site


def nurse(site: Site, name: str = "Nurse N", role: Role = Role.NURSE) -> Clinician:
    return makers.a_clinician(site, role, name=name, phone=makers.a_phone())


def a_plan(*people: Clinician, **facts: object) -> rotations.Plan:
    """Daily turns from Tuesday noon on."""
    defaults: dict[str, object] = {
        "rung": 1, "layer": 1, "name": "nurses", "people": people, "starts_on": date(2027, 3, 2),
        "hand_over": time(12), "turn_hours": 24, "since": START,
    }  # fmt: skip
    return rotations.Plan(**(defaults | facts))  # type: ignore[arg-type]


def begin(site: Site, *people: Clinician, **facts: object) -> Rotation:
    lead = makers.a_clinician(site, Role.LEAD)
    return rotations.begin(site, a_plan(*people, **facts), by=lead, now=NOON)


def names(site: Site, moment: datetime, rung: int = 1) -> list[str]:
    return [one.name for one in oncall.who(site, rung, now=moment)]


@pytest.fixture
def lead(site) -> Clinician:
    return makers.a_clinician(site, Role.LEAD)


@pytest.fixture
def two(site) -> tuple[Clinician, Clinician]:
    return nurse(site, "Nurse N"), nurse(site, "Nurse M")


# Who answers


def test_turns_answer_the_ladder_as_shifts_do(site, two) -> None:
    begin(site, *two)
    assert [names(site, START + n * DAY) for n in range(3)] == [["Nurse N"], ["Nurse M"], ["Nurse N"]]
    assert oncall.gaps(site, since=NOON, until=NOON + 9 * DAY) == [Gap(1, NOON, START)]
    assert (oncall.rungs(site, now=NOON), pulse.on_call(site, now=START)[0].next_name) == (1, "Nurse M")


def test_whoever_left_or_has_no_phone_is_a_gap_in_a_rotation_too(site, two) -> None:
    begin(site, *two)
    Clinician.objects.filter(pk=two[0].pk).update(phone="")
    assert names(site, START) == []
    assert oncall.gaps(site, since=START, until=START + 2 * DAY) == [Gap(1, START, START + DAY)]


def test_a_night_layer_goes_before_the_layer_below_it(site, two) -> None:
    begin(site, two[0], hours=Hours(EVERY_DAY, time(20), time(8)))
    begin(site, two[1], layer=2)
    assert (names(site, START), names(site, START + 9 * HOUR)) == (["Nurse M"], ["Nurse N"])


def test_another_site_s_rotation_answers_nobody_here(site) -> None:
    there = makers.a_site()
    begin(there, nurse(there))
    assert (names(site, START), names(there, START)) == ([], ["Nurse N"])


def test_a_replaced_rotation_keeps_what_was_and_leaves_no_hour_out(site, two, lead) -> None:
    old = begin(site, two[0])
    rotations.begin(site, a_plan(two[1], since=START + 5 * DAY), by=lead, now=START, instead_of=old)
    assert (names(site, START + 5 * DAY - HOUR), names(site, START + 5 * DAY)) == (["Nurse N"], ["Nurse M"])
    assert oncall.gaps(site, since=START, until=START + 9 * DAY, now=START) == []


def test_an_ended_rung_is_retired_after_two_weeks(site, two, lead) -> None:
    begin(site, two[0])
    second = begin(site, two[1], rung=2)
    rotations.end(second.pk, at=START + DAY, by=lead, now=START)
    assert [oncall.rungs(site, now=START + n * DAY) for n in (2, 14, 16)] == [2, 2, 1]


def test_a_first_turn_at_the_end_of_the_calendar_stops_no_reading_of_the_list(site, two) -> None:
    """Such a row cannot be altered any more, only ended: whoever is on another rung is paged as ever."""
    begin(site, two[0])
    row = begin(site, two[1], rung=2, since=START + DAY, hand_over=time(20))
    facts = {
        name: getattr(row, name) for name in ("site", "name", "hand_over", "made_by", "made_at", "since")
    }
    odd = Rotation.objects.create(rung=3, turn_hours=24, starts_on=date.max, **facts)
    Turn.objects.create(rotation=odd, place=1, clinician=two[1])
    assert names(site, START + 2 * DAY) == ["Nurse N"]
    assert names(site, START + 2 * DAY, rung=3) == []


# What cannot be begun


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"since": NOON - HOUR}, "past-rotation"),
        ({"people": ()}, "nobody"),
        ({"turn_hours": 53 * 7 * 24, "rung": 2}, "long-turn"),
        ({"starts_on": date(2028, 3, 2)}, "far-rotation"),
        ({"starts_on": date.max}, "far-rotation"),
        ({"since": START + DAY}, "overlap"),
    ],
)
def test_a_rotation_is_refused_with_its_reason(site, two, lead, facts, code) -> None:
    begin(site, two[0])
    with pytest.raises(Refusal) as refusal:
        rotations.begin(site, a_plan(*two, **facts), by=lead, now=NOON)
    assert refusal.value.code == code
    assert Rotation.objects.count() == 1


def test_what_the_database_refuses_for_another_reason_is_not_called_an_overlap(site, two, lead) -> None:
    with pytest.raises(IntegrityError, match="rotation_rung_and_layer_start_at_one"):
        rotations.begin(site, a_plan(*two, layer=0), by=lead, now=NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"turn_hours": 12},
        {"rung": 2},
        {"starts_on": date(2027, 3, 9)},
        {"until": None, "ended_by": None},
        {"until": START + 9 * DAY},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_rotation_that_was_in_force_stays_as_it_was(site, two, change) -> None:
    """Whoever was on call last month is read from it."""
    row = begin(site, *two)
    rotations.end(row.pk, at=START + 2 * DAY, by=two[0], now=START)
    with pytest.raises(IntegrityError, match="only ended"), transaction.atomic():
        Rotation.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError, match="not removed"), transaction.atomic():
        Rotation.objects.filter(pk=row.pk)._raw_delete("default")
    assert names(site, START) == ["Nurse N"]


def test_a_rotation_that_ends_sooner_is_not_prolonged_by_the_one_after_it(site, two) -> None:
    row = begin(site, two[0])
    rotations.end(row.pk, at=START + DAY, by=two[0], now=START)
    rotations.begin(site, a_plan(two[1], since=START + 2 * DAY), by=two[1], now=START, instead_of=row)
    assert [names(site, START + n * DAY + HOUR) for n in range(3)] == [["Nurse N"], [], ["Nurse M"]]


def test_nobody_is_put_in_a_rotation_whom_a_page_would_not_reach(site, lead) -> None:
    silent = makers.a_clinician(site, Role.NURSE)
    stranger, pharmacist = nurse(makers.a_site()), nurse(site, role=Role.PHARMACIST)
    for person, code in ((silent, "no-phone"), (stranger, "other-site"), (pharmacist, "role")):
        with pytest.raises(Refusal) as refusal:
            rotations.begin(site, a_plan(person), by=lead, now=NOON)
        assert refusal.value.code == code


def test_a_rung_of_prescribers_takes_no_nurse(site, two, lead) -> None:
    rotations.set_rung(site, 2, title="prescriber", role=Role.PRESCRIBER, by=lead, now=NOON)
    with pytest.raises(Refusal, match="for a prescriber"):
        rotations.begin(site, a_plan(two[0], rung=2), by=lead, now=NOON)
    rotations.begin(site, a_plan(nurse(site, "Dr A", Role.PRESCRIBER), rung=2), by=lead, now=NOON)
    with pytest.raises(Refusal, match="Dr A is on rung 2"):
        rotations.set_rung(site, 2, title="nurse", role=Role.NURSE, by=lead, now=NOON)


# Overrides and time off


def test_an_override_holds_for_its_hours_and_is_taken_back(site, two, lead) -> None:
    begin(site, two[0])
    row = overrides.make(
        site, two[1], 1, starts_at=START + HOUR, ends_at=START + 5 * HOUR, why="ill", by=lead, now=START
    )
    assert [names(site, START + n * HOUR)[0][-1] for n in (0, 1, 4, 5)] == ["N", "M", "M", "N"]
    overrides.end(row.pk, by=lead, now=START + 2 * HOUR)
    assert [names(site, START + n * HOUR)[0][-1] for n in (1, 2, 4)] == ["M", "N", "N"]
    acts = AuditEntry.objects.filter(subject=f"override:{row.pk}").order_by("pk")
    assert [line.act for line in acts] == ["made an override", "took an override back"]


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"why": " "}, "why"),
        ({"ends_at": START}, "ends-first"),
        ({"starts_at": NOON - 2 * HOUR, "ends_at": NOON - HOUR}, "past-shift"),
        ({"ends_at": START + 63 * DAY}, "long-shift"),
        ({"starts_at": START + 2 * HOUR, "ends_at": START + 9 * HOUR}, "overlap"),
        ({"starts_at": START + 4 * DAY, "ends_at": START + 6 * DAY}, "away"),
    ],
)
def test_an_override_is_refused_with_its_reason(site, two, lead, facts, code) -> None:
    usual = {"starts_at": START, "ends_at": START + 5 * HOUR, "why": "ill", "by": lead, "now": NOON}
    overrides.make(site, two[0], 1, **usual)
    overrides.take_time_off(two[1], starts_at=START + 5 * DAY, ends_at=START + 7 * DAY, by=two[1], now=NOON)
    with pytest.raises(Refusal) as refusal:
        overrides.make(site, two[1], 1, **(usual | facts))
    assert refusal.value.code == code


def test_time_off_opens_a_gap_until_somebody_covers_it(site, two, lead) -> None:
    begin(site, two[0])
    since, until = START + DAY, START + 3 * DAY
    opened = overrides.take_time_off(two[0], starts_at=since, ends_at=until, by=two[0], now=START)
    assert [(one.rung, one.starts_at, one.ends_at) for one in opened] == [(1, since, until)]
    assert oncall.gaps(site, since=START, until=START + 5 * DAY) == [Gap(1, since, until)]
    overrides.make(site, two[1], 1, starts_at=since, ends_at=until, why="time off", by=lead, now=START)
    assert oncall.gaps(site, since=START, until=START + 5 * DAY) == []


def test_time_off_within_time_off_names_what_it_opens_once(site, two) -> None:
    begin(site, two[0])
    for days in (3, 2):
        span = {"starts_at": START + DAY, "ends_at": START + days * DAY}
        opened = overrides.take_time_off(two[0], **span, by=two[0], now=START)
    assert [(one.starts_at, one.ends_at) for one in opened] == [(START + DAY, START + 2 * DAY)]


def test_time_off_taken_back_calls_that_person_again(site, two) -> None:
    begin(site, two[0])
    overrides.take_time_off(two[0], starts_at=START, ends_at=START + 3 * DAY, by=two[0], now=NOON)
    row, responder = two[0].time_off.get(), nurse(site, "Dr A", Role.RESPONDER)
    with pytest.raises(Refusal, match="Ask whoever keeps"):
        overrides.end_time_off(row.pk, by=responder, now=START)
    overrides.end_time_off(row.pk, by=two[0], now=START + DAY)
    assert (names(site, START), names(site, START + DAY)) == ([], ["Nurse N"])


def test_only_whoever_keeps_the_list_notes_time_off_of_others(site, two) -> None:
    responder = nurse(site, "Dr A", Role.RESPONDER)
    with pytest.raises(Refusal, match="Ask whoever keeps"):
        overrides.take_time_off(two[0], starts_at=START, ends_at=START + DAY, by=responder, now=NOON)


def test_one_person_on_two_rungs_is_found(site, two) -> None:
    begin(site, *two)
    begin(site, two[1], rung=2)
    read = oncall.read(site, since=START, until=START + 2 * DAY)
    [one] = read.doubles(START, START + 2 * DAY)
    assert (one.clinician, one.rungs, one.starts_at, one.ends_at) == (
        two[1],
        (1, 2),
        START + DAY,
        START + 2 * DAY,
    )


# Swaps


def hours(start: int, end: int, rung: int = 1) -> swaps.Hours:
    """Days after START."""
    return swaps.Hours(rung, START + start * DAY, START + end * DAY)


def test_an_offer_changes_nothing_until_its_colleague_accepts(site, two) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON, back=hours(1, 2))
    assert names(site, START) == ["Nurse N"]
    swaps.accept(row.pk, by=two[1], now=NOON + HOUR)
    assert [names(site, START + n * DAY) for n in range(3)] == [["Nurse M"], ["Nurse N"], ["Nurse N"]]


def test_hours_that_were_swapped_can_be_swapped_on(site, two) -> None:
    third = nurse(site, "Dr A", Role.RESPONDER)
    begin(site, two[0])
    swaps.accept(swaps.offer(hours(0, 3), to=two[1], by=two[0], now=NOON).pk, by=two[1], now=NOON)
    swaps.accept(swaps.offer(hours(1, 2), to=third, by=two[1], now=NOON).pk, by=third, now=NOON)
    assert [names(site, START + n * DAY)[0][-1] for n in range(4)] == ["M", "A", "M", "N"]
    assert Override.objects.count() == 3


@pytest.mark.parametrize(
    ("act", "who", "code"),
    [("accept", 0, "not-yours"), ("decline", 0, "not-yours"), ("withdraw", 1, "not-yours")],
)
def test_an_offer_is_answered_by_the_person_it_is_for(site, two, act, who, code) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    with pytest.raises(Refusal) as refusal:
        getattr(swaps, act)(row.pk, by=two[who], now=NOON)
    assert refusal.value.code == code
    assert Swap.objects.get().state == "offered"


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_the_text_of_an_answered_offer_is_not_sent_any_more(site, two, act) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    [text] = Delivery.objects.filter(message__clinician=two[1])
    assert text.message.not_after == START
    getattr(swaps, act)(row.pk, by=two[1 if act == "decline" else 0], now=NOON)
    text.refresh_from_db()
    assert text.state == Delivery.State.CANCELLED


def test_nothing_is_offered_to_somebody_without_a_phone(site, two) -> None:
    begin(site, *two)
    Clinician.objects.filter(pk=two[1].pk).update(phone="")
    two[1].refresh_from_db()
    with pytest.raises(Refusal, match="no phone on record"):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    assert not Swap.objects.exists()


@pytest.mark.parametrize("act", ["decline", "withdraw"])
def test_an_answered_offer_is_over(site, two, act) -> None:
    begin(site, *two)
    row = swaps.offer(hours(0, 1), to=two[1], by=two[0], now=NOON)
    getattr(swaps, act)(row.pk, by=two[1 if act == "decline" else 0], now=NOON)
    with pytest.raises(Refusal, match="already"):
        swaps.accept(row.pk, by=two[1], now=NOON)
    assert names(site, START) == ["Nurse N"]


def test_hours_that_are_not_one_s_own_are_neither_offered_nor_accepted(site, two, lead) -> None:
    begin(site, *two)
    with pytest.raises(Refusal, match="not on rung 1 for all"):
        swaps.offer(hours(0, 2), to=two[1], by=two[0], now=NOON)
    row = swaps.offer(hours(2, 3), to=two[1], by=two[0], now=NOON)
    third = nurse(site, "Dr A", Role.RESPONDER)
    overrides.make(
        site, third, 1, starts_at=START + 2 * DAY, ends_at=START + 3 * DAY, why="ill", by=lead, now=NOON
    )
    with pytest.raises(Refusal, match="not on rung 1 for all"):
        swaps.accept(row.pk, by=two[1], now=NOON)
    with pytest.raises(Refusal, match="have begun"):
        swaps.offer(hours(0, 1), to=two[1], by=two[0], now=START + HOUR)


def test_an_override_on_a_shift_made_by_hand_gives_it_back_afterwards(site, two, lead) -> None:
    period = DateTimeTZRange(START, START + DAY)
    Shift.objects.create(site=site, clinician=two[0], rung=1, period=period)
    overrides.make(
        site, two[1], 1, starts_at=START + HOUR, ends_at=START + 2 * HOUR, why="ill", by=lead, now=NOON
    )
    assert [names(site, START + n * HOUR)[0][-1] for n in (0, 1, 2)] == ["N", "M", "N"]
