"""Calendar feeds: what stands in them, that they name nobody, and that an address is a secret which can be ended."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications import overrides, rotations
from notifications.models import Role, Shift, Site
from stepup import (
    appointments,
    closures,
    corrections,
    courses,
    feeds,
    holds,
    icalendar_text,
    own_feed,
    rota,
    unit,
)
from stepup.feeds import Event
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = NOON + HOUR
BASE = "https://board.example"


@pytest.fixture
def course() -> Course:
    """Step-up dose 1 given on Monday at noon; step-up dose 2 is put on Thursday at noon."""
    site = makers.a_site()
    makers.on_call(site, days=60)
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    put(course, NOON + 3 * DAY, NOW)
    return course


def put(course: Course, at: datetime, now: datetime, **said: str) -> None:
    appointments.move(
        course.pk, at=at, seen_before=appointments.seen(course), reason="patient",
        by=makers.a_clinician(course.site), now=now, **said,
    )  # fmt: skip


def visit(course: Course, now: datetime = NOW + HOUR) -> Event:
    [one] = [event for event in feeds.of_unit(course.site, now=now) if event.uid.startswith("visit")]
    return one


def text(site: Site, now: datetime = NOW + HOUR) -> str:
    return icalendar_text.write(feeds.of_unit(site, now=now), name="Unit calendar", base_url=BASE).decode()


# visits


def test_a_visit_is_a_number_a_time_and_a_reference_and_names_nobody(course) -> None:
    unit.set_hours(
        course.site, from_on=NOON.date(), week={3: (time(8), time(16))}, places=1, minutes=45, by_step={},
        by=makers.a_clinician(course.site), now=NOON,
    )  # fmt: skip
    one = visit(course)
    assert one.title == f"Dose visit 2 of 3, ref {course.patient_id}"
    assert (one.start, one.end, one.sequence, one.is_cancelled) == (
        NOON + 3 * DAY,
        NOON + 3 * DAY + 45 * 60 * HOUR / 3600,
        0,
        False,
    )
    assert one.path == reverse("patient", args=[course.patient_id])
    written = text(course.site).casefold()
    label = "teclistamab"
    for word in (
        course.patient.name,
        course.patient.identifier,
        label,
        "tecvayli",
        "mg",
        "1960",
        "step-up",
        course.site.name,
    ):
        assert word.casefold() not in written, word


def test_a_moved_visit_keeps_its_id_and_counts_up(course) -> None:
    before = visit(course)
    put(course, NOON + 4 * DAY, NOW + 2 * HOUR)
    after = visit(course, NOW + 3 * HOUR)
    assert (after.uid, after.start) == (before.uid, NOON + 4 * DAY)
    assert (after.sequence, after.stamp) == (1, NOW + 2 * HOUR)
    assert (before.sequence, before.stamp) == (0, NOW)


def test_a_visit_that_will_not_be_is_cancelled_and_not_gone(course) -> None:
    courses.stop(course.pk, by=makers.a_clinician(course.site), reason="changed plan", now=NOW + 2 * HOUR)
    one = visit(course, NOW + 3 * HOUR)
    assert (one.is_cancelled, one.sequence, one.stamp) == (True, 1, NOW + 2 * HOUR)
    assert "STATUS:CANCELLED" in text(course.site, NOW + 3 * HOUR)


def test_a_visit_of_a_held_course_is_tentative_until_the_hold_is_lifted(course) -> None:
    by = makers.a_clinician(course.site, Role.PRESCRIBER)
    hold = holds.place(course.pk, reason="chest infection", by=by, now=NOW + 2 * HOUR)
    held = visit(course, NOW + 3 * HOUR)
    assert (held.is_tentative, held.sequence, held.stamp) == (True, 1, NOW + 2 * HOUR)
    assert held.title == f"Held: dose visit 2 of 3, ref {course.patient_id}"
    written = text(course.site, NOW + 3 * HOUR)
    assert "STATUS:TENTATIVE" in written
    assert "infection" not in written
    holds.lift(hold.pk, why="afebrile", by=by, now=NOW + 4 * HOUR)
    again = visit(course, NOW + 5 * HOUR)
    assert (again.is_tentative, again.sequence, again.stamp) == (False, 2, NOW + 4 * HOUR)
    assert again.title == f"Dose visit 2 of 3, ref {course.patient_id}"


def test_a_visit_whose_dose_was_given_stands_at_the_time_it_was_given(course) -> None:
    before, at = visit(course), NOON + 3 * DAY + HOUR
    dose = makers.a_dose(course, given_at=at)
    shown = visit(course, at + HOUR)
    assert (shown.uid, shown.start, shown.is_cancelled) == (before.uid, at, False)
    assert shown.sequence > before.sequence
    who = makers.a_clinician(course.site)
    corrections.strike(dose.pk, kind="never_given", reason="went home", by=who, now=at + 2 * HOUR)
    undone = visit(course, at + 3 * HOUR)
    assert (undone.uid, undone.start) == (before.uid, NOON + 3 * DAY)
    assert undone.sequence > shown.sequence
    assert undone.stamp == at + 2 * HOUR


def test_a_corrected_dose_before_it_changes_no_visit_s_id_and_a_struck_one_cancels_it(course) -> None:
    before, [dose] = visit(course), course.doses.all()
    who = makers.a_clinician(course.site)
    made = corrections.correct(
        dose.pk,
        corrections.Facts(dose.step, dose.given_at - HOUR, dose.given_mg),
        reason="clock",
        by=who,
        now=NOW + HOUR,
    )
    shown = visit(course, NOW + 2 * HOUR)
    assert (shown.uid, shown.start, shown.is_cancelled) == (before.uid, before.start, False)
    corrections.strike(made.pk, kind="never_given", reason="went home", by=who, now=NOW + 2 * HOUR)
    ended = visit(course, NOW + 3 * HOUR)
    assert (ended.uid, ended.is_cancelled) == (before.uid, True)
    assert ended.sequence > shown.sequence > before.sequence


def test_what_is_long_over_is_left_out(course) -> None:
    assert not [one for one in feeds.of_unit(course.site, now=NOON + 18 * DAY) if one.uid.startswith("visit")]


# closed days, gaps, shifts, sites


def test_closed_days_are_whole_days_without_their_words_and_gaps_have_their_rung(course) -> None:
    site = course.site
    closures.add(
        site,
        on=date(2027, 3, 9),
        name="Dr A's wedding",
        by=makers.a_clinician(site),
        today=NOON.date(),
        now=NOON,
    )
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, NOON + 5 * DAY))
    written = text(site)
    assert "DTSTART;VALUE=DATE:20270309" in written
    assert "wedding" not in written
    assert "SUMMARY:Nobody on call\\, rung 1" in written
    assert f"DTSTART:{NOON + 5 * DAY:%Y%m%dT%H%M%SZ}" in written


def test_the_same_facts_are_the_same_text_all_day_whoever_asks(course) -> None:
    Shift.objects.filter(site=course.site, rung=1).update(period=(NOON + DAY, NOON + 5 * DAY))
    assert text(course.site, NOW + HOUR) == text(course.site, NOW + 5 * HOUR)


def test_a_clinician_s_feed_has_their_own_shifts_and_its_changes_counted(course) -> None:
    lead = makers.a_clinician(course.site, Role.LEAD)
    nurse = makers.a_clinician(course.site, phone=makers.a_phone(), name="Nina Nurse")
    shift = rota.add(course.site, nurse, 3, starts_at=NOW, ends_at=NOW + DAY, by=lead, now=NOON)
    [one] = own_feed.of_clinician(nurse, now=NOW)
    assert (one.title, one.start, one.end) == ("On call, rung 3", NOW, NOW + DAY)
    assert (one.sequence, one.stamp) == (0, NOON)
    rota.remove(shift.pk, by=lead, now=NOW + HOUR)
    [ended] = own_feed.of_clinician(nurse, now=NOW + HOUR)
    assert (ended.uid, ended.end, ended.sequence, ended.stamp) == (one.uid, NOW + HOUR, 1, NOW + HOUR)


def test_every_turn_of_a_rotation_is_an_event_and_an_override_cuts_it(course) -> None:
    lead = makers.a_clinician(course.site, Role.LEAD)
    nurses = [
        makers.a_clinician(course.site, phone=makers.a_phone(), name=name) for name in ("Nurse N", "Nurse M")
    ]
    begins = datetime(2027, 3, 10, 13, 0, tzinfo=UTC)  # 08:00 EST
    plan = rotations.Plan(
        rung=3, layer=1, name="nights", people=nurses, starts_on=date(2027, 3, 10), hand_over=time(8), turn_hours=24,
        since=begins,
    )  # fmt: skip
    rotations.begin(course.site, plan, by=lead, now=NOW)
    turns = own_feed.of_clinician(nurses[0], now=NOW)
    assert [(one.start, one.end) for one in turns[:2]] == [
        (begins, begins + DAY),
        (begins + 2 * DAY, begins + 3 * DAY),
    ]
    assert len({one.uid for one in turns}) == len(turns)
    later = own_feed.of_clinician(nurses[0], now=NOW + 2 * DAY)
    assert turns[0] in later  # nothing changed: nothing is written differently
    hours = {"starts_at": begins + 9 * HOUR, "ends_at": begins + 10 * HOUR}
    overrides.make(course.site, nurses[1], 3, why="ill", by=lead, now=NOW + HOUR, **hours)
    cut = own_feed.of_clinician(nurses[0], now=NOW + HOUR)[:2]
    assert [(one.start, one.end) for one in cut] == [
        (begins, begins + 9 * HOUR),
        (begins + 10 * HOUR, begins + DAY),
    ]
    assert (cut[0].uid, cut[0].sequence > turns[0].sequence) == (turns[0].uid, True)


def test_a_feed_shows_only_its_own_site(course) -> None:
    there = makers.a_site()
    makers.a_responder(there, 1, name="Dr B", days=60)
    assert feeds.of_unit(there, now=NOW) == []


# the text


titles = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200)
stamps = st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)).map(
    lambda at: at.replace(microsecond=0)
)


@given(st.lists(st.tuples(titles, stamps, stamps, st.integers(0, 9), st.booleans()), max_size=4))
def test_every_text_folds_at_75_octets_and_reads_back_as_what_was_written(drawn) -> None:
    events = [
        Event(f"visit-{n}", stamp, start, start + HOUR, title, "/x/", seq, off)
        for n, (title, stamp, start, seq, off) in enumerate(drawn)
    ]
    raw = icalendar_text.write(events, name="Unit calendar", base_url=BASE)
    lines = raw.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    read = Calendar.from_ical(raw).walk("VEVENT")
    assert [
        (
            str(one["summary"]),
            one["dtstamp"].dt,
            one["dtstart"].dt,
            one["sequence"],
            one["status"] == "CANCELLED",
        )
        for one in read
    ] == drawn
    assert [str(one["uid"]) for one in read] == [f"visit-{n}@board.example" for n in range(len(drawn))]
