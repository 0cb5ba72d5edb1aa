"""Calendar feeds: what stands in them, that they name nobody, and that an address is a secret which can be ended."""

import hashlib
import logging
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications import clock, overrides, rotations
from notifications.models import AuditEntry, Clinician, Role, Shift, Site
from protocols.errors import Refusal
from stepup import (
    appointments,
    calendars,
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
from stepup.logs import Discreet
from stepup.models import CalendarAddress, CalendarFetch, Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOW = NOON + HOUR
BASE = "https://board.example"


@pytest.fixture(autouse=True)
def nobody_has_missed_yet() -> None:
    cache.clear()


@pytest.fixture
def course() -> Course:
    """Step-up dose 1 given on Monday at noon; step-up dose 2 is put on Thursday at noon."""
    site = makers.a_site()
    makers.a_responder(site, 1, name="Dr A", days=60)
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
    Shift.objects.filter(site=site).update(period=(NOON - DAY, NOON + 5 * DAY))
    written = text(site)
    assert "DTSTART;VALUE=DATE:20270309" in written
    assert "wedding" not in written
    assert "SUMMARY:Nobody on call\\, rung 1" in written
    assert f"DTSTART:{NOON + 5 * DAY:%Y%m%dT%H%M%SZ}" in written


def test_the_same_facts_are_the_same_text_all_day_whoever_asks(course) -> None:
    Shift.objects.filter(site=course.site).update(period=(NOON + DAY, NOON + 5 * DAY))
    assert text(course.site, NOW + HOUR) == text(course.site, NOW + 5 * HOUR)


def test_a_clinician_s_feed_has_their_own_shifts_and_its_changes_counted(course) -> None:
    lead = makers.a_clinician(course.site, Role.LEAD)
    nurse = makers.a_clinician(course.site, phone=makers.a_phone(), name="Nina Nurse")
    shift = rota.add(course.site, nurse, 2, starts_at=NOW, ends_at=NOW + DAY, by=lead, now=NOON)
    [one] = own_feed.of_clinician(nurse, now=NOW)
    assert (one.title, one.start, one.end) == ("On call, rung 2", NOW, NOW + DAY)
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
        rung=2, layer=1, name="nights", people=nurses, starts_on=date(2027, 3, 10), hand_over=time(8), turn_hours=24,
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
    overrides.make(course.site, nurses[1], 2, why="ill", by=lead, now=NOW + HOUR, **hours)
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


# addresses


@pytest.fixture
def nurse() -> Clinician:
    return makers.a_clinician(makers.a_site(), Role.NURSE)


def test_only_a_digest_of_the_secret_is_kept(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=NOW)
    assert len(secret) >= 43, "256 bits"
    assert made.digest == hashlib.sha256(secret.encode()).hexdigest()
    assert calendars.find(secret) == made
    assert calendars.find(secret[:-1]) is None
    assert calendars.find(made.digest) is None
    [line] = AuditEntry.objects.filter(act="made a calendar address")
    assert secret not in f"{line.subject}{line.detail}"


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.NURSE, Role.LEAD}])
def test_others_make_no_address_of_the_unit(nurse, role) -> None:
    with pytest.raises(Refusal) as refusal:
        calendars.make(is_unit=True, by=makers.a_clinician(nurse.site, role), now=NOW)
    assert refusal.value.code == "role"


def test_ten_addresses_are_enough_and_a_revoked_one_makes_room(nurse) -> None:
    rows = [calendars.make(is_unit=False, by=nurse, now=NOW)[0] for _ in range(calendars.MOST)]
    with pytest.raises(Refusal) as refusal:
        calendars.make(is_unit=False, by=nurse, now=NOW)
    assert refusal.value.code == "too-many"
    calendars.make(is_unit=True, by=nurse, now=NOW)
    calendars.revoke(rows[0].pk, reason="old telephone", by=nurse, now=NOW)
    assert calendars.make(is_unit=False, by=nurse, now=NOW)


def test_its_owner_or_the_lead_revokes_once_with_a_reason(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=NOW)
    lead, colleague = makers.a_clinician(nurse.site, Role.LEAD), makers.a_clinician(nurse.site)
    stranger = makers.a_clinician(makers.a_site(), Role.LEAD)
    for who in (colleague, stranger):
        with pytest.raises(Refusal) as refusal:
            calendars.revoke(made.pk, reason="x", by=who, now=NOW)
        assert refusal.value.code == "not-yours"
    with pytest.raises(Refusal) as refusal:
        calendars.revoke(made.pk, reason=" ", by=nurse, now=NOW)
    assert refusal.value.code == "reason"
    assert calendars.find(secret)
    calendars.revoke(made.pk, reason="telephone lost", by=lead, now=NOW)
    assert calendars.find(secret) is None
    with pytest.raises(Refusal) as refusal:
        calendars.revoke(made.pk, reason="again", by=nurse, now=NOW)
    assert refusal.value.code == "revoked-already"


