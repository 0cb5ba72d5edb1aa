"""Rotations, overrides and time off as rows: who answers then, and what cannot be arranged."""

from datetime import date, time

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.test.utils import CaptureQueriesContext

from monitoring import pulse
from notifications import oncall, overrides, rotations
from notifications.models import (
    AuditEntry,
    Clinician,
    Override,
    Role,
    Rotation,
    Shift,
    Turn,
)
from protocols.errors import Refusal
from protocols.rotas import EVERY_DAY, Gap, Hours
from tests import makers
from tests.makers import NOON
from tests.notifications.arranging import DAY, HOUR, START, a_plan, begin, names, nurse

pytestmark = [pytest.mark.database, pytest.mark.django_db]


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


def test_a_rotation_that_was_ended_before_it_began_made_no_rung(site, lead) -> None:
    """A slip in the number of a rung, mended at once, left every rung up to it a gap for weeks."""
    row = begin(site, nurse(site), rung=4, since=START + 30 * DAY)
    assert oncall.rungs(site, now=START + 30 * DAY) == 4
    rotations.end(row.pk, at=NOON, by=lead, now=NOON)
    assert [oncall.rungs(site, now=at) for at in (NOON, START + 30 * DAY)] == [1, 1]


def test_a_longer_list_is_read_in_as_many_queries(site, two, django_assert_num_queries) -> None:
    begin(site, two[0])
    with CaptureQueriesContext(connection) as few:
        oncall.read(site, since=START, until=START + DAY)
    begin(site, *two, layer=2)
    begin(site, *two, rung=2)
    with django_assert_num_queries(len(few)):
        oncall.read(site, since=START, until=START + DAY)


