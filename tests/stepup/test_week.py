"""The week of a unit: what is due, what collides, which nights nobody covers, and how few queries that takes."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications import clock, oncall
from notifications.models import AuditEntry, Role, Shift, Site
from stepup import appointments, closures, diary, reported, unit, week
from stepup.models import Course
from tests import makers
from tests.makers import NOON

pytestmark = [pytest.mark.database, pytest.mark.django_db]
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MONDAY, THURSDAY, LATEST = date(2027, 3, 1), date(2027, 3, 4), date(2027, 3, 8)
NOW = NOON + HOUR
WORKDAYS = dict.fromkeys(range(5), (time(8), time(16)))


@pytest.fixture
def site() -> Site:
    site = makers.a_site()
    makers.on_call(site, days=60)
    return site


@pytest.fixture
def course(site) -> Course:
    """Teclistamab, step-up dose 1 given on Monday at noon; step-up dose 2 is planned for Thursday."""
    return given(site)


def given(site: Site) -> Course:
    course = makers.a_course(makers.a_patient(site))
    makers.a_dose(course)
    return course


def hours(site: Site, places: int = 1, minutes: int | None = 60) -> None:
    unit.set_hours(
        site, from_on=MONDAY, week=WORKDAYS, places=places, minutes=minutes, by_step={},
        by=makers.a_clinician(site), now=NOON,
    )  # fmt: skip


def put(course: Course, at: datetime, **said: str) -> None:
    appointments.move(
        course.pk, at=at, seen_before=appointments.seen(course), reason="patient",
        by=makers.a_clinician(course.site), now=NOW, **said,
    )  # fmt: skip


def shown(site: Site, on: date = MONDAY, now: datetime = NOW) -> week.Week:
    return week.of(site, on=on, now=now)


def on_day(found: week.Week, on: date) -> week.Day:
    return next(day for day in found.days if day.on == on)


def codes(found: week.Week) -> list[str]:
    return [line.against.code for line in found.first]


def test_a_week_is_monday_to_sunday_whatever_day_was_asked_for(site) -> None:
    for day in (MONDAY, THURSDAY, date(2027, 3, 7)):
        found = shown(site, day)
        assert (found.monday, found.sunday) == (MONDAY, date(2027, 3, 7))
    assert (found.before, found.after) == (date(2027, 2, 22), date(2027, 3, 8))


def test_doses_stand_on_their_days_given_with_a_time_and_planned(site, course) -> None:
    found = shown(site)
    [first] = on_day(found, MONDAY).visits
    [second] = on_day(found, THURSDAY).visits
    assert (first.is_given, first.at, first.is_next) == (True, NOON, False)
    assert (second.name, second.at, second.is_next) == ("Step-up dose 2", None, True)
    put(course, NOON + 3 * DAY)
    assert on_day(shown(site), THURSDAY).visits[0].at == NOON + 3 * DAY


def test_what_has_no_time_is_to_be_arranged_with_its_window(site, course) -> None:
    [due] = shown(site).to_arrange
    assert (due.earliest_on, due.on, due.latest_on) == (date(2027, 3, 3), THURSDAY, LATEST)
    put(course, NOON + 3 * DAY)
    assert shown(site).to_arrange == ()


def test_a_window_that_only_touches_the_week_is_shown_there_too(site, course) -> None:
    assert [one.course for one in shown(site, LATEST).to_arrange] == [course]
    assert shown(site, date(2027, 2, 22)).to_arrange == ()


def test_a_dose_without_a_time_whose_latest_day_falls_in_the_week_comes_first(site, course) -> None:
    assert codes(shown(site)) == []
    found = shown(site, LATEST)
    assert codes(found) == ["last-days"]
    assert "Mon 08 Mar 2027" in found.first[0].against.words
    put(course, NOON + 3 * DAY)
    assert codes(shown(site, LATEST)) == []


def test_a_first_dose_has_no_last_day(site) -> None:
    makers.a_course(makers.a_patient(site))
    found = shown(site)
    assert codes(found) == []
    [due] = found.to_arrange
    assert (due.number, due.on, due.earliest_on, due.latest_on) == (1, MONDAY, None, None)


def test_an_overdue_dose_stays_first_in_every_later_week(site, course) -> None:
    found = shown(site, date(2027, 3, 15), now=NOON + 15 * DAY)
    assert codes(found)[0] == "overdue"
    assert "Thu 04 Mar 2027" in found.first[0].against.words


def test_chairs_used_and_free_are_counted_over_the_hours(site, course) -> None:
    hours(site, 3)
    put(course, NOON + 3 * DAY)
    put(given(site), NOON + 3 * DAY + HOUR / 2)
    day = on_day(shown(site), THURSDAY)
    assert (day.used, day.free, day.timed) == (2, 1, 2)


def elsewhere(site: Site, at: datetime, *, time_known: bool) -> Course:
    course = makers.a_course(makers.a_patient(site))
    told = reported.Report("elsewhere", "a letter", "moved", "General Hospital", time_known=time_known)
    reported.record(
        course.pk, step="step_up_dose_1", given_at=at, given_mg=Decimal("4.2"), report=told,
        by=makers.a_clinician(site), now=NOW,
    )  # fmt: skip
    return course


def test_a_dose_given_elsewhere_had_no_chair_here_and_no_time_nobody_knows(site, course, monkeypatch) -> None:
    hours(site, 3)
    elsewhere(site, NOON, time_known=True)
    other = elsewhere(site, NOON - HOUR, time_known=False)
    day = on_day(shown(site), MONDAY)
    assert (day.used, day.free, day.timed) == (1, 2, 2), "the one chair is that of the dose given here"
    [visit] = [one for one in day.visits if one.course == other]
    assert (visit.at, visit.is_given, visit.is_here) == (None, True, False)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    said = makers.signed_in(makers.a_clinician(site)).get(reverse("week")).content.decode()
    assert "only the day is known:" in said
    assert "given elsewhere" in said


def test_two_doses_on_one_chair_collide_and_are_both_marked(site, course) -> None:
    hours(site, 1)
    put(course, NOON + 3 * DAY)
    put(given(site), NOON + 3 * DAY + HOUR / 2, words="they share")
    found = shown(site)
    assert codes(found) == ["chairs-full", "chairs-full"]
    assert all(line.against.kind == "warn" for line in found.first)


def test_more_doses_without_a_time_than_chairs_are_marked_before_anybody_comes(site, course) -> None:
    hours(site, 1, minutes=None)
    given(site)
    assert codes(shown(site)) == ["chairs-full", "chairs-full"]


def test_a_closed_day_and_a_time_outside_the_hours_are_marked(site, course) -> None:
    hours(site)
    put(course, NOON + 3 * DAY + 6 * HOUR, words="evening clinic")
    assert codes(shown(site)) == ["outside-hours"]
    closures.add(site, on=THURSDAY, name="Fair", by=makers.a_clinician(site), today=MONDAY, now=NOON)
    found = shown(site)
    assert on_day(found, THURSDAY).closed == "closed: Fair"
    assert "closed-day" in codes(found)


def test_a_watch_that_would_end_in_an_uncovered_night_names_its_hours(site, course) -> None:
    put(course, NOON + 3 * DAY)
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, NOON + 9 * DAY))
    found = shown(site)
    assert codes(found) == ["watch"]
    [gap] = found.first[0].gaps
    assert (gap.rung, gap.starts_at, gap.ends_at) == (1, NOON + 9 * DAY, NOON + 10 * DAY)


def test_a_dose_without_a_time_is_judged_by_every_hour_it_could_be_given(site, course) -> None:
    hours(site)
    closes = datetime(2027, 3, 4, 21, tzinfo=NOON.tzinfo)
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, closes + 7 * DAY - HOUR))
    assert codes(shown(site)) == ["watch"]
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, closes + 7 * DAY))
    assert codes(shown(site)) == []


def test_a_watch_under_way_that_nobody_covers_is_the_first_thing_to_see(site, course) -> None:
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, NOON + 6 * DAY))
    found = shown(site)
    assert codes(found)[0] == "watch-now"
    [gap] = found.first[0].gaps
    assert (gap.starts_at, gap.ends_at) == (NOON + 6 * DAY, NOON + 7 * DAY)
    assert found.first[0].patient == course.patient


def test_a_watch_that_is_over_warns_of_nothing(site, course) -> None:
    Shift.objects.filter(site=site, rung=1).update(period=(NOON - DAY, NOON + 6 * DAY))
    assert "watch-now" not in codes(shown(site, now=NOON + 7 * DAY + HOUR))


def test_a_course_without_a_date_is_named(site) -> None:
    unread = makers.a_course(makers.a_patient(site), label="elranatamab-us-2025-07")
    makers.a_dose(unread)
    assert shown(site).undated == diary.of(site, until=LATEST).undated


def test_a_dose_that_waits_for_another_is_marked_on_its_day_only(site, course) -> None:
    [later] = on_day(shown(site), date(2027, 3, 7)).visits
    assert [one.code for one in later.against] == ["closed-day"]
    assert not later.is_next
    assert codes(shown(site)) == []


def test_another_site_s_doses_watches_and_shifts_are_not_ours(site, course) -> None:
    there = makers.a_site()
    found = shown(there)
    assert not found.first
    assert not found.to_arrange
    assert not any(day.visits for day in found.days)


def test_fifty_courses_take_as_many_queries_as_five(site) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            shown(site)
        return len(queries)

    hours(site, 4)
    for _ in range(5):
        given(site)
    put(Course.objects.filter(site=site)[0], NOON + 3 * DAY)
    few = asked()
    for _ in range(45):
        given(site)
    assert asked() == few


# the on-call list, read once


def test_one_reading_of_the_list_answers_every_span_like_a_reading_of_its_own(site) -> None:
    makers.a_responder(site, 3, name="Dr B", days=3)
    read = oncall.cover(site, since=NOON, until=NOON + 10 * DAY, now=NOON)
    for start in range(9):
        for days in (1, 2, 7):
            since, until = NOON + start * DAY, min(NOON + (start + days) * DAY, NOON + 10 * DAY)
            assert read.gaps(since, until) == oncall.gaps(site, since=since, until=until, now=NOON)


# the door


@pytest.mark.parametrize(
    ("day", "status"), [("", 200), ("2027-03-04/", 200), ("monday/", 404), ("9999-01-01/", 404)]
)
def test_the_door_shows_a_week_or_says_there_is_none(client, site, course, day, status) -> None:
    client.force_login(
        makers.a_clinician(site, Role.LEAD), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert client.get(reverse("week") + day).status_code == status


def test_whoever_reads_it_is_in_the_ledger_once_for_each_patient(client, site) -> None:
    now = clock.now()
    course = makers.a_course(makers.a_patient(site, now=now), now=now)
    nurse = makers.a_clinician(site)
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get(reverse("week")).content.decode()
    assert course.patient.name in page
    assert course.patient.name not in page.split("</title>")[0]
    assert [one.subject for one in AuditEntry.objects.filter(act="read the week", by=nurse)] == [
        str(course.patient)
    ]