def test_the_calendar_of_somebody_who_left_is_not_found_and_the_unit_s_goes_on(nurse) -> None:
    own, shared = (
        calendars.make(is_unit=False, by=nurse, now=NOW)[1],
        calendars.make(is_unit=True, by=nurse, now=NOW)[1],
    )
    Clinician.objects.filter(pk=nurse.pk).update(is_active=False)
    assert calendars.find(own) is None
    assert calendars.find(shared)


def test_whoever_looks_sees_their_own_the_unit_s_if_they_may_and_the_lead_everybody_s(nurse) -> None:
    doctor, lead = (makers.a_clinician(nurse.site, role) for role in (Role.PRESCRIBER, Role.LEAD))
    rows = [
        calendars.make(is_unit=unit_s, by=who, now=NOW)[0]
        for who, unit_s in ((doctor, False), (nurse, False), (nurse, True))
    ]
    assert calendars.seen_by(doctor) == rows[:1]
    assert calendars.seen_by(nurse) == [rows[2], rows[1]]
    assert calendars.seen_by(lead) == rows[::-1]
    assert calendars.seen_by(makers.a_clinician(makers.a_site(), Role.LEAD)) == []


def test_too_many_fetches_within_an_hour_are_told_to_wait(nurse) -> None:
    made, _ = calendars.make(is_unit=False, by=nurse, now=NOW)
    assert all(calendars.fetch(made, now=NOW) for _ in range(calendars.FETCHES_AN_HOUR))
    assert not calendars.fetch(made, now=NOW + HOUR / 2)
    assert calendars.fetch(made, now=NOW + HOUR)
    assert CalendarFetch.objects.get().last_at == NOW + HOUR


# the doors


def feed(secret: str, client: Client | None = None):
    return (client or Client()).get(reverse("calendar-feed", args=[secret]))


def test_a_feed_needs_no_session_makes_none_and_is_kept_by_nobody_on_the_way(nurse) -> None:
    _, secret = calendars.make(is_unit=True, by=nurse, now=clock.now())
    answer = feed(secret)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Cache-Control"] == "private, no-cache"
    assert not answer.cookies
    assert answer.content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert CalendarFetch.objects.get().in_hour == 1


def test_unknown_and_revoked_addresses_answer_alike(nurse) -> None:
    made, secret = calendars.make(is_unit=False, by=nurse, now=clock.now())
    calendars.revoke(made.pk, reason="lost", by=nurse, now=clock.now())
    answers = [feed(one) for one in (secret, "never-was")]
    assert [one.status_code for one in answers] == [404, 404]
    assert answers[0].content == answers[1].content == b"Not found."
    assert {**answers[0].headers, "X-Request-Id": ""} == {**answers[1].headers, "X-Request-Id": ""}
    assert not CalendarFetch.objects.exists()


def test_whoever_guesses_is_told_to_wait(nurse) -> None:
    assert [feed(f"guess-{n}").status_code for n in range(32)] == [404] * 30 + [429] * 2


def test_no_line_of_a_log_holds_a_secret(caplog) -> None:
    with caplog.at_level(logging.DEBUG):
        feed("s3cret-of-nobody")
    line = Discreet("{levelname} {message}", style="{")
    written = [line.format(record) for record in caplog.records]
    assert any("Not Found: /calendar/..." in one for one in written)
    assert "s3cret" not in " ".join(written)


def test_an_address_is_shown_once_and_revoked_on_the_same_page(client, nurse) -> None:
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    shown = client.post(reverse("unit-calendar"))
    page = shown.content.decode()
    made = CalendarAddress.objects.get()
    secret = page.split("/calendar/")[1].split(".ics")[0]
    assert calendars.find(secret) == made
    assert "no-store" in shown["Cache-Control"]
    assert secret not in client.get(reverse("calendars")).content.decode()
    path = reverse("revoke-calendar", args=[made.pk])
    wrong = client.post(path, {"reason": ""})
    assert (wrong.status_code, "Say why it is revoked" in wrong.content.decode()) == (422, True)
    done = client.post(path, {"reason": "telephone lost"}, follow=True).content.decode()
    assert "Revoked: that address answers nobody any more." in done
    assert "telephone lost" in done
    assert feed(secret).status_code == 404