def test_a_first_turn_at_the_end_of_the_calendar_stops_no_reading_of_the_list(site, two) -> None:
    """Such a row cannot be altered any more, only ended: whoever is on another rung is paged as ever."""
    begin(site, two[0])
    row = begin(site, two[1], rung=2, since=START + DAY, hand_over=time(20))
    facts = {
        name: getattr(row, name)
        for name in ("site", "name", "hand_over", "time_zone", "made_by", "made_at", "since")
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
        ({"turn_hours": 366 * 24 + 1, "rung": 2}, "long-turn"),
        ({"starts_on": date(2028, 3, 3)}, "far-rotation"),
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


def test_the_most_that_a_rotation_may_be_is_not_refused(site, two, lead) -> None:
    """From this moment on, a first turn a year from now, turns of a year, twelve people."""
    people = [nurse(site) for _ in range(12)]
    most = a_plan(*people, since=NOON, starts_on=date(2028, 3, 1), turn_hours=366 * 24)
    assert rotations.begin(site, most, by=lead, now=NOON).turns.count() == 12
    with pytest.raises(Refusal, match="At most 12 people"):
        rotations.begin(site, a_plan(*people, nurse(site), rung=2), by=lead, now=NOON)


def test_what_is_arranged_stands_in_the_ledger_with_who_did_it(site, two, lead) -> None:
    row = begin(site, two[0])
    rotations.end(row.pk, at=START, by=two[0], now=START)
    with pytest.raises(Refusal, match="has ended already"):
        rotations.end(row.pk, at=START, by=two[0], now=START)
    rotations.set_rung(site, 2, title="nurse", role=Role.NURSE, by=lead, now=NOON)
    overrides.take_time_off(two[1], starts_at=START, ends_at=START + DAY, by=lead, now=NOON)
    overrides.end_time_off(two[1].time_off.get().pk, by=two[1], now=NOON)
    acts = AuditEntry.objects.filter(site=site).order_by("pk").values_list("act", "by")
    assert list(acts) == [
        ("began a rotation", row.made_by.pk),
        ("ended a rotation", two[0].pk),
        ("said whose a rung is", lead.pk),
        ("noted time off", lead.pk),
        ("took time off back", two[1].pk),
    ]


def test_who_stands_on_one_rung_says_nothing_about_whose_another_is(site, two, lead) -> None:
    begin(site, nurse(site, "Dr A", Role.PRESCRIBER))
    begin(site, two[0], rung=2)
    assert rotations.set_rung(site, 2, title="nurse", role=Role.NURSE, by=lead, now=NOON).rung == 2
    assert rotations.set_rung(site, 1, title="anybody", role="", by=lead, now=NOON).rung == 1


def test_what_the_database_refuses_for_another_reason_is_not_called_an_overlap(site, two, lead) -> None:
    with pytest.raises(IntegrityError, match="rotation_rung_and_layer_start_at_one"):
        rotations.begin(site, a_plan(*two, layer=0), by=lead, now=NOON)


@pytest.mark.parametrize(
    "change",
    [
        {"turn_hours": 12},
        {"rung": 2},
        {"starts_on": date(2027, 3, 9)},
        {"time_zone": "America/Chicago"},
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
        ({"starts_at": NOON - 2 * HOUR, "ends_at": NOON}, "past-shift"),
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


def test_nobody_is_put_on_a_rung_by_hand_who_could_not_be_on_it(site, lead) -> None:
    for person, code in ((nurse(makers.a_site()), "other-site"), (nurse(site, role=Role.PHARMACIST), "role")):
        with pytest.raises(Refusal) as refusal:
            overrides.make(
                site, person, 1, starts_at=START, ends_at=START + HOUR, why="ill", by=lead, now=NOON
            )
        assert refusal.value.code == code


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ((0, 4), []),
        ((0, 2), [(2, 4)]),
        ((2, 4), [(0, 2)]),
        ((1, 3), [(0, 1), (3, 4)]),
        ((-1, 5), []),
    ],
)
def test_an_older_override_keeps_what_lies_before_and_after_the_hours_given_away(
    site, two, lead, given, kept
) -> None:
    span = {"starts_at": START, "ends_at": START + 4 * HOUR}
    old = overrides.make(site, two[0], 1, **span, why="ill", by=lead, now=NOON)
    since, until = (START + n * HOUR for n in given)
    overrides.give(site, two[1], 1, starts_at=since, ends_at=until, why="swap", by=two[1], now=NOON)
    rows = Override.objects.filter(clinician=two[0], ended_at=None).order_by("period")
    spans = [((row.period.lower - START) // HOUR, (row.period.upper - START) // HOUR) for row in rows]
    assert spans == kept
    assert {row.why for row in rows} <= {"ill"}
    made_room = AuditEntry.objects.get(subject=f"override:{old.pk}", act="made room in an override")
    assert made_room.by == two[1]
    old.refresh_from_db()
    assert (old.ended_at is not None) == (kept == [])


def test_what_is_over_is_not_taken_back(site, two, lead) -> None:
    row = overrides.make(site, two[0], 1, starts_at=START, ends_at=START + HOUR, why="ill", by=lead, now=NOON)
    overrides.take_time_off(two[1], starts_at=START, ends_at=START + HOUR, by=two[1], now=NOON)
    off = two[1].time_off.get()
    for act, pk in ((overrides.end, row.pk), (overrides.end_time_off, off.pk)):
        with pytest.raises(Refusal, match="is over"):
            act(pk, by=lead, now=START + HOUR)
        act(pk, by=lead, now=NOON)
        with pytest.raises(Refusal, match="is over"):
            act(pk, by=lead, now=NOON)


def test_time_off_is_a_year_at_most_and_ends_after_it_starts(site, two) -> None:
    overrides.take_time_off(two[0], starts_at=START, ends_at=START + 366 * DAY, by=two[0], now=NOON)
    for days, reason in ((367, "longer than 366 days"), (-1, "ends before it starts")):
        with pytest.raises(Refusal, match=reason):
            overrides.take_time_off(two[1], starts_at=START, ends_at=START + days * DAY, by=two[1], now=NOON)


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
    own = overrides.take_time_off(responder, starts_at=START, ends_at=START + DAY, by=responder, now=NOON)
    assert own == []
    overrides.end_time_off(responder.time_off.get().pk, by=responder, now=NOON)


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


def test_an_override_on_a_shift_made_by_hand_gives_it_back_afterwards(site, two, lead) -> None:
    period = DateTimeTZRange(START, START + DAY)
    Shift.objects.create(site=site, clinician=two[0], rung=1, period=period)
    overrides.make(
        site, two[1], 1, starts_at=START + HOUR, ends_at=START + 2 * HOUR, why="ill", by=lead, now=NOON
    )
    assert [names(site, START + n * HOUR)[0][-1] for n in (0, 1, 2)] == ["N", "M", "N"]
